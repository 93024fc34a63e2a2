// Every file that a data source names: what a window must have been given, what a reader looks at, and what moves with a project.
import type { DataSource } from './project';

export function filesOf({ file, targetFile, feeds = {}, targets = {} }: DataSource): readonly string[] {
  const parts = [...Object.values(feeds), ...Object.values(targets)];
  const named = [file, targetFile, ...parts.map((part) => part.file)];
  return [...new Set(named.flatMap((each) => (typeof each === 'string' && each !== '' ? [each] : [])))];
}

/** The same source with every file it names under another name. */
export function withFiles(source: DataSource, rename: (file: string) => string): DataSource {
  const { file, targetFile, feeds, targets } = source;
  const inParts = <T extends { readonly file?: string | null }>(
    parts: Readonly<Record<string, T>>,
  ): Readonly<Record<string, T>> =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        part.file ? { ...part, file: rename(part.file) } : part,
      ]),
    );
  return {
    ...source,
    file: rename(file),
    ...(targetFile ? { targetFile: rename(targetFile) } : {}),
    ...(feeds ? { feeds: inParts(feeds) } : {}),
    ...(targets ? { targets: inParts(targets) } : {}),
  };
}
