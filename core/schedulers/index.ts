// Learning-rate schedulers: the list of declarations, and schedules that run.
export type { ScheduledGroup, SchedulerDeclaration } from './declaration';
export { FORMULA_NAMES } from './formula';
export { findScheduler, SCHEDULERS } from './list';
export type { SchedulerPart } from './part';
export { cyclesMomentum, Schedule, watchesMetric, type ScheduleState } from './schedule';
