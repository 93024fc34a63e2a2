"""Golden values for the native product, pooling, normalization, softmax and loss ops, from real PyTorch.

Writes tests/golden/native_ops.json. Inputs are multiples of 1/64, exact in float32; results are PyTorch's in float64,
written with 13 digits,
so the tests hold float64 kernels to 1e-11 and float32 kernels to 1e-6 of them. Ran on torch 2.13.0 (CPU).

    python scripts/golden/native_ops.py
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20)
CASES = []


def values(*shape):
    return torch.randint(-160, 160, shape).double() / 64


def number(value):
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if value == int(value) and abs(value) < 2**53 else float(f"{value:.13g}")


def packed(tensor):
    if tensor is None:
        return None
    dtype = "int64" if tensor.dtype == torch.int64 else "float"
    return {"dtype": dtype, "shape": list(tensor.shape), "data": [number(v) for v in tensor.detach().flatten().tolist()]}


def case(name, op, inputs, outputs, attributes, mutated=None):
    CASES.append({
        "name": name,
        "op": op,
        "inputs": [packed(t) for t in inputs],
        "outputs": [packed(t) for t in outputs],
        "attributes": attributes,
        "mutated": {str(index): packed(t) for index, t in (mutated or {}).items()},
    })  # fmt: skip


def gradients(y, tensors):
    gy = values(*y.shape)
    return gy, torch.autograd.grad(y, tensors, gy)


def convolution(name, x_shape, weight_shape, stride, padding, dilation, groups):
    """`padding` as [before, after] per axis."""
    rank = len(x_shape) - 2
    x, weight, bias = values(*x_shape), values(*weight_shape), values(weight_shape[0])
    for tensor in (x, weight):
        tensor.requires_grad_()
    flat = [size for axis in reversed(range(rank)) for size in padding[2 * axis : 2 * axis + 2]]
    y = getattr(F, f"conv{rank}d")(F.pad(x, flat), weight, None, stride, 0, dilation, groups)
    gy, (gx, gweight) = gradients(y, (x, weight))
    attributes = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    case(name, "convolution", [x, weight, bias], [y + bias.reshape(-1, *[1] * rank)], attributes)
    case(name, "convolution_input_gradient", [gy, weight], [gx], {**attributes, "shape": list(x_shape)})
    case(name, "convolution_weight_gradient", [gy, x], [gweight], {**attributes, "shape": list(weight_shape)})


def transposed(name, x_shape, weight_shape, stride, padding, output_padding, dilation, groups):
    rank = len(x_shape) - 2
    x, weight = values(*x_shape), values(*weight_shape)
    bias = values(weight_shape[1] * groups)
    y = getattr(F, f"conv_transpose{rank}d")(x, weight, bias, stride, padding, output_padding, groups, dilation)
    attributes = {"stride": stride, "padding": [p for p in padding for _ in range(2)], "dilation": dilation, "groups": groups, "shape": list(y.shape)}  # fmt: skip
    case(name, "convolution_input_gradient", [x, weight, bias], [y], attributes)


def max_pool(name, x, kernel, stride, padding, dilation, ceil_mode):
    rank = x.dim() - 2
    x = x.clone().requires_grad_()
    y, indices = getattr(F, f"max_pool{rank}d")(x, kernel, stride, padding, dilation, ceil_mode, return_indices=True)
    gy, (gx,) = gradients(y, (x,))
    attributes = {"kernel": kernel, "stride": stride, "padding": [p for p in padding for _ in range(2)], "dilation": dilation, "ceil_mode": ceil_mode}  # fmt: skip
    case(name, "max_pool", [x], [y, indices], attributes)
    case(name, "max_pool_gradient", [gy, indices], [gx], {"shape": list(x.shape)})


def avg_pool(name, shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override=None):
    rank = len(shape) - 2
    x = values(*shape).requires_grad_()
    extra = [] if rank == 1 else [divisor_override]
    y = getattr(F, f"avg_pool{rank}d")(x, kernel, stride, padding, ceil_mode, count_include_pad, *extra)
    gy, (gx,) = gradients(y, (x,))
    attributes = {"kernel": kernel, "stride": stride, "padding": [p for p in padding for _ in range(2)], "dilation": [1] * rank, "ceil_mode": ceil_mode, "count_include_pad": count_include_pad, "divisor_override": divisor_override}  # fmt: skip
    case(name, "avg_pool", [x], [y], attributes)
    case(name, "avg_pool_gradient", [gy], [gx], {**attributes, "shape": list(shape)})


def adaptive(name, shape, output_size):
    x = values(*shape).requires_grad_()
    y = getattr(F, f"adaptive_avg_pool{len(shape) - 2}d")(x, output_size)
    gy, (gx,) = gradients(y, (x,))
    case(name, "adaptive_avg_pool", [x], [y], {"output_size": output_size})
    case(name, "adaptive_avg_pool_gradient", [gy], [gx], {"shape": list(shape)})


def batch_norm(name, shape, momentum, is_affine):
    module = torch.nn.BatchNorm1d(shape[1], momentum=momentum, dtype=torch.float64)
    module = module if len(shape) < 4 else torch.nn.BatchNorm2d(shape[1], momentum=momentum, dtype=torch.float64)
    weight = values(shape[1]).requires_grad_() if is_affine else None
    bias = values(shape[1]).requires_grad_() if is_affine else None
    if is_affine:
        module.weight.data, module.bias.data = weight.data, bias.data
    module.running_mean.copy_(values(shape[1]))
    module.running_var.copy_(values(shape[1]).abs() + 1)
    module.num_batches_tracked.fill_(2)
    before = [t.clone() for t in (module.running_mean, module.running_var, module.num_batches_tracked)]
    x = (values(*shape) * 2 + 5).requires_grad_()
    y = module(x)
    axes = [0, *range(2, len(shape))]
    mean = x.mean(axes)
    invstd = (x.var(axes, unbiased=False) + module.eps).rsqrt()
    gy, grads = gradients(y, (x, module.weight, module.bias))
    after = {3: module.running_mean, 4: module.running_var, 5: module.num_batches_tracked}
    case(name, "batch_norm", [x, weight, bias, *before], [y, mean, invstd], {"eps": 1e-5, "momentum": momentum}, after)
    case(name, "batch_norm_gradient", [gy, x, weight, mean, invstd], list(grads), {})


def rows_norm(name, op, shape, attributes, parameter_size, mean, rstd, function):
    x = (values(*shape) + 3).requires_grad_()
    weight, bias = values(parameter_size).requires_grad_(), values(parameter_size).requires_grad_()
    y = function(x, weight, bias)
    gy, grads = gradients(y, (x, weight, bias))
    mean, rstd = mean(x), rstd(x)
    case(name, op, [x, weight, bias], [y, mean, rstd], {**attributes, "eps": 1e-5})
    case(name, op + "_gradient", [gy, x, weight, mean, rstd], list(grads), attributes)


def layer_norm(name, shape, normalized):
    size = math.prod(normalized)
    rows = lambda x: x.reshape(-1, size)
    rows_norm(name, "layer_norm", shape, {"size": size}, size, lambda x: rows(x).mean(1),
              lambda x: (rows(x).var(1, unbiased=False) + 1e-5).rsqrt(),
              lambda x, w, b: F.layer_norm(x, normalized, w.reshape(normalized), b.reshape(normalized)))  # fmt: skip


def group_norm(name, shape, groups):
    rows = lambda x: x.reshape(shape[0] * groups, -1)
    rows_norm(name, "group_norm", shape, {"groups": groups}, shape[1], lambda x: rows(x).mean(1),
              lambda x: (rows(x).var(1, unbiased=False) + 1e-5).rsqrt(),
              lambda x, w, b: F.group_norm(x, groups, w, b))  # fmt: skip


def softmax(name, x, axis):
    for op, function in (("softmax", torch.softmax), ("log_softmax", torch.log_softmax)):
        leaf = x.clone().requires_grad_()
        y = function(leaf, axis)
        case(name, op, [leaf], [y], {"axis": axis})
        if y.isfinite().all():
            gy, (gx,) = gradients(y, (leaf,))
            case(name, op + "_gradient", [gy, y], [gx], {"axis": axis})


def nll(name, shape, reduction, is_weighted, ignore_index):
    logp = torch.log_softmax(values(*shape), 1).requires_grad_()
    target = torch.randint(0, shape[1], (shape[0], *shape[2:]))
    target.flatten()[1] = ignore_index
    weight = values(shape[1]).abs() + 0.25 if is_weighted else None
    y = F.nll_loss(logp, target, weight, ignore_index=ignore_index, reduction=reduction)
    gy, (gx,) = gradients(y, (logp,))
    kept = target[target != ignore_index]
    total = weight[kept].sum() if is_weighted else torch.tensor(float(kept.numel())).double()
    attributes = {"ignore_index": ignore_index, "reduction": reduction}
    case(name, "nll", [logp, target, weight], [y, total], attributes)
    case(name, "nll_gradient", [gy, target, weight, total], [gx], {**attributes, "shape": list(shape)})


convolution("1-D, asymmetric padding", (2, 3, 9), (4, 3, 4), [1], [1, 2], [1], 1)
convolution("1-D, stride and dilation", (2, 2, 11), (3, 2, 3), [2], [2, 2], [2], 1)
convolution("2-D, groups", (2, 4, 6, 5), (6, 2, 3, 3), [1, 1], [1, 1, 1, 1], [1, 1], 2)
convolution("2-D, unequal stride, dilation and padding", (1, 2, 9, 8), (3, 2, 3, 2), [2, 3], [2, 1, 0, 1], [2, 1], 1)
convolution("2-D, depthwise", (2, 3, 5, 5), (3, 1, 3, 3), [2, 2], [1, 1, 1, 1], [1, 1], 3)
convolution("2-D, 1x1 with stride", (2, 3, 5, 4), (2, 3, 1, 1), [2, 2], [0, 0, 0, 0], [1, 1], 1)
convolution("3-D", (1, 2, 4, 3, 5), (2, 2, 2, 2, 3), [1, 2, 1], [1, 1, 0, 1, 1, 1], [1, 1, 2], 1)
transposed("transposed 1-D, output padding", (2, 3, 5), (3, 2, 3), [3], [1], [2], [1], 1)
transposed("transposed 2-D, groups", (1, 4, 3, 4), (4, 2, 3, 2), [2, 1], [1, 0], [1, 0], [1, 2], 2)
transposed("transposed 1-D, output padding beyond the stride", (1, 2, 4), (2, 2, 3), [1], [0], [1], [2], 1)

with_nan = values(1, 2, 5, 5)
with_nan[0, 0, 1, 1] = with_nan[0, 0, 3, 2] = with_nan[0, 0, 3, 3] = math.nan
with_nan[0, 1, :3, :3] = -math.inf
with_nan[0, 1, 4, 4] = math.inf
max_pool("NaN and infinities", with_nan, [2, 2], [1, 1], [0, 0], [1, 1], False)
max_pool("NaN, padding and ceil mode", with_nan, [3, 3], [2, 2], [1, 1], [1, 1], True)
max_pool("ties", torch.zeros(1, 1, 4, 4).double(), [3, 2], [1, 2], [1, 1], [1, 1], False)
max_pool("ceil mode drops a window that starts in the padding", values(1, 2, 5, 4), [2, 2], [3, 2], [1, 1], [1, 1], True)
max_pool("dilation", values(1, 2, 7, 8), [2, 3], [2, 1], [1, 1], [3, 2], False)
max_pool("1-D", values(2, 2, 9), [3], [2], [1], [1], True)
max_pool("3-D", values(1, 2, 4, 5, 3), [2, 3, 2], [2, 2, 1], [1, 1, 0], [1, 1, 1], True)
for ceil_mode in (False, True):
    for count_include_pad in (False, True):
        avg_pool(f"ceil {ceil_mode}, pad {count_include_pad}", (1, 2, 6, 5), [3, 2], [2, 3], [1, 1], ceil_mode, count_include_pad)  # fmt: skip
avg_pool("divisor override", (1, 1, 5, 5), [3, 3], [2, 2], [1, 1], True, False, 4)
avg_pool("1-D", (2, 2, 8), [3], [2], [1], True, True)
avg_pool("3-D", (1, 2, 4, 5, 3), [2, 2, 2], [2, 2, 1], [1, 0, 1], True, False)
adaptive("1-D, uneven", (2, 2, 7), [3])
adaptive("2-D, up and down", (1, 2, 5, 3), [3, 5])
adaptive("2-D to one", (2, 3, 4, 3), [1, 1])
adaptive("3-D", (1, 1, 4, 5, 3), [2, 2, 2])
batch_norm("[n, c]", (6, 5), 0.1, True)
batch_norm("[n, c, h, w]", (3, 4, 3, 2), 0.3, True)
batch_norm("cumulative average, not affine", (4, 3, 5), None, False)
layer_norm("one axis", (3, 4, 7), [7])
layer_norm("two axes", (5, 3, 4), [3, 4])
group_norm("two groups", (2, 6, 3, 3), 2)
group_norm("one channel a group", (2, 3, 5), 3)
softmax("last axis", values(4, 19), 1)
softmax("middle axis", values(2, 5, 7), 1)
softmax("first axis", values(3, 2), 0)
softmax("far from zero", values(2, 6) * 64 + 1000, -1)
softmax("infinities", torch.tensor([[1, -math.inf, 2], [math.inf, 0, 1], [-math.inf] * 3]).double(), 1)
for reduction in ("none", "mean", "sum"):
    nll(reduction, (5, 4), reduction, False, -100)
    nll(f"{reduction}, weighted", (3, 4, 2), reduction, True, 1)

path = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "native_ops.json"
path.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(json.dumps(case, separators=(",", ":"), allow_nan=False) for case in CASES)
path.write_text(f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n')
print(f"{len(CASES)} cases, {path.stat().st_size} bytes")
