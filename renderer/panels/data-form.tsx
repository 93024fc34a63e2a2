// How the data file is read: format details, header, input and target columns, one sample's shape, normalization.
import type { JSX } from 'react';
import type { DataSource } from '#core/document/project';

import { SelectField, TextField } from '../fields/plain-fields';
import { changeSettings } from '../stores/document';
import { usePreview } from '../stores/preview';
import { useRun } from '../stores/run';
import { FurtherInputs, FurtherTargets } from './data-more';
import { NormalizationFields } from './data-normalization';
import { columnText, readColumn, readColumns, readShape, shapeFault } from './data-text';

type Change = Partial<{ -readonly [key in keyof DataSource]: DataSource[key] }>;

const change = (label: string, next: Change): void => {
  changeSettings(label, (project) =>
    project.data ? { ...project, data: { ...project.data, ...next } } : project,
  );
};

const HEADER = { look: null, yes: true, no: false } as const;
type Header = keyof typeof HEADER;
const headerWord = (header: boolean | null | undefined): Header =>
  header === true ? 'yes' : header === false ? 'no' : 'look';

export function DataForm({ data }: { readonly data: DataSource }): JSX.Element {
  const isDisabled = useRun(({ state }) => state !== 'idle');
  const shape = usePreview((state) => state.preview?.inputShape);
  const { format, normalization } = data;
  return (
    <div className="data-form">
      <div className="form-grid">
        {format === 'csv' ? <CsvFields data={data} isDisabled={isDisabled} /> : null}
        {format === 'npz' ? <NpzFields data={data} isDisabled={isDisabled} /> : null}
        <TextField
          label="Sample shape"
          value={data.inputShape?.join(', ') ?? ''}
          placeholder={shape ? shape.join(', ') : 'as the file says'}
          check={shapeFault}
          isDisabled={isDisabled}
          onChange={(text) => {
            change('Change sample shape', { inputShape: readShape(text) });
          }}
        />
        <SelectField
          label="Target is"
          value={data.targetKind}
          options={[
            { value: 'class', text: 'a class' },
            { value: 'number', text: 'a number' },
          ]}
          isDisabled={isDisabled}
          onChange={(targetKind) => {
            change('Change target kind', { targetKind });
          }}
        />
        <NormalizationFields
          label="Normalization"
          normalization={normalization}
          isDisabled={isDisabled}
          onChange={(next) => {
            change('Change normalization', { normalization: next });
          }}
        />
      </div>
      <FurtherInputs data={data} isDisabled={isDisabled} />
      <FurtherTargets data={data} isDisabled={isDisabled} />
    </div>
  );
}

interface PartProps {
  readonly data: DataSource;
  readonly isDisabled: boolean;
}

function CsvFields({ data, isDisabled }: PartProps): JSX.Element {
  const columns = usePreview((state) => state.preview?.columns) ?? [];
  return (
    <>
      <SelectField
        label="Header row"
        value={headerWord(data.header)}
        options={[
          { value: 'look', text: 'find out' },
          { value: 'yes', text: 'yes' },
          { value: 'no', text: 'no' },
        ]}
        isDisabled={isDisabled}
        onChange={(word) => {
          change('Change header row', { header: HEADER[word] });
        }}
      />
      <TextField
        label="Target column"
        value={columnText(data.target)}
        placeholder="last"
        help={
          columns.length > 0
            ? `${columns.length} columns: ${columns.slice(0, 8).join(', ')}${columns.length > 8 ? ' …' : ''}`
            : 'A name, or a number from 0; −1 is the last.'
        }
        isDisabled={isDisabled}
        onChange={(text) => {
          change('Change target column', { target: readColumn(text) });
        }}
      />
      <TextField
        label="Input columns"
        value={data.inputs?.map(columnText).join(', ') ?? ''}
        placeholder="all others"
        isDisabled={isDisabled}
        onChange={(text) => {
          const inputs = readColumns(text);
          changeSettings('Change input columns', (project) => {
            if (!project.data) return project;
            const { inputs: _, ...rest } = project.data;
            return { ...project, data: inputs === null ? rest : { ...rest, inputs } };
          });
        }}
      />
    </>
  );
}

function NpzFields({ data, isDisabled }: PartProps): JSX.Element {
  return (
    <>
      <TextField
        label="Input array"
        value={data.inputs?.map(columnText).join(', ') ?? ''}
        isDisabled={isDisabled}
        onChange={(text) => {
          change('Change input array', { inputs: text.trim() === '' ? [] : [text.trim()] });
        }}
      />
      <TextField
        label="Target array"
        value={columnText(data.target)}
        isDisabled={isDisabled}
        onChange={(text) => {
          change('Change target array', { target: text.trim() === '' ? null : text.trim() });
        }}
      />
    </>
  );
}
