// Sessions over the real native backend for the engine's tests: opened on a graph, disposed when the test ends.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';

import type { DataSource, Graph, Project } from '#core/document/project';
import { findTemplate } from '#core/document/templates';
import { ModelSession } from '#engine/session';

export const examples = path.resolve(import.meta.dirname, '../../examples');

export function template(name: string, training: Partial<Project['training']> = {}): Project {
  const found = findTemplate(name)?.project;
  if (!found) throw new Error(`no template ${name}`);
  return { ...found, training: { ...found.training, ...training } };
}

/** A project over a graph, with the settings of the blank template. */
export const projectOf = (graph: Graph, data: DataSource | null = null): Project => ({
  ...template('blank'),
  graph,
  data,
});

/** Opens a session that is disposed when the test ends. */
export async function openSession(project: Project, folder: string | null = null): Promise<ModelSession> {
  const session = await ModelSession.open(project, { folder });
  onTestFinished(() => session.dispose());
  return session;
}

export const openExample = (
  name: string,
  training: Partial<Project['training']> = {},
): Promise<ModelSession> => openSession(template(name, training), path.join(examples, name));

/** A folder that is gone when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lazuli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
