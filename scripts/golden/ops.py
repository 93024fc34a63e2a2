"""Writes tests/golden/ops.json: what real PyTorch (CPU) gives for every op of the functional API, gradients included.

    python scripts/golden/ops.py

Each case is {op, options, dtype, inputs, output, gradients}. The gradient is that of sum(output * w) with
w[i] = ((7 i) mod 11 - 5) / 4, so that it needs no storing. Numbers not finite are strings. Inputs have two decimals.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

DTYPES = {"float32": torch.float32, "float64": torch.float64}
cases = []
counter = 0


def values(shape, low=-2.0, high=2.0):
    """Distinct-looking numbers with two decimals, the same in every run."""
    global counter
    count = math.prod(shape)
    result = []
    for _ in range(count):
        counter = (counter * 1103515245 + 12345) % 2**31
        result.append(round(low + (high - low) * (counter / 2**31), 2))
    return {"shape": list(shape), "values": result}


def given(shape, numbers, dtype=None):
    tensor = {"shape": list(shape), "values": numbers}
    return tensor if dtype is None else {**tensor, "dtype": dtype}


def integers(shape, numbers):
    return given(shape, numbers, "int64")


def written(tensor):
    def number(value):
        if isinstance(value, int):
            return value
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return float(f"{value:.9g}") if tensor.dtype == torch.float32 else value

    return {"shape": list(tensor.shape), "values": [number(v) for v in tensor.detach().flatten().tolist()]}


def read(tensor, dtype):
    numbers = [float(v) if isinstance(v, str) else v for v in tensor["values"]]
    kind = torch.int64 if tensor.get("dtype") == "int64" else dtype
    return torch.tensor(numbers, dtype=kind).reshape(tensor["shape"])


def case(op, function, inputs, options=None, gradient=True, dtypes=("float32", "float64")):
    for name in dtypes:
        tensors = [None if i is None else read(i, DTYPES[name]) for i in inputs]
        for tensor in tensors:
            if gradient and tensor is not None and tensor.is_floating_point():
                tensor.requires_grad_()
        output = function(*tensors)
        gradients = [None] * len(inputs)
        if gradient:
            w = torch.tensor([((7 * i) % 11 - 5) / 4 for i in range(output.numel())], dtype=output.dtype)
            (output * w.reshape(output.shape)).sum().backward()
            gradients = [None if t is None or t.grad is None else written(t.grad)["values"] for t in tensors]
        cases.append(
            {
                "op": op,
                "options": options or {},
                "dtype": name,
                "inputs": inputs,
                "output": written(output),
                "gradients": gradients,
            }
        )


def elementwise():
    plain = given((13,), [-2.5, -1.5, -1, -0.5, -0.25, -0.01, 0, 0.01, 0.3, 0.5, 1, 1.7, 2.5])
    above = given((9,), [0.01, 0.25, 0.5, 0.99, 1, 1.5, 2.5, 10, 100])
    odd = given((6,), ["NaN", "Infinity", "-Infinity", 0, 90, -110])
    for name in ["neg", "abs", "sign", "exp", "expm1", "square", "tanh", "sigmoid", "erf", "sin", "cos"]:
        case(name, getattr(torch, name), [plain])
    for name in ["floor", "ceil", "round", "relu"]:
        case(name, getattr(torch, name), [plain])
    for name in ["log", "log1p", "sqrt", "rsqrt", "reciprocal"]:
        case(name, getattr(torch, name), [above])
    for name in ["relu", "sigmoid", "tanh", "exp", "abs", "sqrt", "erf", "expm1"]:
        case(name, getattr(torch, name), [odd], dtypes=("float64",), gradient=name in ("relu", "tanh"))
    shapes = [((3, 1, 4), (2, 1)), ((5,), ()), ((1,), (3, 1)), ((0, 3), (1, 3))]
    for a, b in shapes:
        for name in ["add", "sub", "mul", "div"]:
            case(name, getattr(torch, name), [values(a), values(b, 0.5, 2)])
    for name in ["maximum", "minimum"]:
        case(name, getattr(torch, name), [given((2, 3), [1, 2, 3, -1, 0, 2]), given((3,), [1, 1, 3])])
        case(name, getattr(torch, name), [given((3,), ["NaN", 1, 2]), given((3,), [1, "NaN", 2])], gradient=False)
    case("pow", torch.pow, [values((2, 3), 0.1, 3), values((3,), -2, 2)])
    case("pow", torch.pow, [given((4,), [0, 0, 2, 0.5]), given((4,), [2, 0, 0, -1])])
    for exponent in [2.0, 3.0, 0.5, -1.0, 0.0]:
        low = 0.1 if exponent in (0.5, -1.0) else -2
        case("pow", lambda x, e=exponent: torch.pow(x, e), [values((5,), low, 2)], {"b": exponent})
    for name in ["add", "sub", "mul", "div"]:
        case(name, lambda x, n=name: getattr(torch, n)(x, 1.7), [values((5,))], {"b": 1.7})
    case("sub", lambda x: 3 - x, [values((4,))], {"a": 3})
    case("div", lambda x: 3 / x, [values((4,), 0.5, 2)], {"a": 3})
    for name in ["eq", "ne", "lt", "le", "gt", "ge"]:
        pair = [given((2, 2), [1, 2, 3, 4]), given((2,), [1, 4])]
        case(name, lambda a, b, n=name: getattr(torch, n)(a, b).to(a.dtype), pair, gradient=False)
    case("where", lambda c, a, b: torch.where(c.detach() != 0, a, b), [given((3,), [0, 1, 2]), values((2, 3)), values((2, 1))])
    for low, high in [(-1, 1), (None, 0.5), (-0.5, None)]:
        case("clamp", lambda x, l=low, h=high: torch.clamp(x, l, h), [plain], {"min": low, "max": high})


def activations():
    plain = given((11,), [-3, -1.5, -1, -0.5, -0.01, 0, 0.01, 0.5, 1, 2, 30])
    far = given((6,), ["NaN", "Infinity", "-Infinity", 0, 1000, -1000])
    for slope in [0.01, 0.3]:
        case("leakyRelu", lambda x, s=slope: F.leaky_relu(x, s), [plain], {"negativeSlope": slope})
    for alpha in [1.0, 0.7]:
        case("elu", lambda x, a=alpha: F.elu(x, a), [plain], {"alpha": alpha})
    case("elu", F.elu, [far], {"alpha": 1.0}, dtypes=("float64",))
    for kind in ["none", "tanh"]:
        case("gelu", lambda x, k=kind: F.gelu(x, approximate=k), [plain], {"approximate": kind})
    case("silu", F.silu, [plain])
    for beta, threshold in [(1, 20), (2.5, 3)]:
        options = {"beta": beta, "threshold": threshold}
        case("softplus", lambda x, b=beta, t=threshold: F.softplus(x, b, t), [plain], options)
    case("softplus", F.softplus, [given((3,), [1000, -1000, 0])], {"beta": 1, "threshold": 20}, dtypes=("float64",))
    for shape, axis in [((3, 5), 1), ((3, 5), 0), ((2, 3, 2), 1), ((4,), -1)]:
        case("softmax", lambda x, a=axis: F.softmax(x, a), [values(shape, -4, 4)], {"axis": axis})
        case("logSoftmax", lambda x, a=axis: F.log_softmax(x, a), [values(shape, -4, 4)], {"axis": axis})
    big = given((2, 3), [1000, 1001, 1002, -1000, 0, 1000])
    case("logSoftmax", lambda x: F.log_softmax(x, 1), [big], {"axis": 1})


def reductions():
    for axes, keepdim in [(None, False), ([0], False), ([1, 2], True), ([-1], False), ([0, 2], False)]:
        options = {"axes": axes, "keepdim": keepdim}
        over = tuple(axes) if axes is not None else (0, 1, 2)
        x = values((3, 2, 5))
        case("sum", lambda t: t.sum(over, keepdim=keepdim), [x], options)
        case("mean", lambda t: t.mean(over, keepdim=keepdim), [x], options)
        case("amax", lambda t: t.amax(over, keepdim=keepdim), [x], options)
        case("amin", lambda t: t.amin(over, keepdim=keepdim), [x], options)
        for correction in [0, 1]:
            more = {**options, "correction": correction}
            case("variance", lambda t, c=correction: t.var(over, correction=c, keepdim=keepdim), [x], more)
    ties = given((2, 4), [1, 3, 3, 2, 5, 5, 5, 5])
    case("amax", lambda t: t.amax((1,)), [ties], {"axes": [1], "keepdim": False})
    case("amin", lambda t: t.amin((0,)), [ties], {"axes": [0], "keepdim": False})
    for axis in [0, 1, None]:
        case("argmax", lambda t, a=axis: t.argmax(a), [ties], {"axis": axis}, gradient=False)
    holes = given((2, 3), [1, "NaN", 3, "NaN", "NaN", 2])
    case("argmax", lambda t: t.argmax(1), [holes], {"axis": 1}, gradient=False, dtypes=("float64",))


def movement():
    x = values((2, 3, 4))
    for shape in [[6, 4], [-1, 2], [24]]:
        case("reshape", lambda t, s=shape: t.reshape(s), [x], {"shape": shape}, dtypes=("float64",))
    for axes in [[2, 0, 1], [0, 2, 1], [-1, 1, 0]]:
        case("permute", lambda t, a=axes: t.permute(a), [x], {"axes": axes}, dtypes=("float64",))
        case("permuteTwice", lambda t, a=axes: t.permute(a).permute(a) * 2, [x], {"axes": axes}, dtypes=("float64",))
    case("expand", lambda t: t.expand(2, 3, 4), [values((3, 1))], {"shape": [2, 3, 4]}, dtypes=("float64",))
    for axis, start, end, step in [(0, 1, 2, 1), (2, 0, 4, 2), (1, -2, 100, 1), (2, 3, 1, 1)]:
        def cut(t, a=axis, s=slice(start, end, step)):
            return t[tuple([slice(None)] * a + [s])]
        options = {"axis": axis, "start": start, "end": end, "step": step}
        case("slice", cut, [x], options, dtypes=("float64",))
    case("select", lambda t: t.select(1, -1), [x], {"axis": 1, "index": -1}, dtypes=("float64",))
    case("concatenate", lambda a, b, c: torch.cat([a, b, c], 1), [values((2, 1)), values((2, 3)), values((2, 2))], {"axis": 1})
    case("concatenate", lambda a, b: torch.cat([a, b], -2), [values((1, 3, 2)), values((1, 1, 2))], {"axis": -2})
    for mode, shape, padding in [
        ("constant", (2, 3), [1, 0, 2, 1]), ("constant", (2, 4), [0, 0, -1, 2]), ("reflect", (1, 2, 4), [3, 2]),
        ("reflect", (1, 1, 3, 4), [1, 2, 2, 0]), ("replicate", (1, 1, 2, 3), [2, 1, 0, 3]), ("circular", (1, 1, 3, 2), [1, 3, 2, 1]),
    ]:
        inner_first = [n for pair in reversed(list(zip(padding[::2], padding[1::2]))) for n in pair]
        value = 1.5 if mode == "constant" else 0
        options = {"padding": padding, "mode": mode, "value": value}
        case("pad", lambda t, p=inner_first, m=mode, v=value: F.pad(t, p, m, v if m == "constant" else None), [values(shape)], options)


def products():
    for a, b in [((3, 5), (5, 2)), ((5,), (5,)), ((3, 5), (5,)), ((5,), (5, 2)), ((2, 3, 5), (5, 2)), ((2, 3, 4), (2, 4, 3)),
                 ((2, 1, 3, 4), (3, 4, 2)), ((3, 4), (2, 4, 2)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((0, 3), (3, 2)), ((2, 0), (0, 3))]:
        case("matmul", torch.matmul, [values(a), values(b)])
    case("matmul", lambda a, b: torch.matmul(a, b.transpose(-1, -2)), [values((2, 3, 4)), values((5, 4))], {"transposed": True})
    for x in [(3, 5), (2, 3, 5), (5,)]:
        case("linear", F.linear, [values(x), values((4, 5)), values((4,))])
    case("linear", F.linear, [values((3, 5)), values((4, 5))])
    for shape, kernel, options in [
        ((2, 2, 7), (3, 2, 3), {"stride": [2], "padding": [1], "dilation": [1], "groups": 1}),
        ((1, 4, 9), (4, 2, 3), {"stride": [1], "padding": [2], "dilation": [2], "groups": 2}),
        ((2, 3, 5, 4), (4, 3, 3, 2), {"stride": [1, 2], "padding": [1, 0], "dilation": [1, 1], "groups": 1}),
        ((1, 4, 5, 5), (4, 1, 3, 3), {"stride": [1, 1], "padding": [1, 1], "dilation": [1, 1], "groups": 4}),
        ((1, 2, 6, 7), (2, 1, 2, 3), {"stride": [2, 3], "padding": [0, 2], "dilation": [3, 2], "groups": 2}),
        ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), {"stride": [1, 2, 1], "padding": [0, 1, 1], "dilation": [1, 1, 1], "groups": 1}),
        ((2, 5), (3, 2, 2), None),
    ]:
        if options is None:
            case("convolution", F.conv1d, [values(shape), values(kernel), values((3,))], {})
            continue
        name = f"conv{len(shape) - 2}d"
        def run(x, w, b, f=getattr(F, name), o=options):
            return f(x, w, b, **o)
        case("convolution", run, [values(shape), values(kernel), values(kernel[:1])], options)
    for shape, kernel, options in [
        ((2, 3, 4), (3, 2, 3), {"stride": [2], "padding": [1], "dilation": [1], "groups": 1, "output_padding": [1]}),
        ((1, 4, 3, 4), (4, 1, 2, 3), {"stride": [1, 2], "padding": [0, 1], "dilation": [1, 1], "groups": 2, "output_padding": [0, 1]}),
        ((1, 2, 3), (2, 2, 2), {"stride": [1], "padding": [1], "dilation": [3], "groups": 1, "output_padding": [2]}),
        ((1, 2, 3), (2, 1, 2), {"stride": [2], "padding": [0], "dilation": [4], "groups": 1, "output_padding": [3]}),
        ((1, 2, 2, 2, 3), (2, 1, 2, 1, 2), {"stride": [2, 1, 1], "padding": [1, 0, 0], "dilation": [1, 1, 2], "groups": 1, "output_padding": [1, 0, 0]}),
    ]:
        out = kernel[1] * options["groups"]
        def up(x, w, b, f=getattr(F, f"conv_transpose{len(shape) - 2}d"), o=options):
            return f(x, w, b, **o)
        case("convolutionTranspose", up, [values(shape), values(kernel), values((out,))], options)


def pools():
    for shape, options in [
        ((2, 2, 7), {"kernel": [3], "stride": [2], "padding": [1], "ceil": False}),
        ((1, 2, 6, 5), {"kernel": [2, 3], "stride": [2, 2], "padding": [0, 1], "ceil": True}),
        ((1, 1, 5, 5), {"kernel": [3, 3], "stride": [3, 3], "padding": [1, 1], "ceil": True}),
        ((1, 1, 4, 3, 5), {"kernel": [2, 2, 2], "stride": [2, 1, 2], "padding": [1, 0, 0], "ceil": False}),
        ((3, 6), {"kernel": [2], "stride": [2], "padding": [0], "ceil": False}),
    ]:
        n = len(options["kernel"])
        k, s, p, c = options["kernel"], options["stride"], options["padding"], options["ceil"]
        maximum = getattr(F, f"max_pool{n}d")
        average = getattr(F, f"avg_pool{n}d")
        case("maxPool", lambda x: maximum(x, k, s, p, 1, c), [values(shape)], options)
        for include in [True, False]:
            case("avgPool", lambda x: average(x, k, s, p, c, include), [values(shape)], {**options, "include": include, "divisor": None})
    case("maxPool", lambda x: F.max_pool2d(x, 2, 1, 1, 2), [values((1, 1, 5, 6))], {"kernel": [2, 2], "stride": [1, 1], "padding": [1, 1], "dilation": [2, 2], "ceil": False})
    holes = given((1, 1, 4), [1, "NaN", 3, "-Infinity"])
    case("maxPool", lambda x: F.max_pool1d(x, 2, 2), [holes], {"kernel": [2], "stride": [2], "padding": [0], "ceil": False}, gradient=False, dtypes=("float64",))
    case("avgPool", lambda x: F.avg_pool2d(x, 2, 2, 0, False, True, 3), [values((1, 1, 4, 4))], {"kernel": [2, 2], "stride": [2, 2], "padding": [0, 0], "ceil": False, "include": True, "divisor": 3})
    for shape, size in [((2, 2, 7), [3]), ((1, 2, 5, 4), [2, 3]), ((1, 1, 3, 4, 5), [2, 4, 3]), ((2, 5), [7]), ((1, 2, 3, 3), [1, 1])]:
        adaptive = getattr(F, f"adaptive_avg_pool{len(size)}d")
        case("adaptiveAvgPool", lambda x: adaptive(x, size), [values(shape)], {"size": size})


def normalizations():
    for shape in [(4, 3), (2, 3, 5), (2, 2, 3, 2)]:
        c = shape[1]
        affine = [values((c,), 0.5, 2), values((c,))]
        state = [values((c,)), values((c,), 0.5, 2)]
        for training in [True, False]:
            def norm(x, w, b, mean, var, t=training):
                return F.batch_norm(x, mean.detach().clone(), var.detach().clone(), w, b, t)
            case("batchNorm", norm, [values(shape), *affine, *state], {"isTraining": training})
        case("batchNorm", lambda x: F.batch_norm(x, None, None, None, None, True), [values(shape)], {"isTraining": True})
        def moved(x, mean, var, index):
            F.batch_norm(x, mean, var, None, None, True, 0.3)
            return (mean, var)[index]
        for index, name in enumerate(["mean", "var"]):
            case("batchNormState", lambda x, m, v, i=index: moved(x, m, v, i), [values(shape), *state], {"which": name}, gradient=False)
    for shape, last in [((3, 5), [5]), ((2, 3, 4), [3, 4]), ((4,), [4])]:
        affine = [values(last, 0.5, 2), values(last)]
        case("layerNorm", lambda x, w, b, s=last: F.layer_norm(x, s, w, b), [values(shape), *affine], {"shape": last})
        case("layerNorm", lambda x, s=last: F.layer_norm(x, s, eps=0.1), [values(shape)], {"shape": last, "eps": 0.1})
    for shape, groups in [((2, 4, 3), 2), ((3, 3, 2, 2), 3), ((2, 4), 1)]:
        affine = [values((shape[1],), 0.5, 2), values((shape[1],))]
        case("groupNorm", lambda x, w, b, g=groups: F.group_norm(x, g, w, b), [values(shape), *affine], {"groups": groups})
        case("groupNorm", lambda x, g=groups: F.group_norm(x, g), [values(shape)], {"groups": groups})


def losses():
    for reduction in ["mean", "sum", "none"]:
        options = {"reduction": reduction}
        target = integers((4,), [2, 0, 1, 2])
        case("nll", lambda x, t: F.nll_loss(x, t, reduction=reduction), [values((4, 3)), target], options)
        case("nll", lambda x, t, w: F.nll_loss(x, t, w.detach(), reduction=reduction, ignore_index=1), [values((4, 3)), target, values((3,), 0.5, 2)], {**options, "ignoreIndex": 1, "weighted": True})
        plane = integers((2, 2, 2), [0, 1, 2, 2, 1, 0, -100, 1])
        case("nll", lambda x, t: F.nll_loss(x, t, reduction=reduction), [values((2, 3, 2, 2)), plane], options)
    case("nll", F.nll_loss, [values((3,)), integers((), [1])], {"reduction": "mean"})
    case("nll", lambda x, t: F.nll_loss(x, t), [values((2, 3)), integers((2,), [-100, -100])], {"reduction": "mean"}, gradient=False)
    case("gather", lambda w, i: w[i], [values((4, 3)), integers((2, 3), [0, 3, 1, 1, 1, 2])])
    case("gather", lambda w, i: w[i], [values((4,)), integers((5,), [0, 3, 1, 1, 1])])
    for padding in [1, -1]:
        case("embedding", lambda w, i, p=padding: F.embedding(i, w, p), [values((4, 2)), integers((5,), [1, 1, 3, 0, 3])], {"paddingIdx": padding})


elementwise()
activations()
reductions()
movement()
products()
pools()
normalizations()
losses()
path = pathlib.Path(__file__).parents[2] / "tests" / "golden" / "ops.json"
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
path.write_text(f'{{"torch":"{torch.__version__.split("+")[0]}","cases":[\n{lines}\n]}}\n')
print(f"{len(cases)} cases, {path.stat().st_size} bytes")


def training():
    """The network of tests/program/steps.ts: 20 Adam steps in float64, with its losses and last parameters."""

    def numbers(shape, seed):
        count = math.prod(shape)
        values = [((i * 7919 + seed * 104729) % 2003 - 1001) / 1001.5 for i in range(count)]
        return torch.tensor(values, dtype=torch.float64).reshape(shape)

    parameters = [numbers(s, i + 1).requires_grad_() for i, s in enumerate([(7, 5), (7,), (3, 7), (3,)])]
    data = numbers((12, 5), 5)
    targets = torch.tensor([(i * 5) % 3 for i in range(12)])
    index = torch.tensor([(i * 7) % 12 for i in range(80)])
    optimizer = torch.optim.Adam(parameters, lr=0.01, weight_decay=0.01)
    losses = []
    for step in range(20):
        rows = index[4 * step : 4 * step + 4]
        hidden = F.gelu(F.linear(data[rows], parameters[0], parameters[1]))
        loss = F.cross_entropy(F.linear(hidden, parameters[2], parameters[3]), targets[rows])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    result = {"losses": losses, "parameters": [p.detach().flatten().tolist() for p in parameters]}
    path.with_name("ops-training.json").write_text(json.dumps(result) + "\n")


training()
