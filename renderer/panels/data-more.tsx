// What the data holds beside one input and one target: the columns, array or file of each further input of the graph and of each
// further target that a loss may name.
import { Plus, X } from 'lucide-react';
import type { JSX } from 'react';
import type {
  DataSource,
  InputSource,
  LossTerm,
  Project,
  TargetSource,
  TrainingSettings,
} from '#core/document/project';

import { perform } from '../actions/perform';
import { call } from '../client';
import { SelectField, TextField } from '../fields/plain-fields';
import { changeSettings } from '../stores/document';
import { useEnds } from '../stores/ends';
import { usePreview } from '../stores/preview';
import { columnText, readColumns, readShape, shapeFault } from './data-text';
import { NormalizationFields } from './data-normalization';
import { t } from '../text';

interface PartProps {
  readonly data: DataSource;
  readonly isDisabled: boolean;
}

const withData = (project: Project, data: DataSource): Project => ({ ...project, data });

/** The inputs of the graph that need data of their own: all but the first that has none yet. */
export function FurtherInputs({ data, isDisabled }: PartProps): JSX.Element | null {
  const { inputs } = useEnds();
  const feeds = data.feeds ?? {};
  const [main] = inputs.filter(({ id }) => !Object.hasOwn(feeds, id));
  const others = inputs.filter(({ id }) => id !== main?.id);
  if (others.length === 0) return null;
  return (
    <>
      {main ? <p className="form-note">{t('data.mainFeeds', { name: main.name })}</p> : null}
      {others.map(({ id, name }) => (
        <FeedFields key={id} id={id} name={name} feed={feeds[id] ?? {}} data={data} isDisabled={isDisabled} />
      ))}
    </>
  );
}

const PLACES = { csv: 'columns', npz: 'array', npy: 'file', idx: 'file', text: 'file' } as const;

function FeedFields({
  id,
  name,
  feed,
  data,
  isDisabled,
}: PartProps & { readonly id: string; readonly name: string; readonly feed: InputSource }): JSX.Element {
  const found = usePreview((state) => state.preview?.feeds?.[id]);
  const set = (next: InputSource): void => {
    changeSettings(t('step.dataOf', { name }), (project) =>
      project.data
        ? withData(project, { ...project.data, feeds: { ...project.data.feeds, [id]: next } })
        : project,
    );
  };
  return (
    <fieldset className="form-part">
      <legend>{t('data.inputNamed', { name })}</legend>
      <div className="form-grid">
        <PlaceField
          what={t(`data.place.${PLACES[data.format]}`, { name })}
          part={feed}
          data={data}
          isDisabled={isDisabled}
          onChange={set}
        />
        <TextField
          label={t('data.shapeOf', { name })}
          value={feed.shape?.join(', ') ?? ''}
          placeholder={found ? found.join(', ') : t('data.asTheFileSays')}
          check={shapeFault}
          isDisabled={isDisabled}
          onChange={(text) => {
            set({ ...feed, shape: readShape(text) });
          }}
        />
        <NormalizationFields
          label={t('data.normalizationOf', { name })}
          normalization={feed.normalization ?? { kind: 'none' }}
          isDisabled={isDisabled}
          onChange={(normalization) => {
            set({ ...feed, normalization });
          }}
        />
      </div>
    </fieldset>
  );
}

/** Where an input or target stands: columns, the name of an array, or a file. */
function PlaceField<T extends Pick<InputSource, 'file' | 'columns'>>({
  what,
  part,
  data,
  isDisabled,
  onChange,
}: {
  readonly what: string;
  readonly part: T;
  readonly data: DataSource;
  readonly isDisabled: boolean;
  readonly onChange: (part: T) => void;
}): JSX.Element {
  const columns = usePreview((state) => state.preview?.columns) ?? [];
  if (data.format === 'npy' || data.format === 'idx')
    return (
      <FileField
        label={what}
        file={part.file ?? null}
        isDisabled={isDisabled}
        onChange={(file) => {
          onChange({ ...part, file });
        }}
      />
    );
  return (
    <TextField
      label={what}
      value={part.columns?.map(columnText).join(', ') ?? ''}
      placeholder={data.format === 'npz' ? (columns[0] ?? t('data.aName')) : t('data.columnsOrNames')}
      help={
        columns.length > 0
          ? t('data.thereAre', {
              names: `${columns.slice(0, 12).join(', ')}${columns.length > 12 ? ' …' : ''}`,
            })
          : t('data.namesOrNumbers')
      }
      isDisabled={isDisabled}
      onChange={(text) => {
        onChange({ ...part, columns: data.format === 'npz' ? [text.trim()] : (readColumns(text) ?? []) });
      }}
    />
  );
}

/** A file of arrays, chosen in a dialog. */
function FileField({
  label,
  file,
  isDisabled,
  onChange,
}: {
  readonly label: string;
  readonly file: string | null;
  readonly isDisabled: boolean;
  readonly onChange: (file: string) => void;
}): JSX.Element {
  const choose = async (): Promise<void> => {
    const source = await perform(t('told.fileCannotBeUsed'), 'open', () => call('data.choose'));
    if (source) onChange(source.file);
  };
  const name = file?.split(/[\\/]/).at(-1) ?? t('data.none');
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <button
        type="button"
        className="button is-small"
        aria-label={t('data.chooseNamed', { what: label, name })}
        title={file ?? undefined}
        disabled={isDisabled}
        onClick={() => void choose()}
      >
        {file === null ? t('data.chooseFile') : name}
      </button>
    </div>
  );
}

/** Targets beside the first, for more losses or for losses of more than one. */
export function FurtherTargets({ data, isDisabled }: PartProps): JSX.Element {
  const targets = Object.entries(data.targets ?? {});
  const add = (): void => {
    let number = 2;
    while (Object.hasOwn(data.targets ?? {}, `target_${number}`)) number++;
    setTargets(t('data.addTarget'), {
      ...data.targets,
      [`target_${number}`]: { kind: 'number', columns: [`target_${number}`] },
    });
  };
  return (
    <div className="more-losses">
      {targets.map(([name, target]) => (
        <TargetFields key={name} name={name} target={target} data={data} isDisabled={isDisabled} />
      ))}
      <button type="button" className="button is-small" disabled={isDisabled} onClick={add}>
        <Plus size={13} aria-hidden /> {t('data.addTarget')}
      </button>
    </div>
  );
}

function setTargets(label: string, targets: Readonly<Record<string, TargetSource>>): void {
  changeSettings(label, (project) =>
    project.data ? withData(project, { ...project.data, targets }) : project,
  );
}

function TargetFields({
  name,
  target,
  data,
  isDisabled,
}: PartProps & { readonly name: string; readonly target: TargetSource }): JSX.Element {
  const all = data.targets ?? {};
  const set = (next: TargetSource): void => {
    setTargets(t('step.changeTarget', { name }), { ...all, [name]: next });
  };
  return (
    <fieldset className="form-part">
      <legend>{t('data.targetNamed', { name })}</legend>
      <div className="inner-scheduler">
        <div className="form-grid">
          <TextField
            label={t('data.nameOf', { name })}
            value={name}
            check={(text) => nameFault(text.trim(), name, all)}
            isDisabled={isDisabled}
            onChange={(text) => {
              changeSettings(t('step.renameTarget'), (project) => renamed(project, name, text.trim()));
            }}
          />
          <PlaceField
            what={t(`data.place.${PLACES[data.format]}`, { name })}
            part={target}
            data={data}
            isDisabled={isDisabled}
            onChange={set}
          />
          <SelectField
            label={t('data.namedIs', { name })}
            value={target.kind}
            options={[
              { value: 'class', text: t('data.aClass') },
              { value: 'number', text: t('data.aNumber') },
            ]}
            isDisabled={isDisabled}
            onChange={(kind) => {
              set({ ...target, kind });
            }}
          />
        </div>
        <button
          type="button"
          className="icon-button is-small"
          aria-label={t('data.removeTarget', { name })}
          disabled={isDisabled}
          onClick={() => {
            const { [name]: _, ...others } = all;
            setTargets(t('data.removeTarget', { name }), others);
          }}
        >
          <X size={13} aria-hidden />
        </button>
      </div>
    </fieldset>
  );
}

function nameFault(text: string, own: string, all: Readonly<Record<string, TargetSource>>): string | null {
  if (text === '') return t('data.nameNeeded');
  if (text === own) return null;
  return text === 'target' || Object.hasOwn(all, text) ? t('data.nameTaken') : null;
}

/** A target under another name, in the data and in every loss that looks at it. */
function renamed(project: Project, from: string, to: string): Project {
  const { data, training } = project;
  if (!data || from === to || nameFault(to, from, data.targets ?? {}) !== null) return project;
  const targets = Object.fromEntries(
    Object.entries(data.targets ?? {}).map(([name, target]) => [name === from ? to : name, target]),
  );
  const inTerm = <T extends LossTerm>(term: T): T =>
    term.slots
      ? {
          ...term,
          slots: Object.fromEntries(
            Object.entries(term.slots).map(([slot, source]) => [
              slot,
              'target' in source && source.target === from ? { target: to } : source,
            ]),
          ),
        }
      : term;
  const next: TrainingSettings = {
    ...training,
    loss: inTerm(training.loss),
    ...(training.losses ? { losses: training.losses.map(inTerm) } : {}),
  };
  return { ...project, data: { ...data, targets }, training: next };
}
