// Prints the errors of 3×3 convolutions by Winograd's products and by direct sums, both in float32, against direct sums in
// float64: the largest and the root mean square one, relative to the root mean square of the results. Not a test.
//
//   node native/build.mjs && node tests/bench/winograd-error.mjs
import { createRequire } from 'node:module';

const native = createRequire(import.meta.url)('../../native/build/Release/lazuli_native.node');
const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

let state = 1;
function normal() {
  let sum = 0;
  for (let i = 0; i < 12; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    sum += state / 2 ** 32;
  }
  return Math.fround(sum - 6);
}

function run(op, inputs, output, attributes, dtype) {
  const Type = dtype === 'float32' ? Float32Array : Float64Array;
  const place = ({ shape, data }) => {
    const storage = native.allocate(sizeOf(shape) * Type.BYTES_PER_ELEMENT);
    if (data) storage.write(0, new Uint8Array(Type.from(data).buffer));
    return { storage, offset: 0, dtype, shape };
  };
  const given = inputs.map(place);
  const made = place({ shape: output });
  native.execute(op, given, [made], attributes);
  const result = new Type(sizeOf(output));
  made.storage.read(0, new Uint8Array(result.buffer));
  for (const { storage } of [...given, made]) storage.dispose();
  return result;
}

function errors(got, exact) {
  let [sum, square, largest] = [0, 0, 0];
  exact.forEach((value, i) => {
    const error = Math.abs(got[i] - value);
    sum += value * value;
    square += error * error;
    largest = Math.max(largest, error);
  });
  return [largest / Math.sqrt(sum / exact.length), Math.sqrt(square / sum)].map((e) => e.toExponential(1));
}

console.log('| convolution | of | Winograd: largest, rms | direct: largest, rms |\n|---|---|---|---|');
for (const [batch, channels, rows, size] of [
  [4, 16, 16, 14],
  [8, 32, 64, 28],
  [2, 64, 64, 56],
  [4, 256, 256, 7],
]) {
  // A second, equal slice in depth with a kernel of depth 1 is the same convolution, which only direct sums compute.
  const [x, w, y] = [
    [batch, channels, size, size],
    [rows, channels, 3, 3],
    [batch, rows, size, size],
  ];
  const filled = (shape) => ({ shape, data: Array.from({ length: sizeOf(shape) }, normal) });
  const [data, weight, gradient] = [filled(x), filled(w), filled(y)];
  const flat = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
  const deep = { stride: [1, 1, 1], padding: [0, 0, 1, 1, 1, 1], dilation: [1, 1, 1], groups: 1 };
  const plane = size * size;
  const doubled = ({ shape: [n, c, ...rest], data: values }, isZero = false) => ({
    shape: [n, c, 2, ...rest],
    data: Array.from({ length: n * c * 2 * plane }, (_, i) => {
      const at = Math.floor(i / plane);
      return at % 2 === 1 && isZero ? 0 : values[Math.floor(at / 2) * plane + (i % plane)];
    }),
  });
  const undone = (values) => values.filter((_, i) => Math.floor(i / plane) % 2 === 0);
  const deepWeight = { shape: [rows, channels, 1, 3, 3], data: weight.data };
  const deepShape = ([n, c, ...rest]) => [n, c, 2, ...rest];
  for (const [what, op, inputs, out, deepInputs, deepOut] of [
    ['results', 'convolution', [data, weight], y, [doubled(data), deepWeight], deepShape(y)],
    [
      'input gradient',
      'convolution_input_gradient',
      [gradient, weight],
      x,
      [doubled(gradient), deepWeight],
      deepShape(x),
    ],
    [
      'weight gradient',
      'convolution_weight_gradient',
      [gradient, data],
      w,
      [doubled(gradient, true), doubled(data)],
      deepWeight.shape,
    ],
  ]) {
    const exact = run(op, inputs, out, { ...flat, shape: out }, 'float64');
    const fast = run(op, inputs, out, { ...flat, shape: out }, 'float32');
    const all = run(op, deepInputs, deepOut, { ...deep, shape: deepOut }, 'float32');
    const direct = what === 'weight gradient' ? all : undone(all);
    console.log(`| ${channels}→${rows} at ${size}², batch ${batch} | ${what} | ${errors(fast, exact).join(', ')} | ${errors(direct, exact).join(', ')} |`); // prettier-ignore
  }
}
native.close();
