// Undo and redo as data that outlives the window: the steps over graph and settings, bounded, checked against the project they belong to.
import { applyEdit, type Edit } from '../graph/edits';
import type { Settings } from './change';
import { parseJson } from './json';
import type { Project } from './project';
import { historySchema } from './schema';

export type DocumentStep =
  | { readonly kind: 'graph'; readonly label: string; readonly edit: Edit; readonly inverse: Edit }
  | {
      readonly kind: 'settings';
      readonly label: string;
      readonly before: Settings;
      readonly after: Settings;
    };

/** `past` ends with the last step taken, `future` begins with the first one undone. */
export interface KeptHistory {
  readonly past: readonly DocumentStep[];
  readonly future: readonly DocumentStep[];
}

/** Characters of a kept history at most. */
export const HISTORY_LENGTH = 2 * 1024 * 1024;

const texts = new WeakMap<DocumentStep, string>();

/** A step's text, written once. */
function textOf(step: DocumentStep): string {
  const text = texts.get(step) ?? JSON.stringify(step);
  texts.set(step, text);
  return text;
}

/** The history on one line. Where it is too long the steps furthest from now are left out, and what lies behind them. */
export function writeHistory({ past, future }: KeptHistory, limit = HISTORY_LENGTH): string {
  let room = limit - '{"past":[],"future":[]}'.length;
  const take = (steps: readonly DocumentStep[]): readonly string[] => {
    const taken: string[] = [];
    for (const step of steps) {
      const text = textOf(step);
      if (text.length + 1 > room) break;
      room -= text.length + 1;
      taken.push(text);
    }
    return taken;
  };
  const before = take(past.toReversed()).toReversed();
  return `{"past":[${before.join(',')}],"future":[${take(future).join(',')}]}`;
}

/** Reads a history and leaves out what does not lead back from `project`, or on from it. Throws `project_invalid`, `file_refused`. */
export function parseHistory(text: string, project: Project): KeptHistory {
  const { past, future } = historySchema.parse(parseJson(text, 'the history of changes')) as KeptHistory;
  return {
    past: past.slice(past.length - walk(project, past.toReversed(), 'back')),
    future: future.slice(0, walk(project, future, 'on')),
  };
}

/** How many of the steps can be taken one after the other. */
function walk(project: Project, steps: readonly DocumentStep[], way: 'back' | 'on'): number {
  let { graph } = project;
  for (const [at, step] of steps.entries())
    try {
      if (step.kind === 'graph') ({ graph } = applyEdit(graph, way === 'back' ? step.inverse : step.edit));
    } catch {
      return at;
    }
  return steps.length;
}
