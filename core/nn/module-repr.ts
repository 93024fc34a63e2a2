// A module printed as PyTorch prints it: its class, its extra words, its children indented.
import type { Module } from './module';
import { REGISTRY } from './registry';

/** Indents all lines but the first by two; blank lines stay blank. */
export function indentRest(text: string): string {
  const [first = '', ...rest] = text.split('\n');
  return [first, ...rest.map((line) => (line === '' ? line : `  ${line}`))].join('\n');
}

/** `Name(extra)`, or over several lines when there are children. */
export function reprOf(name: string, extra: readonly string[], children: readonly string[]): string {
  const lines = [...extra, ...children];
  if (lines.length === 0) return `${name}()`;
  const [only = ''] = extra;
  if (extra.length === 1 && children.length === 0) return `${name}(${only})`;
  return `${name}(\n  ${lines.join('\n  ')}\n)`;
}

export function moduleRepr(module: Module): string {
  const extra = module.extraRepr();
  const children = [...module[REGISTRY].modules].map(
    ([name, child]) => `(${name}): ${child === null ? 'None' : indentRest(child.toString())}`,
  );
  return reprOf(module.constructor.name, extra === '' ? [] : extra.split('\n'), children);
}
