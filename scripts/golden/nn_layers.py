"""Prints what real PyTorch's layers say when they are made, called for the first time and loaded in unusual ways, and what torch.nn.init
and generators refuse, as JSON: name -> text. tests/nn/layers.test.ts creates the same situations. Made with PyTorch 2.14:

python scripts/golden/nn_layers.py > tests/golden/nn-layers.json
"""

import torch
from scenarios import print_texts, register, scenario
from torch import nn
from torch.nn import init
from torch.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

U, UB = UninitializedParameter, UninitializedBuffer
ones, zeros = torch.ones, torch.zeros

# Constructors.
MADE = {
    "LazyLinear without outputs": lambda: nn.LazyLinear(),
    "LazyConv2d without anything": lambda: nn.LazyConv2d(),
    "LazyConv2d without kernel": lambda: nn.LazyConv2d(out_channels=3),
    "Linear without anything": lambda: nn.Linear(),
    "Conv2d without anything": lambda: nn.Conv2d(),
    "Conv2d of groups that do not divide inputs": lambda: nn.Conv2d(3, 4, 1, groups=2),
    "Conv2d of groups that do not divide outputs": lambda: nn.Conv2d(4, 3, 1, groups=2),
    "Conv2d of no groups": lambda: nn.Conv2d(4, 3, 1, groups=0),
    "Conv2d of negative groups": lambda: nn.Conv2d(4, 4, 1, groups=-1),
    "LazyConv2d of no groups": lambda: nn.LazyConv2d(4, 1, groups=0),
    "Conv2d of strided same": lambda: nn.Conv2d(4, 3, 1, stride=2, padding="same"),
    "ConvTranspose2d of another padding mode": lambda: nn.ConvTranspose2d(4, 3, 1, padding_mode="reflect"),
    "LazyConvTranspose2d of another padding mode": lambda: nn.LazyConvTranspose2d(3, 1, padding_mode="reflect"),
    "Linear of negative inputs": lambda: nn.Linear(-1, 3),
    "Linear of no inputs": lambda: nn.Linear(0, 3),
    "LazyLinear of negative outputs": lambda: nn.LazyLinear(-1)(ones(1, 2)),
    "Dropout of 1.5": lambda: nn.Dropout(1.5),
    "LazyBatchNorm1d without bias": lambda: nn.LazyBatchNorm1d(bias=False),
    "BatchNorm1d without affine, with bias": lambda: nn.BatchNorm1d(2, affine=False, bias=True),
    "InstanceNorm1d without bias": lambda: nn.InstanceNorm1d(2, affine=True, bias=False),
    "LazyInstanceNorm2d": lambda: nn.LazyInstanceNorm2d(),
    "LazyInstanceNorm2d of nothing": lambda: nn.LazyInstanceNorm2d(affine=False, track_running_stats=False),
    "LazyConv2d": lambda: nn.LazyConv2d(4, 3),
    "LazyConv2d with everything": lambda: nn.LazyConv2d(4, 3, padding=1, dilation=2, groups=2, bias=False, padding_mode="circular"),
    "LazyConv2d of same": lambda: nn.LazyConv2d(4, 3, padding="same"),
    "LazyConvTranspose2d": lambda: nn.LazyConvTranspose2d(4, 3, stride=2, output_padding=1),
}
for name, body in MADE.items():
    register(name, body)


@scenario("what no inputs draw")
def no_inputs():
    torch.manual_seed(3)
    bias = nn.Linear(0, 3).bias.tolist()
    after = torch.rand(1).item()
    torch.manual_seed(3)
    nn.LazyLinear(3)(ones(1, 0))
    return f"{bias} {after:.17g} {torch.rand(1).item():.17g}"


register("keys of a norm without bias", lambda: ",".join(nn.LazyBatchNorm1d(bias=False).state_dict()))

# First calls.
LAYERS = {
    "LazyLinear": lambda: nn.LazyLinear(3), "LazyConv2d": lambda: nn.LazyConv2d(3, 1), "LazyConvTranspose1d": lambda: nn.LazyConvTranspose1d(3, 1),
    "LazyBatchNorm1d": lambda: nn.LazyBatchNorm1d(), "LazyInstanceNorm1d": lambda: nn.LazyInstanceNorm1d(),
}
for name, make in LAYERS.items():
    register(f"{name} called without input", lambda make=make: make()())
    register(f"{name} called with another keyword", lambda make=make: make()(x=ones(1, 2)))
    register(f"{name} called with a list", lambda make=make: make()([1]))
    if name != "LazyConvTranspose1d":
        register(f"{name} called with two inputs", lambda make=make: make()(ones(1, 2, 3), 1))
    register(f"{name} has uninitialized", lambda make=make: make().has_uninitialized_params())
    register(f"{name} reset", lambda make=make: make().reset_parameters())
register("transposed called with three", lambda: nn.LazyConvTranspose1d(3, 1)(ones(1, 2, 3), [3], 1))


def called(module, *inputs):
    out = module(*inputs)
    return f"{module} {tuple(out.shape)} " + " ".join(f"{name}:{tuple(value.shape)}" for name, value in module.state_dict().items())


CALLED = {
    "LazyLinear of a vector": lambda: called(nn.LazyLinear(3), ones(5)),
    "LazyLinear of no features": lambda: called(nn.LazyLinear(3), ones(1, 0)),
    "LazyLinear of no rows": lambda: called(nn.LazyLinear(3), ones(0, 2)),
    "LazyLinear of integers": lambda: called(nn.LazyLinear(3), ones(1, 5, dtype=torch.int64)),
    "LazyConv1d without batch": lambda: called(nn.LazyConv1d(3, 2), ones(4, 5)),
    "LazyConvTranspose2d without batch": lambda: called(nn.LazyConvTranspose2d(3, 2), ones(4, 5, 5)),
    "LazyConv2d of groups": lambda: called(nn.LazyConv2d(4, 1, groups=2), ones(1, 4, 5, 5)),
    "LazyConvTranspose2d of groups": lambda: called(nn.LazyConvTranspose2d(4, 1, groups=2), ones(1, 6, 5, 5)),
    "LazyBatchNorm1d of nothing": lambda: called(nn.LazyBatchNorm1d(affine=False, track_running_stats=False), ones(2, 2)),
    "LazyInstanceNorm2d of nothing": lambda: called(nn.LazyInstanceNorm2d(affine=False, track_running_stats=False), ones(1, 2, 3, 3)),
    "LazyConvTranspose2d of groups that do not divide": lambda: called(nn.LazyConvTranspose2d(3, 3, groups=2), ones(1, 4, 5, 5)),
    "LazyConv2d of groups that do not divide outputs": lambda: called(nn.LazyConv2d(3, 3, groups=2), ones(1, 4, 5, 5)),
}
for name, body in CALLED.items():
    register(f"call: {name}", body)


@scenario("counter set before, training")
def counter_training():
    m = nn.LazyBatchNorm1d()
    m.num_batches_tracked.fill_(5)
    m(ones(2, 2))
    return m.num_batches_tracked.item()


@scenario("counter set before, evaluation")
def counter_evaluation():
    m = nn.LazyBatchNorm1d().eval()
    m.num_batches_tracked.fill_(5)
    m(ones(2, 2))
    return m.num_batches_tracked.item()


@scenario("same fields as the eager class")
def same_fields():
    m = nn.LazyLinear(3)
    m(ones(1, 2))
    return set(m.__dict__) == set(nn.Linear(2, 3).__dict__)




def norm_of_a_part(*names):
    m = nn.LazyBatchNorm1d()
    m.load_state_dict({name: ones(3) for name in names}, strict=False)
    try:
        m(ones(2, 3))
    except Exception as error:
        return f"{type(error).__name__}: {error} {m}"


for part in (("weight",), ("running_mean",), ("weight", "running_mean", "running_var")):
    register(f"norm of {' and '.join(part)}", lambda part=part: norm_of_a_part(*part))
register("norm with too few channels", lambda: nn.BatchNorm1d(4)(ones(2, 5)))
register("norm of one value", lambda: nn.BatchNorm1d(4)(ones(1, 4)))
register("instance norm of one value", lambda: nn.InstanceNorm1d(4)(ones(2, 4, 1)))
register("linear of another width", lambda: nn.Linear(4, 3)(ones(2, 5)))
register("share_memory on meta", lambda: nn.Linear(4, 3, device="meta").share_memory())
register("reset of statistics", lambda: nn.LazyBatchNorm1d().reset_running_stats())
register("count of uninitialized parameters", lambda: sum(p.numel() for p in nn.LazyLinear(3).parameters()))


# Loads.
def plain_with(value):
    module = nn.Module()
    module.p = value
    return module


def loaded(module, **state):
    result = module.load_state_dict(state)
    return f"{result} {tuple(module.weight.shape)} {module.weight.dtype} {module}"


register("keep_vars of a plain module with an uninitialized parameter", lambda: list(plain_with(U()).state_dict(keep_vars=True).items()))
register("state_dict of a plain module with a passing uninitialized buffer", lambda: list(plain_with(UB(persistent=False)).state_dict()))
register("load into a plain module's uninitialized parameter", lambda: plain_with(U()).load_state_dict({"p": ones(2)}))
register("load into a plain module's uninitialized buffer", lambda: plain_with(UB()).load_state_dict({"p": ones(2)}))
register("load one element into a plain module's uninitialized buffer", lambda: plain_with(UB()).load_state_dict({"p": ones(1)}))
register("load uninitialized into a plain module's uninitialized parameter", lambda: plain_with(U()).load_state_dict({"p": U()}))
register("lazy load of half", lambda: loaded(nn.LazyLinear(3), weight=ones(3, 2).half(), bias=ones(3)))
register("lazy load of a scalar", lambda: loaded(nn.LazyLinear(3), weight=torch.tensor(1.0), bias=ones(3)))
register("lazy load of meta", lambda: loaded(nn.LazyLinear(3), weight=ones(3, 2, device="meta"), bias=ones(3)))
register("lazy on meta loaded", lambda: loaded(nn.LazyLinear(3, device="meta"), weight=ones(3, 2), bias=ones(3)))


@scenario("lazy loaded, refused, stays lazy")
def loaded_refused():
    m = nn.LazyLinear(3)
    m.load_state_dict({"weight": ones(3, 2), "bias": ones(3)})
    try:
        m(ones(1, 5))
    except AssertionError:
        return str(m)


# torch.nn.init.
FILLS = "uniform_ normal_ trunc_normal_ xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_ eye_ dirac_ ones_ zeros_".split()
for name in FILLS:
    fill = getattr(init, name)
    register(f"{name} of uninitialized", lambda fill=fill: fill(U()))
    for dtype in (torch.int64, torch.bool, torch.float8_e5m2):
        if (name, dtype) not in (("trunc_normal_", torch.bool), ("dirac_", torch.int64)):
            register(f"{name} of {str(dtype)[6:]}", lambda fill=fill, dtype=dtype: tuple(fill(zeros(3, 4, dtype=dtype)).shape))
    for shape in ((3,), (), (0, 3)):
        register(f"{name} of shape {shape}", lambda fill=fill, shape=shape: tuple(fill(zeros(shape)).shape))
inf, nan = float("inf"), float("nan")
REFUSED = {
    "uniform_ from above to": lambda: init.uniform_(zeros(2), 3, 1),
    "uniform_ to infinity": lambda: init.uniform_(zeros(2), 0, inf),
    "uniform_ from nan": lambda: init.uniform_(zeros(2), nan, 1),
    "uniform_ too wide": lambda: init.uniform_(zeros(2), -3e38, 3e38),
    "uniform_ out of bounds": lambda: init.uniform_(zeros(2), 0, 1e39),
    "uniform_ out of half's bounds": lambda: init.uniform_(zeros(2, dtype=torch.half), 0, 1e5),
    "uniform_ too wide for half": lambda: init.uniform_(zeros(2, dtype=torch.half), -6e4, 6e4),
    "uniform_ out of bfloat16's bounds": lambda: init.uniform_(zeros(2, dtype=torch.bfloat16), -1e39, 0),
    "uniform_ out of double's bounds": lambda: init.uniform_(zeros(2, dtype=torch.double), -inf, 0),
    "normal_ of negative std": lambda: init.normal_(zeros(2), 0, -1),
    "normal_ of nan std": lambda: init.normal_(zeros(2), 0, nan),
    "kaiming of another mode": lambda: init.kaiming_uniform_(zeros(2, 2), mode="x"),
    "kaiming of another nonlinearity": lambda: init.kaiming_normal_(zeros(2, 2), nonlinearity="x"),
    "gain of another nonlinearity": lambda: init.calculate_gain("foo"),
    "gain of a text": lambda: init.calculate_gain("leaky_relu", "x"),
    "gain of a truth": lambda: init.calculate_gain("leaky_relu", True),
    "dirac_ of groups that do not divide": lambda: init.dirac_(zeros(3, 2, 3), 2),
    "sparse_ of a vector": lambda: init.sparse_(zeros(3), 0.1),
    "sparse_ of uninitialized": lambda: init.sparse_(U(), 0.1),
    "bernoulli_ of 1.5": lambda: zeros(2).bernoulli_(1.5),
    "bernoulli_ of nan": lambda: zeros(2).bernoulli_(nan),
    "bernoulli of 1.5": lambda: torch.bernoulli(torch.tensor([1.5])),
    "randperm of a negative": lambda: torch.randperm(-1),
    "randint of nothing": lambda: torch.randint(5, 5, (2,)),
    "randint backwards": lambda: torch.randint(5, 3, (2,)),
    "randint too wide": lambda: torch.randint(0, 2**63, (2,)),
    "seed of 2**64": lambda: torch.Generator().manual_seed(2**64),
    "seed of -2**63 - 1": lambda: torch.Generator().manual_seed(-(2**63) - 1),
    "seed of a fraction": lambda: torch.Generator().manual_seed(1.5),
    "seed of a text": lambda: torch.Generator().manual_seed("a"),
    "seed of None": lambda: torch.Generator().manual_seed(None),
    "seed of -1": lambda: torch.Generator().manual_seed(-1).initial_seed(),
    "state too short": lambda: torch.Generator().set_state(zeros(10, dtype=torch.uint8)),
    "state of floats": lambda: torch.Generator().set_state(zeros(5056)),
    "state of zeros": lambda: torch.Generator().set_state(zeros(5056, dtype=torch.uint8)),
    "state is a list": lambda: torch.Generator().set_state([1]),
}
for name, body in REFUSED.items():
    register(name, body)


def drawn(name, fill):
    torch.manual_seed(7)
    value = fill()
    parts = torch.view_as_real(value).reshape(-1) if value.is_complex() else value.reshape(-1)
    register(name, lambda: " ".join(f"{part:.17g}" for part in parts.tolist()))


drawn("sparse_ values", lambda: init.sparse_(zeros(5, 3), 0.4))
drawn("uniform_ of complex64", lambda: init.uniform_(zeros(3, dtype=torch.complex64)))
drawn("normal_ of complex64", lambda: init.normal_(zeros(12, dtype=torch.complex64), 1, 2))
drawn("normal_ of complex128", lambda: init.normal_(zeros(3, dtype=torch.complex128)))
drawn("xavier_uniform_ of complex64", lambda: init.xavier_uniform_(zeros(2, 3, dtype=torch.complex64)))

print_texts()
