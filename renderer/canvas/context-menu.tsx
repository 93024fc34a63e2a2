// The menu under the right button (or the menu key): commands of core/commands that concern the canvas, a card, an edge or the selection.
import * as Menu from '@radix-ui/react-dropdown-menu';
import type { JSX } from 'react';
import { COMMANDS } from '#core/commands/commands';
import { commandLabel } from '#core/commands/labels';

import { isEnabled, runCommand } from '../actions/commands';
import { shortcutText } from '../actions/shortcuts';
import { languageOf, useApp } from '../stores/app';
import { useUi, type ContextMenu as Shown } from '../stores/ui';

const LINE = null;
const CLIPBOARD = ['edit.cut', 'edit.copy', 'edit.duplicate', 'edit.delete'];
const ALONG = ['edit.selectBefore', 'edit.selectAfter', 'edit.selectConnected', 'view.fitSelection'];

/** What each menu offers, in groups. */
const ITEMS: Readonly<Record<Shown['about'], readonly (string | null)[]>> = {
  canvas: [
    'view.addLayer', 'edit.addNote', 'edit.paste', LINE, 'edit.selectAll', 'edit.lasso', LINE,
    'arrange.automatic', 'arrange.down', 'arrange.right', LINE, 'view.fit',
  ],
  node: ['edit.openBlock', 'edit.rename', LINE, ...CLIPBOARD, LINE, 'edit.collapse', 'edit.breakUp', LINE, 'edit.disconnect', ...ALONG],
  edge: ['view.insertIntoEdge', 'edit.disconnect'],
  note: ['edit.rename', LINE, ...CLIPBOARD],
  selection: [
    ...CLIPBOARD, LINE, 'edit.collapse', 'edit.disconnect', ...ALONG, LINE, 'arrange.selection', 'arrange.alignLeft',
    'arrange.alignCenter', 'arrange.alignTop', 'arrange.alignMiddle', 'arrange.distributeAcross', 'arrange.distributeDown',
  ],
}; // prettier-ignore

const close = (): void => {
  useUi.setState({ contextMenu: null });
};

export function ContextMenu(): JSX.Element | null {
  const shown = useUi((state) => state.contextMenu);
  const isMac = useApp((state) => state.platform === 'darwin');
  const language = useApp(languageOf);
  if (!shown) return null;
  return (
    <Menu.Root
      open
      modal={false}
      onOpenChange={(isOpen) => {
        if (!isOpen) close();
      }}
    >
      <Menu.Trigger asChild>
        <span className="context-anchor" style={{ left: shown.x, top: shown.y }} />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="menu context-menu" align="start" side="bottom" collisionPadding={8} loop>
          {ITEMS[shown.about].map((id, at) => {
            if (id === LINE) return <Menu.Separator key={`line ${at}`} className="menu-line" />;
            const command = COMMANDS.find((candidate) => candidate.id === id);
            return command === undefined ? null : (
              <Menu.Item
                key={id}
                className="menu-item menu-command"
                disabled={!isEnabled(id)}
                onSelect={() => {
                  close();
                  // After the menu has given the focus back.
                  requestAnimationFrame(() => {
                    runCommand(id);
                  });
                }}
              >
                <span>{commandLabel(command, language)}</span>
                {command.shortcut === undefined ? null : <kbd>{shortcutText(command.shortcut, isMac)}</kbd>}
              </Menu.Item>
            );
          })}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
