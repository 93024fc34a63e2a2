// The form of one instance of a block: its name, how often it runs, whose weights it uses, and what can be done with it.
import { Blocks, LogIn, Ungroup } from 'lucide-react';
import type { JSX } from 'react';
import type { GraphNode } from '#core/document/project';
import { instancesOf } from '#core/graph/break-up';
import { nameFault } from '#core/graph/names';
import { formatShape } from '#core/tensor/shape';

import { breakUpSelected, openBlock, renameBlock, setBlockUse } from '../actions/blocks';
import { rename, renameFault } from '../actions/graph';
import { TextField } from '../fields/plain-fields';
import { useDocument } from '../stores/document';
import { useLive } from '../stores/live';
import { portsOf } from '../stores/ports';
import { t } from '../text';

export function BlockInspector({ node }: { readonly node: GraphNode }): JSX.Element | null {
  const project = useDocument((state) => state.project);
  const view = useLive((state) => state.views.get(node.id));
  const block = project?.graph.blocks?.find(({ id }) => id === node.block?.id);
  if (!project || !block) return null;
  const { id } = node;
  const ports = portsOf(node, project);
  const uses = instancesOf(project.graph, block.id).length;
  const shape = (sizes: readonly (number | null)[] | null | undefined): string =>
    sizes ? formatShape(sizes) : '?';
  return (
    <>
      <header className="inspector-header">
        <Blocks size={18} aria-hidden />
        <div>
          <h2>{node.name}</h2>
          <p className="muted">{t('block.used', { name: block.name, count: uses })}</p>
        </div>
      </header>
      <div className="inspector-body">
        <TextField
          label={t('common.name')}
          value={node.name}
          check={(text) => {
            const fault = renameFault(id, text);
            return fault === null ? null : t('name.fault', { fault });
          }}
          onChange={(text) => {
            rename(id, text);
          }}
        />
        <TextField
          label={t('blockInspector.block')}
          value={block.name}
          check={(text) => {
            const fault = nameFault(text);
            return fault === null ? null : t('name.fault', { fault });
          }}
          onChange={(text) => {
            renameBlock(block.id, text);
          }}
        />
        <TextField
          label={t('blockInspector.repeat')}
          value={String(node.block?.repeat ?? 1)}
          check={(text) => (/^[1-9]\d{0,2}$|^1000$/.test(text) ? null : t('block.repeatFault'))}
          onChange={(text) => {
            setBlockUse(id, { repeat: Number(text) });
          }}
        />
        <label className="block-shared">
          <input
            type="checkbox"
            checked={node.block?.weights === 'shared'}
            onChange={({ target }) => {
              setBlockUse(id, { weights: target.checked ? 'shared' : undefined });
            }}
          />
          {t('blockInspector.weightsSharedWithThe')}
        </label>
        <h3 className="section-title">{t('blockInspector.ports')}</h3>
        <dl className="facts">
          {ports.inputs.map(({ name }, at) => (
            <div key={`input ${name}`}>
              <dt>{name}</dt>
              <dd className="shape">{shape(view?.inputs[at])}</dd>
            </div>
          ))}
          {ports.outputs.map(({ name }, at) => (
            <div key={`output ${name}`}>
              <dt>{name}</dt>
              <dd className="shape">{shape(view?.outputs[at])}</dd>
            </div>
          ))}
        </dl>
        <div className="block-actions">
          <button
            type="button"
            className="button"
            onClick={() => {
              openBlock(id);
            }}
          >
            <LogIn size={14} aria-hidden />
            {t('common.open')}
          </button>
          <button type="button" className="button" onClick={breakUpSelected}>
            <Ungroup size={14} aria-hidden />
            {t('blockInspector.breakUp')}
          </button>
        </div>
      </div>
    </>
  );
}
