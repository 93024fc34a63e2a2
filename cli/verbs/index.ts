// Every verb of the command line, in the order its help shows them.
import type { Verb } from '../verb';
import { bench } from './bench';
import { convert } from './convert';
import { devices } from './devices';
import { diff } from './diff';
import { evaluate } from './evaluate';
import { findLr } from './find-lr';
import { generate } from './generate';
import { gui } from './gui';
import { inspect } from './inspect';
import { layers } from './layers';
import { materializeVerb } from './materialize';
import { newProject } from './new';
import { predict } from './predict';
import { probe } from './probe';
import { runs } from './runs';
import { summary } from './summary';
import { train } from './train';

export const VERBS: readonly Verb[] = [
  newProject,
  summary,
  materializeVerb,
  train,
  runs,
  findLr,
  evaluate,
  predict,
  generate,
  inspect,
  convert,
  diff,
  layers,
  devices,
  bench,
  probe,
  gui,
];
