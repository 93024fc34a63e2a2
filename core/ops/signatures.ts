// The signature of every primitive: inputs, outputs and attributes. The contract between core/ops and native/src.
//
// Every kernel takes dense row-major inputs and writes dense row-major outputs allocated by its caller.
// "float" is float32 or float64; all float inputs of a call have one dtype. `?` marks an optional input (null).
// Shapes: n batch, c channels, s spatial sizes (1 to 3 of them).

export type AttributeValue =
  null | boolean | number | string | readonly number[] | readonly string[] | ElementwiseSteps;

/** Scalar functions of one fused elementwise op, by arity. Comparisons give 0 or 1; gelu is x·Φ(x) and gelu_slope its derivative; `where(c, a, b)` is a if c ≠ 0. */
// prettier-ignore
export const SCALAR_FUNCTIONS = {
  neg: 1, abs: 1, sign: 1, exp: 1, expm1: 1, log: 1, log1p: 1, sqrt: 1, rsqrt: 1, reciprocal: 1, square: 1,
  tanh: 1, sigmoid: 1, erf: 1, sin: 1, cos: 1, floor: 1, ceil: 1, round: 1, relu: 1, is_nan: 1,
  gelu: 1, gelu_slope: 1,
  add: 2, sub: 2, mul: 2, div: 2, maximum: 2, minimum: 2, pow: 2, fmod: 2,
  eq: 2, ne: 2, lt: 2, le: 2, gt: 2, ge: 2,
  where: 3,
} as const;

/** Functions of integer_elementwise, by arity: floor_divide and remainder as Python's, comparisons give 0 or 1, `where(c, a, b)` is a if c ≠ 0. */
// prettier-ignore
export const INTEGER_FUNCTIONS = {
  add: 2, sub: 2, mul: 2, floor_divide: 2, remainder: 2, pow: 2, maximum: 2, minimum: 2,
  bitwise_and: 2, bitwise_or: 2, bitwise_xor: 2, eq: 2, ne: 2, lt: 2, le: 2, where: 3,
} as const;
export type IntegerFunction = keyof typeof INTEGER_FUNCTIONS;

export const INTEGER_KINDS = ['sum', 'prod', 'max', 'min', 'argmax', 'argmin', 'cumsum', 'cumprod'] as const;
export type IntegerKind = (typeof INTEGER_KINDS)[number];

export type ScalarFunction = keyof typeof SCALAR_FUNCTIONS;

/**
 * One step of a fused elementwise op: a function and its operands. Operands number the values: first the op's
 * inputs, then `constants`, then the results of the steps in order. The last step is the output.
 */
export type ElementwiseSteps = readonly (readonly [ScalarFunction, ...number[]])[];

/** Sliding-window geometry; one number per spatial axis, `padding` as [before, after] pairs flattened. */
export interface WindowAttributes {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}
export interface ConvolutionAttributes {
  readonly stride: readonly number[];
  /** [before, after] per spatial axis, flattened. */
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}
export type Reduction = 'none' | 'mean' | 'sum';

/**
 * The dtype of a product whose operands are all float16 or all bfloat16, or of attention over such queries: theirs or float32; sums are float32. Only a pass
 * over programs for devices that multiply such numbers sets it.
 */
export interface Narrowed {
  readonly result?: string | null;
}

export interface AttentionAttributes extends Narrowed {
  readonly heads: number;
  readonly scale: number;
  readonly is_causal: boolean;
}

/** A scalar function of one argument that an op applies to its results; only program fusion sets it. */
export interface Activated {
  readonly activation?: string | null;
}
/**
 * float32 operands that a product rounds to bfloat16 (`precision`), not the bias or the sums, and results that it rounds before
 * their activation (`rounds`). Only the CPU has them.
 */
export interface Rounded {
  readonly precision?: 'bfloat16' | null;
  readonly rounds?: 'bfloat16' | null;
}

/** Attributes of every op, by name. The comment gives inputs → outputs. */
export interface OpAttributes {
  // ---- data movement (any dtype)
  /** (x) → y: the elements of x's storage at `offset + Σ index·strides`, in elements; y dense of `shape`. Strides may be 0. */
  strided_copy: {
    readonly shape: readonly number[];
    readonly strides: readonly number[];
    readonly offset: number;
  };
  /** (x) → y of `shape` where y[offset + Σ index·strides] += x[index]; the rest 0. float; the gradient of strided_copy. */
  strided_scatter: {
    readonly shape: readonly number[];
    readonly strides: readonly number[];
    readonly offset: number;
  };
  /** (x0, x1, ...) → y joined along `axis`. */
  concatenate: { readonly axis: number };
  /** (x) → y of `dtype`; float → int truncates, anything → bool is ≠ 0. All of float32/64, int64/32/16/8, uint8, bool; float16/bfloat16 to and from float32/64. */
  cast: { readonly dtype: string };
  /** () → y of `shape` and `dtype`, every element `value`. */
  fill: { readonly shape: readonly number[]; readonly dtype: string; readonly value: number };
  /** (x) → y; constant (with `value`), reflect, replicate or circular; `padding` = [before, after] for each of the last axes, outermost first. float. */
  pad: { readonly padding: readonly number[]; readonly mode: string; readonly value: number };
  /** (gy) → gx of `shape`. */
  pad_gradient: {
    readonly padding: readonly number[];
    readonly mode: string;
    readonly shape: readonly number[];
  };

  // ---- elementwise and reductions (float)
  /** (x0 ... x7) → y of the broadcast shape. At most 8 inputs, 16 constants, 64 steps. */
  elementwise: { readonly steps: ElementwiseSteps; readonly constants: readonly number[] };
  /** (x) → y over `axes` (ascending, not negative); `kind` sum, max or min; keepdim keeps them as 1. Sums in a fixed order. */
  reduce: { readonly kind: string; readonly axes: readonly number[]; readonly keepdim: boolean };
  /** (x) → int64 index of the first maximum along `axis` (a NaN wins, as in torch); keepdim as in reduce. */
  argmax: { readonly axis: number; readonly keepdim: boolean };
  /** (x) → y of x's shape: what `kind` (sum or prod) makes of the elements up to each place along `axis`; from the end where `reverse`. */
  scan: { readonly kind: string; readonly axis: number; readonly reverse: boolean };
  /** (x) → int64 positions that put x in order along `axis`; equal elements keep their order, a NaN is larger than everything. */
  argsort: { readonly axis: number; readonly descending: boolean };

  // ---- whole numbers (int64)
  /** (a, b, c?) → y of the broadcast shape by a row of INTEGER_FUNCTIONS; overflow wraps around. A zero divisor is an error. */
  integer_elementwise: { readonly function: string };
  /** (x) → y of x's shape with 1 along `axis`, or of x's shape for cumsum and cumprod; `kind` one of INTEGER_KINDS. */
  integer_along: { readonly kind: string; readonly axis: number };

  // ---- products (float)
  /** (a [.., m, k], b [.., k, n]) → [.., m, n]; leading axes equal, or b has none (2-D); the last two swapped where transpose is set. */
  matmul: Activated & Narrowed & Rounded & { readonly transpose_a: boolean; readonly transpose_b: boolean };
  /** (x [.., i], weight [o, i], bias? [o]) → [.., o]. */
  linear: Activated & Narrowed & Rounded;
  /** (x, weight, bias?) → (gelu(z), gelu_slope(z)) of linear's z. */
  linear_gelu: Rounded;
  /** (a, b, x1 ... x7) → y: a formula as elementwise's, of at most 16 steps, whose first value is matmul's result; the others have its shape. */
  matmul_elementwise: OpAttributes['elementwise'] &
    Rounded & { readonly transpose_a: boolean; readonly transpose_b: boolean };
  /** (x, weight, bias?, x1 ... x7) → y: the same of linear's result. */
  linear_elementwise: OpAttributes['elementwise'] & Rounded;
  /** (x [n, c, s], weight [o, c/groups, k], bias? [o]) → [n, o, s']. */
  convolution: ConvolutionAttributes & Activated & Narrowed;
  /** (gy [n, o, s'], weight, bias? [c]) → gx [n, c, s] of `shape`; with bias it is conv_transpose's forward. */
  convolution_input_gradient: ConvolutionAttributes & Narrowed & { readonly shape: readonly number[] };
  /** (gy, x) → gweight of `shape` [o, c/groups, k]. */
  convolution_weight_gradient: ConvolutionAttributes & Narrowed & { readonly shape: readonly number[] };

  // ---- pooling (float)
  /** (x [n, c, s]) → (y, indices int64: flat position in the spatial plane). Padding counts as -inf; NaN wins. */
  max_pool: WindowAttributes & { readonly ceil_mode: boolean };
  /** (gy, indices) → gx of `shape`. */
  max_pool_gradient: { readonly shape: readonly number[] };
  /** (x) → y. dilation is 1. divisor_override null or a positive integer. */
  avg_pool: WindowAttributes & {
    readonly ceil_mode: boolean;
    readonly count_include_pad: boolean;
    readonly divisor_override: number | null;
  };
  /** (gy) → gx of `shape`. */
  avg_pool_gradient: WindowAttributes & {
    readonly ceil_mode: boolean;
    readonly count_include_pad: boolean;
    readonly divisor_override: number | null;
    readonly shape: readonly number[];
  };
  /** (x [n, c, s]) → y with spatial sizes `output_size`; cell i covers floor(i·s/o) .. ceil((i+1)·s/o). */
  adaptive_avg_pool: { readonly output_size: readonly number[] };
  /** (gy) → gx of `shape`. */
  adaptive_avg_pool_gradient: { readonly shape: readonly number[] };

  // ---- normalization (float)
  /** (x [n, c, ..], weight? [c], bias? [c], running_mean? [c], running_var? [c], num_batches_tracked? int64 scalar) → (y, mean [c], invstd [c]).
   *  Batch statistics; moves the running ones in place (var unbiased; momentum null: cumulative average 1/num_batches_tracked) and adds 1 to num_batches_tracked. */
  batch_norm: { readonly eps: number; readonly momentum: number | null };
  /** (gy, x, weight?, mean [c], invstd [c]) → (gx, gweight [c], gbias [c]). */
  batch_norm_gradient: Record<never, never>;
  /** (x, weight?, bias?) → (y, mean [rows], rstd [rows]); each row is the last `size` elements, weight and bias flat of `size`. */
  layer_norm: { readonly size: number; readonly eps: number };
  /** (gy, x, weight?, mean, rstd) → (gx, gweight [size], gbias [size]). */
  layer_norm_gradient: { readonly size: number };
  /** (x [n, c, ..], weight? [c], bias? [c]) → (y, mean [n·groups], rstd [n·groups]). */
  group_norm: { readonly groups: number; readonly eps: number };
  /** (gy, x, weight?, mean, rstd) → (gx, gweight [c], gbias [c]). */
  group_norm_gradient: { readonly groups: number };

  // ---- attention (float)
  /** (qkv [n, t, 3·e]: queries, keys and values side by side) → (y [n, t, e], lse [n, heads, t]): per head softmax(q kᵀ·scale) v, and the logarithm of each row's sum of exponentials. `is_causal`: step i sees steps up to i. A pass over programs for a GPU gives it qkv of 16-bit floats; y is float32 then, or `result`. */
  self_attention: AttentionAttributes;
  /** (gy, qkv, y, lse) → gqkv. The same of qkv, gy or both, and gqkv. */
  self_attention_gradient: AttentionAttributes;

  // ---- softmax and losses (float)
  /** (x) → y along `axis`. */
  softmax: { readonly axis: number };
  /** (gy, y) → gx. */
  softmax_gradient: { readonly axis: number };
  log_softmax: { readonly axis: number };
  /** (gy, y) → gx. */
  log_softmax_gradient: { readonly axis: number };
  /** (logp [n, c, ..], target int64 [n, ..], weight? [c]) → (loss scalar, or [n, ..] for none; total_weight scalar). A target outside [0, c) that is not ignore_index is an error naming it. */
  nll: { readonly ignore_index: number; readonly reduction: Reduction };
  /** (gy, target, weight?, total_weight) → glogp of `shape`. */
  nll_gradient: {
    readonly ignore_index: number;
    readonly reduction: Reduction;
    readonly shape: readonly number[];
  };
  /** (gy, target, weight?, total_weight, y [n, c] from log_softmax) → gx: log_softmax_gradient of nll_gradient. */
  cross_entropy_gradient: { readonly ignore_index: number; readonly reduction: Reduction };

  // ---- indexing
  /** (table [rows, ..], index int64 [any]) → [any.., ..]. An index out of range is an error naming it. Any table dtype. */
  gather: Record<never, never>;
  /** (gy, index) → gtable of `shape`; rows equal to padding_idx (or null) stay 0. Sums in index order. float. */
  gather_gradient: { readonly shape: readonly number[]; readonly padding_idx: number | null };

  // ---- random (counter-based: Philox4x32-10 keyed by seed, counter = step, stream, element)
  /** (rng int64 [2] = seed, step) → y of `shape` and `dtype`: 0 with probability `probability`, else 1/(1-probability). `stream` numbers the call within a step. */
  dropout_mask: {
    readonly shape: readonly number[];
    readonly dtype: string;
    readonly probability: number;
    readonly stream: number;
  };

  // ---- a training step's own: mutate their inputs in place
  /** (counter int64 [k]) → (): adds `amounts[i]` to element i. */
  advance: { readonly amounts: readonly number[] };
  /** (data [rows, ..] any dtype, index int64 [m], cursor int64 scalar) → [batch, ..] of `dtype`: rows index[cursor .. cursor+batch), converted. */
  take_rows: { readonly batch: number; readonly dtype: string };
  /** (value float or int64 [k], or a scalar; log float64 [m, w], or [m]; position int64 scalar) → (): log[position, :k] = value, k up to w. Past the end is an error. */
  record: Record<never, never>;
  /** (param, grad, momentum_buffer?, step float32 scalar, lr float64 scalar) → (): torch.optim.SGD; adds 1 to step. The first step copies the gradient into momentum_buffer. */
  sgd_step: {
    readonly momentum: number;
    readonly dampening: number;
    readonly weight_decay: number;
    readonly nesterov: boolean;
    readonly maximize: boolean;
  };
  /** (param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq?, step, lr) → (): torch.optim.Adam, or AdamW when `decoupled`. */
  adam_step: {
    readonly beta1: number;
    readonly beta2: number;
    readonly eps: number;
    readonly weight_decay: number;
    readonly decoupled: boolean;
    readonly maximize: boolean;
  };
  /** (param, grad, square_avg, grad_avg?, momentum_buffer?, step, lr) → (): torch.optim.RMSprop; centered when grad_avg is given. */
  rmsprop_step: {
    readonly alpha: number;
    readonly eps: number;
    readonly weight_decay: number;
    readonly momentum: number;
    readonly maximize: boolean;
  };
  /** (a [k, m], b [k, n], param [m, n], momentum_buffer?, step, lr) → (): sgd_step whose gradient is aᵀ·b, summed in order, which is never in memory whole. */
  outer_sgd_step: OpAttributes['sgd_step'];
  /** (a, b, param, exp_avg, exp_avg_sq, max_exp_avg_sq?, step, lr) → (): adam_step so. */
  outer_adam_step: OpAttributes['adam_step'];
  /** (a, b, param, square_avg, grad_avg?, momentum_buffer?, step, lr) → (): rmsprop_step so. */
  outer_rmsprop_step: OpAttributes['rmsprop_step'];
}

export type OpName = keyof OpAttributes;

/** Ops that only program fusion makes, and only for the CPU. */
export type FusedOp = 'linear_gelu' | ProductFormulaOp | 'cross_entropy_gradient' | `outer_${StepOp}`;

/** A product that applies a formula to its results. */
export type ProductFormulaOp = 'matmul_elementwise' | 'linear_elementwise';

/** How many of their inputs are the product's own; the others are the formula's. */
export const PRODUCT_INPUTS = { matmul_elementwise: 2, linear_elementwise: 3 } as const satisfies Record<
  ProductFormulaOp,
  number
>;
export const isProductFormula = (op: OpName): op is ProductFormulaOp => Object.hasOwn(PRODUCT_INPUTS, op);

/** An optimizer's update of one parameter. */
export type StepOp = 'sgd_step' | 'adam_step' | 'rmsprop_step';

/** What a program on another device may read from the CPU's memory: (op, input) of tables of which it takes some rows. */
export const isReadFromHost = (op: OpName, input: number): boolean => op === 'take_rows' && input === 0;

/** Arity of every op: at least and at most so many inputs (optional ones counted), its outputs, the inputs it changes in place. */
export interface Signature {
  readonly inputs: readonly [least: number, most: number];
  readonly outputs: number;
  readonly mutates?: readonly number[];
}
const sig = (least: number, most: number, outputs: number, mutates?: readonly number[]): Signature =>
  mutates ? { inputs: [least, most], outputs, mutates } : { inputs: [least, most], outputs };

/** The op list. `native.ops()` returns the same list and a test demands that the two are equal. */
export const SIGNATURES: { readonly [name in OpName]: Signature } = {
  strided_copy: sig(1, 1, 1),
  strided_scatter: sig(1, 1, 1),
  concatenate: sig(1, 64, 1),
  cast: sig(1, 1, 1),
  fill: sig(0, 0, 1),
  pad: sig(1, 1, 1),
  pad_gradient: sig(1, 1, 1),
  elementwise: sig(1, 8, 1),
  reduce: sig(1, 1, 1),
  argmax: sig(1, 1, 1),
  scan: sig(1, 1, 1),
  argsort: sig(1, 1, 1),
  integer_elementwise: sig(2, 3, 1),
  integer_along: sig(1, 1, 1),
  matmul: sig(2, 2, 1),
  linear: sig(2, 3, 1),
  linear_gelu: sig(2, 3, 2),
  matmul_elementwise: sig(2, 9, 1),
  linear_elementwise: sig(3, 10, 1),
  convolution: sig(2, 3, 1),
  convolution_input_gradient: sig(2, 3, 1),
  convolution_weight_gradient: sig(2, 2, 1),
  max_pool: sig(1, 1, 2),
  max_pool_gradient: sig(2, 2, 1),
  avg_pool: sig(1, 1, 1),
  avg_pool_gradient: sig(1, 1, 1),
  adaptive_avg_pool: sig(1, 1, 1),
  adaptive_avg_pool_gradient: sig(1, 1, 1),
  batch_norm: sig(1, 6, 3, [3, 4, 5]),
  batch_norm_gradient: sig(5, 5, 3),
  layer_norm: sig(1, 3, 3),
  layer_norm_gradient: sig(5, 5, 3),
  group_norm: sig(1, 3, 3),
  group_norm_gradient: sig(5, 5, 3),
  self_attention: sig(1, 1, 2),
  self_attention_gradient: sig(4, 4, 1),
  softmax: sig(1, 1, 1),
  softmax_gradient: sig(2, 2, 1),
  log_softmax: sig(1, 1, 1),
  log_softmax_gradient: sig(2, 2, 1),
  nll: sig(2, 3, 2),
  nll_gradient: sig(4, 4, 1),
  cross_entropy_gradient: sig(5, 5, 1),
  gather: sig(2, 2, 1),
  gather_gradient: sig(2, 2, 1),
  dropout_mask: sig(1, 1, 1),
  advance: sig(1, 1, 0, [0]),
  take_rows: sig(3, 3, 1),
  record: sig(3, 3, 0, [1]),
  sgd_step: sig(5, 5, 0, [0, 2, 3]),
  adam_step: sig(7, 7, 0, [0, 2, 3, 4, 5]),
  rmsprop_step: sig(7, 7, 0, [0, 2, 3, 4, 5]),
  outer_sgd_step: sig(6, 6, 0, [2, 3, 4]),
  outer_adam_step: sig(8, 8, 0, [2, 3, 4, 5, 6]),
  outer_rmsprop_step: sig(8, 8, 0, [2, 3, 4, 5, 6]),
};
