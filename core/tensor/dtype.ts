// The element types: one row per dtype, with the name each file format gives it. Nothing else lists dtypes.

/** What arithmetic an element type belongs to; `opaque` types are stored and converted, never computed with. */
export type DTypeKind = 'float' | 'complex' | 'int' | 'uint' | 'bool' | 'opaque';

interface DTypeRow {
  /** Bytes per element. */
  readonly bytes: number;
  readonly kind: DTypeKind;
  /** PyTorch storage class without "Storage" (`torch.FloatStorage`), or null when torch writes `_rebuild_tensor_v3`. */
  readonly torchStorage: string | null;
  /** safetensors dtype string, or null when the format has none. */
  readonly safetensors: string | null;
  /** NumPy descr without byte order (`f4`), or null when NumPy has none. */
  readonly numpy: string | null;
}

const row = (
  bytes: number,
  kind: DTypeKind,
  torchStorage: string | null,
  safetensors: string | null,
  numpy: string | null,
): DTypeRow => ({ bytes, kind, torchStorage, safetensors, numpy });

/** Every dtype by PyTorch's name. Source: torch dtype page, safetensors format, NumPy array-interface typestr. */
export const DTYPES = {
  float32: row(4, 'float', 'Float', 'F32', 'f4'),
  float64: row(8, 'float', 'Double', 'F64', 'f8'),
  float16: row(2, 'float', 'Half', 'F16', 'f2'),
  bfloat16: row(2, 'float', 'BFloat16', 'BF16', null),
  int64: row(8, 'int', 'Long', 'I64', 'i8'),
  int32: row(4, 'int', 'Int', 'I32', 'i4'),
  int16: row(2, 'int', 'Short', 'I16', 'i2'),
  int8: row(1, 'int', 'Char', 'I8', 'i1'),
  uint8: row(1, 'uint', 'Byte', 'U8', 'u1'),
  bool: row(1, 'bool', 'Bool', 'BOOL', 'b1'),
  uint16: row(2, 'uint', null, 'U16', 'u2'),
  uint32: row(4, 'uint', null, 'U32', 'u4'),
  uint64: row(8, 'uint', null, 'U64', 'u8'),
  complex64: row(8, 'complex', 'ComplexFloat', 'C64', 'c8'),
  complex128: row(16, 'complex', 'ComplexDouble', null, 'c16'),
  complex32: row(4, 'complex', null, null, null),
  float8_e4m3fn: row(1, 'opaque', null, 'F8_E4M3', null),
  float8_e5m2: row(1, 'opaque', null, 'F8_E5M2', null),
  float8_e4m3fnuz: row(1, 'opaque', null, 'F8_E4M3FNUZ', null),
  float8_e5m2fnuz: row(1, 'opaque', null, 'F8_E5M2FNUZ', null),
  float8_e8m0fnu: row(1, 'opaque', null, 'F8_E8M0', null),
  // Two numbers of four bits in a byte, which is one element.
  float4_e2m1fn_x2: row(1, 'opaque', null, 'F4', null),
  bcomplex32: row(4, 'complex', null, null, null),
  bits8: row(1, 'opaque', null, null, null),
  bits16: row(2, 'opaque', null, null, null),
  bits1x8: row(1, 'opaque', null, null, null),
  bits2x4: row(1, 'opaque', null, null, null),
  bits4x2: row(1, 'opaque', null, null, null),
} as const satisfies Record<string, DTypeRow>;

export type DType = keyof typeof DTYPES;

export const isDType = (name: string): name is DType => Object.hasOwn(DTYPES, name);

/** Bytes of one element. */
export const elementSize = (dtype: DType): number => DTYPES[dtype].bytes;

/** True for float16, bfloat16, float32, float64, the float8 family and float4: what torch calls `is_floating_point`. */
export const isFloatingPoint = (dtype: DType): boolean =>
  DTYPES[dtype].kind === 'float' || /^float[48]_/.test(dtype);

/** Only floating point and complex tensors can require gradients. */
export const canRequireGradient = (dtype: DType): boolean =>
  isFloatingPoint(dtype) || DTYPES[dtype].kind === 'complex';
