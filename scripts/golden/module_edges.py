"""Calls at the edges of every torch.nn module, for modules.py: options that are rarely chosen, and infinite, undefined, huge and
equal values among the inputs."""

import math
import random

import torch
from torch import nn

from module_calls import CALLS, Call, positive, reductions, signs, size, values

EDGES = {}
INFINITE = math.inf
ENDS = [-INFINITE, INFINITE, 0.0, 1000.0, -1000.0, 88.0, -88.0, 20.0, -20.0, 3.0, -3.0, 6.0, 1.0, -1.0, 0.5, -0.5, 2.0**-20, -(2.0**-20)]


def edge(*names, count=2):
    """Registers `make(target, rng, index)` beside what other registrations of a class make."""

    def register(make):
        for name in names:
            EDGES.setdefault(name, []).append((make, count))
        return make

    return register


def numbers(*given):
    return torch.tensor(given, dtype=torch.float64)


def edges_of(name, seed, count=None):
    """Calls of a class at its edges, each on random numbers of its own; `count` of each kind where it is given."""
    for place, (make, usual) in enumerate(EDGES.get(name, [])):
        for index in range(usual if count is None else count):
            rng = random.Random(f"{name}/edge{place}/{seed}/{index}")
            torch.manual_seed(rng.randrange(2**31))
            yield make(getattr(nn, name), rng, index)


def poison(tensor, rng, choices):
    """The same numbers with another one at one place."""
    if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point() or tensor.numel() == 0:
        return tensor
    poisoned = tensor.clone()
    poisoned.view(-1)[rng.randrange(tensor.numel())] = rng.choice(choices)
    return poisoned


# Probabilities stay such. An infinite input is 0 times infinite, and so undefined, in PyTorch's way of computing these.
UNPOISONED = ("BCELoss", "Fractional", "AdaptiveLogSoftmax", "Transformer", "TripletMargin", "Upsample", "Upsampling", "CrossMap")


@edge(*[name for name in CALLS if not name.startswith(UNPOISONED)], count=1)
def poisoned(target, rng, index):
    call = CALLS[target.__name__](rng, rng.randrange(8))
    if call.inputs:
        # Nothing is likelier than certain.
        choices = (-INFINITE, -1000.0) if target is nn.CTCLoss else (INFINITE, -INFINITE, 1000.0, -1000.0)
        call.inputs = (poison(call.inputs[0], rng, choices), *call.inputs[1:])
    return call


ELEMENTWISE = ["ReLU", "ReLU6", "Sigmoid", "Tanh", "Hardsigmoid", "Hardswish", "SELU", "SiLU", "Mish", "Softsign", "LogSigmoid", "Tanhshrink"]
OPTIONS = {
    "LeakyReLU": lambda rng: {"negative_slope": rng.choice([0.0, -0.5, 0.3])},
    "ELU": lambda rng: {"alpha": rng.choice([-1.5, 0.0, 0.3])},
    "CELU": lambda rng: {"alpha": rng.choice([-1.5, -0.3, 0.3])},
    "GELU": lambda rng: {"approximate": rng.choice(["none", "tanh"])},
    "Hardtanh": lambda rng: {"min_val": rng.choice([-1.0, 0.5]), "max_val": rng.choice([1.0, 6.0])},
    "Softplus": lambda rng: {"beta": rng.choice([-1.0, 0.5, 2.0]), "threshold": rng.choice([20.0, -2.0])},
    "Softshrink": lambda rng: {"lambd": rng.choice([0.5, 0.0])},
    "Hardshrink": lambda rng: {"lambd": rng.choice([0.5, 0.0, -1.0])},
    "Threshold": lambda rng: {"threshold": rng.choice([0.5, -3.0]), "value": rng.choice([20.0, -1.5])},
    "RReLU": lambda rng: {"lower": 0.1, "upper": 0.3},
    "PReLU": lambda rng: {},
}


@edge(*ELEMENTWISE, *OPTIONS, count=1)
def ends(target, rng, index):
    options = OPTIONS.get(target.__name__, lambda _: {})(rng)
    # A power of e beyond float32 is none of its business.
    is_growing = target is nn.CELU and options["alpha"] < 0
    given = [value for value in ENDS if abs(value) < 8] if is_growing else ENDS
    return Call(target, options, numbers(*given), training=target is not nn.RReLU)


@edge("Softmax", "LogSoftmax", "Softmin", count=1)
def rows(target, rng, index):
    return Call(target, {"dim": 1}, numbers([-INFINITE] * 3, [INFINITE, 1, 2], [INFINITE, INFINITE, 0], [-INFINITE, 0, 1], [1000, -1000, 999]))


@edge("GLU", count=1)
def gates(target, rng, index):
    return Call(target, {"dim": 0}, torch.stack([numbers(*ENDS), numbers(*ENDS).flip(0)]))


@edge("PairwiseDistance", count=9)
def powers(target, rng, index):
    p = [0.0, -1.0, -2.0, -INFINITE, INFINITE, 0.5, 1.5, 2.5, -0.5][index % 9]
    a, b = values(4, 3), values(4, 3)
    b[0], b[1, 1] = a[0], a[1, 1]
    return Call(target, {"p": p, "eps": rng.choice([0.0, 1e-6]), "keepdim": rng.random() < 0.5}, a, b)


@edge("TripletMarginLoss", count=5)
def triplet_powers(target, rng, index):
    options = {**reductions(rng), "p": [0.0, -1.0, 0.5, INFINITE, -INFINITE][index % 5], "swap": rng.random() < 0.5, "eps": rng.choice([0.0, 1e-6])}
    a, b, c = values(4, 3), values(4, 3), values(4, 3)
    b[0], c[1] = a[0], a[1]
    return Call(target, options, a, b, c)


@edge("TripletMarginLoss", "TripletMarginWithDistanceLoss", "CosineEmbeddingLoss", "CosineSimilarity", count=2)
def equal_points(target, rng, index):
    a, b, c = values(4, 3), values(4, 3), values(4, 3)
    b[0], c[1], a[2], b[2] = a[0], a[1], 0, 0
    options = {} if target is nn.CosineSimilarity else reductions(rng)
    more = [] if target is nn.CosineSimilarity else [signs(4)] if target is nn.CosineEmbeddingLoss else [c]
    return Call(target, options, a, b, *more, constant=(2,) if target is nn.CosineEmbeddingLoss else ())


@edge("EmbeddingBag", count=12)
def frequencies(target, rng, index):
    rows, width, mode = size(rng, 3, 7), size(rng, 1, 4), ["sum", "mean"][index % 2]
    options = {"num_embeddings": rows, "embedding_dim": width, "mode": mode, "scale_grad_by_freq": True}
    if rng.random() < 0.4:
        options["padding_idx"] = rng.choice([0, -1, 1])
    if rng.random() < 0.3:
        options.update(max_norm=1.5, norm_type=rng.choice([1.0, 2.0, 3.0]))
    if index % 3:
        count = size(rng, 4, 9)
        given, offsets = torch.randint(0, rows, [count]), [0, 2, 2, count - 1]
        if rng.random() < 0.5:
            options["include_last_offset"] = True
            offsets.append(count)
        inputs, shape = [given, torch.tensor(offsets)], [count]
    else:
        shape = [size(rng, 1, 3), size(rng, 2, 4)]
        inputs = [torch.randint(0, rows, shape), None]
    if mode == "sum" and rng.random() < 0.6:
        inputs.append(values(*shape))
    elif inputs[1] is None:
        inputs.pop()
    return Call(target, options, *inputs)


@edge("Embedding", count=3)
def lengths(target, rng, index):
    options = {"num_embeddings": 5, "embedding_dim": 3, "max_norm": 1.0, "norm_type": [INFINITE, 0.5, 0.0][index % 3], "padding_idx": rng.choice([None, 2]), "scale_grad_by_freq": rng.random() < 0.5}
    return Call(target, options, torch.randint(0, 5, [6]))


@edge("CTCLoss", count=6)
def scores(target, rng, index):
    """Any numbers in the place of log probabilities, some of them infinite."""
    classes, n, t = size(rng, 3, 5), size(rng, 1, 3), size(rng, 5, 8)
    options = {**reductions(rng), "zero_infinity": rng.random() < 0.5}
    counts = [rng.randint(0, 3) for _ in range(n)]
    x = values(t, n, classes, scale=rng.choice([1, 2]))
    if index % 3 == 2:
        x = poison(torch.log_softmax(x, 2), rng, [-INFINITE])
    labels = torch.tensor([[rng.randint(1, classes - 1) for _ in range(3)] for _ in range(n)])
    return Call(target, options, x, labels, torch.tensor([rng.randint(1, t) for _ in range(n)]), torch.tensor(counts))


@edge("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCEWithLogitsLoss", "SoftMarginLoss", "HingeEmbeddingLoss", "PoissonNLLLoss", "KLDivLoss", "MultiLabelSoftMarginLoss", count=2)
def far_from_targets(target, rng, index):
    x = numbers(*ENDS).reshape(1, -1)
    y = {
        "BCEWithLogitsLoss": lambda: torch.randint(0, 2, x.shape).double(),
        "MultiLabelSoftMarginLoss": lambda: torch.randint(0, 2, x.shape).double(),
        "SoftMarginLoss": lambda: signs(*x.shape),
        "HingeEmbeddingLoss": lambda: signs(*x.shape),
        "PoissonNLLLoss": lambda: torch.randint(0, 4, x.shape).double(),
        "KLDivLoss": lambda: torch.randint(0, 3, x.shape).double() / 4,
    }.get(target.__name__, lambda: torch.where(torch.rand(x.shape) < 0.3, x, values(*x.shape)))()
    wanted = target in (nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.BCEWithLogitsLoss)
    return Call(target, {"reduction": "none"}, x, y, constant=() if wanted else (1,))


@edge("BCELoss", count=2)
def certain(target, rng, index):
    x = numbers(0, 1, 0, 1, 0.5, 2.0**-30, 1 - 2.0**-20)
    return Call(target, reductions(rng) if index else {"reduction": "none"}, x, torch.randint(0, 2, x.shape).double())


@edge("CrossEntropyLoss", "NLLLoss", "MultiMarginLoss", "LinearCrossEntropyLoss", count=1)
def extreme_classes(target, rng, index):
    x = numbers([-INFINITE, 0, 1], [INFINITE, 1, 2], [0, -INFINITE, 1], [1000, -1000, 999], [1, 1, 1])
    options = {"reduction": "none"}
    if target is nn.LinearCrossEntropyLoss:
        options.update(in_features=3, num_classes=3)
    return Call(target, options, x, torch.randint(0, 3, [5]))


@edge("GaussianNLLLoss", count=2)
def no_variance(target, rng, index):
    variance = positive(3, 4)
    variance[0, 0], variance[1, 1], variance[2, 2] = 0, 2.0**-30, INFINITE
    return Call(target, {"reduction": "none", "full": index % 2 == 0}, values(3, 4), values(3, 4), variance)


@edge("LayerNorm", "RMSNorm", "GroupNorm", "BatchNorm1d", "InstanceNorm1d", "LocalResponseNorm", count=2)
def constant_rows(target, rng, index):
    x = values(3, 4, 5)
    x[0], x[1, 2] = 1.5, 0
    eps = {} if target is nn.LocalResponseNorm else {"eps": 1e-5 if index % 2 or target in (nn.BatchNorm1d, nn.InstanceNorm1d) else 0.0}
    first = {"LayerNorm": {"normalized_shape": 5}, "RMSNorm": {"normalized_shape": 5}, "GroupNorm": {"num_groups": 2, "num_channels": 4}, "LocalResponseNorm": {"size": 2}}
    return Call(target, {**first.get(target.__name__, {"num_features": 4}), **eps}, x)


@edge("LPPool1d", "LPPool2d", count=3)
def signed_powers(target, rng, index):
    x = values(2, 2, *([6] if target is nn.LPPool1d else [4, 4]))
    x[0, 0] = 0
    return Call(target, {"norm_type": [1.0, 2.0, 3.0][index % 3], "kernel_size": 2}, x)


@edge("MaxPool1d", "MaxPool2d", "AdaptiveMaxPool2d", "AdaptiveMaxPool1d", count=2)
def ties(target, rng, index):
    x = torch.randint(0, 2, [2, 2, 4, 4][: 3 if "1d" in target.__name__ else 4]).double()
    x[0] = -INFINITE
    return Call(target, {"return_indices": index == 1, **({"output_size": 3} if "Adaptive" in target.__name__ else {"kernel_size": 2, "padding": 1})}, x)


# PyTorch's vectors and its own scalar formula at the end of a tensor give different gradients where a value is undefined (0 or NaN
# here, the whole gradient there). Ours is the formula's, so these have fewer values than a vector.
SPLIT = ["ReLU6", "Hardtanh", "Hardswish", "ELU", "SELU", "CELU", "Softshrink", "Hardshrink"]


@edge(*[name for name in CALLS if name not in SPLIT and name != "BCELoss"], count=1)
def undefined(target, rng, index):
    call = CALLS[target.__name__](rng, rng.randrange(8))
    places = [at for at, given in enumerate(call.inputs) if isinstance(given, torch.Tensor) and given.is_floating_point() and at not in call.constant]
    if places:
        at = rng.choice(places)
        call.inputs = tuple(poison(given, rng, [math.nan]) if at == place else given for place, given in enumerate(call.inputs))
    return call


@edge(*SPLIT, count=1)
def undefined_among_few(target, rng, index):
    return Call(target, OPTIONS.get(target.__name__, lambda _: {})(rng) if target is not nn.CELU else {"alpha": 0.5}, numbers(math.nan, 0.25, -2.0, INFINITE, 7.0, -INFINITE, 0.0))


@edge(*[name for name in CALLS if name.startswith(UNPOISONED) and name != "BCELoss"], count=2)
def infinite(target, rng, index):
    call = CALLS[target.__name__](rng, rng.randrange(8))
    call.inputs = (poison(call.inputs[0], rng, (INFINITE, -INFINITE)), *call.inputs[1:])
    return call


@edge("CrossMapLRN2d", count=3)
def many_channels(target, rng, index):
    x = values(2, 7, 2, 1)
    x[0, 2, 0], x[1, rng.randrange(7), 1] = rng.choice([INFINITE, -INFINITE]), math.nan
    return Call(target, {"size": [2, 3, 5][index % 3], "alpha": 0.5, "beta": 0.75, "k": 2.0}, x)


@edge("Upsample", count=4)
def kept_axes(target, rng, index):
    mode = ["bilinear", "bicubic", "linear", "trilinear"][index % 4]
    x = values(1, 2, *[3, 4, 2][: {"linear": 1, "trilinear": 3}.get(mode, 2)])
    size = tuple(x.shape[2:-1]) + (rng.choice([x.shape[-1], 5]),)
    x.view(-1)[rng.randrange(x.numel())] = INFINITE
    return Call(target, {"mode": mode, "size": size, "align_corners": rng.random() < 0.5}, x)


@edge("InstanceNorm1d", "InstanceNorm2d", count=2)
def without_eps(target, rng, index):
    x = values(2, 3, *[4, 2][: 1 if target is nn.InstanceNorm1d else 2])
    x[0, 1], x[1, 2] = 1.5, 0
    return Call(target, {"num_features": 3, "eps": 0.0, "affine": index == 1}, x)


@edge("CosineSimilarity", count=3)
def fewer_axes(target, rng, index):
    other = [[3, 4], [1, 3, 4], [4]][index % 3]
    return Call(target, {"dim": [0, 0, -2][index % 3]}, values(2, 3, 4), values(*other))


@edge("CosineEmbeddingLoss", count=1)
def zero_vectors(target, rng, index):
    return Call(target, {"reduction": "sum"}, values(4, 3), torch.zeros(4, 3).double(), signs(4), constant=(2,))
