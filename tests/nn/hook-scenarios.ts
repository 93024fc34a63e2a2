// The scenarios of nn_behaviours about hooks of calls, of saving and of loading.
import {
  deepcopy,
  Module,
  registerModuleForwardHook,
  registerModuleForwardPreHook,
  type RemovableHandle,
  Sequential,
} from '#core/nn/index';
import { pythonRepr, quoted, tupleRepr } from '#core/nn/python-names';

import { said, type Scenarios } from './scenario';
import { meta, nn } from './support';
import { bool, dict, lazyLinear, linear, note, nothing, shape } from './scenario-parts';

/** Runs the hooks of a module that returns its first input, and writes down what they see. */
function hooked(
  setup: (echo: Module, log: string[]) => readonly RemovableHandle[] | void,
  inputs: readonly unknown[],
  keywords: Record<string, unknown> = {},
) {
  return (): string => {
    const log: string[] = [];
    class Echo extends Module {
      override forward(...given: unknown[]): unknown {
        const last = given.at(-1);
        const named = typeof last === 'object' && last !== null;
        const args = named ? given.slice(0, -1) : given;
        log.push(`forward${tupleRepr(args)}${dict(named ? last : {})}`);
        if (args[0] === 'fail') throw new TypeError('failed');
        return args[0];
      }
    }
    const echo = new Echo();
    const handles = setup(echo, log) ?? [];
    try {
      log.push(`-> ${pythonRepr(echo.invoke(inputs, keywords))}`);
    } catch (error) {
      log.push(
        error instanceof TypeError
          ? `ValueError: ${error.message}`
          : said(() => {
              throw error as Error;
            }),
      );
    }
    for (const handle of handles) handle.remove();
    return log.join('; ');
  };
}

const failing = (log: string[]) => (): never => {
  log.push('failing');
  throw new TypeError('hook failed');
};

export const HOOKS: Scenarios = {
  'hook order': ['MODULE-11', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a')), m.registerForwardPreHook(note(log, 'b'), { prepend: true }),
    m.registerForwardHook(note(log, 'c')), m.registerForwardHook(note(log, 'd'), { prepend: true })), [1, 2])],
  'hook replaces': ['MODULE-11', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', 7)), m.registerForwardPreHook(note(log, 'b', [8, 9])),
    m.registerForwardHook(note(log, 'c', 10)), m.registerForwardHook(note(log, 'd'))), [1])],
  'hook with keywords': ['MODULE-17', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', [[3], { k: 4 }]), { withKwargs: true }), m.registerForwardPreHook(note(log, 'b')),
    m.registerForwardHook(note(log, 'c'), { withKwargs: true })), [1], { k: 2 })],
  'hook with keywords returns wrongly': ['MODULE-17', hooked((m, log) => nothing(
    m.registerForwardPreHook(note(log, 'a', 5), { withKwargs: true })), [1])],
  'hook always called': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(note(log, 'a')), m.registerForwardHook(note(log, 'b'), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'c'), { alwaysCall: true, withKwargs: true })), ['fail'])],
  'hook always called after success': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(note(log, 'b'), { alwaysCall: true })), [1])],
  'hook that fails, always called later': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(failing(log)), m.registerForwardHook(note(log, 'b'), { alwaysCall: true })), [1])],
  'hook always called that fails': ['MODULE-18', hooked((m, log) => nothing(
    m.registerForwardHook(failing(log), { alwaysCall: true }), m.registerForwardHook(note(log, 'b', 5), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'c'), { alwaysCall: true })), ['fail'])],
  'global hooks': ['MODULE-19', hooked((m, log) => [
    m.registerForwardPreHook(note(log, 'own')), registerModuleForwardPreHook(note(log, 'global')),
    m.registerForwardHook(note(log, 'own after')), registerModuleForwardHook(note(log, 'global after'))], [1])],
  'global hooks always called': ['MODULE-19', hooked((m, log) => [
    registerModuleForwardHook(note(log, 'global'), { alwaysCall: true }),
    m.registerForwardHook(note(log, 'own'), { alwaysCall: true })], ['fail'])],
  'hook removed while running': ['MODULE-11', () => {
    const log: string[] = [];
    const identity = nn('Identity');
    const first = identity.registerForwardPreHook(() => {
      log.push('first');
      first.remove();
    });
    identity.registerForwardPreHook(() => void log.push('second'));
    identity.invoke([meta(1)]);
    log.length = 0;
    identity.invoke([meta(1)]);
    return log.join(',');
  }],
  'linear without input': ['MODULE-17', () => linear().invoke([])],
  'linear with unknown keyword': ['MODULE-17', () => linear().invoke([meta(1, 2)], { foo: 1 })],
  'linear with input twice': ['MODULE-17', () => linear().invoke([meta(1, 2)], { input: meta(1, 2) })],
  'linear with two inputs': ['MODULE-17', () => linear().invoke([meta(1, 2), meta(1, 2)])],
  'lazy global pre hook changes the input': ['LAZY-3', () => {
    const handle = registerModuleForwardPreHook(() => [meta(2, 9)]);
    const layer = lazyLinear();
    try {
      layer.invoke([meta(2, 3)]);
    } finally {
      handle.remove();
    }
    return String(layer);
  }],
  'lazy user hook sees the final class': ['LAZY-3', () => {
    const [layer, log]: [Module, string[]] = [nn('LazyConv1d', { out_channels: 2, kernel_size: 1 }), []];
    layer.registerForwardPreHook((module) => void log.push(module.constructor.name));
    layer.registerForwardPreHook((module) => void log.push(module.constructor.name), { prepend: true });
    layer.invoke([meta(1, 3, 4)]);
    return log.join(',');
  }],
  'state dict hooks': ['STATE-13', () => {
    const log: string[] = [];
    const [layer] = [linear()];
    const root = new Sequential([layer]);
    root.registerStateDictPreHook((_module, prefix, keepVars) => void log.push(`pre ${quoted(prefix)} ${bool(keepVars)}`));
    layer.registerStateDictPreHook((_module, prefix) => void log.push(`pre ${quoted(prefix)}`));
    layer.registerStateDictPostHook((_module, state, prefix, metadata) => {
      state.delete(`${prefix}bias`);
      log.push(`post ${quoted(prefix)} ${dict(metadata)}`);
    });
    return `${[...root.stateDict({ prefix: 'p.' }).keys()].join(',')}|${log.join('; ')}`;
  }],
  'state dict post hook returns': ['STATE-13', () => {
    const layer = linear();
    layer.registerStateDictPostHook(() => 5);
    return layer.stateDict();
  }],
  'load post hook returns': ['STATE-11', () => {
    const layer = linear();
    layer.registerLoadStateDictPostHook(() => 5);
    layer.loadStateDict(layer.stateDict());
  }],
  'load post hook clears the missing': ['STATE-11', () => {
    const layer = linear();
    layer.registerLoadStateDictPostHook((_module, keys) => void (keys.missingKeys.length = 0));
    return String(layer.loadStateDict({}));
  }],
  'deepcopy of a lazy layer keeps its hooks to itself': ['MODULE-13', () => {
    const layer = lazyLinear();
    const [c, d] = [deepcopy(layer), deepcopy(layer)];
    c.invoke([meta(1, 3)]);
    d.loadStateDict(linear(5, 4).stateDict());
    layer.invoke([meta(1, 2)]);
    return `${String(layer)} ${String(c)} ${String(d)} ${shape(d.getParameter('weight'))}`;
  }],
}; // prettier-ignore
