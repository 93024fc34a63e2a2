// The first items of the data: pictures with their target, or rows of a table.
import type { CSSProperties, JSX } from 'react';
import { formatShape } from '#core/tensor/shape';
import type { DataPreview } from '#core/session/session';

import { ErrorNotice } from '../chrome/error-notice';
import { usePreview } from '../stores/preview';
import { saidText, t } from '../text';
import { showCount } from './format';
import { Picture } from './picture';

type Item = DataPreview['items'][number];
type PictureItem = Extract<Item, { readonly kind: 'picture' }>;
type TextItem = Extract<Item, { readonly kind: 'text' }>;
type RowItem = Extract<Item, { readonly kind: 'row' }>;

const isPicture = (item: Item): item is PictureItem => item.kind === 'picture';
const isText = (item: Item): item is TextItem => item.kind === 'text';
const isRow = (item: Item): item is RowItem => item.kind === 'row';

export function DataItems(): JSX.Element {
  const { preview, error, isLoading } = usePreview();
  const isOfText = preview?.items.some(isText) === true;
  if (error)
    return (
      <div className="data-items">
        <ErrorNotice error={error} where={error.where} />
      </div>
    );
  if (!preview)
    return <div className={`data-items ${isLoading ? 'is-loading' : ''}`} aria-busy={isLoading} />;
  return (
    <div className="data-items" aria-busy={isLoading} role="region" aria-label={t('data.items')} tabIndex={0}>
      <p className="data-facts">
        <strong>{showCount(preview.samples)}</strong> {t('data.samplesOf')}{' '}
        <span className="shape">{formatShape(preview.inputShape)}</span>
        {preview.classes.length > 0 ? (
          <> {t(isOfText ? 'data.ofCharacters' : 'data.inClasses', { count: preview.classes.length })}</>
        ) : null}
        {preview.notes.map((note) => (
          <span key={note} className="data-note">
            {saidText(note)}
          </span>
        ))}
      </p>
      <Pictures items={preview.items.filter(isPicture)} />
      <Texts items={preview.items.filter(isText)} />
      <Rows items={preview.items.filter(isRow)} columns={preview.columns} />
    </div>
  );
}

function Pictures({ items }: { readonly items: readonly PictureItem[] }): JSX.Element | null {
  if (items.length === 0) return null;
  return (
    <ul
      className="pictures"
      aria-label={t('data.firstSamples')}
      style={{ '--across': 1 + (items[0]?.others?.length ?? 0) } as CSSProperties}
    >
      {items.map((item, at) => (
        <li key={at}>
          <span className="picture-row">
            <Picture item={item} target={item.target} />
            {(item.others ?? []).map((other, index) => (
              <Picture key={index} item={other} target={item.target} />
            ))}
          </span>
          <span className="picture-target">{item.target}</span>
        </li>
      ))}
    </ul>
  );
}

/** Windows of a text, each with the character that follows. */
function Texts({ items }: { readonly items: readonly TextItem[] }): JSX.Element | null {
  if (items.length === 0) return null;
  return (
    <ol className="text-samples" aria-label={t('data.firstSamples')}>
      {items.map(({ text, target }, at) => (
        <li key={at}>
          {shown(text)}
          <mark>{shown(target)}</mark>
        </li>
      ))}
    </ol>
  );
}

/** White space as signs, so that it is seen. */
const shown = (text: string): string =>
  text.replaceAll('\n', '⏎').replaceAll('\t', '⇥').replaceAll(' ', '\u00b7');

const COLUMNS = 24;

function Rows({
  items,
  columns,
}: {
  readonly items: readonly RowItem[];
  readonly columns: readonly string[];
}): JSX.Element | null {
  const [first] = items;
  if (!first) return null;
  const shown = first.values.slice(0, COLUMNS).map((_value, at) => columns[at] ?? String(at));
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('data.firstSamples')}>
      <table className="table is-numbers">
        <thead>
          <tr>
            {shown.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col" className="target-column">
              {t('data.target')}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item, at) => (
            <tr key={at}>
              {item.values.slice(0, COLUMNS).map((value, column) => (
                <td key={column}>{Number(value.toPrecision(5))}</td>
              ))}
              <td className="target-column">{item.target}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
