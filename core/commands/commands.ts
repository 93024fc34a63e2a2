// Every command of the window, once: native menu, palette, shortcuts and context menus are derived from this table.

/** The menus in their order, with their titles; `&` marks the letter that opens one from the keyboard. */
export const MENUS = {
  file: '&File',
  edit: '&Edit',
  view: '&View',
  arrange: '&Arrange',
  model: '&Model',
  help: '&Help',
} as const;

export type Menu = keyof typeof MENUS;

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
  /** The platform's own menu item, which also serves text fields. */
  readonly role?: 'cut' | 'copy' | 'paste';
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
  command('file', 'newWindow', 'New window', {
    shortcut: 'CmdOrCtrl+Shift+N',
    keywords: 'second another beside project',
  }),
  command('file', 'open', 'Open…', { shortcut: 'CmdOrCtrl+O' }),
  command('file', 'save', 'Save', { shortcut: 'CmdOrCtrl+S', startsGroup: true }),
  command('file', 'saveAs', 'Save as…', { shortcut: 'CmdOrCtrl+Shift+S' }),
  command('file', 'settings', 'Settings…', {
    shortcut: 'CmdOrCtrl+,',
    startsGroup: true,
    keywords: 'preferences options shortcuts keys theme language contrast',
  }),
  command('file', 'loadWeights', 'Load weights…', {
    shortcut: 'CmdOrCtrl+L',
    startsGroup: true,
    keywords: 'checkpoint pt safetensors',
  }),
  command('file', 'saveWeights', 'Save weights…', { keywords: 'export checkpoint pt safetensors' }),
  command('edit', 'undo', 'Undo', { shortcut: 'CmdOrCtrl+Z', yieldsToText: true }),
  command('edit', 'redo', 'Redo', { shortcut: 'CmdOrCtrl+Shift+Z', yieldsToText: true }),
  command('edit', 'cut', 'Cut', {
    shortcut: 'CmdOrCtrl+X',
    startsGroup: true,
    yieldsToText: true,
    role: 'cut',
  }),
  command('edit', 'copy', 'Copy', { shortcut: 'CmdOrCtrl+C', yieldsToText: true, role: 'copy' }),
  command('edit', 'paste', 'Paste', { shortcut: 'CmdOrCtrl+V', yieldsToText: true, role: 'paste' }),
  command('edit', 'delete', 'Delete selection', { shortcut: 'Delete', yieldsToText: true }),
  command('edit', 'duplicate', 'Duplicate selection', { shortcut: 'CmdOrCtrl+D', yieldsToText: true }),
  command('edit', 'connect', 'Connect…', {
    shortcut: 'Alt+C',
    yieldsToText: true,
    startsGroup: true,
    keywords: 'edge wire port',
  }),
  command('edit', 'rename', 'Rename', { shortcut: 'F2', yieldsToText: true, startsGroup: true }),
  command('edit', 'disconnect', 'Disconnect', {
    shortcut: 'CmdOrCtrl+Shift+D',
    keywords: 'remove edges cut loose',
  }),
  command('edit', 'addNote', 'Add note', {
    shortcut: 'Alt+N',
    yieldsToText: true,
    keywords: 'comment text sticky annotate',
  }),
  command('edit', 'collapse', 'Collapse into block', {
    shortcut: 'CmdOrCtrl+G',
    startsGroup: true,
    yieldsToText: true,
    keywords: 'group subgraph module',
  }),
  command('edit', 'breakUp', 'Break up block', {
    shortcut: 'CmdOrCtrl+Shift+G',
    yieldsToText: true,
    keywords: 'ungroup expand',
  }),
  command('edit', 'openBlock', 'Open block', {
    shortcut: 'CmdOrCtrl+E',
    yieldsToText: true,
    keywords: 'enter group inside',
  }),
  command('edit', 'leaveBlock', 'Leave block', {
    shortcut: 'CmdOrCtrl+Shift+E',
    yieldsToText: true,
    keywords: 'exit group outside back',
  }),
  command('edit', 'selectAll', 'Select all', {
    shortcut: 'CmdOrCtrl+A',
    yieldsToText: true,
    startsGroup: true,
  }),
  command('edit', 'selectBefore', 'Select everything before', {
    shortcut: 'Alt+Shift+U',
    yieldsToText: true,
    keywords: 'upstream inputs ancestors',
  }),
  command('edit', 'selectAfter', 'Select everything after', {
    shortcut: 'Alt+Shift+D',
    yieldsToText: true,
    keywords: 'downstream outputs descendants',
  }),
  command('edit', 'selectConnected', 'Select everything connected', {
    shortcut: 'Alt+Shift+A',
    yieldsToText: true,
    keywords: 'component neighbours linked together',
  }),
  command('edit', 'lasso', 'Lasso selection', {
    shortcut: 'L',
    yieldsToText: true,
    keywords: 'freehand select around',
  }),
  command('view', 'commandPalette', 'Command palette…', {
    shortcut: 'CmdOrCtrl+K',
    keywords: 'search actions',
  }),
  command('view', 'addLayer', 'Add layer…', {
    shortcut: 'CmdOrCtrl+Shift+A',
    keywords: 'palette search insert',
  }),
  command('view', 'insertIntoEdge', 'Insert layer here…', {
    shortcut: 'I',
    yieldsToText: true,
    keywords: 'edge palette splice',
  }),
  command('view', 'outline', 'Outline of the graph', {
    shortcut: 'CmdOrCtrl+Shift+O',
    startsGroup: true,
    keywords: 'tree list accessibility screen reader',
  }),
  command('view', 'predictions', 'Predictions of samples', {
    keywords: 'wrong mistakes confusion probabilities pictures validation',
  }),
  command('view', 'runs', 'History of runs', {
    shortcut: 'CmdOrCtrl+Shift+H',
    keywords: 'experiments compare curves past trainings',
  }),
  command('view', 'fit', 'Zoom to fit', { shortcut: 'CmdOrCtrl+0', startsGroup: true }),
  command('view', 'fitSelection', 'Zoom to selection', {
    shortcut: 'CmdOrCtrl+9',
    keywords: 'focus centre look at',
  }),
  command('view', 'zoomIn', 'Zoom in', { shortcut: 'CmdOrCtrl+=' }),
  command('view', 'zoomOut', 'Zoom out', { shortcut: 'CmdOrCtrl+-' }),
  command('view', 'heatTime', 'Time on the cards', {
    startsGroup: true,
    keywords: 'cost heat profile slow layers overlay',
  }),
  command('view', 'heatMemory', 'Memory on the cards', { keywords: 'cost heat profile overlay bytes' }),
  command('view', 'heatFlops', 'FLOPs on the cards', { keywords: 'cost heat profile overlay operations' }),
  command('view', 'heatParameters', 'Parameters on the cards', {
    keywords: 'cost heat overlay size weights',
  }),
  command('view', 'themeLight', 'Light theme', { startsGroup: true }),
  command('view', 'themeDark', 'Dark theme'),
  command('view', 'themeSystem', 'Theme of the system'),
  command('arrange', 'automatic', 'Arrange automatically', {
    shortcut: 'CmdOrCtrl+Shift+L',
    keywords: 'auto layout elk tidy',
  }),
  command('arrange', 'selection', 'Arrange selection', { keywords: 'auto layout elk tidy' }),
  command('arrange', 'down', 'Run downwards', { keywords: 'vertical direction layout top bottom' }),
  command('arrange', 'right', 'Run to the right', { keywords: 'horizontal direction layout left' }),
  command('arrange', 'alignLeft', 'Align left', {
    shortcut: 'Alt+Shift+L',
    startsGroup: true,
    yieldsToText: true,
  }),
  command('arrange', 'alignCenter', 'Align centers', { shortcut: 'Alt+Shift+C', yieldsToText: true }),
  command('arrange', 'alignRight', 'Align right', { shortcut: 'Alt+Shift+R', yieldsToText: true }),
  command('arrange', 'alignTop', 'Align top', { shortcut: 'Alt+Shift+T', yieldsToText: true }),
  command('arrange', 'alignMiddle', 'Align middles', { shortcut: 'Alt+Shift+M', yieldsToText: true }),
  command('arrange', 'alignBottom', 'Align bottom', { shortcut: 'Alt+Shift+B', yieldsToText: true }),
  command('arrange', 'distributeAcross', 'Distribute across', {
    shortcut: 'Alt+Shift+X',
    startsGroup: true,
    yieldsToText: true,
    keywords: 'horizontal spacing equal gaps',
  }),
  command('arrange', 'distributeDown', 'Distribute down', {
    shortcut: 'Alt+Shift+Y',
    yieldsToText: true,
    keywords: 'vertical spacing equal gaps',
  }),
  command('arrange', 'snap', 'Snap to helper lines', { startsGroup: true, keywords: 'guides grid magnet' }),
  command('model', 'feed', 'Feed sample', {
    shortcut: 'CmdOrCtrl+Return',
    keywords: 'materialize initialize dry run',
  }),
  command('model', 'backToUninitialized', 'Back to uninitialized', { keywords: 'reset parameters lazy' }),
  command('model', 'report', 'Report of the model…', {
    keywords: 'summary table parameters flops memory preflight markdown csv',
  }),
  command('model', 'train', 'Start training', { shortcut: 'CmdOrCtrl+Shift+Return', startsGroup: true }),
  command('model', 'queue', 'Queue another run', { keywords: 'wait next experiment training' }),
  command('model', 'pause', 'Pause or resume training', { shortcut: 'CmdOrCtrl+P' }),
  command('model', 'stop', 'Stop training', { shortcut: 'CmdOrCtrl+.' }),
  command('help', 'tour', 'Tour of the window', { keywords: 'introduction first steps tutorial guide' }),
  command('help', 'shortcuts', 'Keyboard shortcuts', { keywords: 'keys hotkeys bindings' }),
  command('help', 'about', 'About Lazuli'),
];
