// A node's parameters and buffers in full: shape, dtype, state, and where each size came from.
import { useState, type JSX } from 'react';
import type { GraphNode } from '#core/document/project';
import { formatShape } from '#core/tensor/shape';

import { Explained } from '../chrome/explained';
import type { ChipInfo } from '../stores/live';
import { whyTensor } from '../stores/why';
import { provenanceText, t } from '../text';
import { TensorChoices } from './tensor-choices';

interface ParameterListProps {
  readonly node: GraphNode;
  readonly chips: readonly ChipInfo[];
}

/** Tensors that are listed unasked: a deep stack has hundreds. */
const AT_FIRST = 24;

export function ParameterList({ node, chips }: ParameterListProps): JSX.Element | null {
  const [isWhole, setIsWhole] = useState(false);
  if (chips.length === 0) return null;
  const shown = isWhole ? chips : chips.slice(0, AT_FIRST);
  return (
    <section aria-label={t('common.parameters')}>
      <h3 className="section-title">{t('parameterList.parametersAndBuffers')}</h3>
      <ul className="parameters">
        {shown.map((chip) => (
          <li key={chip.name} className="parameter" data-state={chip.state}>
            <span className="parameter-name">
              <span className="state-dot" aria-hidden />
              {chip.name}
              {chip.kind.includes('buffer') ? <span className="tag">{t('common.buffer')}</span> : null}
            </span>
            <span className="shape">
              <Explained text={formatShape(chip.shape)} why={() => whyTensor(node.id, chip.name)} />
            </span>
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
      {shown.length < chips.length ? (
        <button type="button" className="button is-small" onClick={() => setIsWhole(true)}>
          {t('parameterList.showOthers', { count: chips.length - shown.length })}
        </button>
      ) : null}
    </section>
  );
}
