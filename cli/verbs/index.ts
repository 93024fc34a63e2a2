// Every verb of the command line, in the order its help shows them.
import type { Verb } from '../verb';
import { convert } from './convert';
import { diff } from './diff';
import { inspect } from './inspect';
import { layers } from './layers';
import { newProject } from './new';

export const VERBS: readonly Verb[] = [newProject, inspect, convert, diff, layers];
