"""Random calls of the layers that are functions of torch and no classes of torch.nn, for modules.py: by the layer's type."""

import math
import random

import torch
from torch import nn
from torch.nn import functional

from module_calls import Call, distinct, positive, values

CALLS = {}
INFINITE = math.inf
ENDS = [INFINITE, -INFINITE, math.nan, 0.0, -0.0, 1000.0, -1000.0, -1.0, 0.5, 2.5]


def calls_of(name, seed, count):
    """`count` calls of a layer, each on random numbers of its own."""
    for index in range(count):
        rng = random.Random(f"{name}/{seed}/{index}")
        torch.manual_seed(rng.randrange(2**31))
        layer, options, function, *inputs = CALLS[name](rng, index)
        yield Call(None, options, *inputs, build=nn.Identity, forward=lambda _, *given, function=function: function(*given), layer=layer, params=worded(options))


def worded(options):
    return {key: str(value) if isinstance(value, float) and math.isinf(value) else value for key, value in options.items()}


def call(*names):
    """Registers `make(name, rng, index)`, which gives options, a function and its inputs."""

    def register(make):
        for name in names:
            CALLS[name] = lambda rng, index, name=name: (name, *make(name, rng, index))
        return make

    return register


def shape(rng, low=1, high=4, zero=0.1):
    sizes = [rng.randint(1, 5) for _ in range(rng.randint(low, high))]
    if rng.random() < zero:
        sizes[rng.randrange(len(sizes))] = 0
    return sizes


def broadcast(rng):
    sizes = shape(rng)
    a, b = ([1 if rng.random() < 0.3 else size for size in sizes] for _ in range(2))
    return a[rng.randint(0, len(a) - 1) if rng.random() < 0.3 else 0 :], b


def integers(rng, *sizes, low=-5, high=6):
    dtype = rng.choice([torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8])
    return torch.randint(max(low, 0) if dtype == torch.uint8 else low, high, sizes).to(dtype)


def truths(*sizes):
    return torch.rand(sizes) < 0.5


def any_dtype(rng, *sizes):
    return rng.choice([lambda: values(*sizes), lambda: values(*sizes), lambda: integers(rng, *sizes), lambda: truths(*sizes)])()


def with_ends(rng, x, share=0.4):
    if x.numel() > 0 and rng.random() < share:
        for value in rng.sample(ENDS, 3):
            x.view(-1)[rng.randrange(x.numel())] = value
    return x


def axis(rng, sizes):
    found = rng.randrange(len(sizes))
    return found - len(sizes) if rng.random() < 0.5 else found


def axes(rng, rank):
    return [at - rank if rng.random() < 0.5 else at for at in rng.sample(range(rank), rng.randint(1, rank))]


# ---- element by element

PAIRS = {
    "add": torch.add, "multiply": torch.mul, "divide": torch.div, "maximum": torch.maximum, "minimum": torch.minimum, "greater": torch.gt,
    "greater_equal": torch.ge, "less": torch.lt, "less_equal": torch.le, "equal": torch.eq, "not_equal": torch.ne,
}  # fmt: skip


@call(*PAIRS)
def pair(name, rng, index):
    a, b = broadcast(rng)
    return {}, PAIRS[name], any_dtype(rng, *a), any_dtype(rng, *b)


@call("subtract", "remainder")
def numbers(name, rng, index):
    a, b = broadcast(rng)
    x, y = rng.choice([values(*a), integers(rng, *a)]), rng.choice([values(*b), integers(rng, *b)])
    return {}, {"subtract": torch.sub, "remainder": torch.remainder}[name], x, torch.where(y == 0, torch.ones_like(y), y)


@call("floor_divide", "bitwise_and", "bitwise_or", "bitwise_xor")
def whole_pair(name, rng, index):
    a, b = broadcast(rng)
    x, y = integers(rng, *a), integers(rng, *b)
    return {}, getattr(torch, name), x, torch.where(y == 0, torch.ones_like(y), y)


@call("pow")
def power_of(name, rng, index):
    a, b = broadcast(rng)
    choices = [(positive(*a), values(*b)), (values(*a), torch.randint(0, 4, b).double()), (values(*a), integers(rng, *b, low=-3, high=4)), (integers(rng, *a, low=1), values(*b))]
    return {}, torch.pow, *rng.choice(choices)


FUNCTIONS = ["abs", "neg", "sign", "square", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p", "sin", "cos", "erf", "floor", "ceil", "round"]


@call(*FUNCTIONS, "logical_not")
def function(name, rng, index):
    return {}, getattr(torch, name), with_ends(rng, values(*shape(rng)))


@call("bitwise_not")
def turned(name, rng, index):
    sizes = shape(rng)
    return {}, torch.bitwise_not, rng.choice([integers(rng, *sizes), truths(*sizes)])


@call("power")
def power(name, rng, index):
    options = {"exponent": rng.choice([2, 3, 0, 1, 0.5, -1, 2.5, -2, -0.5, 1.5])}
    return options, lambda x: x.pow(**options), values(*shape(rng))


@call("clamp")
def clamp(name, rng, index):
    options = rng.choice([{"min": -0.51}, {"max": 0.51}, {"min": -0.51, "max": 1.01}, {"min": 1.01, "max": -1.01}])
    x = values(*shape(rng))
    return options, lambda x: torch.clamp(x, **options), with_ends(rng, x)


@call("where", "masked_fill", "constant")
def chosen(name, rng, index):
    a, b = broadcast(rng)
    if name == "constant":
        return {"fill_value": 0.5}, lambda x: torch.full_like(x, 0.5), values(*a)
    if name == "where":
        condition = truths(*[1 if rng.random() < 0.2 else size for size in torch.broadcast_shapes(a, b)])
        return {}, torch.where, condition, any_dtype(rng, *a), any_dtype(rng, *b)
    options = {"value": rng.choice([0.5, -INFINITE, 3])}
    return options, lambda x, mask: x.masked_fill(mask, **options), values(*b), truths(*[1 if rng.random() < 0.3 else size for size in b])


@call("to", "one_hot")
def converted(name, rng, index):
    sizes = shape(rng)
    if name == "one_hot":
        classes = rng.randint(3, 6)
        return {"num_classes": classes}, lambda x: functional.one_hot(x, classes), torch.randint(0, 3, sizes)
    dtype = rng.choice(["float64", "int64", "int32", "int16", "int8", "bool"])
    return {"dtype": dtype}, lambda x: x.to(getattr(torch, dtype)), any_dtype(rng, *sizes)


# ---- along axes

REDUCTIONS = {
    "mean": torch.mean, "sum": torch.sum, "amax": torch.amax, "amin": torch.amin, "var": torch.var, "std": torch.std,
    "logsumexp": torch.logsumexp, "vector_norm": torch.linalg.vector_norm,
}  # fmt: skip


@call(*REDUCTIONS)
def reduced(name, rng, index):
    sizes = shape(rng, zero=0 if name in ("amax", "amin", "vector_norm", "var", "std") else 0.15)
    x = values(*sizes)
    if name in ("sum", "amax", "amin") and index % 3 == 2:
        x = any_dtype(rng, *sizes)
    elif index % 4 == 3 and x.numel() > 0:
        if name in ("var", "std"):
            sizes = [3, 2]
            x = values(*sizes)
        x.view(-1)[rng.randrange(x.numel())] = rng.choice([INFINITE, -INFINITE] if name in ("var", "std") else [INFINITE, -INFINITE, math.nan, 1000.0])
    elif index % 4 == 1 and name != "logsumexp":
        x[...] = rng.choice([0.0, 2.0])
    options = {"dim": axes(rng, len(sizes)), "keepdim": rng.random() < 0.5}
    if name in ("var", "std"):
        options["correction"] = rng.choice([0, 1, 2])
    if name == "vector_norm":
        options["ord"] = rng.choice([2, 1, 3, 0, INFINITE, -INFINITE, 0.5, -1, 2.5])
    return options, lambda x: REDUCTIONS[name](x, **options), x


@call("prod", "cumsum", "cumprod", "argmax", "argmin")
def along(name, rng, index):
    sizes = shape(rng, zero=0 if name.startswith("arg") else 0.1)
    x = values(*sizes)
    if index % 3 == 2:
        x = integers(rng, *sizes)
    elif name in ("prod", "cumprod") and x.numel() > 0:
        for _ in range(rng.randint(0, 3)):
            x.view(-1)[rng.randrange(x.numel())] = 0
    options = {"dim": axis(rng, sizes), **({} if name.startswith("cum") else {"keepdim": rng.random() < 0.5})}
    return options, lambda x: getattr(torch, name)(x, **options), x


@call("sort", "topk")
def ordered(name, rng, index):
    sizes = shape(rng, zero=0)
    x = distinct(*sizes) if name == "topk" or index % 2 else torch.randint(0, 3, sizes).double()
    if index % 3 == 2:
        x.view(-1)[rng.randrange(x.numel())] = rng.choice([math.nan, INFINITE, -INFINITE])
    options = {"dim": axis(rng, sizes)}
    if name == "sort":
        options["descending"] = rng.random() < 0.5
        return options, lambda x: tuple(torch.sort(x, stable=True, **options)), x
    options.update(k=rng.randint(1, sizes[options["dim"]]), largest=rng.random() < 0.5)
    return options, lambda x: tuple(torch.topk(x, **options)), x


@call("normalize")
def normalized(name, rng, index):
    sizes = shape(rng)
    options = {"p": rng.choice([2, 1, 3, INFINITE, 0.5]), "dim": rng.choice([axis(rng, sizes), axes(rng, len(sizes))]), "eps": rng.choice([1e-12, 0.5])}
    return options, lambda x: functional.normalize(x, **options), values(*sizes)


# ---- moving


@call("permute", "transpose", "squeeze", "unsqueeze", "flip", "roll", "tril", "triu", "slice")
def moved(name, rng, index):
    sizes = [rng.choice([1, 2]) for _ in range(3)] if name == "squeeze" else shape(rng, low=2 if name.startswith("tri") else 1)
    rank = len(sizes)
    dims = axes(rng, rank)
    at, n = axis(rng, sizes), 0
    n = sizes[at]
    options = {
        "permute": lambda: {"dims": rng.sample(range(-rank, 0), rank)},
        "transpose": lambda: {"dim0": at, "dim1": axis(rng, sizes)},
        "squeeze": lambda: {"dim": at},
        "unsqueeze": lambda: {"dim": rng.randint(-rank - 1, rank)},
        "flip": lambda: {"dims": dims},
        "roll": lambda: {"shifts": [rng.randint(-7, 7) for _ in dims], "dims": dims},
        "slice": lambda: {"dim": at, "start": rng.choice([None, rng.randint(-n - 2, n + 2)]), "end": rng.choice([None, rng.randint(-n - 2, n + 3)]), "step": rng.randint(1, 3)},
    }.get(name, lambda: {"diagonal": rng.randint(-4, 4)})()
    return options, lambda x: getattr(torch, "slice_copy" if name == "slice" else name)(x, **options), any_dtype(rng, *sizes)


@call("reshape", "expand", "repeat")
def resized(name, rng, index):
    if name == "reshape":
        to = rng.choice([[-1], [2, -1], [3, 4], [2, 3, 2], [1, -1, 3], [12, 1]])
        return {"shape": to}, lambda x: x.reshape(to), values(*rng.choice([[12], [3, 4], [2, 2, 3]]))
    sizes = [rng.choice([1, 2, 3]) for _ in range(rng.randint(1, 3))]
    if name == "expand":
        to = rng.choice([[], [2]]) + [-1 if size > 1 or rng.random() < 0.4 else rng.randint(1, 3) for size in sizes]
        return {"size": to}, lambda x: x.expand(*to), values(*sizes)
    counts = [rng.randint(1, 3) for _ in range(rng.randint(1, len(sizes) + 1))]
    return {"dims": counts}, lambda x: torch.tile(x, counts), values(*sizes)


@call("split", "chunk", "concatenate", "stack")
def parted(name, rng, index):
    sizes = [rng.randint(1, 5) for _ in range(rng.randint(1, 3))]
    at = axis(rng, sizes)
    if name == "split":
        cut = rng.randint(1, sizes[at])
        sections = [cut] + ([sizes[at] - cut] if cut < sizes[at] else [])
        return {"split_size_or_sections": sections, "dim": at}, lambda x: torch.split(x, sections, at), values(*sizes)
    if name == "chunk":
        options = {"chunks": rng.choice([count for count in range(1, 6) if len(torch.empty(sizes).chunk(count, at)) == count]), "dim": at}
        return options, lambda x: torch.chunk(x, **options), values(*sizes)
    if name == "stack":
        options = {"dim": rng.randint(-len(sizes) - 1, len(sizes))}
        return options, lambda *given: torch.stack(given, **options), *[values(*sizes) for _ in range(rng.randint(1, 4))]
    made = []
    for _ in range(rng.randint(1, 4)):
        sizes[at] = rng.randint(0, 3)
        made.append(any_dtype(rng, *sizes) if index % 3 == 2 else values(*sizes))
    return {"dim": at}, lambda *given: torch.cat(given, at), *made


@call("pad")
def padded(name, rng, index):
    mode = ["constant", "reflect", "replicate", "circular"][index % 4]
    if mode == "constant":
        sizes = shape(rng)
        options = {"pad": [rng.randint(-1, 2) if 0 not in sizes else rng.randint(0, 2) for _ in range(2 * rng.randint(1, len(sizes)))], "mode": mode, "value": rng.choice([0, 0.5, -INFINITE])}
        options["pad"] = [max(amount, 0) if min(sizes) < 2 else amount for amount in options["pad"]]
    else:
        count = rng.randint(1, 3)
        sizes = [rng.randint(1, 2)] * rng.randint(1, 2) + [rng.randint(3, 5) for _ in range(count)]
        options = {"pad": [rng.randint(0, 2) for _ in range(2 * count)], "mode": mode}
    return options, lambda x: functional.pad(x, **options), values(*sizes)


@call("gather", "scatter_add")
def picked(name, rng, index):
    sizes = shape(rng, zero=0)
    at = axis(rng, sizes)
    taken = [rng.randint(1, size) for size in sizes]
    taken[at] = rng.randint(1, 5)
    places = torch.randint(0, sizes[at], taken)
    if name == "gather":
        return {"dim": at}, lambda x, index: torch.gather(x, at, index), values(*sizes), places
    return {"dim": at}, lambda x, index, source: torch.scatter_add(x, at, index, source), values(*sizes), places, values(*taken)


# ---- products


@call("matmul")
def product(name, rng, index):
    m, k, n = (rng.randint(1, 4) for _ in range(3))
    a, b = rng.choice([([], []), ([2], []), ([], [3]), ([2], [2]), ([1], [3]), ([2, 1], [3]), ([0], [1])])
    left, right = [([*a, m, k], [*b, k, n]), ([k], [k]), ([k], [*b, k, n]), ([*a, m, k], [k])][index % 4]
    return {}, torch.matmul, values(*left), values(*right)


@call("addmm", "addmv", "baddbmm", "addbmm")
def summed_product(name, rng, index):
    b, m, k, n = (rng.randint(1, 4) for _ in range(4))
    options = {"beta": rng.choice([1, 0.5, 0, -2]), "alpha": rng.choice([1, 0.5, 3])}
    added, left, right = {
        "addmm": ([m, n], [m, k], [k, n]), "addmv": ([m], [m, k], [k]), "baddbmm": ([b, m, n], [b, m, k], [b, k, n]), "addbmm": ([m, n], [b, m, k], [b, k, n]),
    }[name]  # fmt: skip
    added = [1 if rng.random() < 0.3 else size for size in added]
    return options, lambda *given: getattr(torch, name)(*given, **options), values(*added), values(*left), values(*right)


@call("outer")
def outer(name, rng, index):
    return {}, torch.outer, values(rng.randint(0, 4)), values(rng.randint(1, 4))


@call("einsum")
def equation(name, rng, index):
    sizes = {letter: rng.randint(1, 4) for letter in "abcde"}
    terms = ["".join(rng.sample("abcde", rng.randint(1, 3))) for _ in range(rng.randint(1, 3))]
    if index % 4 == 3:
        terms[0] += terms[0][-1]
    used = sorted(set("".join(terms)))
    result = "" if rng.random() < 0.15 else "->" + "".join(rng.sample(used, rng.randint(0, len(used))))
    dots, more = ("...", [rng.randint(1, 3)]) if index % 3 == 2 else ("", [])
    text = ",".join(dots + term for term in terms) + result.replace("->", "->" + dots)
    return {"equation": text}, lambda *given: torch.einsum(text, *given), *[values(*more, *[sizes[letter] for letter in term]) for term in terms]


@call("scaled_dot_product_attention")
def attention(name, rng, index):
    lead = rng.choice([[], [2], [2, 3], [1, 2, 2]])
    steps, others, width, out = (rng.randint(1, 5) for _ in range(4))
    options = {"is_causal": index % 3 == 2, **({"scale": rng.choice([0.5, 1.0])} if rng.random() < 0.4 else {})}
    inputs = [values(*lead, steps, width), values(*lead, others, width), values(*lead, others, out)]
    if index % 3 == 1:
        mask = rng.choice([values, truths])(*rng.choice([[steps, others], [*lead, steps, others], [1, others]]))
        if mask.dtype == torch.bool:
            mask[..., 0] = True
        inputs.append(mask)
    return options, lambda *given: functional.scaled_dot_product_attention(*given, **options), *inputs
