// How the data file is read: format details, header, input and target columns, one sample's shape, normalization.
import type { JSX } from 'react';
import type { DataSource } from '#core/document/project';

import { NumberField, SelectField, TextField } from '../fields/plain-fields';
import { changeSettings } from '../stores/document';
import { usePreview } from '../stores/preview';
import { useRun } from '../stores/run';
import { t } from '../text';
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
  if (format === 'text') return <TextForm data={data} isDisabled={isDisabled} />;
  return (
    <div className="data-form">
      <div className="form-grid">
        {format === 'csv' ? <CsvFields data={data} isDisabled={isDisabled} /> : null}
        {format === 'npz' ? <NpzFields data={data} isDisabled={isDisabled} /> : null}
        <TextField
          label={t('data.shape')}
          value={data.inputShape?.join(', ') ?? ''}
          placeholder={shape ? shape.join(', ') : t('data.asTheFileSays')}
          check={shapeFault}
          isDisabled={isDisabled}
          onChange={(text) => {
            change(t('step.sampleShape'), { inputShape: readShape(text) });
          }}
        />
        <SelectField
          label={t('data.targetIs')}
          value={data.targetKind}
          options={[
            { value: 'class', text: t('data.aClass') },
            { value: 'number', text: t('data.aNumber') },
          ]}
          isDisabled={isDisabled}
          onChange={(targetKind) => {
            change(t('step.targetKind'), { targetKind });
          }}
        />
        <NormalizationFields
          label={t('data.normalization')}
          normalization={normalization}
          isDisabled={isDisabled}
          onChange={(next) => {
            change(t('step.normalization'), { normalization: next });
          }}
        />
      </div>
      <FurtherInputs data={data} isDisabled={isDisabled} />
      <FurtherTargets data={data} isDisabled={isDisabled} />
    </div>
  );
}

/** Of a text: how it is cut into samples. What follows each character is the target. */
function TextForm({ data, isDisabled }: PartProps): JSX.Element {
  const shape = usePreview((state) => state.preview?.inputShape);
  const length = data.inputShape?.[0] ?? shape?.[0] ?? 1;
  const most = 1_000_000;
  return (
    <div className="data-form">
      <div className="form-grid">
        <NumberField
          label={t('data.characters')}
          help={t('data.characters.help')}
          value={length}
          min={1}
          max={most}
          isDisabled={isDisabled}
          onChange={(value) => {
            change(t('step.change', { what: t('data.characters') }), { inputShape: [value] });
          }}
        />
        <NumberField
          label={t('data.stride')}
          help={t('data.stride.help')}
          value={data.stride ?? length}
          min={1}
          max={most}
          isDisabled={isDisabled}
          onChange={(value) => {
            change(t('step.change', { what: t('data.stride') }), { stride: value });
          }}
        />
      </div>
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
        label={t('data.header')}
        value={headerWord(data.header)}
        options={[
          { value: 'look', text: t('data.findOut') },
          { value: 'yes', text: t('data.yes') },
          { value: 'no', text: t('data.no') },
        ]}
        isDisabled={isDisabled}
        onChange={(word) => {
          change(t('step.header'), { header: HEADER[word] });
        }}
      />
      <TextField
        label={t('data.targetColumn')}
        value={columnText(data.target)}
        placeholder={t('data.last')}
        help={
          columns.length > 0
            ? t('data.columnsHelp', {
                count: columns.length,
                names: `${columns.slice(0, 8).join(', ')}${columns.length > 8 ? ' …' : ''}`,
              })
            : t('data.columnHelp')
        }
        isDisabled={isDisabled}
        onChange={(text) => {
          change(t('step.targetColumn'), { target: readColumn(text) });
        }}
      />
      <TextField
        label={t('data.inputColumns')}
        value={data.inputs?.map(columnText).join(', ') ?? ''}
        placeholder={t('data.allOthers')}
        isDisabled={isDisabled}
        onChange={(text) => {
          const inputs = readColumns(text);
          changeSettings(t('step.inputColumns'), (project) => {
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
        label={t('data.inputArray')}
        value={data.inputs?.map(columnText).join(', ') ?? ''}
        isDisabled={isDisabled}
        onChange={(text) => {
          change(t('step.inputArray'), { inputs: text.trim() === '' ? [] : [text.trim()] });
        }}
      />
      <TextField
        label={t('data.targetArray')}
        value={columnText(data.target)}
        isDisabled={isDisabled}
        onChange={(text) => {
          change(t('step.targetArray'), { target: text.trim() === '' ? null : text.trim() });
        }}
      />
    </>
  );
}
