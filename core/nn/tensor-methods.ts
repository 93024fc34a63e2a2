// The methods of torch.Tensor that an uninitialized tensor refuses, by their Python names, with what PyTorch's error calls them.
// Source: dir(torch.Tensor) of PyTorch 2.14; checked against it by tests/nn/objects.test.ts.
import { tensorMethod } from './python-names';

/** Those written in C: `<method 'add' of 'torch._C.TensorBase' objects>`. */
const METHODS = `
  abs abs_ absolute absolute_ acos acos_ acosh acosh_ add add_ addbmm addbmm_ addcdiv addcdiv_ addcmul
  addcmul_ addmm addmm_ addmv addmv_ addr addr_ adjoint all allclose amax amin aminmax angle any apply_
  arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2 arctan2_ arctan_ arctanh
  arctanh_ argmax argmin argsort argwhere as_strided as_strided_ as_strided_scatter asin asin_ asinh asinh_
  atan atan2 atan2_ atan_ atanh atanh_ baddbmm baddbmm_ bernoulli bernoulli_ bfloat16 bincount bitwise_and
  bitwise_and_ bitwise_left_shift bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_
  bitwise_right_shift bitwise_right_shift_ bitwise_xor bitwise_xor_ bmm bool broadcast_to byte cauchy_
  ccol_indices cdouble ceil ceil_ cfloat chalf cholesky_inverse cholesky_solve chunk clamp clamp_ clamp_max
  clamp_max_ clamp_min clamp_min_ clip clip_ clone coalesce col_indices conj conj_physical conj_physical_
  const_data_ptr contiguous copysign copysign_ corrcoef cos cos_ cosh cosh_ count_nonzero cov cross
  crow_indices cummax cummin cumprod cumprod_ cumsum cumsum_ data_ptr deg2rad deg2rad_ dense_dim dequantize
  det detach detach_ diag diag_embed diagflat diagonal diagonal_scatter diff digamma digamma_ dim dist div
  div_ divide divide_ dot dsplit element_size eq eq_ equal erf erf_ erfc erfc_ erfinv erfinv_ exp exp2 exp2_
  exp_ expand expand_as expm1 expm1_ exponential_ fill_ fill_diagonal_ fix fix_ flatten flip fliplr flipud
  float_power float_power_ floor floor_ floor_divide floor_divide_ fmax fmin fmod fmod_ frac frac_ frexp
  gather gcd gcd_ ge ge_ geometric_ geqrf ger greater greater_ greater_equal greater_equal_ gt gt_
  hardshrink hash_tensor heaviside heaviside_ histc histogram hsplit hypot hypot_ i0 i0_ igamma igamma_
  igammac igammac_ index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_put index_put_
  index_reduce index_reduce_ index_select indices inner int_repr inverse ipu is_coalesced is_conj
  is_contiguous is_distributed is_inference is_neg is_nonzero is_pinned is_same_size is_set_to is_signed
  isclose isfinite isinf isnan isneginf isposinf isreal item kron kthvalue lcm lcm_ ldexp ldexp_ le le_ lerp
  lerp_ less less_ less_equal less_equal_ lgamma lgamma_ log log10 log10_ log1p log1p_ log2 log2_ log_
  log_normal_ log_softmax logaddexp logaddexp2 logcumsumexp logdet logical_and logical_and_ logical_not
  logical_not_ logical_or logical_or_ logical_xor logical_xor_ logit logit_ logsumexp lt lt_ lu_solve map2_
  map_ masked_fill masked_fill_ masked_scatter masked_scatter_ masked_select matmul matrix_exp matrix_power
  max maximum mean median min minimum mm mode moveaxis movedim msort mtia mul mul_ multinomial multiply
  multiply_ mv mvlgamma mvlgamma_ nan_to_num nan_to_num_ nanmean nanmedian nanquantile nansum narrow
  narrow_copy ne ne_ neg neg_ negative negative_ new new_empty new_empty_strided
  new_full new_ones new_tensor new_zeros nextafter nextafter_ nonzero nonzero_static normal_ not_equal
  not_equal_ numel numpy orgqr ormqr outer permute pin_memory pinverse polygamma polygamma_ positive pow
  pow_ prelu prod put put_ q_per_channel_axis q_per_channel_scales q_per_channel_zero_points q_scale
  q_zero_point qscheme quantile rad2deg rad2deg_ random_ ravel reciprocal reciprocal_ relu relu_ remainder
  remainder_ renorm renorm_ repeat repeat_interleave requires_grad_ reshape reshape_as resize_ resize_as_
  resize_as_sparse_ resolve_conj resolve_neg retain_grad roll rot90 round round_ row_indices rsqrt rsqrt_
  scatter scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select select_scatter set_ sgn
  sgn_ sigmoid sigmoid_ sign sign_ signbit sin sin_ sinc sinc_ sinh sinh_ slice_inverse slice_scatter
  slogdet smm softmax sort sparse_dim sparse_mask sparse_resize_ sparse_resize_and_clear_ split_with_sizes
  sqrt sqrt_ square square_ squeeze squeeze_ sspaddmm std storage_offset stride sub sub_ subtract subtract_
  sum sum_to_size svd swapaxes swapaxes_ swapdims swapdims_ t t_ take take_along_dim tan tan_ tanh tanh_
  tensor_split tile to_dense to_mkldnn to_padded_tensor to_sparse to_sparse_bsc to_sparse_bsr to_sparse_csc
  to_sparse_csr tolist topk trace transpose transpose_ triangular_solve tril tril_ triu triu_ true_divide
  true_divide_ trunc trunc_ type type_as unbind unfold uniform_ unsafe_chunk unsafe_split
  unsafe_split_with_sizes unsqueeze unsqueeze_ untyped_storage values var vdot view view_as vsplit where
  xlogy xlogy_ xpu zero_`;

/** Those written in Python: `<function Tensor.norm>`. */
const FUNCTIONS = `
  backward dim_order index is_shared istft lu module_load norm register_hook
  register_post_accumulate_grad_hook resize resize_as split stft storage_type unflatten unique
  unique_consecutive`;

/** Those that call another one first. */
const OTHERS: Readonly<Record<string, string>> = {
  ndimension: 'dim',
  nelement: 'numel',
  to_sparse_coo: 'to_sparse',
};

const named = (list: string): readonly string[] => list.trim().split(/\s+/);

/** `requires_grad_` here is `requiresGrad_`. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

/** Python's name of every refused method, and the callable its error names. */
export const REFUSED_METHODS: ReadonlyMap<string, string> = new Map([
  ...named(METHODS).map((name) => [name, tensorMethod(name)] as const),
  ...named(FUNCTIONS).map((name) => [name, `<function Tensor.${name}>`] as const),
  ...Object.entries(OTHERS).map(([name, called]) => [name, tensorMethod(called)] as const),
]);
