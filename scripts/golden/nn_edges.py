"""Prints what real PyTorch does at the edges of modules, in situations that tests/nn/edges.test.ts creates too, as JSON: name -> text.

python scripts/golden/nn_edges.py > tests/golden/nn-edges.json
"""
import copy

import torch
from torch import nn
from torch.nn.parameter import Buffer, Parameter, UninitializedParameter

from scenarios import names, print_texts, register, scenario

zeros, ones = torch.zeros, torch.ones


def linear(i=2, o=3, **more):
    return nn.Linear(i, o, **more)


def keys(m):
    return ",".join(m.state_dict())


def flat(t):
    return "None" if t is None else "[" + ", ".join(f"{v:.1f}" for v in t.detach().double().flatten().tolist()) + "]"


def lst(*names):
    return nn.ModuleList(getattr(nn, n)() for n in names)


def done(value, *steps):
    for step in steps:
        step(value)
    return value


# What a keyword leaves out is there as None.
ABSENT = {
    "Linear": linear(bias=False), "Conv2d": nn.Conv2d(2, 3, 1, bias=False), "BatchNorm1d": nn.BatchNorm1d(3, affine=False, track_running_stats=False),
    "InstanceNorm1d": nn.InstanceNorm1d(3), "LayerNorm": nn.LayerNorm(3, elementwise_affine=False), "LayerNorm without bias": nn.LayerNorm(3, bias=False),
    "GroupNorm": nn.GroupNorm(1, 3, affine=False), "Bilinear": nn.Bilinear(2, 3, 4, bias=False), "RNNCell": nn.RNNCell(2, 3, bias=False),
    "LSTM": nn.LSTM(2, 3, bias=False), "RMSNorm": nn.RMSNorm(3, elementwise_affine=False), "LazyLinear": nn.LazyLinear(3, bias=False),
    "LazyBatchNorm1d": nn.LazyBatchNorm1d(affine=False, track_running_stats=False),
}
for name, module in ABSENT.items():
    register(f"absent of {name}", lambda module=module: " ".join(f"{k}:{v is None}" for k, v in [*module._parameters.items(), *module._buffers.items()]))
register("tensor to absent bias", lambda: setattr(linear(bias=False), "bias", zeros(3)))
register("register_buffer of absent bias", lambda: linear(bias=False).register_buffer("bias", zeros(3)))
register("parameter to absent bias", lambda: (lambda m: (setattr(m, "bias", Parameter(ones(3))), f"{m} {keys(m)} {flat(m(zeros(1, 2)))}")[1])(linear(bias=False)))
register("None to bias", lambda: (lambda m: (setattr(m, "bias", None), f"{m} {keys(m)} {flat(m(zeros(1, 2)))}")[1])(linear()))
register("None to a convolution's bias", lambda: (lambda m: (setattr(m, "bias", None), str(m))[1])(nn.Conv1d(2, 3, 1)))
register("load bias into absent", lambda: linear(bias=False).load_state_dict(linear().state_dict()))
register("deleted bias", lambda: (lambda m: (delattr(m, "bias"), keys(m))[1])(linear()))
register("bias attribute of linear", lambda: type(linear().bias).__name__ + type(linear(bias=False).bias).__name__)
register("in_features attribute", lambda: linear().in_features)
register("in_features set", lambda: (lambda m: (setattr(m, "in_features", 7), str(m))[1])(linear()))

# Containers.
register("list insert in front", lambda: keys(done(nn.ModuleList([linear(), nn.ReLU()]), lambda l: l.insert(0, nn.BatchNorm1d(2)))))
register("list insert at the end", lambda: str(done(lst("ReLU"), lambda l: l.insert(1, nn.Tanh()))))
register("list insert negative", lambda: str(done(lst("ReLU", "Tanh"), lambda l: l.insert(-1, nn.Sigmoid()))))
register("list insert far", lambda: names(done(lst("ReLU"), lambda l: l.insert(4, nn.Tanh())).named_children()))
register("list delete negative", lambda: str(done(lst("ReLU", "Tanh", "Sigmoid"), lambda l: l.__delitem__(-2))))
register("list delete out of range", lambda: done(lst("ReLU"), lambda l: l.__delitem__(1)))
register("list set out of range", lambda: done(lst("ReLU"), lambda l: l.__setitem__(1, nn.Tanh())))
register("list set to number", lambda: done(lst("ReLU"), lambda l: l.__setitem__(0, 5)))
register("list append None", lambda: names(done(lst("ReLU"), lambda l: l.append(None)).named_children()) + str(len(done(lst("ReLU"), lambda l: l.append(None)))))
register("list pop of empty", lambda: nn.ModuleList().pop())
register("list extend itself", lambda: len(done(lst("ReLU", "Tanh"), lambda l: l.extend(list(l)))))
register("list call", lambda: lst("ReLU")(zeros(1)))
register("list of a module", lambda: nn.ModuleList(nn.ReLU()))
register("dict of list", lambda: nn.ModuleDict([("a", nn.ReLU()), ("b", nn.Tanh())]))
register("dict call", lambda: nn.ModuleDict({"a": nn.ReLU()})(zeros(1)))
register("dict pop missing", lambda: nn.ModuleDict().pop("a"))
register("dict set number", lambda: nn.ModuleDict().__setitem__("a", 5))
register("dict key empty", lambda: nn.ModuleDict({"": nn.ReLU()}))
register("dict key number", lambda: nn.ModuleDict().__setitem__(1, nn.ReLU()))
register("dict delete and order", lambda: ",".join(done(nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()}), lambda d: d.__delitem__("a"), lambda d: d.__setitem__("a", nn.ReLU())).keys()))
register("dict replaced in place", lambda: str(done(nn.ModuleDict({"a": nn.ReLU(), "b": nn.Tanh()}), lambda d: d.__setitem__("a", nn.Sigmoid()))))
register("sequential append and call", lambda: flat(nn.Sequential(nn.ReLU()).append(nn.Tanh())(zeros(2))))
register("sequential plus list", lambda: nn.Sequential(nn.ReLU()) + [nn.ReLU()])
register("sequential times text", lambda: nn.Sequential(nn.ReLU()) * "a")
register("sequential delete out of range", lambda: nn.Sequential(nn.ReLU()).__delitem__(3))
register("sequential named delete", lambda: names(done(nn.Sequential(nn.ReLU(), nn.Tanh(), nn.Sigmoid()), lambda s: s.__delitem__(1)).named_children()))
register("sequential shared module", lambda: (lambda m: f"{nn.Sequential(m, m)} {keys(nn.Sequential(m, m))} {names(nn.Sequential(m, m).named_children())}")(linear()))
register("sequential times shares", lambda: str(len(list((nn.Sequential(linear()) * 3).parameters()))))
register("parameter list deepcopy", lambda: (lambda p: f"{copy.deepcopy(p)} {flat(copy.deepcopy(p)[-1])} {copy.deepcopy(p)[0] is p[0]}")(nn.ParameterList([zeros(2), ones(1)])))
register("parameter list ties", lambda: (lambda w: names(nn.ParameterList([w, w]).named_parameters()) + "|" + keys(nn.ParameterList([w, w])))(Parameter(zeros(1))))
register("parameter list of None", lambda: f"{nn.ParameterList([None, 1, 'a', zeros(1)])}")
register("parameter list keeps requires_grad", lambda: [p.requires_grad for p in nn.ParameterList([Parameter(zeros(1), False), zeros(1)])])
register("parameter list slice", lambda: str(nn.ParameterList([zeros(1), zeros(2), zeros(3)])[1:]))
register("parameter list set", lambda: (lambda p: (p.__setitem__(-1, ones(3)), str(p))[1])(nn.ParameterList([zeros(1), zeros(2)])))
register("parameter list of uninitialized", lambda: str(nn.ParameterList([UninitializedParameter()])))
register("parameter dict deepcopy", lambda: (lambda p: f"{copy.deepcopy(p)} {flat(copy.deepcopy(p)['b'])} {copy.deepcopy(p)['a'] is p['a']}")(nn.ParameterDict({"a": zeros(2), "b": ones(1)})))
register("parameter dict order", lambda: ",".join(nn.ParameterDict({"b": zeros(1), "a": zeros(1)}).keys()) + "|" + ",".join(nn.ParameterDict([("b", zeros(1)), ("a", zeros(1))]).keys()))
register("parameter dict setdefault", lambda: (lambda p: f"{flat(p.setdefault('a', ones(1)))} {flat(p.setdefault('b', ones(2)))} {','.join(p.keys())}")(nn.ParameterDict({"a": zeros(1)})))
register("parameter dict popitem", lambda: (lambda p: f"{p.popitem()[0]} {len(p)}")(nn.ParameterDict({"a": zeros(1), "b": zeros(1)})))
register("parameter dict popitem of empty", lambda: nn.ParameterDict().popitem())
register("parameter dict delete missing", lambda: nn.ParameterDict().__delitem__("a"))
register("parameter dict key of method", lambda: nn.ParameterDict({"keys": zeros(1)}))
register("parameter dict copy shares", lambda: (lambda p: p.copy()["a"] is p["a"])(nn.ParameterDict({"a": zeros(1)})))
register("parameter dict fromkeys", lambda: str(nn.ParameterDict().fromkeys(["b", "a"], 5)))
register("parameter dict or", lambda: ",".join((nn.ParameterDict({"a": zeros(1)}) | nn.ParameterDict({"b": ones(1), "a": ones(2)})).keys()))
register("parameter dict reversed", lambda: ",".join(reversed(nn.ParameterDict({"a": zeros(1), "b": zeros(1)}))))
register("module list deepcopy", lambda: str(copy.deepcopy(lst("ReLU", "Tanh")).append(nn.ReLU())))
register("module dict deepcopy", lambda: str(done(copy.deepcopy(nn.ModuleDict({"a": nn.ReLU()})), lambda d: d.__setitem__("b", nn.Tanh()))))


# Ties.
def tied():
    net = nn.Module()
    net.a, net.b = linear(2, 2), linear(2, 2)
    net.b.weight = net.a.weight
    return net


register("tie survives double", lambda: (lambda n: n.double().a.weight is n.b.weight)(tied()))
register("tie survives half and float", lambda: (lambda n: n.half().float().a.weight is n.b.weight)(tied()))
register("tie breaks on meta", lambda: (lambda n: n.to("meta").a.weight is n.b.weight)(tied()))
register("tie survives deepcopy", lambda: (lambda n: n.a.weight is n.b.weight)(copy.deepcopy(tied())))
register("tie survives load", lambda: (lambda n: (n.load_state_dict(tied().state_dict()), n.a.weight is n.b.weight)[1])(tied()))
register("tie breaks on assign", lambda: (lambda n: (n.load_state_dict(tied().state_dict(), assign=True), n.a.weight is n.b.weight, n.a.weight.data_ptr() == n.b.weight.data_ptr())[1:])(tied()))
register("tie loads the later", lambda: (lambda n: (n.load_state_dict({**n.state_dict(), "a.weight": zeros(2, 2), "b.weight": ones(2, 2)}), flat(n.a.weight))[1])(tied()))


@scenario("shared buffers under double")
def _():
    net = nn.Module()
    net.register_buffer("s", zeros(1))
    net.t = nn.Module()
    net.t.register_buffer("s", net.s)
    net.double()
    return net.s is net.t.s


@scenario("shared child loads twice")
def _():
    net = nn.Module()
    net.a = linear(1, 1)
    net.b = net.a
    state = {k: torch.full_like(v, i) for i, (k, v) in enumerate(net.state_dict().items())}
    return f"{net.load_state_dict(state)} {flat(net.a.weight)}{flat(net.a.bias)}"


# Loading.
META = dict(device="meta")
register("load into meta", lambda: (lambda m: f"{m.load_state_dict(linear().state_dict())} {m.weight.device}")(linear(**META)))
register("assign into meta", lambda: (lambda m: f"{m.load_state_dict(linear().state_dict(), assign=True)} {m.weight.device} {type(m.weight).__name__}")(linear(**META)))
register("load of meta", lambda: linear().load_state_dict(linear(**META).state_dict()))
register("load of nothing into nothing", lambda: nn.ReLU().load_state_dict({}))
register("load of something into nothing", lambda: nn.ReLU().load_state_dict({"a": zeros(1), "b.c": zeros(1)}))
register("load not strict repr", lambda: linear().load_state_dict({"weight": zeros(3, 2), "x'y": zeros(1)}, strict=False))
register("load many problems", lambda: nn.Sequential(linear(), nn.BatchNorm1d(3), linear(3, 1)).load_state_dict({"0.weight": zeros(1), "0.bias": 5, "1.weight": zeros(3, 1), "2.bias": None, "9.x": zeros(1), "y": zeros(1)}))
register("load prefix of another", lambda: (lambda n: n.load_state_dict({"fc1.weight": zeros(3, 2), "fc1.bias": zeros(3), "fc10.weight": zeros(1)}))(nn.Sequential(torch.nn.modules.container.OrderedDict([("fc1", linear())]))))
register("load with non-persistent buffer", lambda: (lambda m: (m.register_buffer("b", zeros(1), persistent=False), m.load_state_dict({"b": ones(1)}))[1])(nn.Module()))
register("load with non-persistent buffer, not strict", lambda: (lambda m: (m.register_buffer("b", zeros(1), persistent=False), f"{m.load_state_dict({'b': ones(1)}, strict=False)} {flat(m.b)}")[1])(nn.Module()))
register("load None buffer", lambda: (lambda m: (m.register_buffer("b", None), m.load_state_dict({"b": ones(1)}))[1])(nn.Module()))
register("load assign buffer", lambda: (lambda m, t: (m.register_buffer("b", zeros(2)), m.load_state_dict({"b": t}, assign=True), m.b is t)[2])(nn.Module(), ones(2)))
register("load assign parameter to buffer", lambda: (lambda m, t: (m.register_buffer("b", zeros(2)), m.load_state_dict({"b": t}, assign=True), names(m.named_parameters()) + "|" + names(m.named_buffers()))[2])(nn.Module(), Parameter(ones(2))))
register("load assign of a frozen", lambda: (lambda m: (m.requires_grad_(False), m.load_state_dict({k: Parameter(v) for k, v in linear().state_dict().items()}, assign=True), m.weight.requires_grad)[2])(linear()))
register("load assign of another shape", lambda: linear().load_state_dict({"weight": zeros(1), "bias": zeros(3)}, assign=True))
register("load expanded", lambda: (lambda m: (m.load_state_dict({"weight": ones(1, 1).expand(3, 2), "bias": ones(6)[::2]}), flat(m.weight))[1])(linear()))
register("load bool into float", lambda: (lambda m: (m.load_state_dict({"weight": ones(3, 2) > 0, "bias": zeros(3).long()}), flat(m.weight))[1])(linear()))
register("load scalar into scalar vector", lambda: (lambda m: (setattr(m, "p", Parameter(zeros(1))), m.load_state_dict({"p": torch.tensor(2.0)}))[1])(nn.Module()))
register("load frozen", lambda: (lambda m: (m.requires_grad_(False), m.load_state_dict(linear().state_dict()), m.weight.requires_grad)[2])(linear()))
register("load keeps gradient", lambda: (lambda m: (setattr(m.weight, "grad", ones(3, 2)), m.load_state_dict(linear().state_dict()), flat(m.weight.grad))[2])(linear()))
register("state_dict with prefix", lambda: ",".join(nn.Sequential(linear()).state_dict(prefix="a.")) + "|" + ",".join(nn.Sequential(linear()).state_dict(prefix="a.")._metadata))
register("state_dict into another", lambda: (lambda d: ",".join(linear().state_dict(destination=d, prefix="x.")))(linear().state_dict()))
register("state_dict keep_vars", lambda: (lambda m: (m.state_dict(keep_vars=True)["weight"] is m.weight, m.state_dict()["weight"].requires_grad))(linear()))
register("state_dict with None child", lambda: (lambda m: (setattr(m, "c", linear()), setattr(m, "c", None), f"{keys(m)}|{m}")[2])(nn.Module()))

# Conversion and modes.
register("double keeps integers", lambda: str(nn.BatchNorm1d(2).double().num_batches_tracked.dtype))
register("double of gradients", lambda: (lambda m: (setattr(m.weight, "grad", ones(3, 2)), str(m.double().weight.grad.dtype))[1])(linear()))
register("to nothing", lambda: str(linear().to(torch.float32).weight.dtype))
register("requires_grad_ of lazy with frozen", lambda: (lambda m: (setattr(m.weight, "requires_grad", False), m(zeros(1, 2)), m.weight.requires_grad, m.bias.requires_grad)[2:])(nn.LazyLinear(3)))
register("eval of lazy stays", lambda: (lambda m: (m.eval(), m(zeros(2, 3)), m.training, type(m).__name__)[2:])(nn.LazyBatchNorm1d()))
register("lazy in sequential repr", lambda: (lambda m: f"{m}{(m(zeros(1, 2)), m)[1]}")(nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d().eval(), nn.LazyConv1d(2, 1) if False else nn.ReLU())))
register("lazy used twice", lambda: (lambda l: nn.Sequential(l, l)(zeros(1, 3)).shape)(nn.LazyLinear(3)))
register("lazy with forward hook", lambda: (lambda m, log: (m.register_forward_hook(lambda mod, i, o: log.append(type(mod).__name__)), m(zeros(1, 2)), m(zeros(1, 2)), ",".join(log))[3])(nn.LazyLinear(3), []))
register("lazy transposed with output_size", lambda: tuple(nn.LazyConvTranspose2d(3, 3, stride=2)(zeros(1, 2, 4, 4), [10, 10]).shape))
register("lazy transposed with output_size by keyword", lambda: tuple(nn.LazyConvTranspose1d(3, 3, stride=2)(zeros(1, 2, 4), output_size=[10]).shape))
register("lazy groups do not divide outputs", lambda: nn.LazyConv2d(3, 1, groups=2)(zeros(1, 4, 3, 3)))
register("lazy dtype recorded", lambda: (lambda m: (m.double(), str(m(zeros(1, 2).double()).dtype), str(m.weight.dtype))[1:])(nn.LazyLinear(3)))
register("lazy of float64 given float32", lambda: nn.LazyLinear(3).double()(zeros(1, 2)))
register("zero_grad reaches the frozen", lambda: (lambda m: (setattr(m.weight, "grad", ones(3, 2)), m.requires_grad_(False), m.zero_grad(), m.weight.grad is None)[3])(linear()))
register("named_parameters with prefix", lambda: names(nn.Sequential(linear()).named_parameters(prefix="net")))
register("named_modules with prefix", lambda: names(nn.Sequential(linear(), nn.Sequential(nn.ReLU())).named_modules(prefix="net")))
register("apply order", lambda: (lambda log: (nn.Sequential(linear(), nn.Sequential(nn.ReLU())).apply(lambda m: log.append(type(m).__name__)), ",".join(log))[1])([]))
register("modules counted once", lambda: (lambda r: len(list(nn.Sequential(r, nn.Sequential(r)).modules())))(nn.ReLU()))
register("buffers of a buffer object", lambda: (lambda m: (setattr(m, "b", Buffer(ones(1), persistent=False)), keys(m) + "|" + names(m.named_buffers()), setattr(m, "b", zeros(2)), keys(m))[1::2])(nn.Module()))
register("parameter over buffer keeps order", lambda: (lambda m: (setattr(m, "a", Parameter(zeros(1))), m.register_buffer("b", zeros(1)), setattr(m, "c", Parameter(zeros(1))), setattr(m, "a", Parameter(ones(1))), keys(m))[4])(nn.Module()))

print_texts()
