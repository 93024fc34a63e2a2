// A node's parameters and buffers in full: shape, dtype, state, and where each size came from.
import type { JSX } from 'react';
import type { GraphNode } from '#core/document/project';
import { formatShape } from '#core/tensor/shape';

import type { ChipInfo } from '../stores/live';
import { provenanceText, t } from '../text';
import { TensorChoices } from './tensor-choices';

interface ParameterListProps {
  readonly node: GraphNode;
  readonly chips: readonly ChipInfo[];
}

export function ParameterList({ node, chips }: ParameterListProps): JSX.Element | null {
  if (chips.length === 0) return null;
  return (
    <section aria-label={t('common.parameters')}>
      <h3 className="section-title">{t('parameterList.parametersAndBuffers')}</h3>
      <ul className="parameters">
        {chips.map((chip) => (
          <li key={chip.name} className="parameter" data-state={chip.state}>
            <span className="parameter-name">
              <span className="state-dot" aria-hidden />
              {chip.name}
              {chip.kind.includes('buffer') ? <span className="tag">{t('common.buffer')}</span> : null}
            </span>
            <span className="shape">{formatShape(chip.shape)}</span>
            <span className="parameter-state">
              {chip.state === 'uninitialized' && chip.waitsFor !== null
                ? t('parameter.waits', { what: chip.waitsFor })
                : t(`tensor.state.${chip.state}`)}
            </span>
            <span className="muted">{chip.dtype}</span>
            {chip.provenance === '' ? null : (
              <p className="parameter-provenance">{provenanceText(chip.provenance)}</p>
            )}
            {chip.kind.includes('buffer') ? null : (
              <TensorChoices
                id={node.id}
                chip={chip}
                options={node.tensors?.[chip.part_of ?? chip.name] ?? {}}
              />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
