// Fusing elementwise ops into the product that makes one of their operands: residual sums, the masks of relu's gradient, gelu's
// slope. The product applies the formula to its results while the cache holds them. Each element is computed by the same operations.
import { PRODUCT_FORMULA_LIMITS } from '../ops/infer/products';
import { PRODUCT_INPUTS, type ElementwiseSteps, type OpAttributes } from '../ops/signatures';
import type { OpName, ProductFormulaOp } from '../ops/signatures';
import { shapesEqual } from '../tensor/shape';
import type { Storage } from '../tensor/storage';
import type { Instruction } from './instructions';
import { Rewrite } from './rewrite';
import { doneInside } from './shares';
import { bufferAt, type TracedBuffer, type TracedProgram } from './traced';

const FUSED: Readonly<Partial<Record<OpName, ProductFormulaOp>>> = {
  matmul: 'matmul_elementwise',
  linear: 'linear_elementwise',
};

/** The program with *_elementwise for a product that one elementwise op of its size alone reads; it stands where the product did. */
export function fuseFormulas(program: TracedProgram): TracedProgram {
  const rewrite = new Rewrite(program);
  const more: TracedBuffer[] = [];
  const known = new Set<Storage>();
  const made = new Set(
    program.instructions.flatMap(({ outputs }) => outputs.map((index) => rewrite.storage(index))),
  );
  /** The same elements in the shape of the product. */
  const seen = (index: number, { shape }: TracedBuffer): number =>
    program.buffers.length + more.push({ ...bufferAt(program, index), shape }) - 1;

  for (const product of program.instructions) {
    for (const index of product.outputs) known.add(rewrite.storage(index));
    const op = FUSED[product.op];
    const [result = -1] = product.outputs;
    if (!op || !rewrite.isPlain(result) || typeof product.attributes['activation'] === 'string') continue;
    const [reader, ...others] = rewrite.readersOf(result);
    const operands = others.length === 0 && reader ? operandsBeside(rewrite, reader, result) : null;
    if (!reader || !operands || operands.some((index) => !isThere(index))) continue;
    const shape = bufferAt(program, result);
    const own = [
      ...product.inputs,
      ...new Array<null>(PRODUCT_INPUTS[op] - product.inputs.length).fill(null),
    ];
    rewrite.replace(product, {
      ...product,
      ...doneInside(product, reader),
      op,
      inputs: [...own, ...operands.map((index) => seen(index, shape))],
      outputs: reader.outputs.map((index) => seen(index, shape)),
      attributes: { ...product.attributes, ...formulaOf(reader, reader.inputs.findIndex(isResult)) },
    });
    rewrite.replace(reader, null);

    function isResult(index: number | null): boolean {
      return index !== null && rewrite.storage(index) === rewrite.storage(result);
    }
  }
  return rewrite.finish(more);

  /** Whether a tensor holds its values before the product at hand, and as long as anything reads them. */
  function isThere(index: number): boolean {
    const storage = rewrite.storage(index);
    return !rewrite.isMutated(index) && (known.has(storage) || !made.has(storage));
  }
}

/** What an elementwise op reads besides the whole of `result`; null where a product can't apply it. */
function operandsBeside(rewrite: Rewrite, { op, inputs, outputs, attributes }: Instruction, result: number) {
  const [output = -1] = outputs;
  if (op !== 'elementwise' || !rewrite.isPlain(output)) return null;
  const { shape } = bufferAt(rewrite.program, output);
  const isWhole = (index: number | null): index is number =>
    index !== null && shapesEqual(bufferAt(rewrite.program, index).shape, shape);
  const whole = inputs.filter(isWhole);
  const others = whole.filter((index) => rewrite.storage(index) !== rewrite.storage(result));
  const isOnce = others.length === inputs.length - 1;
  const fits = (attributes['steps'] as ElementwiseSteps).length <= PRODUCT_FORMULA_LIMITS.steps;
  return isOnce && whole.length === inputs.length && fits ? others : null;
}

/** The formula of an elementwise op with its input `first` before the others. */
function formulaOf({ attributes }: Instruction, first: number): OpAttributes['elementwise'] {
  const { steps, constants } = attributes as unknown as OpAttributes['elementwise'];
  const moved = (value: number): number => (value === first ? 0 : value < first ? value + 1 : value);
  return {
    steps: steps.map(([name, ...operands]): ElementwiseSteps[number] => [name, ...operands.map(moved)]),
    constants,
  };
}
