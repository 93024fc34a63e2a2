// Every command of the window, once: native menu, palette, shortcuts and context menus are derived from this table.

export type Menu = 'file' | 'edit' | 'view' | 'model' | 'help';

export interface Command {
  /** Permanent id, `<menu>.<verb>`. */
  readonly id: string;
  readonly label: string;
  /** Electron accelerator; CmdOrCtrl stands for the platform's own key. */
  readonly shortcut?: string;
  readonly menu: Menu;
  /** A line is drawn before it in menus. */
  readonly startsGroup?: boolean;
  /** More words for the command palette. */
  readonly keywords?: string;
  /** Text fields handle it themselves while they have the focus (undo, copy, delete ...). */
  readonly yieldsToText?: boolean;
}

const command = (
  menu: Menu,
  verb: string,
  label: string,
  rest: Omit<Command, 'id' | 'menu' | 'label'> = {},
): Command => ({
  id: `${menu}.${verb}`,
  label,
  menu,
  ...rest,
});

export const COMMANDS: readonly Command[] = [
  command('file', 'new', 'New project…', { shortcut: 'CmdOrCtrl+N' }),
  command('file', 'open', 'Open…', { shortcut: 'CmdOrCtrl+O' }),
  command('file', 'save', 'Save', { shortcut: 'CmdOrCtrl+S', startsGroup: true }),
  command('file', 'saveAs', 'Save as…', { shortcut: 'CmdOrCtrl+Shift+S' }),
  command('file', 'loadWeights', 'Load weights…', {
    shortcut: 'CmdOrCtrl+L',
    startsGroup: true,
    keywords: 'checkpoint pt safetensors',
  }),
  command('file', 'saveWeights', 'Save weights…', { keywords: 'export checkpoint pt safetensors' }),
  command('edit', 'undo', 'Undo', { shortcut: 'CmdOrCtrl+Z', yieldsToText: true }),
  command('edit', 'redo', 'Redo', { shortcut: 'CmdOrCtrl+Shift+Z', yieldsToText: true }),
  command('edit', 'delete', 'Delete selection', {
    shortcut: 'Delete',
    startsGroup: true,
    yieldsToText: true,
  }),
  command('edit', 'duplicate', 'Duplicate selection', { shortcut: 'CmdOrCtrl+D', yieldsToText: true }),
  command('edit', 'selectAll', 'Select all', { shortcut: 'CmdOrCtrl+A', yieldsToText: true }),
  command('view', 'commandPalette', 'Command palette…', {
    shortcut: 'CmdOrCtrl+K',
    keywords: 'search actions',
  }),
  command('view', 'addLayer', 'Add layer…', {
    shortcut: 'CmdOrCtrl+Shift+A',
    keywords: 'palette search insert',
  }),
  command('view', 'fit', 'Zoom to fit', { shortcut: 'CmdOrCtrl+0', startsGroup: true }),
  command('view', 'zoomIn', 'Zoom in', { shortcut: 'CmdOrCtrl+=' }),
  command('view', 'zoomOut', 'Zoom out', { shortcut: 'CmdOrCtrl+-' }),
  command('view', 'layout', 'Arrange automatically', {
    shortcut: 'CmdOrCtrl+Shift+L',
    keywords: 'auto layout elk',
  }),
  command('view', 'themeLight', 'Light theme', { startsGroup: true }),
  command('view', 'themeDark', 'Dark theme'),
  command('view', 'themeSystem', 'Theme of the system'),
  command('model', 'feed', 'Feed sample', {
    shortcut: 'CmdOrCtrl+Return',
    keywords: 'materialize initialize dry run',
  }),
  command('model', 'backToUninitialized', 'Back to uninitialized', { keywords: 'reset parameters lazy' }),
  command('model', 'train', 'Start training', { shortcut: 'CmdOrCtrl+Shift+Return', startsGroup: true }),
  command('model', 'pause', 'Pause or resume training', { shortcut: 'CmdOrCtrl+P' }),
  command('model', 'stop', 'Stop training', { shortcut: 'CmdOrCtrl+.' }),
  command('help', 'about', 'About Lazuli'),
];
