// A project as data: the graph, where its data lies, how it trains. What a *.lazuli file holds and what an editor edits.

import type { DeviceName } from './device';

/** How a tensor starts and learns, chosen before or after it is initialized. */
export interface TensorOptions {
  /** It takes no steps: `requires_grad = False`. */
  readonly frozen?: boolean;
  /** A row of `INITIALIZERS` with its numbers; absent ones take their default. Counts at the next initialization. */
  readonly initializer?: { readonly kind: string; readonly [number: string]: unknown };
  /** State-dict key of the parameter that this one is: one object under two names. */
  readonly tied_to?: string;
  /** A group of the optimizer's `groups`. */
  readonly group?: string;
  /** It is learned as magnitude and direction; `dim` is the axis that keeps its norms (null: one norm over all). */
  readonly weight_norm?: { readonly dim: number | null };
  /** It is divided by its largest singular value. Absent numbers are PyTorch's: `dim` 0 (1 in transposed convolutions), 1 and 1e-12. */
  readonly spectral_norm?: {
    readonly dim?: number;
    readonly n_power_iterations?: number;
    readonly eps?: number;
  };
  /** It is an orthogonal matrix. Absent: the map that suits its shape, and a trivialization. */
  readonly orthogonal?: { readonly orthogonal_map?: string; readonly use_trivialization?: boolean };
}

/** What an optimizer does otherwise for the parameters of one group. */
export interface OptimizerGroup {
  /** Multiplies the learning rate; default 1. */
  readonly lr_factor?: number;
  /** Instead of the optimizer's. */
  readonly weight_decay?: number;
  /** Any other of the optimizer's options. */
  readonly params?: Readonly<Record<string, unknown>>;
}

/** What moves the learning rate during a run. */
export interface SchedulerSettings {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** After each step (the default) or after each epoch. One that watches a loss or metric steps per epoch in any case. */
  readonly interval?: 'step' | 'epoch';
}

/** One occurrence of a layer. `id` never changes; `name` is the state-dict prefix and a valid Python identifier, unique in the graph. */
export interface GraphNode {
  readonly id: string;
  readonly name: string;
  /** A LayerDeclaration's `type`. */
  readonly layer: string;
  /** Only what differs from the declaration's `initial`; blank sizes are null. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly position: { readonly x: number; readonly y: number };
  /** By tensor name (`weight`); absent while nothing is chosen. */
  readonly tensors?: Readonly<Record<string, TensorOptions>>;
  /** Only for a node of the layer `block`: what it is an instance of. */
  readonly block?: BlockUse;
}

/** One use of a block. */
export interface BlockUse {
  /** A definition of the graph's `blocks`. */
  readonly id: string;
  /** How many copies run in a row, the first result of each feeding the next; default 1. */
  readonly repeat?: number;
  /** Every copy uses the weights of the block's first instance; absent: each has its own. */
  readonly weights?: 'shared';
}

/** A named part of a network that its instances share. Its input and output nodes are its ports, under their names. */
export interface Block {
  readonly id: string;
  readonly name: string;
  readonly graph: Omit<Graph, 'blocks'>;
}

/** From an output port to an input port. Edges into a variadic port are ordered by their place in the list. */
export interface GraphEdge {
  readonly id: string;
  readonly from: { readonly node: string; readonly port: string };
  readonly to: { readonly node: string; readonly port: string };
}

/** Words on the canvas for the reader; nothing computes with them. Sizes are in the canvas's units. */
export interface GraphNote {
  readonly id: string;
  readonly text: string;
  readonly position: { readonly x: number; readonly y: number };
  readonly size: { readonly width: number; readonly height: number };
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Absent while there are none. */
  readonly notes?: readonly GraphNote[];
  /** Which way the drawing runs; absent: downwards. */
  readonly direction?: 'right';
  /** Definitions of the blocks used anywhere in this graph; absent while there are none. */
  readonly blocks?: readonly Block[];
}

/** How input values are scaled before the first layer. Statistics of `standardize` come from the training part. */
export type Normalization =
  | { readonly kind: 'none' }
  /** (x - offset) / scale with fixed numbers. */
  | { readonly kind: 'scale'; readonly offset: number; readonly scale: number }
  /** (x - mean) / std per column, or per channel for pictures. */
  | { readonly kind: 'standardize' };

/** Columns of separated text by name or 0-based index (negative counts from the end), or the name of an array of a .npz file. */
export type Columns = readonly (string | number)[];

/** Where one more input of the graph comes from. */
export interface InputSource {
  /** npy and idx: the file of this input, of as many samples. The others read it from the source's own file. */
  readonly file?: string | null;
  /** csv and npz. */
  readonly columns?: Columns;
  /** One sample's shape; default what the file says. */
  readonly shape?: readonly number[] | null;
  /** Default none. */
  readonly normalization?: Normalization;
}

/** One more target that losses may name. */
export interface TargetSource {
  /** npy and idx. */
  readonly file?: string | null;
  /** csv and npz; several columns are the numbers of one target. */
  readonly columns?: Columns;
  readonly kind: 'class' | 'number';
  readonly classes?: readonly string[] | null;
}

/** The name of the target that `DataSource.target` tells. */
export const MAIN_TARGET = 'target';

/** Where samples come from and which part of them is input and target. */
export interface DataSource {
  /** Relative to the project file (or absolute). For IDX the images file. */
  readonly file: string;
  readonly format: 'csv' | 'npy' | 'npz' | 'idx' | 'text';
  /** csv: true, false or null to look. */
  readonly header?: boolean | null;
  /** csv: names or 0-based indices; default all but the target. npz: the array's name. */
  readonly inputs?: readonly (string | number)[];
  /** csv: column; npz: array name. Negative indices count from the end. */
  readonly target?: string | number | null;
  /** npy and idx: a second file with the targets. */
  readonly targetFile?: string | null;
  /** One sample's shape, e.g. [1, 8, 8]; default what the file says. text: its characters, [64] by default. */
  readonly inputShape?: readonly number[] | null;
  /** text: characters from the start of one sample to the start of the next; default as many as a sample has. */
  readonly stride?: number;
  readonly targetKind: 'class' | 'number';
  /** Class names, by index; for text targets the order found. text: the characters; default those found, by code point. */
  readonly classes?: readonly string[] | null;
  readonly normalization: Normalization;
  /** By id of the input node they feed. What stands above feeds the one that is not named here. */
  readonly feeds?: Readonly<Record<string, InputSource>>;
  /** By name, beside the target above. */
  readonly targets?: Readonly<Record<string, TargetSource>>;
}

/** What a slot of a loss is given: an output or an input of the graph, by its node's id, or a target of the data, by name. */
export type LossSource =
  { readonly output: string } | { readonly input: string } | { readonly target: string };

/** A loss, what it is given and how much it counts. */
export interface LossTerm {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Factor in the sum of all losses; default 1. */
  readonly weight?: number;
  /** By slot (`input`, `target`, `anchor`); an absent one has the place in the graph and the data that it has among the slots. */
  readonly slots?: Readonly<Record<string, LossSource>>;
}

export interface TrainingSettings {
  readonly loss: LossTerm;
  /** More losses, added to the first; each with its own metrics. */
  readonly losses?: readonly (LossTerm & { readonly metrics?: readonly string[] })[];
  readonly optimizer: {
    readonly type: string;
    readonly params: Readonly<Record<string, unknown>>;
    /** By name, as tensors of the graph name them. */
    readonly groups?: Readonly<Record<string, OptimizerGroup>>;
  };
  readonly scheduler?: SchedulerSettings | null;
  /** Of the first loss. */
  readonly metrics: readonly string[];
  readonly epochs: number;
  /** Samples of one step, or of one part of it where gradients are accumulated. */
  readonly batchSize: number;
  /** Batches whose gradients make one step; default 1. */
  readonly accumulate?: number;
  /** Options of `CLIPPING`: how far gradients are cut before a step. */
  readonly clipping?: Readonly<Record<string, unknown>> | null;
  /** `bfloat16`: products and convolutions in bfloat16, weights and the rest in the project's dtype, as torch.autocast. */
  readonly precision?: 'full' | 'bfloat16';
  /** What tells which epoch was the best: `validation_loss`, `loss` or a metric. Default: the validation loss, else the loss. */
  readonly monitor?: string | null;
  /** Options of `EARLY_STOPPING`; absent or null: the run takes all epochs. */
  readonly earlyStopping?: Readonly<Record<string, unknown>> | null;
  readonly seed: number;
  /** Part of the samples kept for validation, 0 to 0.9. */
  readonly validationSplit: number;
  readonly device: DeviceName;
  /** 0: as many as there are cores. */
  readonly threads: number;
}

export interface Project {
  readonly name: string;
  readonly graph: Graph;
  readonly data: DataSource | null;
  readonly sample: { readonly batchSize: number };
  readonly training: TrainingSettings;
  /** The weights file beside the project, or null while nothing was saved. */
  readonly weights: string | null;
  /** dtype of parameters and computation. */
  readonly dtype: 'float32' | 'float64';
}
