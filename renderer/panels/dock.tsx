// The dock under the canvas: Sample, Training, Predictions, Runs, Parameters, Problems and Outline as tabs; its height is dragged or set with the
// arrow keys, and it folds away.
import * as Tabs from '@radix-ui/react-tabs';
import {
  Boxes,
  ChartSpline,
  ChevronDown,
  ChevronUp,
  CircleAlert,
  History,
  ListTree,
  ScanSearch,
  Sparkles,
} from 'lucide-react';
import type { JSX } from 'react';

import { useLive } from '../stores/live';
import { useRun } from '../stores/run';
import { showDock, toggleDock, useUi, type DockTab } from '../stores/ui';
import { t } from '../text';
import { OutlinePanel } from './outline-panel';
import { ParametersPanel } from './parameters/parameters-panel';
import { PredictionsPanel } from './predictions/predictions-panel';
import { ProblemsPanel } from './problems-panel';
import { Resizer } from './resizer';
import { RunsPanel } from './runs/runs-panel';
import { SamplePanel } from './sample-panel';
import { TrainingPanel } from './training-panel';
import './dock.css';

export function Dock(): JSX.Element {
  const { tab, isOpen, height } = useUi((state) => state.dock);
  return (
    <Tabs.Root
      asChild
      value={isOpen ? tab : ''}
      onValueChange={(value) => {
        showDock(value as DockTab);
      }}
    >
      <section className="dock" aria-label={t('dock.panels')} style={{ height: isOpen ? height : undefined }}>
        <Resizer />
        <div className="dock-bar">
          <Tabs.List className="dock-tabs" aria-label={t('dock.panels')}>
            <Tab value="sample" label={t('dock.sample')}>
              <Sparkles size={14} aria-hidden />
              {t('dock.sample')}
            </Tab>
            <Tab value="training" label={t('dock.training')}>
              <ChartSpline size={14} aria-hidden />
              {t('dock.training')}
              <RunDot />
            </Tab>
            <Tab value="predictions" label={t('dock.predictions')}>
              <ScanSearch size={14} aria-hidden />
              {t('dock.predictions')}
            </Tab>
            <Tab value="runs" label={t('dock.runs')}>
              <History size={14} aria-hidden />
              {t('dock.runs')}
            </Tab>
            <Tab value="parameters" label={t('common.parameters')}>
              <Boxes size={14} aria-hidden />
              {t('common.parameters')}
            </Tab>
            <Tab value="problems" label={t('dock.problems')}>
              <CircleAlert size={14} aria-hidden />
              {t('dock.problems')}
              <ProblemCount />
            </Tab>
            <Tab value="outline" label={t('dock.outline')}>
              <ListTree size={14} aria-hidden />
              {t('dock.outline')}
            </Tab>
          </Tabs.List>
          <button
            type="button"
            className="icon-button is-small"
            aria-label={isOpen ? t('dock.fold') : t('dock.unfold')}
            aria-expanded={isOpen}
            onClick={toggleDock}
          >
            {isOpen ? <ChevronDown size={16} aria-hidden /> : <ChevronUp size={16} aria-hidden />}
          </button>
        </div>
        <Tabs.Content value="sample" className="dock-panel" tabIndex={-1}>
          <SamplePanel />
        </Tabs.Content>
        <Tabs.Content value="training" className="dock-panel" tabIndex={-1}>
          <TrainingPanel />
        </Tabs.Content>
        <Tabs.Content value="predictions" className="dock-panel" tabIndex={-1}>
          <PredictionsPanel />
        </Tabs.Content>
        <Tabs.Content value="runs" className="dock-panel" tabIndex={-1}>
          <RunsPanel />
        </Tabs.Content>
        <Tabs.Content value="parameters" className="dock-panel" tabIndex={-1}>
          <ParametersPanel />
        </Tabs.Content>
        <Tabs.Content value="problems" className="dock-panel" tabIndex={-1}>
          <ProblemsPanel />
        </Tabs.Content>
        <Tabs.Content value="outline" className="dock-panel" tabIndex={-1}>
          <OutlinePanel />
        </Tabs.Content>
      </section>
    </Tabs.Root>
  );
}

function Tab({
  value,
  label,
  children,
}: {
  readonly value: DockTab;
  readonly label: string;
  readonly children: React.ReactNode;
}): JSX.Element {
  return (
    <Tabs.Trigger
      value={value}
      className="dock-tab"
      aria-label={label}
      onClick={() => {
        showDock(value);
      }}
    >
      {children}
    </Tabs.Trigger>
  );
}

function RunDot(): JSX.Element | null {
  const state = useRun((run) => run.state);
  return state === 'idle' ? null : <span className={`run-dot is-${state}`} aria-hidden />;
}

function ProblemCount(): JSX.Element | null {
  const problems = useLive((state) => state.problems);
  if (problems.length === 0) return null;
  const hasError = problems.some(({ severity }) => severity === 'error');
  return <span className={`count ${hasError ? 'is-bad' : 'is-gold'}`}>{problems.length}</span>;
}
