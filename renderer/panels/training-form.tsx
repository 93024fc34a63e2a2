// The settings of a run. The options of optimizer and loss come from their declarations; a blank option has its initial value.
import type { JSX } from 'react';
import type { Project, TrainingSettings } from '#core/document/project';
import type { ParamTable } from '#core/layers/params';
import { findLoss, LOSSES } from '#core/losses/index';
import { findOptimizer, OPTIMIZERS } from '#core/optimizers/index';

import { ParamField } from '../fields/param-field';
import { NumberField, SelectField } from '../fields/plain-fields';
import { useApp } from '../stores/app';
import { changeSettings, useDocument } from '../stores/document';
import { useRun } from '../stores/run';

const change = (label: string, next: Partial<TrainingSettings>): void => {
  changeSettings(`Change ${label}`, (project: Project) => ({
    ...project,
    training: { ...project.training, ...next },
  }));
};

const shortName = (torch: string): string => torch.split('.').at(-1) ?? torch;

export function TrainingForm(): JSX.Element | null {
  const training = useDocument((state) => state.project?.training);
  const isDisabled = useRun(({ state }) => state !== 'idle');
  if (!training) return null;
  const optimizer = findOptimizer(training.optimizer.type);
  const loss = findLoss(training.loss.type);
  const { lr, ...options } = optimizer?.params ?? {};
  return (
    <form
      className="training-form"
      onSubmit={(event) => {
        event.preventDefault();
      }}
    >
      <div className="form-grid">
        <SelectField
          label="Optimizer"
          value={training.optimizer.type}
          options={OPTIMIZERS.map(({ type, torch }) => ({ value: type, text: shortName(torch) }))}
          isDisabled={isDisabled}
          onChange={(type) => {
            change('optimizer', {
              optimizer: { type, params: keepLearningRate(type, training.optimizer.params) },
            });
          }}
        />
        {lr ? (
          <ParamField
            name="lr"
            label="Learning rate"
            spec={lr}
            value={training.optimizer.params['lr'] ?? lr.initial}
            isDisabled={isDisabled}
            onChange={(value) => {
              change('learning rate', { optimizer: withParam(training.optimizer, 'lr', value) });
            }}
          />
        ) : null}
        <NumberField
          label="Epochs"
          value={training.epochs}
          min={1}
          max={2 ** 31 - 1}
          isDisabled={isDisabled}
          onChange={(epochs) => {
            change('epochs', { epochs });
          }}
        />
        <SelectField
          label="Loss"
          isDouble
          value={training.loss.type}
          options={LOSSES.map(({ type, torch }) => ({ value: type, text: shortName(torch) }))}
          isDisabled={isDisabled}
          onChange={(type) => {
            change('loss', { loss: { type, params: {} } });
          }}
        />
        <NumberField
          label="Batch size"
          value={training.batchSize}
          min={1}
          max={2 ** 31 - 1}
          isDisabled={isDisabled}
          onChange={(batchSize) => {
            change('batch size', { batchSize });
          }}
        />
        <NumberField
          label="Validation split"
          value={training.validationSplit}
          min={0}
          max={0.9}
          isInteger={false}
          isDisabled={isDisabled}
          onChange={(validationSplit) => {
            change('validation split', { validationSplit });
          }}
        />
        <NumberField
          label="Seed"
          value={training.seed}
          min={0}
          isDisabled={isDisabled}
          onChange={(seed) => {
            change('seed', { seed });
          }}
        />
        <DeviceField device={training.device} isDisabled={isDisabled} />
      </div>
      <Options
        title={`More of ${optimizer ? shortName(optimizer.torch) : 'it'}`}
        table={options}
        values={training.optimizer.params}
        isDisabled={isDisabled}
        onChange={(name, value) => {
          change(`optimizer ${name}`, { optimizer: withParam(training.optimizer, name, value) });
        }}
      />
      <Options
        title={`More of ${loss ? shortName(loss.torch) : 'it'}`}
        table={loss?.params ?? {}}
        values={training.loss.params}
        isDisabled={isDisabled}
        onChange={(name, value) => {
          change(`loss ${name}`, { loss: withParam(training.loss, name, value) });
        }}
      />
    </form>
  );
}

type Typed = TrainingSettings['optimizer'];

/** A param set, or taken away so that it has its initial value. */
function withParam(typed: Typed, name: string, value: unknown): Typed {
  const { [name]: _, ...rest } = typed.params;
  return { ...typed, params: value === undefined ? rest : { ...rest, [name]: value } };
}

/** A new optimizer keeps the learning rate, when it was set, and nothing else. */
function keepLearningRate(type: string, params: Typed['params']): Typed['params'] {
  return findOptimizer(type)?.params['lr'] && 'lr' in params ? { lr: params['lr'] } : {};
}

function Options({
  title,
  table,
  values,
  isDisabled,
  onChange,
}: {
  readonly title: string;
  readonly table: ParamTable;
  readonly values: Readonly<Record<string, unknown>>;
  readonly isDisabled: boolean;
  readonly onChange: (name: string, value: unknown) => void;
}): JSX.Element | null {
  const params = Object.entries(table);
  if (params.length === 0) return null;
  return (
    <details className="more">
      <summary>{title}</summary>
      <div className="form-grid">
        {params.map(([name, spec]) => (
          <ParamField
            key={name}
            name={name}
            spec={spec}
            value={name in values ? values[name] : spec.initial}
            isDisabled={isDisabled}
            onChange={(value) => {
              onChange(name, value);
            }}
          />
        ))}
      </div>
    </details>
  );
}

function DeviceField({
  device,
  isDisabled,
}: {
  readonly device: TrainingSettings['device'];
  readonly isDisabled: boolean;
}): JSX.Element {
  const devices = useApp((state) => state.devices);
  return (
    <SelectField
      label="Device"
      value={device}
      options={devices.map(({ id, name, isAvailable, detail }) => ({
        value: id,
        text: isAvailable ? name : `${name} (${detail})`,
        isDisabled: !isAvailable,
      }))}
      isDisabled={isDisabled}
      onChange={(next) => {
        change('device', { device: next });
      }}
    />
  );
}
