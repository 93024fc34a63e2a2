"""Prints what real PyTorch does where fields are assigned over each other, state dicts are loaded and modules converted, as JSON:
name -> text. tests/nn/audit.test.ts creates the same situations. Made with PyTorch 2.14:

python scripts/golden/nn_audit.py > tests/golden/nn-audit.json
"""

import torch
from torch import nn
from torch.nn.parameter import Buffer, Parameter, UninitializedParameter

from scenarios import print_texts, register, scenario

ones, zeros = torch.ones, torch.zeros


def P(*shape):
    return Parameter(ones(*shape))


def made(*steps):
    module = nn.Module()
    for step in steps:
        step(module)
    return module


def sets(name, value):
    return lambda module: setattr(module, name, value)


def buffer(name, value, **options):
    return lambda module: module.register_buffer(name, value, **options)


def described(*steps):
    m = made(*steps)
    return f"{list(m._parameters)} {list(m._buffers)} {list(m._modules)} {sorted(m._non_persistent_buffers_set)} {list(m.state_dict())} {'c' in m.__dict__}"


# One field, assigned twice.
KINDS = {
    "nothing": lambda m: None,
    "a field": sets("c", 5),
    "a parameter": sets("c", P(1)),
    "an absent parameter": lambda m: m.register_parameter("c", None),
    "a buffer": buffer("c", ones(1)),
    "a passing buffer": buffer("c", ones(1), persistent=False),
    "an absent buffer": buffer("c", None),
    "a module": sets("c", nn.ReLU()),
    "an absent module": lambda m: m.register_module("c", None),
}
VALUES = {
    "a parameter": lambda: P(1), "a tensor": lambda: ones(1), "a Buffer": lambda: Buffer(ones(1)), "a passing Buffer": lambda: Buffer(ones(1), persistent=False),
    "a module": lambda: nn.ReLU(), "None": lambda: None, "a number": lambda: 5,
}
for kind, first in KINDS.items():
    for title, value in VALUES.items():
        register(f"{title} over {kind}", lambda first=first, value=value: described(first, lambda m: setattr(m, "c", value())))
register("a parameter deleted, then a tensor", lambda: described(sets("c", P(1)), lambda m: delattr(m, "c"), sets("c", ones(1))))
register("register_buffer over a buffer", lambda: described(buffer("c", ones(1), persistent=False), buffer("c", ones(1))))
register("register_buffer of a passing Buffer", lambda: described(buffer("c", Buffer(ones(1), persistent=False))))
register("register_parameter of what is computed", lambda: made().register_parameter("c", P(1) * 1))


@scenario("register_parameter of a computed custom parameter")
def computed_custom():
    value = P(1) * 1
    value._is_param = True
    made().register_parameter("c", value)


@scenario("flagged tensors")
def flagged():
    x, y, z = ones(1), ones(1), P(1)
    x._is_param, y._is_buffer, z._is_buffer = True, False, True
    m = made(sets("a", x), lambda m: m.register_parameter("b", x))
    checks = [isinstance(x, Parameter), isinstance(x, UninitializedParameter), isinstance(y, Buffer), isinstance(z, Buffer), isinstance(z, Parameter)]
    return list(m._parameters), checks


# Loads.
def load(module, state, **options):
    result = module.load_state_dict(state, **options)
    return f"{result} {[f'{k} {tuple(v.shape)} {v.dtype} {v.requires_grad}' for k, v in {**dict(module.named_parameters()), **dict(module.named_buffers())}.items()]}"


def scalar():
    return made(sets("s", Parameter(torch.tensor(1.0))))


def without_counter(version):
    state = nn.BatchNorm1d(2).state_dict()
    del state["num_batches_tracked"]
    if version == "absent":
        del state._metadata[""]
    else:
        state._metadata[""]["version"] = version
    return state


LOADS = {
    "vector of one into scalar": lambda: load(scalar(), {"s": ones(1)}),
    "vector of three into scalar": lambda: load(scalar(), {"s": ones(3)}),
    "vector of none into scalar": lambda: load(scalar(), {"s": ones(0)}),
    "scalar into vector of one": lambda: load(made(sets("s", P(1))), {"s": torch.tensor(5.0)}),
    "matrix of one into scalar": lambda: load(scalar(), {"s": ones(1, 1)}),
    "dotted below a parameter": lambda: load(nn.Linear(1, 1), {"weight.x": 1}, strict=False),
    "dotted below an absent module": lambda: load(made(lambda m: m.register_module("c", None)), {"c.x": 1}),
    "dotted below a field": lambda: load(made(sets("c", 5)), {"c.x": 1}, strict=False),
    "below a module, nothing there": lambda: load(nn.Sequential(nn.ReLU()), {"0.x": 1}, strict=False),
    "a module's own name": lambda: load(nn.Sequential(nn.ReLU()), {"0": 1}, strict=False),
    "empty name": lambda: load(nn.ReLU(), {"": 1}, strict=False),
    "of None into an absent parameter": lambda: load(nn.Linear(1, 1, bias=False), {"weight": ones(1, 1), "bias": None}, strict=False),
    "mismatch, not strict": lambda: load(nn.Linear(3, 4), {"weight": ones(4, 5), "foo": 1}, strict=False),
    "mismatch of rank": lambda: load(nn.Linear(3, 4), {"weight": ones(4, 3, 1)}, strict=False),
    "assign, mismatch": lambda: load(nn.Linear(3, 4), {"weight": ones(4, 5)}, strict=False, assign=True),
    "assign integers": lambda: load(nn.Linear(3, 4), {"weight": ones(4, 3, dtype=torch.int64)}, strict=False, assign=True),
    "assign a frozen parameter": lambda: load(nn.Linear(3, 4), {"weight": Parameter(ones(4, 3), requires_grad=False)}, strict=False, assign=True),
    "assign double": lambda: load(nn.Linear(3, 4), {"weight": ones(4, 3).double()}, strict=False, assign=True),
    "assign a buffer": lambda: load(nn.BatchNorm1d(2), {"running_mean": ones(2).double()}, strict=False, assign=True),
    "of nothing into nothing": lambda: load(nn.ReLU(), {}),
}
for version in (1, 2, 3, None, "absent"):
    LOADS[f"norm without counter, version {version}"] = lambda version=version: load(nn.BatchNorm1d(2), without_counter(version))
for name, body in LOADS.items():
    register(f"load {name}", body)

# Conversions.
FORMATS = {
    "Conv2d": lambda: nn.Conv2d(2, 3, 3), "Conv3d": lambda: nn.Conv3d(2, 3, 3), "Linear": lambda: nn.Linear(2, 3), "BatchNorm2d": lambda: nn.BatchNorm2d(3),
    "LazyLinear": lambda: nn.LazyLinear(3), "LazyConv2d": lambda: nn.LazyConv2d(3, 3), "LazyBatchNorm2d": lambda: nn.LazyBatchNorm2d(affine=False),
}
for name, make in FORMATS.items():
    for memory_format in (torch.channels_last, torch.channels_last_3d, torch.contiguous_format):
        title = str(memory_format)[6:]
        if (name, title) not in (("Conv2d", "channels_last_3d"), ("Conv3d", "channels_last")):
            register(f"{name} to {title}", lambda make=make, memory_format=memory_format: [value.stride() for value in make().to(memory_format=memory_format).state_dict().values()])
register("Conv2d to channels_last_3d", lambda: nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last_3d))
register("Conv3d to channels_last", lambda: nn.Conv3d(2, 3, 3).to(memory_format=torch.channels_last))
register("values survive channels_last", lambda: (lambda m, w: torch.equal(m.to(memory_format=torch.channels_last).weight, w))(*(lambda m: (m, m.weight.clone()))(nn.Conv2d(2, 3, 2))))
register("object survives channels_last", lambda: (lambda m, w: m.to(memory_format=torch.channels_last).weight is w)(*(lambda m: (m, m.weight))(nn.Conv2d(2, 3, 2))))
register("half of a lazy norm", lambda: [str(value.dtype) for value in nn.LazyBatchNorm1d().half().state_dict().values()])
register("train with a text", lambda: nn.ReLU().train("x"))

print_texts()
