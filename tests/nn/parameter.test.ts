// Parameters, buffers and the uninitialized pair: identity, sharing, classes, copies (docs/spec/parameters.md).
import {
  Buffer,
  deepcopy,
  isLazy,
  Module,
  newTensor,
  Parameter,
  reduceForm,
  UninitializedBuffer,
  UninitializedParameter,
  valuesOf,
} from '#core/nn/index';
import { Tensor } from '#core/tensor/tensor';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { tensor, thrown } from './support';

class Custom extends Tensor {
  override detach(): Custom {
    const { storage, dtype, shape, strides, offset } = this;
    return new Custom(storage, { dtype, shape, strides, offset });
  }
}
const custom = (): Custom => new Custom(tensor([1, 2]).storage, { dtype: 'float32', shape: [2] });

describe('Parameter', () => {
  it('PARAM-1 without data it is an empty vector of the default dtype', () => {
    const { shape, dtype, requiresGrad } = new Parameter();
    expect({ shape, dtype, requiresGrad }).toEqual({ shape: [0], dtype: 'float32', requiresGrad: true });
  });

  it('PARAM-2 of a tensor it is a new leaf over the same memory, strides and offset', () => {
    const data = new Tensor(tensor([1, 2, 3, 4]).storage, {
      dtype: 'float32',
      shape: [2],
      strides: [2],
      offset: 1,
    });
    const parameter = new Parameter(data);
    expect(parameter).not.toBe(data);
    expect(parameter.storage).toBe(data.storage);
    expect([parameter.strides, parameter.offset]).toEqual([[2], 1]);
    expect(Array.from(valuesOf(parameter))).toEqual([2, 4]);
    expect(new Parameter(parameter)).not.toBe(parameter);
    expect(new Parameter(parameter).storage).toBe(parameter.storage);
    expect(parameter.isLeaf).toBe(true);
  });

  it('PARAM-3 a custom tensor keeps its class, is flagged and counts as a Parameter', () => {
    const made: Tensor = new Parameter(custom(), { requiresGrad: false });
    expect(Object.getPrototypeOf(made)).toBe(Custom.prototype);
    expect(made).toBeInstanceOf(Parameter);
    expect(Reflect.get(made, 'isParam')).toBe(true);
    expect(made.requiresGrad).toBe(false);
    expect(custom()).not.toBeInstanceOf(Parameter);
  });

  it('PARAM-3 a custom tensor whose detach changes its class is refused', () => {
    class Forgetful extends Tensor {}
    const forgetful = new Forgetful(tensor([1]).storage, { dtype: 'float32', shape: [1] });
    expect(thrown(() => new Parameter(forgetful))).toMatch(
      /^RuntimeError: Creating a Parameter from an instance of type Forgetful requires that detach\(\) returns an instance of the same type, but return type Tensor was found instead\./,
    );
  });

  it('PARAM-4 isParam counts for Parameter itself only, by its truth, and never for what is no tensor', () => {
    expect(Object.assign(custom(), { isParam: 1 })).toBeInstanceOf(Parameter);
    expect(Object.assign(custom(), { isParam: 0 })).not.toBeInstanceOf(Parameter);
    expect(Object.assign(custom(), { isParam: true })).not.toBeInstanceOf(UninitializedParameter);
    expect({ isParam: true }).not.toBeInstanceOf(Parameter);
    class Sub extends Parameter {}
    expect(Object.assign(custom(), { isParam: true })).not.toBeInstanceOf(Sub);
    expect(new Sub()).toBeInstanceOf(Parameter);
  });

  it('PARAM-6 integers are fine without gradients', () => {
    expect(new Parameter(tensor([1], [1], 'int64'), { requiresGrad: false }).requiresGrad).toBe(false);
  });

  it('PARAM-7 deepcopy keeps class, requiresGrad and strides, and drops grad, attributes and sharing', () => {
    const transposed = new Tensor(tensor([1, 2, 3, 4, 5, 6]).storage, {
      dtype: 'float32',
      shape: [3, 2],
      strides: [1, 3],
    });
    const parameter = new Parameter(transposed, { requiresGrad: false });
    parameter.grad = tensor([0]);
    Object.assign(parameter, { note: 'x' });
    const copy = deepcopy(parameter);
    expect(Object.getPrototypeOf(copy)).toBe(Parameter.prototype);
    expect(copy.storage).not.toBe(parameter.storage);
    expect(copy.strides).toEqual([1, 3]);
    expect(valuesOf(copy)).toEqual(valuesOf(parameter));
    expect([copy.requiresGrad, copy.grad, Reflect.get(copy, 'note')]).toEqual([false, null, undefined]);
    const expanded = new Tensor(tensor([1, 2, 3]).storage, {
      dtype: 'float32',
      shape: [3, 4],
      strides: [1, 0],
    });
    expect(deepcopy(new Parameter(expanded)).strides).toEqual([4, 1]);
  });

  it('PARAM-8 one deepcopy copies what is shared once; plain tensors go on sharing memory', () => {
    const parameter = new Parameter(tensor([1, 2]));
    const [a, b] = deepcopy([parameter, parameter] as const);
    expect(a).toBe(b);
    const base = tensor([1, 2, 3]);
    const copies = deepcopy({ base, view: base.detach() });
    expect(copies.base.storage).toBe(copies.view.storage);
    expect(copies.base.storage).not.toBe(base.storage);
    const memo = new Map<object, object>([[parameter, a]]);
    expect(deepcopy(parameter, memo)).toBe(a);
  });

  it('PARAM-10 reduce forms are the ones PyTorch pickles', () => {
    const plain = new Parameter(tensor([1]), { requiresGrad: false });
    expect(reduceForm(plain)).toMatchObject({
      callable: 'torch._utils._rebuild_parameter',
      requiresGrad: false,
    });
    expect(reduceForm(Object.assign(new Parameter(tensor([1])), { note: 'x' }))).toMatchObject({
      callable: 'torch._utils._rebuild_parameter_with_state',
      state: { note: 'x' },
    });
    expect(reduceForm(new Buffer(tensor([1]), { persistent: false }))).toMatchObject({
      callable: 'torch._tensor._rebuild_from_type_v2',
      state: { persistent: false, _is_buffer: true },
    });
    expect(reduceForm(new UninitializedParameter({ dtype: 'float64' }))).toEqual({
      callable: 'torch.nn.parameter.UninitializedParameter',
      requiresGrad: true,
    });
    expect(reduceForm(new UninitializedBuffer())).toEqual({
      callable: 'torch.nn.parameter.UninitializedBuffer',
      requiresGrad: false,
    });
  });
});

describe('Buffer', () => {
  it('BUFFER-1 is a plain tensor with two attributes over the same memory', () => {
    const data = tensor([1, 2]);
    const buffer = new Buffer(data, { persistent: false });
    expect(Object.getPrototypeOf(buffer)).toBe(Tensor.prototype);
    expect(buffer).toBeInstanceOf(Buffer);
    expect([buffer.persistent, buffer.isBuffer]).toEqual([false, true]);
    expect(buffer.storage).toBe(data.storage);
    expect(tensor([1])).not.toBeInstanceOf(Buffer);
    expect(new Buffer().shape).toEqual([0]);
  });

  it('BUFFER-2 of a parameter is no parameter, a parameter of a buffer is no buffer', () => {
    const buffer = new Buffer(new Parameter(tensor([1])));
    expect(buffer).not.toBeInstanceOf(Parameter);
    expect(buffer.requiresGrad).toBe(true);
    const parameter = new Parameter(new Buffer(tensor([1])));
    expect(parameter).toBeInstanceOf(Parameter);
    expect(parameter).not.toBeInstanceOf(Buffer);
  });

  it('BUFFER-3 deepcopy keeps both attributes', () => {
    const copy = deepcopy(new Buffer(tensor([1]), { persistent: false }));
    expect([copy.persistent, copy.isBuffer, copy instanceof Buffer]).toEqual([false, true, true]);
  });
});

describe('uninitialized', () => {
  it('UNINIT-1 a parameter among them is a Parameter, a buffer is not', () => {
    expect(new UninitializedParameter()).toBeInstanceOf(Parameter);
    expect(new UninitializedBuffer()).not.toBeInstanceOf(Parameter);
    expect(new UninitializedBuffer()).toBeInstanceOf(Buffer);
    expect([new UninitializedParameter(), new UninitializedBuffer(), new Parameter(), 3].map(isLazy)).toEqual(
      [true, true, false, false],
    );
  });

  it('UNINIT-3 dtype, device, requiresGrad, grad, isLeaf and rank work', () => {
    const parameter = new UninitializedParameter({ dtype: 'float64', device: 'meta', requiresGrad: false });
    const { dtype, device, requiresGrad, grad, gradFn, isLeaf, rank } = parameter;
    expect({ dtype, device, requiresGrad, grad, gradFn, isLeaf, rank }).toEqual({
      dtype: 'float64',
      device: 'meta',
      requiresGrad: false,
      grad: null,
      gradFn: null,
      isLeaf: true,
      rank: 1,
    });
    parameter.requiresGrad = true;
    expect(parameter.requiresGrad).toBe(true);
  });

  it('UNINIT-3 setting its data keeps the class', () => {
    const parameter = new UninitializedParameter();
    parameter.setData(newTensor([0], 'float64'));
    expect(parameter.dtype).toBe('float64');
    expect(isLazy(parameter)).toBe(true);
  });

  it('UNINIT-5 storage, strides and offset are refused like methods; text is allowed, arithmetic not', () => {
    const parameter = new UninitializedParameter();
    for (const field of ['storage', 'strides', 'offset'])
      expect(thrown(() => Reflect.get(parameter, field))).toContain(
        'Attempted to use an uninitialized parameter',
      );
    expect(thrown(() => parameter.bytes())).toContain('untyped_storage');
    expect(`${parameter.toString()}`).toBe('<UninitializedParameter>');
    expect(thrown(() => Number(parameter))).toMatch(/^ValueError/);
  });

  it('UNINIT-8 materialize keeps identity, requiresGrad and attributes, and changes the class in place', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
        fc.boolean(),
        fc.constantFrom('float32' as const, 'float64' as const, 'bfloat16' as const),
        (shape, requiresGrad, dtype) => {
          const parameter: Tensor = Object.assign(new UninitializedParameter({ requiresGrad, dtype }), {
            note: 1,
          });
          const holders = [parameter];
          if (parameter instanceof UninitializedParameter) parameter.materialize(shape);
          expect(holders[0]).toBe(parameter);
          expect(Object.getPrototypeOf(parameter)).toBe(Parameter.prototype);
          expect([parameter.shape, parameter.dtype, parameter.requiresGrad]).toEqual([
            shape,
            dtype,
            requiresGrad,
          ]);
          expect(Reflect.get(parameter, 'note')).toBe(1);
          expect(parameter.bytes()).toHaveLength(
            parameter.numel() * (dtype === 'float64' ? 8 : dtype === 'float32' ? 4 : 2),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('UNINIT-8 a buffer becomes a plain tensor that is still a Buffer; a number is a shape', () => {
    const buffer: Tensor = new UninitializedBuffer({ persistent: false });
    if (buffer instanceof UninitializedBuffer) buffer.materialize(3);
    expect(Object.getPrototypeOf(buffer)).toBe(Tensor.prototype);
    expect(buffer.shape).toEqual([3]);
    expect(Reflect.get(buffer, 'persistent')).toBe(false);
  });

  it('UNINIT-8 a class derived from it becomes plain Parameter', () => {
    class Mine extends UninitializedParameter {}
    const mine = new Mine();
    mine.materialize([2], undefined, 'float64');
    expect(Object.getPrototypeOf(mine)).toBe(Parameter.prototype);
    expect(mine.dtype).toBe('float64');
  });

  it('UNINIT-11 deepcopy of a parameter is another uninitialized one of its dtype, without attributes', () => {
    const parameter = Object.assign(new UninitializedParameter({ dtype: 'float64', requiresGrad: false }), {
      note: 1,
    });
    const [a, b] = deepcopy([parameter, parameter] as const);
    expect(a === b).toBe(true);
    expect(a === parameter).toBe(false);
    expect([isLazy(a), a.dtype, a.requiresGrad, Reflect.get(a, 'note')]).toEqual([
      true,
      'float64',
      false,
      undefined,
    ]);
  });

  it('UNINIT-12 errors name the layer once it has a name', () => {
    class Net extends Module {
      fc1 = new Module();
    }
    const { fc1 } = new Net();
    const weight = new UninitializedParameter();
    fc1.registerParameter('weight', weight);
    expect(thrown(() => weight.shape)).toMatch(
      /before accessing their attributes\. \(parameter 'weight' of 'fc1'\)$/,
    );
    expect(thrown(() => weight.numel())).toMatch(
      /before calling torch functions \(parameter 'weight' of 'fc1'\)$/,
    );
  });
});
