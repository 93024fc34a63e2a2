"""Prints what real PyTorch does under torch.__future__'s conversion modes, in the situations of tests/nn/future.test.ts, as JSON.

Made with PyTorch 2.14: python scripts/golden/nn_future.py > tests/golden/nn-future.json
"""

import torch
from scenarios import print_texts, register
from torch import nn
from torch.nn.parameter import Parameter

MODES = {
    "plain": lambda on: None,
    "overwrite": torch.__future__.set_overwrite_module_params_on_conversion,
    "swap": torch.__future__.set_swap_module_params_on_conversion,
}


def in_mode(mode, body):
    def run():
        MODES[mode](True)
        try:
            return body()
        finally:
            MODES[mode](False)

    return run


def each_mode(name, body):
    for mode in MODES:
        register(f"{mode}: {name}", in_mode(mode, body))


def shape(tensor):
    return tuple(tensor.size())


def conversion(make, convert):
    def body():
        net = make()
        weight = net.weight
        weight.tag = 1
        convert(net)
        now = net.weight
        return f"{now is weight} {type(now).__name__} {now.dtype} {shape(now)} {now.requires_grad} {getattr(now, 'tag', None)}"

    return body


def frozen():
    net = nn.Linear(2, 3)
    net.weight.requires_grad = False
    return net


each_mode("double", conversion(lambda: nn.Linear(2, 3), lambda m: m.double()))
each_mode("float of a float", conversion(lambda: nn.Linear(2, 3), lambda m: m.float()))
each_mode("double of a frozen one", conversion(frozen, lambda m: m.double()))
each_mode("to meta", conversion(lambda: nn.Linear(2, 3), lambda m: m.to("meta")))
each_mode("lazy double", conversion(lambda: nn.LazyLinear(3), lambda m: m.double()))
each_mode("lazy float of a float", conversion(lambda: nn.LazyLinear(3), lambda m: m.float()))
each_mode("lazy to meta", conversion(lambda: nn.LazyLinear(3), lambda m: m.to("meta")))
each_mode("lazy batch norm double", conversion(lambda: nn.LazyBatchNorm1d(), lambda m: m.double()))
each_mode("to_empty", conversion(lambda: nn.Linear(2, 3), lambda m: m.to_empty(device="cpu")))


def gradient():
    net = nn.Linear(2, 3)
    net(torch.ones(1, 2)).sum().backward()
    grad = net.weight.grad
    net.double()
    return f"{net.weight.grad is grad} {net.weight.grad.dtype} {grad.dtype}"


each_mode("gradient of a converted one", gradient)


def buffers():
    net = nn.BatchNorm1d(3)
    before = net.running_mean
    net.double()
    return f"{net.running_mean is before} {net.running_mean.dtype} {before.dtype}"


each_mode("buffers of a converted one", buffers)


def load(make, state, **options):
    def body():
        net, given = make(), state()
        weight, memory = net.weight, getattr(net.weight, "data", None)
        pointer = None if torch.nn.parameter.is_lazy(weight) else weight.data_ptr()
        try:
            said = str(net.load_state_dict(given, **options))
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        now = net.weight
        lazy = torch.nn.parameter.is_lazy(now)
        own = None if lazy or pointer is None else now.data_ptr() == pointer
        theirs = None if lazy or not isinstance(given.get("weight"), torch.Tensor) or torch.nn.parameter.is_lazy(given["weight"]) else now.data_ptr() == given["weight"].data_ptr()
        return f"{said} | {now is weight} {type(now).__name__} {now.dtype} {shape(now)} {now.requires_grad} own {own} theirs {theirs}"

    return body


ones = lambda *size, **options: lambda: {"weight": torch.ones(*size, **options), "bias": torch.zeros(3)}
each_mode("load", load(lambda: nn.Linear(2, 3), ones(3, 2)))
each_mode("load another dtype", load(lambda: nn.Linear(2, 3), ones(3, 2, dtype=torch.float64)))
each_mode("load another shape", load(lambda: nn.Linear(2, 3), ones(3, 4)))
each_mode("load a number", load(lambda: nn.Linear(2, 3), lambda: {"weight": 5, "bias": torch.zeros(3)}))
each_mode("load and assign", load(lambda: nn.Linear(2, 3), ones(3, 2), assign=True))
each_mode("load and assign another dtype", load(lambda: nn.Linear(2, 3), ones(3, 2, dtype=torch.float64), assign=True))
each_mode("load and assign a parameter", load(frozen, lambda: {"weight": Parameter(torch.ones(3, 2)), "bias": torch.zeros(3)}, assign=True))
each_mode("load and assign integers", load(lambda: nn.Linear(2, 3), ones(3, 2, dtype=torch.int64), assign=True))
each_mode("load float4", load(lambda: nn.Linear(2, 3), lambda: {"weight": torch.zeros(3, 2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2), "bias": torch.zeros(3)}))
each_mode("load into lazy", load(lambda: nn.LazyLinear(3), ones(3, 2)))
each_mode("load into lazy and assign", load(lambda: nn.LazyLinear(3), ones(3, 2), assign=True))
each_mode("load lazy into lazy", load(lambda: nn.LazyLinear(3), lambda: nn.LazyLinear(3).state_dict()))
each_mode("load lazy into initialized", load(lambda: nn.Linear(2, 3), lambda: nn.LazyLinear(3).state_dict()))


def counters():
    net = nn.BatchNorm1d(3)
    before, count = net.running_mean, net.num_batches_tracked
    state = {name: value + 1 for name, value in net.state_dict().items()}
    net.load_state_dict(state)
    return f"{net.running_mean is before} {net.running_mean.tolist()} {net.num_batches_tracked is count} {int(net.num_batches_tracked)}"


each_mode("load buffers", counters)

for name in ("overwrite", "swap"):
    register(f"{name} is off by default", lambda name=name: getattr(torch.__future__, f"get_{name}_module_params_on_conversion")())

print_texts()
