// The settings of the next run: changed while one goes on, they are those of a run that is queued. The options of optimizer and loss come from their declarations; a blank option has its initial value.
import type { JSX } from 'react';
import type { LossTerm, TrainingSettings } from '#core/document/project';
import { findOptimizer, OPTIMIZERS } from '#core/optimizers/index';
import { findTrainingLoss } from '#core/training/losses';

import { prefer } from '../actions/preferences';
import { ParamField } from '../fields/param-field';
import { NumberField, SelectField } from '../fields/plain-fields';
import { useApp } from '../stores/app';
import { useDocument } from '../stores/document';
import { RateFinder } from './rate-finder';
import { Gradients } from './training-gradients';
import { lossNames, LossSlots, MoreLosses, WeightField } from './training-losses';
import { Metrics } from './training-metrics';
import { change, Options, shortName, withParam, type Params } from './training-options';
import { TrainingNeedLine } from './training-need';
import { Schedule } from './training-schedule';
import { Stopping } from './training-stopping';
import { t } from '../text';

export function TrainingForm(): JSX.Element | null {
  const training = useDocument((state) => state.project?.training);
  if (!training) return null;
  const optimizer = findOptimizer(training.optimizer.type);
  const loss = findTrainingLoss(training.loss.type);
  const setLoss = (next: LossTerm): void => {
    change(t('step.loss'), { loss: next });
  };
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
          label={t('train.optimizer')}
          value={training.optimizer.type}
          options={OPTIMIZERS.map(({ type, torch }) => ({ value: type, text: shortName(torch) }))}
          onChange={(type) => {
            change(t('step.optimizer'), {
              optimizer: { type, params: keepLearningRate(type, training.optimizer.params) },
            });
          }}
        />
        {lr ? (
          <ParamField
            name="lr"
            label={t('train.rate')}
            spec={lr}
            value={training.optimizer.params['lr'] ?? lr.initial}
            onChange={(value) => {
              change(t('step.rate'), { optimizer: withParam(training.optimizer, 'lr', value) });
            }}
          />
        ) : null}
        <NumberField
          label={t('train.epochs')}
          value={training.epochs}
          min={1}
          max={2 ** 31 - 1}
          onChange={(epochs) => {
            change(t('step.epochs'), { epochs });
          }}
        />
        <SelectField
          label={t('train.loss')}
          isDouble
          value={training.loss.type}
          options={lossNames()}
          onChange={(type) => {
            setLoss({ type, params: {} });
          }}
        />
        {(training.losses ?? []).length > 0 ? (
          <WeightField term={training.loss} label={t('train.lossWeight')} onChange={setLoss} />
        ) : null}
        <LossSlots term={training.loss} at={0} onChange={setLoss} />
        <NumberField
          label={t('train.batchSize')}
          value={training.batchSize}
          min={1}
          max={2 ** 31 - 1}
          onChange={(batchSize) => {
            change(t('step.batchSize'), { batchSize });
          }}
        />
        <NumberField
          label={t('train.split')}
          value={training.validationSplit}
          min={0}
          max={0.9}
          isInteger={false}
          onChange={(validationSplit) => {
            change(t('step.split'), { validationSplit });
          }}
        />
        <NumberField
          label={t('train.seed')}
          value={training.seed}
          min={0}
          onChange={(seed) => {
            change(t('step.seed'), { seed });
          }}
        />
        <DeviceField device={training.device} />
      </div>
      <Options
        title={t('train.more', { name: shortName(optimizer?.torch ?? '') })}
        table={options}
        values={training.optimizer.params}
        onChange={(name, value) => {
          change(`${t('step.optimizer')} ${name}`, { optimizer: withParam(training.optimizer, name, value) });
        }}
      />
      <MoreLosses training={training} />
      {lr ? <RateFinder /> : null}
      <Metrics training={training} />
      <Schedule training={training} />
      <Gradients training={training} />
      <Stopping training={training} />
      <Tensorboard />
      <Options
        title={t('train.more', { name: shortName(loss?.torch ?? '') })}
        table={loss?.params ?? {}}
        values={training.loss.params}
        onChange={(name, value) => {
          change(`${t('step.loss')} ${name}`, { loss: withParam(training.loss, name, value) });
        }}
      />
      <TrainingNeedLine />
    </form>
  );
}

/** A choice of the user's, not of the project: whether runs are written for TensorBoard too. */
function Tensorboard(): JSX.Element {
  const isOn = useApp((state) => state.preferences.tensorboard);
  return (
    <label className="form-check" title={t('train.tensorboard.help')}>
      <input
        type="checkbox"
        checked={isOn}
        onChange={() => {
          void prefer({ tensorboard: !isOn });
        }}
      />
      {t('train.tensorboard')}
    </label>
  );
}

/** A new optimizer keeps the learning rate, when it was set, and nothing else. */
function keepLearningRate(type: string, params: Params): Params {
  return findOptimizer(type)?.params['lr'] && 'lr' in params ? { lr: params['lr'] } : {};
}

function DeviceField({ device }: { readonly device: TrainingSettings['device'] }): JSX.Element {
  const devices = useApp((state) => state.devices);
  return (
    <SelectField
      label={t('train.device')}
      value={device}
      options={devices.map(({ id, name, isAvailable, detail }) => ({
        value: id,
        text: isAvailable ? name : `${name} (${detail})`,
        isDisabled: !isAvailable,
      }))}
      onChange={(next) => {
        change(t('step.device'), { device: next });
      }}
    />
  );
}
