// The classes of torch.optim, generated from the table of optimizers: `new torchOptimizers.SGD(model.parameters(), { lr: 0.1 })`.
import { OPTIMIZERS, type OptimizerDeclaration } from '../optimizers/index';
import type { Options, Params } from './groups';
import { LbfgsOptimizer } from './lbfgs-optimizer';
import { TableOptimizer } from './table-optimizer';

/** PyTorch's keywords and its defaults; `params` as PyTorch takes them. */
export type TorchOptimizerClass = new (params: Params, keywords?: Options) => TableOptimizer;

function classFor(declaration: OptimizerDeclaration, name: string): TorchOptimizerClass {
  const Base = declaration.evaluatesAgain === true ? LbfgsOptimizer : TableOptimizer;
  const made = class extends Base {
    constructor(params?: Params, keywords: Options = {}) {
      super(declaration, params, keywords, name);
    }
  };
  Object.defineProperty(made, 'name', { value: name });
  return made;
}

function classes(): Record<string, TorchOptimizerClass> {
  const byType = new Map(
    OPTIMIZERS.map((declaration) => [
      declaration.type,
      classFor(declaration, declaration.torch.split('.').at(-1) ?? declaration.type),
    ]),
  );
  for (const { type, torchClass } of OPTIMIZERS) {
    const own = byType.get(type);
    if (!own) continue;
    const parent = byType.get(torchClass.derivesFrom ?? '');
    // A class that derives from another has its step; the others have one of their own, which hooks go round.
    const prototype = own.prototype as TableOptimizer;
    if (parent) Object.setPrototypeOf(prototype, parent.prototype as TableOptimizer);
    else {
      const value: unknown = Reflect.get(prototype, 'step');
      Object.defineProperty(prototype, 'step', { value, writable: true, configurable: true });
    }
  }
  return Object.fromEntries([...byType.values()].map((made) => [made.name, made]));
}

/** By PyTorch's class name. */
export const torchOptimizers: Readonly<Record<string, TorchOptimizerClass>> = classes();
