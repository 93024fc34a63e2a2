// The native menu, derived from core/commands; every item sends its command's id to the focused window.
import { Menu, type MenuItemConstructorOptions } from 'electron';
import { COMMANDS, MENUS, type Command, type Menu as MenuName } from '#core/commands/commands';
import { commandLabel, menuLabel } from '#core/commands/labels';
import { textIn, type Language } from '#core/text/text';

interface MenuOptions {
  readonly isMac: boolean;
  readonly language: Language;
  readonly recent: readonly { readonly name: string; readonly path: string }[];
  readonly run: (commandId: string) => void;
  readonly openRecent: (path: string) => void;
  readonly allowsDevTools: boolean;
}

/** Installs the application menu. `recent` fills File › Open recent. */
export function installMenu(options: MenuOptions): void {
  const menus = (Object.keys(MENUS) as MenuName[]).map((menu): MenuItemConstructorOptions => {
    const items = COMMANDS.filter((command) => command.menu === menu).flatMap((command) =>
      itemsOf(command, options),
    );
    if (menu === 'file') {
      items.splice(2, 0, recentMenu(options));
      items.push({ type: 'separator' }, options.isMac ? { role: 'close' } : { role: 'quit' });
    }
    if (menu === 'view') {
      items.push({ type: 'separator' }, { role: 'togglefullscreen' });
      if (options.allowsDevTools) items.push({ role: 'reload' }, { role: 'toggleDevTools' });
    }
    return { label: menuLabel(menu, options.language), submenu: items };
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(options.isMac ? [{ role: 'appMenu' }, ...menus] : menus));
}

function itemsOf(
  command: Command,
  { run, language }: Pick<MenuOptions, 'run' | 'language'>,
): MenuItemConstructorOptions[] {
  const item: MenuItemConstructorOptions = {
    id: command.id,
    label: commandLabel(command, language),
    ...(command.role ? { role: command.role } : {}),
    // Text fields keep their own undo, delete and select all: the window handles those keys itself.
    ...(command.shortcut
      ? { accelerator: command.shortcut, registerAccelerator: command.yieldsToText !== true }
      : {}),
    click: () => {
      run(command.id);
    },
  };
  return command.startsGroup === true ? [{ type: 'separator' }, item] : [item];
}

function recentMenu({ recent, openRecent, language }: MenuOptions): MenuItemConstructorOptions {
  return {
    label: textIn(language, 'menu.openRecent'),
    enabled: recent.length > 0,
    submenu: recent.map(({ name, path }) => ({
      label: name,
      click: () => {
        openRecent(path);
      },
    })),
  };
}
