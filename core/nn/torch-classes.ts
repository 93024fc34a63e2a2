// PyTorch's layer classes, generated from the catalogue: `Linear`, `LazyLinear` ... Two per declaration, made once.
import type { LayerDeclaration } from '../layers/declaration';
import { parseParams } from '../layers/parse';
import { LayerModule, type LayerOptions, type LayerParams } from './layer-module';
import type { LazyParts } from './lazy';
import { IS_TORCH_CLASS } from './python-names';
import { blankParams } from './solve-sizes';
import { torchParams } from './torch-arguments';

/** A declaration's two classes; `lazy` becomes `eager` when it is initialized. */
interface LayerClasses {
  readonly eager: new (params: LayerParams, options: LayerOptions) => LayerModule;
  readonly lazy: new (params: LayerParams, options: LayerOptions) => LayerModule & LazyParts;
}

const made = new WeakMap<LayerDeclaration, LayerClasses>();

const lastPart = (dotted: string): string => dotted.split('.').at(-1) ?? dotted;

/** `Linear`; `Relu` has PyTorch's `ReLU`; a node PyTorch has no word for keeps its type. */
export const classNameOf = ({ torch, type }: LayerDeclaration): string =>
  torch === null ? type : lastPart(torch);
export const lazyClassNameOf = (declaration: LayerDeclaration): string =>
  declaration.torchLazy === undefined ? `Lazy${classNameOf(declaration)}` : lastPart(declaration.torchLazy);

function classesOf(declaration: LayerDeclaration): LayerClasses {
  const existing = made.get(declaration);
  if (existing) return existing;
  const eager = class extends LayerModule {
    constructor(params: LayerParams, options: LayerOptions) {
      super(declaration, params, options);
    }
  };
  const lazy = class extends eager implements LazyParts {
    get clsToBecome(): LazyParts['clsToBecome'] {
      return eager;
    }
  };
  if (declaration.torch !== null) {
    for (const { prototype } of [eager, lazy])
      Object.defineProperty(prototype, IS_TORCH_CLASS, { value: true });
    defineParams(eager.prototype, Object.keys(declaration.params));
    if (declaration.tensors !== undefined) aliasReset(eager.prototype);
  }
  Object.defineProperty(eager, 'name', { value: classNameOf(declaration) });
  Object.defineProperty(lazy, 'name', { value: lazyClassNameOf(declaration) });
  const classes = { eager, lazy };
  made.set(declaration, classes);
  return classes;
}

/** Names that are something else on a layer: tensors, and what a LayerModule has itself. */
const TAKEN = new Set([
  'weight',
  'bias',
  'training',
  'params',
  'options',
  'random',
  'generator',
  'initializers',
]);

/** PyTorch's name of the method, so that no tensor takes it. */
function aliasReset(prototype: LayerModule): void {
  Object.defineProperty(prototype, 'reset_parameters', {
    configurable: true,
    value(this: LayerModule) {
      this.resetParameters();
    },
  });
}

/** `linear.in_features` as a field, to read and to set. */
function defineParams(prototype: LayerModule, names: readonly string[]): void {
  for (const name of names) {
    if (TAKEN.has(name) || name in prototype) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      get(this: LayerModule) {
        return this.paramAttribute(name);
      },
      set(this: LayerModule, value: unknown) {
        this.params = { ...this.params, [name]: value };
      },
    });
  }
}

/** A layer with parsed params: of the lazy class while a size that its tensors need is blank. */
function build(declaration: LayerDeclaration, params: LayerParams, options: LayerOptions): LayerModule {
  const { eager, lazy } = classesOf(declaration);
  return blankParams(declaration, params).length > 0 ? new lazy(params, options) : new eager(params, options);
}

/**
 * The module of one node: `rawParams` as a project holds them (absent ones take the palette's value). Blank sizes leave its
 * tensors uninitialized until the first call. Throws `parameter_invalid` listing everything wrong.
 */
export function createLayerModule(
  declaration: LayerDeclaration,
  rawParams: Readonly<Record<string, unknown>>,
  options: LayerOptions = {},
): LayerModule {
  return build(declaration, parseParams(declaration, rawParams), options);
}

/** `new nn.Linear({ in_features: 3, out_features: 4 })`: PyTorch's keywords and its defaults, PyTorch's behaviour. */
export type TorchClass = new (
  keywords?: Readonly<Record<string, unknown>>,
  options?: LayerOptions,
) => LayerModule;

/** PyTorch's classes by name, of all declarations that have a PyTorch name; lazy ones where PyTorch has them. */
export function torchClasses(
  declarations: readonly LayerDeclaration[],
): Readonly<Record<string, TorchClass>> {
  const classes: Record<string, TorchClass> = {};
  for (const declaration of declarations) {
    if (declaration.torch === null) continue;
    classes[classNameOf(declaration)] = constructorOf(declaration, false);
    if (declaration.torchLazy !== undefined)
      classes[lazyClassNameOf(declaration)] = constructorOf(declaration, true);
  }
  return classes;
}

function constructorOf(declaration: LayerDeclaration, isLazyClass: boolean): TorchClass {
  const { eager, lazy } = classesOf(declaration);
  const made = isLazyClass ? lazy : eager;
  const construct = function (
    keywords: Readonly<Record<string, unknown>> = {},
    options: LayerOptions = {},
  ): LayerModule {
    const params = torchParams(declaration, keywords, { name: made.name, isLazyClass });
    // The class being constructed may be a user's own, derived from this one.
    return Reflect.construct(
      made,
      [params, { semantics: 'torch', ...options }],
      new.target ?? made,
    ) as LayerModule;
  };
  Object.defineProperty(construct, 'prototype', { value: made.prototype });
  Object.defineProperty(construct, 'name', { value: made.name });
  return construct as unknown as TorchClass;
}
