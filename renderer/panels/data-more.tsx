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
      {main ? <p className="form-note">What stands above feeds the input {main.name}.</p> : null}
      {others.map(({ id, name }) => (
        <FeedFields key={id} id={id} name={name} feed={feeds[id] ?? {}} data={data} isDisabled={isDisabled} />
      ))}
    </>
  );
}

const PLACES = { csv: 'columns', npz: 'array', npy: 'file', idx: 'file' } as const;

function FeedFields({
  id,
  name,
  feed,
  data,
  isDisabled,
}: PartProps & { readonly id: string; readonly name: string; readonly feed: InputSource }): JSX.Element {
  const found = usePreview((state) => state.preview?.feeds?.[id]);
  const set = (next: InputSource): void => {
    changeSettings(`Change data of ${name}`, (project) =>
      project.data
        ? withData(project, { ...project.data, feeds: { ...project.data.feeds, [id]: next } })
        : project,
    );
  };
  return (
    <fieldset className="form-part">
      <legend>Input {name}</legend>
      <div className="form-grid">
        <PlaceField
          what={`${name} ${PLACES[data.format]}`}
          part={feed}
          data={data}
          isDisabled={isDisabled}
          onChange={set}
        />
        <TextField
          label={`${name} shape`}
          value={feed.shape?.join(', ') ?? ''}
          placeholder={found ? found.join(', ') : 'as the file says'}
          check={shapeFault}
          isDisabled={isDisabled}
          onChange={(text) => {
            set({ ...feed, shape: readShape(text) });
          }}
        />
        <NormalizationFields
          label={`${name} normalization`}
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
      placeholder={data.format === 'npz' ? (columns[0] ?? 'a name') : '0-63, or names'}
      help={
        columns.length > 0
          ? `There are: ${columns.slice(0, 12).join(', ')}${columns.length > 12 ? ' …' : ''}`
          : 'Names, or numbers from 0.'
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
    const source = await perform('The file cannot be used', 'open', () => call('data.choose'));
    if (source) onChange(source.file);
  };
  const name = file?.split(/[\\/]/).at(-1) ?? 'none';
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <button
        type="button"
        className="button is-small"
        aria-label={`Choose ${label}: ${name}`}
        title={file ?? undefined}
        disabled={isDisabled}
        onClick={() => void choose()}
      >
        {file === null ? 'Choose file…' : name}
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
    setTargets('Add target', {
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
        <Plus size={13} aria-hidden /> Add target
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
    setTargets(`Change target ${name}`, { ...all, [name]: next });
  };
  return (
    <fieldset className="form-part">
      <legend>Target {name}</legend>
      <div className="inner-scheduler">
        <div className="form-grid">
          <TextField
            label={`Name of ${name}`}
            value={name}
            check={(text) => nameFault(text.trim(), name, all)}
            isDisabled={isDisabled}
            onChange={(text) => {
              changeSettings('Rename target', (project) => renamed(project, name, text.trim()));
            }}
          />
          <PlaceField
            what={`${name} ${PLACES[data.format]}`}
            part={target}
            data={data}
            isDisabled={isDisabled}
            onChange={set}
          />
          <SelectField
            label={`${name} is`}
            value={target.kind}
            options={[
              { value: 'class', text: 'a class' },
              { value: 'number', text: 'a number' },
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
          aria-label={`Remove target ${name}`}
          disabled={isDisabled}
          onClick={() => {
            const { [name]: _, ...others } = all;
            setTargets(`Remove target ${name}`, others);
          }}
        >
          <X size={13} aria-hidden />
        </button>
      </div>
    </fieldset>
  );
}

function nameFault(text: string, own: string, all: Readonly<Record<string, TargetSource>>): string | null {
  if (text === '') return 'a target needs a name';
  if (text === own) return null;
  return text === 'target' || Object.hasOwn(all, text) ? 'another target has this name' : null;
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
