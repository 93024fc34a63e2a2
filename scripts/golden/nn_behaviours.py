"""Prints what real PyTorch does in situations that tests/nn/behaviours.test.ts creates too, as JSON: name -> text.

A text is what the body returns, or "Class: message" of the error it raises. Made with PyTorch 2.14:
python scripts/golden/nn_behaviours.py > tests/golden/nn-behaviours.json
"""
import copy
from collections import OrderedDict

import torch
from scenarios import names, print_texts, register, scenario
from torch import nn
from torch.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

U, UB = UninitializedParameter, UninitializedBuffer


def linear(i=2, o=3):
    return nn.Linear(i, o)


def zeros(*shape):
    return torch.zeros(*shape)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = Parameter(torch.zeros(2))
        self.register_buffer("b", torch.zeros(2))
        self.register_buffer("hidden", torch.zeros(1), persistent=False)
        self.m = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
        self.x = 5


# Access by dotted names.
for target in ("", "m", "m.0", "m.5", "p", "x", "m.0.weight", "x.y"):
    register(f"get_submodule '{target}'", lambda target=target: type(Net().get_submodule(target)).__name__)
for target in ("p", "m.0.weight", "b", "m", "m.0.foo", "foo.bar", "x", ""):
    register(f"get_parameter '{target}'", lambda target=target: tuple(Net().get_parameter(target).shape))
for target in ("b", "m.1.running_mean", "p", "x", "m.1.foo", "hidden"):
    register(f"get_buffer '{target}'", lambda target=target: tuple(Net().get_buffer(target).shape))


def submodule(target, module=None, **options):
    def body():
        net = Net()
        net.set_submodule(target, linear(2, 2) if module is None else module, **options)
        return names(net.named_modules())

    return body


register("set_submodule m.0", submodule("m.0"))
register("set_submodule new", submodule("other"))
register("set_submodule strict new", submodule("other", strict=True))
register("set_submodule empty", submodule(""))
register("set_submodule not a module", submodule("m.0", 5))
register("set_submodule over parameter", submodule("p"))
register("set_submodule missing parent", submodule("q.r"))

# Walks.
@scenario("tied walks")
def _():
    net = nn.Module()
    net.a, net.b = linear(), linear()
    net.b.weight = net.a.weight
    net.c = net.a
    net.register_buffer("s", zeros(1))
    net.t = nn.Module()
    net.t.register_buffer("s", net.s)
    return "|".join([
        names(net.named_parameters()), names(net.named_parameters(remove_duplicate=False)),
        names(net.named_parameters(prefix="x", recurse=False)), names(net.named_modules()),
        names(net.named_modules(remove_duplicate=False)), names(net.named_modules(prefix="top")),
        names(net.named_buffers()), names(net.named_buffers(remove_duplicate=False)),
        names(net.named_children()), ",".join(net.state_dict()),
    ])


@scenario("zero_grad")
def _():
    net = linear(1, 1)
    net.weight.grad = torch.ones(1, 1)
    grad = net.weight.grad
    net.zero_grad(set_to_none=False)
    first = (net.weight.grad is grad, grad.item(), net.bias.grad is None)
    net.zero_grad()
    return f"{first[0]} {first[1]} {first[2]} {net.weight.grad is None}"


register("train with a number", lambda: Net().train(1))
register("train returns", lambda: (lambda n: n.train(False) is n and not n.m[1].training)(Net()))
register("requires_grad_ of a net", lambda: [p.requires_grad for p in Net().requires_grad_(False).parameters()])
register("to int64", lambda: Net().to(torch.int64))
register("meta to cpu", lambda: nn.Linear(2, 3, device="meta").to("cpu"))
register("to_empty of meta", lambda: tuple(nn.Linear(2, 3, device="meta").to_empty(device="cpu").weight.shape))
register("lazy to_empty", lambda: nn.LazyLinear(3).to_empty(device="cpu"))
register("lazy type", lambda: nn.LazyLinear(3).type(torch.float64))
register("type of a net", lambda: [str(t.dtype) for t in Net().type(torch.float64).state_dict().values()])
register("half of a net", lambda: [str(t.dtype) for t in Net().half().state_dict().values()])
register("bfloat16 of a net", lambda: [str(t.dtype) for t in Net().bfloat16().state_dict().values()])
register("lazy share_memory", lambda: nn.LazyLinear(3).share_memory())
register("lazy half", lambda: [str(p.dtype) for p in nn.LazyLinear(3).half().parameters()])
register("lazy meta to cpu", lambda: nn.LazyLinear(3, device="meta").to("cpu"))
for init in ("ones_", "zeros_", "eye_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_", "orthogonal_", "trunc_normal_", "dirac_"):
    register(f"lazy apply {init}", lambda init=init: nn.LazyLinear(3).apply(lambda m: getattr(nn.init, init)(m.weight)))
register("get_extra_state", lambda: nn.Module().get_extra_state())
register("set_extra_state", lambda: nn.Module().set_extra_state(5))


@scenario("delete attributes")
def _():
    net = Net()
    del net.p
    del net.b
    del net.m
    return names(net.state_dict().items()) + "|" + str(hasattr(net, "p"))


@scenario("parameter over field, buffer and module")
def _():
    net = Net()
    net.x = Parameter(zeros(1))
    net.b = Parameter(zeros(1))
    net.m = Parameter(zeros(1))
    net.hidden = Parameter(zeros(1))
    return names(net.named_parameters()) + "|" + ",".join(net.state_dict())


@scenario("module over buffers and field")
def _():
    net = Net()
    net.b = nn.ReLU()
    net.hidden = nn.ReLU()
    net.x = nn.ReLU()
    return names(net.named_modules()) + "|" + ",".join(net.state_dict())


@scenario("None over parameter, buffer and module")
def _():
    net = Net()
    net.p, net.b, net.m = None, None, None
    return ",".join(net.state_dict()) + f"|{net.p}{net.b}{net.m}|" + repr(net)


@scenario("register over own kinds")
def _():
    net = Net()
    net.register_parameter("p", None)
    net.register_buffer("b", zeros(3), persistent=False)
    net.register_module("m", None)
    return ",".join(net.state_dict()) + f"|{tuple(net.b.shape)}"


register("parameter named as a method", lambda: setattr(nn.Module(), "forward", Parameter(zeros(1))))
register("buffer named as a method", lambda: nn.Module().register_buffer("train", zeros(1)))
register("register_parameter of a buffer's name", lambda: Net().register_parameter("b", Parameter(zeros(1))))
register("register_buffer of a parameter's name", lambda: Net().register_buffer("p", zeros(1)))
register("register_module of a parameter's name", lambda: Net().register_module("p", nn.ReLU()))
register("register_parameter None name", lambda: Net().register_parameter(None, None))
register("register_parameter text", lambda: Net().register_parameter("q", "text"))
register("register_parameter list", lambda: Net().register_parameter("q", [1]))
register("register_parameter double", lambda: Net().register_parameter("q", torch.zeros(1, dtype=torch.float64)))
register("assign ReLU to parameter", lambda: setattr(Net(), "p", nn.ReLU()))
register("assign Sequential to parameter", lambda: setattr(Net(), "p", nn.Sequential()))
register("register_parameter LazyConv2d", lambda: Net().register_parameter("q", nn.LazyConv2d(3, 3)))
register("register_parameter MaxPool2d", lambda: Net().register_parameter("q", nn.MaxPool2d(3)))
register("register_buffer LayerNorm", lambda: Net().register_buffer("q", nn.LayerNorm(3)))
register("register_parameter bool tensor", lambda: Net().register_parameter("q", torch.zeros(1, dtype=torch.bool)))
register("register_parameter uint16", lambda: Net().register_parameter("q", torch.zeros(1, dtype=torch.uint16)))
register("register_parameter complex", lambda: Net().register_parameter("q", torch.zeros(1, dtype=torch.complex64)))
register("register_buffer list", lambda: Net().register_buffer("q", [1.0]))
register("register_module tensor", lambda: Net().register_module("q", zeros(1)))
register("assign text to parameter", lambda: setattr(Net(), "p", "text"))
register("assign module to nothing and int over it", lambda: (lambda n: (setattr(n, "q", nn.ReLU()), setattr(n, "q", 1.5)))(Net()))
register("assign list to buffer", lambda: setattr(Net(), "b", [1]))


class Raw(nn.Module):
    def __init__(self, body):
        body(self)


register("assign parameter before init", lambda: Raw(lambda m: setattr(m, "w", Parameter(zeros(1)))))
register("assign module before init", lambda: Raw(lambda m: setattr(m, "w", nn.ReLU())))
register("register_buffer before init", lambda: Raw(lambda m: m.register_buffer("w", None)))

# Hooks.
def hooked(setup, *args, **kwargs):
    def body():
        log = []

        class Echo(nn.Module):
            def forward(self, *args, **kwargs):
                log.append(f"forward{args}{kwargs}")
                if args and args[0] == "fail":
                    raise ValueError("failed")
                return args[0] if args else None

        echo = Echo()
        handles = setup(echo, log)
        try:
            log.append(f"-> {echo(*args, **kwargs)!r}")
        except Exception as error:
            log.append(f"{type(error).__name__}: {error}")
        for handle in handles or []:
            if handle is not None:
                handle.remove()
        return "; ".join(log)

    return body


def note(log, name, result=None):
    def hook(module, *rest):
        log.append(name + repr(rest))
        return result

    return hook


register("hook order", hooked(lambda m, log: (
    m.register_forward_pre_hook(note(log, "a")), m.register_forward_pre_hook(note(log, "b"), prepend=True),
    m.register_forward_hook(note(log, "c")), m.register_forward_hook(note(log, "d"), prepend=True)) and None, 1, 2))
register("hook replaces", hooked(lambda m, log: (
    m.register_forward_pre_hook(note(log, "a", 7)), m.register_forward_pre_hook(note(log, "b", (8, 9))),
    m.register_forward_hook(note(log, "c", 10)), m.register_forward_hook(note(log, "d"))) and None, 1))
register("hook with keywords", hooked(lambda m, log: (
    m.register_forward_pre_hook(note(log, "a", ((3,), {"k": 4})), with_kwargs=True), m.register_forward_pre_hook(note(log, "b")),
    m.register_forward_hook(note(log, "c"), with_kwargs=True)) and None, 1, k=2))
register("hook with keywords returns wrongly", hooked(lambda m, log: m.register_forward_pre_hook(note(log, "a", 5), with_kwargs=True) and None, 1))
register("hook always called", hooked(lambda m, log: (
    m.register_forward_hook(note(log, "a")), m.register_forward_hook(note(log, "b"), always_call=True),
    m.register_forward_hook(note(log, "c"), always_call=True, with_kwargs=True)) and None, "fail"))
register("hook always called after success", hooked(lambda m, log: m.register_forward_hook(note(log, "b"), always_call=True) and None, 1))


def failing(log):
    def hook(module, args, result):
        log.append("failing")
        raise ValueError("hook failed")

    return hook


register("hook that fails, always called later", hooked(lambda m, log: (
    m.register_forward_hook(failing(log)), m.register_forward_hook(note(log, "b"), always_call=True)) and None, 1))
register("hook always called that fails", hooked(lambda m, log: (
    m.register_forward_hook(failing(log), always_call=True), m.register_forward_hook(note(log, "b", 5), always_call=True),
    m.register_forward_hook(note(log, "c"), always_call=True)) and None, "fail"))
register("global hooks", hooked(lambda m, log: [
    m.register_forward_pre_hook(note(log, "own")), nn.modules.module.register_module_forward_pre_hook(note(log, "global")),
    m.register_forward_hook(note(log, "own after")), nn.modules.module.register_module_forward_hook(note(log, "global after"))], 1))
register("global hooks always called", hooked(lambda m, log: [
    nn.modules.module.register_module_forward_hook(note(log, "global"), always_call=True),
    m.register_forward_hook(note(log, "own"), always_call=True)], "fail"))


@scenario("hook removed while running")
def _():
    log = []
    m = nn.Identity()
    handles = {}

    def first(module, args):
        log.append("first")
        handles["first"].remove()

    handles["first"] = m.register_forward_pre_hook(first)
    m.register_forward_pre_hook(lambda module, args: log.append("second"))
    try:
        m(zeros(1))
    except RuntimeError:
        pass
    log.clear()
    m(zeros(1))
    return ",".join(log)


@scenario("lazy keyword input")
def _():
    m = nn.LazyLinear(4)
    y = m(input=zeros(2, 3))
    return f"{type(m).__name__} {tuple(y.shape)}"


register("linear without input", lambda: linear()())
register("linear with unknown keyword", lambda: linear()(zeros(1, 2), foo=1))
register("linear with input twice", lambda: linear()(zeros(1, 2), input=zeros(1, 2)))
register("linear with two inputs", lambda: linear()(zeros(1, 2), zeros(1, 2)))


@scenario("lazy global pre hook changes the input")
def _():
    handle = nn.modules.module.register_module_forward_pre_hook(lambda m, args: (zeros(2, 9),))
    m = nn.LazyLinear(4)
    try:
        m(zeros(2, 3))
    finally:
        handle.remove()
    return repr(m)


@scenario("lazy user hook sees the final class")
def _():
    m, log = nn.LazyConv1d(2, 1), []
    m.register_forward_pre_hook(lambda module, args: log.append(type(module).__name__))
    m.register_forward_pre_hook(lambda module, args: log.append(type(module).__name__), prepend=True)
    m(zeros(1, 3, 4))
    return ",".join(log)


# State dicts.
@scenario("state dict hooks")
def _():
    log = []
    net = nn.Sequential(linear())
    net.register_state_dict_pre_hook(lambda module, prefix, keep_vars: log.append(f"pre {prefix!r} {keep_vars}"))
    net[0].register_state_dict_pre_hook(lambda module, prefix, keep_vars: log.append(f"pre {prefix!r}"))

    def post(module, state, prefix, metadata):
        state.pop(prefix + "bias")
        log.append(f"post {prefix!r} {metadata}")

    net[0].register_state_dict_post_hook(post)
    return ",".join(net.state_dict(prefix="p.")) + "|" + "; ".join(log)


register("state dict post hook returns", lambda: (lambda n: (n.register_state_dict_post_hook(lambda *a: 5), n.state_dict()))(linear()))


@scenario("load post hook returns")
def _():
    m = linear()
    m.register_load_state_dict_post_hook(lambda module, keys: 5)
    m.load_state_dict(m.state_dict())


@scenario("load post hook clears the missing")
def _():
    m = linear()
    m.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    return repr(m.load_state_dict({}))


@scenario("extra state")
def _():
    class Extra(nn.Module):
        def __init__(self):
            super().__init__()
            self.w = Parameter(zeros(1))
            self.register_buffer("b", zeros(1))
            self.inner = linear(1, 1)
            self.note = None

        def get_extra_state(self):
            return {"a": 1}

        def set_extra_state(self, state):
            self.note = state

    m = Extra()
    state = m.state_dict()
    keys = ",".join(state)
    m.load_state_dict(state)
    first = str(m.note)
    del state["_extra_state"]
    missing = m.load_state_dict(state, strict=False)
    other = nn.Module()
    unexpected = other.load_state_dict({"_extra_state": 5}, strict=False)
    return f"{keys}|{first}|{missing}|{unexpected}"


def load(module, state, **options):
    def body():
        m = module()
        s = state(m)
        return repr(m.load_state_dict(s, **options))

    return body


register("load None", load(linear, lambda m: None))
register("load text", load(linear, lambda m: "x"))
register("load int value", load(linear, lambda m: {"weight": 5, "bias": zeros(3)}))
register("load None value", load(linear, lambda m: {"weight": None, "bias": "x"}))
register("load list value", load(linear, lambda m: {"weight": [[1.0]], "bias": 1.5}))
register("load bool value", load(linear, lambda m: {"weight": True, "bias": {}}))
register("load sizes", load(linear, lambda m: {"weight": zeros(3), "bias": zeros(3, 1)}))
register("load sizes not strict", load(linear, lambda m: {"weight": zeros(3)}, strict=False))
register("load unexpected", load(linear, lambda m: {**m.state_dict(), "foo": 1, "foo.bar": 2, "weight.x": 3}))
register("load unexpected not strict", load(linear, lambda m: {**m.state_dict(), "foo": 1, "foo.bar": 2}, strict=False))
register("load unexpected in child", load(lambda: nn.Sequential(linear()), lambda m: {**m.state_dict(), "0.foo": 1, "0.a.b": 2, "1.weight": 3, "foo": 4}))
register("load missing in child", load(lambda: nn.Sequential(linear(), nn.BatchNorm1d(3)), lambda m: OrderedDict()))
register("load missing with metadata", load(lambda: nn.BatchNorm1d(3), lambda m: (lambda s: (s.pop("num_batches_tracked"), s)[1])(m.state_dict())))
register("load missing without metadata", load(lambda: nn.BatchNorm1d(3), lambda m: (lambda s: (s.pop("num_batches_tracked"), dict(s))[1])(m.state_dict())))
register("load scalar from vector", load(lambda: nn.BatchNorm1d(3), lambda m: {**m.state_dict(), "num_batches_tracked": torch.tensor([4])}))
register("load scalar from long vector", load(lambda: nn.BatchNorm1d(3), lambda m: {**m.state_dict(), "num_batches_tracked": torch.tensor([4, 5])}))
register("load scalar from empty vector", load(lambda: nn.BatchNorm1d(3), lambda m: {**m.state_dict(), "num_batches_tracked": torch.tensor([])}))
register("load instance norm statistics without metadata", load(lambda: nn.InstanceNorm1d(3), lambda m: {"running_mean": zeros(3), "running_var": zeros(3)}))
register("load instance norm mean without metadata", load(lambda: nn.InstanceNorm2d(3, affine=True), lambda m: {"running_mean": zeros(3), "weight": zeros(3), "bias": zeros(3)}))
register("load instance norm statistics with metadata", load(lambda: nn.InstanceNorm1d(3), lambda m: (lambda s: (s.update(running_mean=zeros(3)), s)[1])(m.state_dict())))
register("load nested instance norm statistics", load(lambda: nn.Sequential(nn.InstanceNorm1d(3)), lambda m: {"0.running_mean": zeros(3)}))


@scenario("load casts")
def _():
    m = linear(1, 2)
    m.load_state_dict({"weight": torch.tensor([[1.5], [2.5]], dtype=torch.float64), "bias": torch.tensor([1, 2])})
    return f"{m.weight.dtype} {m.weight.flatten().tolist()} {m.bias.tolist()}"


@scenario("load complex into float")
def _():
    m = linear(1, 2)
    m.load_state_dict({"weight": torch.tensor([[1 + 2j], [3 - 1j]]), "bias": torch.tensor([1j, 2.0])})
    return f"{m.weight.flatten().tolist()} {m.bias.tolist()}"


@scenario("load into int buffer")
def _():
    m = nn.BatchNorm1d(1)
    m.load_state_dict({**m.state_dict(), "num_batches_tracked": torch.tensor(3.7)})
    return m.num_batches_tracked.item()


@scenario("load keeps loaded ones when it fails")
def _():
    m = linear(1, 2)
    try:
        m.load_state_dict({"weight": torch.ones(2, 1), "bias": zeros(5)})
    except RuntimeError:
        pass
    return m.weight.flatten().tolist()


@scenario("load assign")
def _():
    m = linear(1, 2)
    m.weight.requires_grad = False
    state = OrderedDict(weight=torch.ones(2, 1), bias=Parameter(torch.ones(2), requires_grad=False))
    before = m.weight
    m.load_state_dict(state, assign=True)
    return f"{m.weight is before} {m.weight.data_ptr() == state['weight'].data_ptr()} {m.weight.requires_grad} {m.bias is state['bias']} {m.bias.requires_grad}"


@scenario("load assign then plain load still assigns")
def _():
    state = linear(1, 2).state_dict()
    m = linear(1, 2)
    m.load_state_dict(state, assign=True)
    other = linear(1, 2)
    other.load_state_dict(state)
    return f"{dict(state._metadata)} {other.weight.data_ptr() == state['weight'].data_ptr()}"


@scenario("load assign another dtype")
def _():
    m = linear(1, 2)
    m.load_state_dict(OrderedDict(weight=torch.ones(2, 1, dtype=torch.float64), bias=torch.ones(2)), assign=True)
    return str(m.weight.dtype)


register("load assign int", load(linear, lambda m: OrderedDict(weight=torch.ones(3, 2, dtype=torch.int64), bias=torch.ones(3)), assign=True))


@scenario("state dict metadata")
def _():
    net = nn.Sequential(linear(), nn.BatchNorm1d(3), nn.InstanceNorm1d(3), nn.MultiheadAttention(4, 2), nn.TransformerEncoderLayer(4, 2, 8))
    return str(dict(net.state_dict()._metadata))


@scenario("state dict metadata of stacks")
def _():
    net = nn.ModuleDict({
        "e": nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2),
        "d": nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 1, norm=nn.LayerNorm(4)),
    })
    state = net.state_dict()
    return ",".join(state._metadata) + "|" + ",".join(state)


@scenario("state dict copies")
def _():
    state = linear().state_dict()
    texts = [hasattr(each, "_metadata") for each in (copy.copy(state), copy.deepcopy(state), state.copy(), OrderedDict(state))]
    return str(texts)


@scenario("state dict entries")
def _():
    net = nn.Module()
    net.a = linear()
    net.b = linear()
    net.b.weight = net.a.weight
    state = net.state_dict()
    kept = net.state_dict(keep_vars=True)
    return f"{state['a.weight'] is state['b.weight']} {state['a.weight'].data_ptr() == state['b.weight'].data_ptr()} {state['a.weight'].requires_grad} {kept['a.weight'] is net.a.weight} {type(state['a.weight']).__name__}"


# Lazy loads: every row of the table.
def lazily(target, source, **options):
    def body():
        m = target()
        state = source()
        keys = m.load_state_dict(state, **options)
        return f"{keys!r} {m!r} {[p.dtype for p in m.parameters()]}"

    return body


register("lazy from initialized", lazily(lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 4).state_dict()))
register("lazy from wider", lazily(lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 7).state_dict()))
register("lazy from odd shapes", lazily(lambda: nn.LazyLinear(4), lambda: {"weight": zeros(2, 3, 4), "bias": zeros(())}))
register("lazy double from float", lazily(lambda: nn.LazyLinear(4, dtype=torch.float64), lambda: nn.Linear(3, 4).state_dict()))
register("lazy from half", lazily(lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 4).half().state_dict()))
register("lazy conv from initialized", lazily(lambda: nn.LazyConv2d(4, 3), lambda: nn.Conv2d(2, 4, 3).state_dict()))
register("lazy norm from initialized", lazily(lambda: nn.LazyBatchNorm2d(), lambda: nn.BatchNorm2d(3).state_dict()))
register("lazy from lazy", lazily(lambda: nn.LazyConv1d(4, 3), lambda: nn.LazyConv1d(4, 3).state_dict()))
register("lazy norm from lazy", lazily(lambda: nn.LazyBatchNorm2d(), lambda: nn.LazyBatchNorm2d().state_dict()))
register("lazy norm from nothing", lazily(lambda: nn.LazyBatchNorm2d(), lambda: {}))
register("lazy norm from nothing with metadata", lazily(lambda: nn.LazyBatchNorm2d(), lambda: (lambda s: (s.clear(), s)[1])(nn.BatchNorm2d(3).state_dict())))
register("lazy from nothing", lazily(lambda: nn.LazyLinear(4), lambda: {}))
register("lazy from a part", lazily(lambda: nn.LazyLinear(4), lambda: {"weight": zeros(4, 3)}, strict=False))
register("lazy from a part, strict", lazily(lambda: nn.LazyLinear(4), lambda: {"weight": zeros(4, 3)}))
register("lazy from text", lazily(lambda: nn.LazyLinear(4), lambda: {"weight": "x", "bias": zeros(4)}))
register("lazy from None", lazily(lambda: nn.LazyLinear(4), lambda: {"weight": None, "bias": zeros(4)}))
register("lazy from unexpected", lazily(lambda: nn.LazyLinear(4), lambda: {**nn.Linear(3, 4).state_dict(), "foo": zeros(1)}))
register("lazy without bias from bias", lazily(lambda: nn.LazyLinear(4, bias=False), lambda: nn.Linear(3, 4).state_dict()))
register("initialized from lazy", lazily(lambda: nn.Linear(3, 4), lambda: nn.LazyLinear(4).state_dict()))
register("initialized norm from lazy", lazily(lambda: nn.BatchNorm1d(3), lambda: nn.LazyBatchNorm1d().state_dict(), strict=False))
register("loaded lazy from lazy", lambda: (lambda m: (m.load_state_dict(nn.Linear(3, 4).state_dict()), m.load_state_dict(nn.LazyLinear(4).state_dict())))(nn.LazyLinear(4)))
register("lazy assign", lazily(lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 4).state_dict(), assign=True))
register("lazy assign from lazy", lazily(lambda: nn.LazyConv1d(4, 3), lambda: nn.LazyConv1d(4, 3).state_dict(), assign=True))
register("lazy norm assign from lazy", lazily(lambda: nn.LazyBatchNorm1d(), lambda: nn.LazyBatchNorm1d().state_dict(), assign=True))


@scenario("lazy loaded twice")
def _():
    m = nn.LazyLinear(4)
    m.load_state_dict(nn.Linear(3, 4).state_dict())
    m.load_state_dict(nn.Linear(5, 4).state_dict())


@scenario("lazy loaded, reset_parameters")
def _():
    m = nn.LazyLinear(2)
    m.load_state_dict({"weight": torch.ones(2, 1), "bias": torch.ones(2)})
    m.reset_parameters()
    return m.weight.flatten().tolist()


def loaded(lazy, source, *shape):
    def body():
        m = lazy()
        m.load_state_dict(source().state_dict())
        torch.manual_seed(0)
        before = torch.get_rng_state()
        m(zeros(*shape))
        return f"{m!r} {torch.equal(before, torch.get_rng_state())}"

    return body


register("loaded LazyConv2d runs", loaded(lambda: nn.LazyConv2d(4, 3), lambda: nn.Conv2d(2, 4, 3), 1, 2, 5, 5))
register("loaded LazyConvTranspose1d runs", loaded(lambda: nn.LazyConvTranspose1d(4, 3), lambda: nn.ConvTranspose1d(2, 4, 3), 1, 2, 5))
register("loaded LazyBatchNorm1d runs", loaded(lambda: nn.LazyBatchNorm1d(), lambda: nn.BatchNorm1d(3), 4, 3))
register("loaded LazyInstanceNorm1d runs", loaded(lambda: nn.LazyInstanceNorm1d(), lambda: nn.InstanceNorm1d(3, affine=True, track_running_stats=True), 2, 3, 4))
register("loaded LazyInstanceNorm1d without affine runs", loaded(lambda: nn.LazyInstanceNorm1d(affine=False), lambda: nn.InstanceNorm1d(3, track_running_stats=True), 2, 3, 4))
register("loaded LazyLinear runs", loaded(lambda: nn.LazyLinear(4), lambda: nn.Linear(3, 4), 2, 3))
register("lazy without bias", lambda: (lambda m: (m(zeros(1, 3)), f"{m!r} {m.bias} {','.join(m.state_dict())}")[1])(nn.LazyLinear(4, bias=False)))


@scenario("deepcopy of a lazy layer keeps its hooks to itself")
def _():
    m = nn.LazyLinear(4)
    c = copy.deepcopy(m)
    c(zeros(1, 3))
    d = copy.deepcopy(m)
    d.load_state_dict(nn.Linear(5, 4).state_dict())
    m(zeros(1, 2))
    return f"{m!r} {c!r} {d!r} {tuple(d.weight.shape)}"


# Parameters and buffers.
register("parameter of scalar number", lambda: Parameter(1.5))
register("parameter of text", lambda: Parameter("x"))
register("parameter of dict", lambda: Parameter({}))
register("parameter of bool tensor", lambda: Parameter(torch.zeros(1, dtype=torch.bool)))
register("parameter of complex", lambda: str(Parameter(torch.zeros(1, dtype=torch.complex64)).requires_grad))
register("requires_grad of int", lambda: setattr(Parameter(torch.zeros(1, dtype=torch.int64), requires_grad=False), "requires_grad", True))
register("data of int", lambda: setattr(Parameter(zeros(1)), "data", torch.zeros(1, dtype=torch.int64)))


@scenario("data changes shape")
def _():
    p = Parameter(zeros(2))
    p.data = zeros(3, 4)
    return f"{tuple(p.shape)} {p.requires_grad} {type(p).__name__}"


@scenario("copy of a parameter")
def _():
    p = Parameter(zeros(2), requires_grad=False)
    p.note = "x"
    c = copy.copy(p)
    return f"{c is p} {type(c).__name__} {c.data_ptr() == p.data_ptr()} {c.requires_grad} {getattr(c, 'note', None)}"


@scenario("copy of a buffer")
def _():
    b = nn.Buffer(zeros(2), persistent=False)
    c = copy.copy(b)
    return f"{type(c).__name__} {c.data_ptr() == b.data_ptr()} {getattr(c, 'persistent', None)} {isinstance(c, nn.Buffer)}"


register("buffer positional", lambda: nn.Buffer(zeros(1), True))
register("parameter of sliced deepcopy", lambda: copy.deepcopy(Parameter(torch.zeros(4, 4)[:, ::2])).stride())
register("parameter of transposed deepcopy", lambda: copy.deepcopy(Parameter(torch.zeros(4, 3).t())).stride())
register("parameter of permuted deepcopy", lambda: copy.deepcopy(Parameter(torch.zeros(2, 3, 4).permute(2, 0, 1))).stride())
register("deepcopy of computed", lambda: copy.deepcopy(Parameter(zeros(1)) * 1))

# Uninitialized ones: what is allowed.
for kind, make in (("parameter", U), ("buffer", UB)):
    register(f"size of uninitialized {kind}", lambda make=make: tuple(make().size()))
    register(f"is_floating_point of uninitialized {kind}", lambda make=make: make().is_floating_point())
    register(f"is_complex of uninitialized {kind}", lambda make=make: make().is_complex())
    register(f"get_device of uninitialized {kind}", lambda make=make: make().get_device())
    for name in ("half", "float", "double", "char", "short", "int", "long", "cpu"):
        def body(make=make, name=name):
            u = make()
            result = getattr(u, name)()
            return f"{result is u} {type(result).__name__} {result.dtype} {getattr(result, 'persistent', None)}"

        register(f"{name} of uninitialized {kind}", body)

    def to_double(make=make):
        u = make()
        result = u.to(torch.float64)
        return f"{type(result).__name__} {result.dtype} {u.to(torch.float32) is u}"

    register(f"to of uninitialized {kind}", to_double)
    for name in ("bfloat16", "byte", "bool", "numel"):
        register(f"{name} of uninitialized {kind}", lambda make=make, name=name: getattr(make(), name)())

register("copy_ of size 2 into uninitialized buffer", lambda: UB().copy_(zeros(2)))
register("copy_ of size 1 into uninitialized buffer", lambda: tuple(UB().copy_(zeros(1)).size()))
register("copy_ into uninitialized parameter", lambda: U().copy_(zeros(1)))
register("deepcopy of uninitialized", lambda: (lambda c: f"{type(c).__name__} {c.dtype} {c.requires_grad}")(copy.deepcopy(U(requires_grad=False, dtype=torch.float64))))
register("materialize scalar", lambda: (lambda u: (u.materialize(()), f"{type(u).__name__} {tuple(u.shape)} {u.requires_grad}")[1])(U(requires_grad=False)))
register("materialize with data set before", lambda: (lambda u: (setattr(u, "data", torch.zeros(0, dtype=torch.float64)), u.materialize(2), str(u.dtype))[2])(U()))
register("materialize two negative", lambda: U().materialize((-3, -1)))
register("share_memory_ named class", lambda: type("Mine", (UninitializedParameter,), {})().share_memory_())
register("numel of derived class", lambda: type("Mine", (UninitializedParameter,), {})().numel())
register("repr of derived class", lambda: repr(type("Mine", (UninitializedParameter,), {})()))

# Containers.
def chain():
    return nn.Sequential(linear(), nn.ReLU(), nn.Tanh())


register("sequential index", lambda: repr(chain()[-1]))
register("sequential index too big", lambda: chain()[3])
register("sequential slice", lambda: names(chain()[1:].named_children()))
register("sequential set and delete", lambda: (lambda s: (s.__setitem__(1, nn.Sigmoid()), s.__delitem__(0), repr(s))[2])(chain()))
register("sequential insert", lambda: repr(chain().insert(1, nn.Sigmoid())))
register("sequential insert negative", lambda: repr(chain().insert(-1, nn.Sigmoid())))
register("sequential insert far", lambda: chain().insert(9, nn.Sigmoid()))
register("sequential insert number", lambda: "AssertionError: " + str(_raised(lambda: chain().insert(0, 5))))
register("sequential extend", lambda: len(chain().extend([nn.ReLU()])))
register("sequential pop", lambda: (lambda s: repr(s.pop(0)) + repr(s))(chain()))
register("sequential plus", lambda: names((chain() + chain()).named_children()))
register("sequential times", lambda: names((chain() * 2).named_children()))
register("sequential times 0", lambda: chain() * 0)
register("sequential of number", lambda: nn.Sequential(5))
register("sequential of dict", lambda: repr(nn.Sequential(OrderedDict(a=nn.ReLU(), b=nn.Tanh()))))
register("sequential empty", lambda: repr(nn.Sequential()))
register("list index", lambda: repr(nn.ModuleList([nn.ReLU(), nn.Tanh()])[-2]))
register("list index too small", lambda: nn.ModuleList([nn.ReLU()])[-2])
register("list slice", lambda: repr(nn.ModuleList([nn.ReLU(), nn.Tanh()])[:1]))
register("list set, delete, insert, pop", lambda: (lambda l: (l.__setitem__(0, nn.Sigmoid()), l.insert(1, nn.GELU()), l.__delitem__(2), repr(l.pop(0)) + repr(l))[3])(nn.ModuleList([nn.ReLU(), nn.Tanh()])))
register("list extend number", lambda: nn.ModuleList().extend(5))
register("list append number", lambda: nn.ModuleList().append(5))
register("list plus", lambda: repr(nn.ModuleList([nn.ReLU()]) + [nn.ReLU()]))
register("list empty", lambda: repr(nn.ModuleList()))
register("list of nested", lambda: repr(nn.ModuleList([chain(), chain(), nn.ReLU()])))
register("dict missing", lambda: nn.ModuleDict()["x"])
register("dict update, pop, clear", lambda: (lambda d: (d.update({"b": nn.Tanh()}), d.update([["c", nn.ReLU()]]), f"{d.pop('a')!r} {','.join(d.keys())} {'b' in d} {d.clear()} {len(d)}")[2])(nn.ModuleDict({"a": nn.ReLU()})))
register("dict update number", lambda: nn.ModuleDict().update(5))
register("dict update pairs of wrong length", lambda: nn.ModuleDict().update([["a", nn.ReLU(), 1]]))
register("dict key with dot", lambda: nn.ModuleDict({"a.b": nn.ReLU()}))
register("dict key of method", lambda: nn.ModuleDict({"keys": nn.ReLU()}))
register("dict repr", lambda: repr(nn.ModuleDict({"a": linear(), "b": chain()})))
register("parameter list", lambda: (lambda l: f"{names(l.named_parameters())} {len(l)} {type(l[0]).__name__} {type(l[1]).__name__}\n{l!r}")(nn.ParameterList([zeros(2, 3), Parameter(zeros(1)), 5, "x"])))
register("parameter list methods", lambda: (lambda l: (l.append(zeros(1)), l.extend([zeros(2)]), l.__setitem__(0, zeros(4)), f"{len(l)} {tuple(l[0].shape)} {tuple(l[-1].shape)} {len(l[1:])}")[3])(nn.ParameterList([zeros(3)])))
register("parameter list index", lambda: nn.ParameterList([zeros(3)])[1])
register("parameter list extend tensor", lambda: nn.ParameterList().extend(zeros(3)))
register("parameter list call", lambda: nn.ParameterList()(1))
register("parameter list of double", lambda: repr(nn.ParameterList([torch.zeros(2, dtype=torch.float64)])))
register("parameter dict", lambda: (lambda d: f"{names(d.named_parameters())} {len(d)}\n{d!r}")(nn.ParameterDict({"b": zeros(2, 3), "a": Parameter(zeros(1)), "n": 5})))
register("parameter dict methods", lambda: (lambda d: (d.update({"z": zeros(1), "y": zeros(2)}), f"{tuple(d.setdefault('q', zeros(5)).shape)} {d.get('nope')} {tuple(d.pop('a').shape)} {d.popitem()[0]} {','.join(d.keys())} {'y' in d} {len(d.copy())} {d.clear()} {len(d)}")[1])(nn.ParameterDict({"a": zeros(3)})))
register("parameter dict missing", lambda: nn.ParameterDict()["x"])
register("parameter dict number key", lambda: nn.ParameterDict().__setitem__(5, zeros(1)))
register("parameter dict call", lambda: nn.ParameterDict()(1))
register("parameter dict state", lambda: ",".join(nn.ParameterDict({"b": zeros(2), "a": zeros(1)}).state_dict()))
register("nested repr", lambda: repr(nn.Sequential(OrderedDict(a=chain(), b=nn.ModuleList([linear(), linear()]), c=nn.ParameterList([zeros(1)])))))


class Words(nn.Module):
    def extra_repr(self):
        return "one\ntwo"


register("repr of two extra lines", lambda: repr(Words()))
register("repr of extra lines and children", lambda: (lambda w: (w.add_module("a", nn.ReLU()), w.add_module("n", None), repr(w))[2])(Words()))


def _raised(body):
    try:
        body()
    except Exception as error:
        return error


print_texts()
