// Scenarios that PyTorch and the tests both run: the rule each shows, and what returns a text or throws.
import type { Module } from '#core/nn/index';

import { thrown } from './support';

export type Scenarios = Readonly<Record<string, readonly [rule: string, body: () => unknown]>>;

/** What a body returns as text, or "Class: message" of what it throws. */
export function said(body: () => unknown): string {
  let text: unknown;
  try {
    text = body();
  } catch (caught) {
    return thrown(() => {
      throw caught as Error;
    });
  }
  return String(text);
}

/** Calls with arguments TypeScript would refuse. */
export const loosely = (target: object, method: string, ...inputs: unknown[]): unknown =>
  Reflect.apply(Reflect.get(target, method) as () => unknown, target, inputs);

export const names = (walk: Iterable<readonly [string, unknown]>): string =>
  [...walk].map(([name]) => name).join(',');

/** A module's repr. */
export const repr = (module: Module): string => module.toString();
