// What a project file is to the desktop; packaged builds register it (`build.fileAssociations` of package.json, which a test compares).
export const PROJECT_FILE = {
  extension: 'lazuli',
  name: 'Lazuli project',
  mimeType: 'application/vnd.lazuli.project+json',
} as const;

/** By its name alone. */
export const isProjectFile = (path: string): boolean =>
  path.toLowerCase().endsWith(`.${PROJECT_FILE.extension}`);
