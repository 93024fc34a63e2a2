// The shape of a layer's declaration. Everything the program knows about a layer is derived from one of these.
import type { Initializer } from '../nn/initializer';
import type { DType } from '../tensor/dtype';
import type { PartialShape } from '../tensor/shape';
import type { Tensor } from '../tensor/tensor';
import type { ParamSpec, ParamTable, ParamsOf } from './params';
import type { Parametrization } from './parametrize/scheme';

export type Category =
  | 'input/output' | 'linear' | 'convolution' | 'pooling' | 'normalization' | 'activation'
  | 'recurrent' | 'attention' | 'shape' | 'regularization' | 'embedding' | 'arithmetic' | 'loss'; // prettier-ignore

/** What a loss of more than an output and a target compares, for its metrics. */
export type Comparison = 'triplets' | 'ranks' | 'pairs' | 'sequences';

/** A shape on an edge: null while not even its rank is known. */
export type EdgeShape = PartialShape | null;

/**
 * What an input port takes: `index` is int64 class or row numbers; `mask` is float or bool; `whole` is whole numbers or truths;
 * `any` is every dtype. Inputs of several meet as in PyTorch.
 */
export type PortContent = 'float' | 'index' | 'mask' | 'whole' | 'any';

/** A place an edge ends. A variadic input takes any number of edges, in order. */
export interface PortSpec {
  readonly name: string;
  readonly help?: string;
  readonly isVariadic?: boolean;
  /** May stay unconnected. Optional ports come last; the layer then gets fewer inputs, or null before one that is connected. */
  readonly isOptional?: boolean;
  /** Default: float. */
  readonly content?: PortContent;
  /** Of a loss: what it is compared with and not what the network gives. Implied by `index`. */
  readonly isTarget?: true;
  /** Its values are -1 and 1. */
  readonly isSign?: true;
}

/** A parameter or buffer of the layer: its state-dict name, its shape and what it still waits for. */
export interface TensorSpec {
  /** PyTorch's name: `weight`, `running_mean`. */
  readonly name: string;
  readonly kind: 'parameter' | 'buffer';
  /** Sizes; null where the size is a blank param that the first input decides. */
  readonly shape: PartialShape;
  /** Default: the model's dtype. num_batches_tracked is int64. */
  readonly dtype?: DType;
  readonly initializer: Initializer;
  /** Where its values are drawn among the layer's tensors when that is not their order: the lower the earlier. Default 0. */
  readonly drawOrder?: number;
  /** A later draw that takes the place of the first: torch.nn.Transformer draws its weights anew when all are there. */
  readonly redrawn?: { readonly initializer: Initializer; readonly drawOrder: number };
  /** The blank param this shape waits for (`in_features`), or null. */
  readonly waitsFor: string | null;
  /** Of a weight that is learned through other tensors (see parametrize): the declared parameter it stands for, and how. */
  readonly partOf?: {
    readonly tensor: string;
    readonly role: 'main' | 'derived';
    readonly parametrization: Parametrization;
  };
}

/** What `infer` and `check` report: the param or port concerned, and the numbers. The graph adds the node's and source's names. */
export interface LayerProblem {
  /** A param's or an input port's name. */
  readonly where: string;
  readonly message: string;
  readonly expected?: string;
  readonly got?: string;
  readonly hint?: string;
}

/** What `infer` returns. */
export type Inference =
  { readonly outputs: readonly EdgeShape[] } | { readonly problems: readonly LayerProblem[] };

/** Given to `lower`. */
export interface LowerCall<P extends ParamTable> {
  readonly params: ParamsOf<P>;
  /** By port; null for an optional one with nothing connected before one that has. */
  readonly inputs: readonly (Tensor | null)[];
  /** By TensorSpec name; null for one the params switch off (`bias: false`). */
  readonly tensors: Readonly<Record<string, Tensor | null>>;
  readonly isTraining: boolean;
  /** The run's counter-based random state (int64 [seed, step]) and the next stream number; used by dropout. */
  readonly random: { readonly state: Tensor; nextStream(): number } | null;
}

/** Any number (the default), probabilities, their logarithms, -1 or 1, whole numbers from 0, or numbers above 0. */
export type ExampleValues = 'any' | 'probability' | 'log probability' | 'sign' | 'count' | 'positive';

/** An example call: params, input shapes, expected output shapes. Inputs are float unless `inputDType` says otherwise. */
export interface LayerExample {
  readonly title: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
  readonly inputDType?: DType;
  /** For integer inputs: values are drawn from [0, inputRange). */
  readonly inputRange?: number;
  /** What the values of the inputs are, by port, where any numbers would not do. */
  readonly inputValues?: readonly (ExampleValues | undefined)[];
  /** The values of inputs, by port, where drawn ones would not do: offsets, lengths. */
  readonly inputData?: Readonly<Record<number, readonly number[]>>;
}

export interface LayerDeclaration<P extends ParamTable = ParamTable> {
  /** Permanent id in project files: `conv2d`. */
  readonly type: string;
  /** Dotted PyTorch name, `torch.nn.Conv2d`; null for nodes PyTorch has no word for (input, output). */
  readonly torch: string | null;
  /** PyTorch's own lazy class where it has one: `torch.nn.LazyConv2d`. */
  readonly torchLazy?: string;
  /** Keywords whose default is another one in that lazy class. */
  readonly torchLazyDefaults?: Readonly<Record<string, unknown>>;
  readonly category: Category;
  /** What it is called where PyTorch's word is another layer's too. */
  readonly title?: string;
  /** One sentence for the palette. */
  readonly summary: string;
  /** More words for the palette search. */
  readonly keywords?: readonly string[];
  readonly params: P;
  /** Constraints between params (`groups` divides `out_channels`). */
  check?(params: ParamsOf<P>): readonly LayerProblem[];
  readonly inputs: readonly PortSpec[];
  readonly outputs: readonly PortSpec[];
  /** How many of `outputs` there are under these params, where params decide it (split). */
  outputCount?(params: ParamsOf<P>): number;
  /**
   * PyTorch's arguments of forward, where they are not the input ports: each a port, a param of ours, or several ports that
   * PyTorch takes as one tuple.
   */
  readonly torchForward?: readonly (string | { readonly name: string; readonly ports: readonly string[] })[];
  /** The blank params that these inputs decide (`{in_channels: 3}`); leaves out what is still unknown. */
  inferSizes?(
    params: ParamsOf<P>,
    inputs: readonly EdgeShape[],
  ): Readonly<Record<string, number | readonly number[]>>;
  /** Output shapes for input shapes that may be partly unknown; returns problems instead when they cannot fit. */
  infer(params: ParamsOf<P>, inputs: readonly EdgeShape[]): Inference;
  /** Parameters and buffers, in PyTorch's registration order. */
  tensors?(params: ParamsOf<P>): readonly TensorSpec[];
  /** PyTorch's modules inside this one, by dotted name: each has its own entry in state-dict metadata. */
  submodules?(params: ParamsOf<P>): readonly string[];
  /** The forward computation in ops; also runs on meta tensors. */
  lower(call: LowerCall<P>): readonly Tensor[];
  /** Multiply-adds ×2 of one forward, for known shapes. */
  flops?(
    params: ParamsOf<P>,
    inputs: readonly (readonly number[])[],
    outputs: readonly (readonly number[])[],
  ): number;
  /** At least one. */
  readonly examples: readonly [LayerExample, ...LayerExample[]];
  /** Draws random numbers while training, so that two runs agree only under one random state. */
  readonly isRandom?: boolean;
  /** Only of a loss. */
  readonly compares?: Comparison;
  /** `_version` in state-dict metadata; 2 for the batch norms. */
  readonly stateVersion?: number;
}

/** The outputs a layer has under these params; all it may have while its params are unknown. */
export const outputPorts = (
  declaration: LayerDeclaration | null | undefined,
  params: Readonly<Record<string, unknown>> | null,
): readonly PortSpec[] =>
  (declaration?.outputs ?? []).slice(0, params ? declaration?.outputCount?.(params) : undefined);

/** Checks a declaration's types and forgets them, so that declarations of different params share one list. */
export function defineLayer<P extends ParamTable>(declaration: LayerDeclaration<P>): LayerDeclaration {
  return declaration;
}

export type { ParamSpec, ParamTable, ParamsOf };
