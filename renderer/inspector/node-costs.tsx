// What the selected layer costs in a training step: time, operations and memory, forward and backward, and its share of the step.
import type { JSX } from 'react';
import { profileOf, type NodeProfile, type StepProfile, type Work } from '#core/session/profile';
import { showBytes, showSeconds } from '#core/units';

import { showCount, showShare } from '../panels/format';
import { scopePath, shownGraph, useDocument } from '../stores/document';
import { useModel } from '../stores/model';
import { useProfile, useProfileWatch } from '../stores/profile';
import { faultText, t } from '../text';

export function NodeCosts({ id }: { readonly id: string }): JSX.Element {
  useProfileWatch();
  const { profile, error, isAsking } = useProfile();
  const path = useDocument(scopePath);
  const found = profile && profileOf(profile, path + id);
  return (
    <div className="costs" role="group" aria-label={t('costs.title')} aria-busy={isAsking}>
      <h4>{t('costs.title')}</h4>
      {found && profile ? (
        <Costs found={found} profile={profile} />
      ) : (
        <p className="muted small">
          {error !== null ? faultText(error) : profile === null ? t('common.measuring') : t('costs.nothing')}
        </p>
      )}
    </div>
  );
}

function Costs({
  found,
  profile,
}: {
  readonly found: NodeProfile;
  readonly profile: StepProfile;
}): JSX.Element {
  const { forward, backward, kept } = found;
  const seconds = forward.seconds + backward.seconds;
  return (
    <>
      <table className="cost-table">
        <thead>
          <tr>
            <td />
            <th scope="col">{t('costs.time')}</th>
            <th scope="col">FLOPs</th>
            <th scope="col">{t('costs.memory')}</th>
          </tr>
        </thead>
        <tbody>
          <WorkRow name={t('costs.forward')} work={forward} />
          <WorkRow name={t('costs.backward')} work={backward} />
        </tbody>
      </table>
      <p className="small muted">
        {t('costs.ofAStep', {
          share: showShare(profile.seconds > 0 ? seconds / profile.seconds : 0),
          time: showSeconds(profile.seconds),
        })}
        {kept > 0 ? ` · ${t('costs.kept', { bytes: showBytes(kept) })}` : ''}. {sourceText(profile)}
      </p>
      <Fused found={found} />
    </>
  );
}

function WorkRow({ name, work }: { readonly name: string; readonly work: Work }): JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{showSeconds(work.seconds)}</td>
      <td>{showCount(Math.round(work.flops))}</td>
      <td>{showBytes(work.bytes)}</td>
    </tr>
  );
}

/** "Median of 21 steps of 64 samples on cpu." */
export const sourceText = ({ steps, batch, device, isLive }: StepProfile): string =>
  t(isLive ? 'costs.sourceLive' : 'costs.source', { steps, batch, device });

/** What the numbers leave out, where ops of several layers run as one. */
function Fused({ found }: { readonly found: NodeProfile }): JSX.Element | null {
  const nameOf = useNames();
  const { inside, together } = found;
  const lines = [
    ...(inside.length > 0 ? [t('costs.inside', { names: inside.map(nameOf).join(', ') })] : []),
    ...(together.length > 0 ? [t('costs.together', { names: together.map(nameOf).join(', ') })] : []),
  ];
  return lines.length === 0 ? null : <p className="small muted">{lines.join(' ')}</p>;
}

/** Names of nodes of the flat graph as they stand on the cards, or in full where they are elsewhere. */
function useNames(): (id: string) => string {
  const infos = useModel((state) => state.nodes);
  const graph = useDocument(shownGraph);
  const path = useDocument(scopePath);
  return (id) => graph?.nodes.find((node) => path + node.id === id)?.name ?? infos.get(id)?.name ?? id;
}
