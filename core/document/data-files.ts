// Every file that a data source names: what a window must have been given, and what a reader looks at.
import type { DataSource } from './project';

export function filesOf({ file, targetFile, feeds = {}, targets = {} }: DataSource): readonly string[] {
  const parts = [...Object.values(feeds), ...Object.values(targets)];
  const named = [file, targetFile, ...parts.map((part) => part.file)];
  return [...new Set(named.flatMap((each) => (typeof each === 'string' && each !== '' ? [each] : [])))];
}
