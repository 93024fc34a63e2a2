// What commands and menus are called in a language; English stands in the table of commands.
import { DE_COMMANDS, DE_MENUS } from '../text/de-commands';
import type { Language } from '../text/text';
import { MENUS, type Command, type Menu } from './commands';

const LABELS: Readonly<Partial<Record<Language, Readonly<Record<string, string>>>>> = { de: DE_COMMANDS };
const TITLES: Readonly<Partial<Record<Language, Readonly<Partial<Record<Menu, string>>>>>> = { de: DE_MENUS };

export const commandLabel = ({ id, label }: Pick<Command, 'id' | 'label'>, language: Language): string =>
  LABELS[language]?.[id] ?? label;

/** With `&` before the letter that opens it. */
export const menuLabel = (menu: Menu, language: Language): string => TITLES[language]?.[menu] ?? MENUS[menu];

/** A menu's title where no letter is marked. */
export const menuTitle = (menu: Menu, language: Language): string =>
  menuLabel(menu, language).replace('&', '');
