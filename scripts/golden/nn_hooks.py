"""Prints what real PyTorch's backward hooks and hooks on registration do in the situations of tests/nn/hooks.test.ts, as JSON.

Made with PyTorch 2.14: python scripts/golden/nn_hooks.py > tests/golden/nn-hooks.json
"""
import copy

import torch
from scenarios import print_texts, register, scenario
from torch import nn
from torch.nn.modules import module as global_hooks
from torch.nn.parameter import Buffer, Parameter


class Scale(nn.Module):
    """Its inputs times a weight of 3; what is no tensor goes through."""

    def __init__(self):
        super().__init__()
        self.weight = Parameter(torch.tensor([3.0]))

    def forward(self, *inputs):
        out = tuple(x * self.weight if isinstance(x, torch.Tensor) else x for x in inputs)
        return out[0] if len(out) == 1 else out


def x(*values, grad=True):
    return torch.tensor([float(v) for v in values], requires_grad=grad)


def shown(gradients):
    return "(" + ", ".join("None" if g is None else str([round(v, 4) for v in g.tolist()]) for g in gradients) + ")"


def backward_hook(log, name, result=None):
    def hook(module, grad_input, grad_output):
        log.append(f"{name} {type(module).__name__} in {shown(grad_input)} out {shown(grad_output)}")
        return result

    return hook


def pre_hook(log, name, result=None):
    def hook(module, grad_output):
        log.append(f"{name} {type(module).__name__} out {shown(grad_output)}")
        return result

    return hook


def run(setup, *inputs, module=None, use=None):
    def body():
        log = []
        net = module() if module else Scale()
        handles = setup(net, log) or ()
        given = [value() if callable(value) else value for value in inputs]
        try:
            out = net(*given)
            outs = out if isinstance(out, tuple) else (out,)
            chosen = outs if use is None else [outs[i] for i in use]
            total = sum(o.sum() for o in chosen if isinstance(o, torch.Tensor))
            total.backward()
            log.append("grads " + shown([g.grad for g in given if isinstance(g, torch.Tensor)]))
            log.append("weight " + shown([p.grad for p in net.parameters()]))
        except Exception as error:
            log.append(f"{type(error).__name__}: {error}")
        for handle in handles:
            handle.remove()
        return "; ".join(log)

    return body


two = torch.tensor([10.0, 20.0])
for name, setup in {
    "backward hook": lambda m, log: m.register_full_backward_hook(backward_hook(log, "a")) and None,
    "backward hooks in order, one first": lambda m, log: (
        m.register_full_backward_hook(backward_hook(log, "a")), m.register_full_backward_hook(backward_hook(log, "b")),
        m.register_full_backward_hook(backward_hook(log, "c"), prepend=True)),
    "backward hook replaces": lambda m, log: (
        m.register_full_backward_hook(backward_hook(log, "a", (two,))), m.register_full_backward_hook(backward_hook(log, "b"))),
    "backward hook of another length": lambda m, log: (m.register_full_backward_hook(backward_hook(log, "a", (two, two))),),
    "backward pre hook": lambda m, log: (m.register_full_backward_pre_hook(pre_hook(log, "p")),),
    "backward pre hook replaces": lambda m, log: (
        m.register_full_backward_pre_hook(pre_hook(log, "p", (two,))), m.register_full_backward_pre_hook(pre_hook(log, "q")),
        m.register_full_backward_pre_hook(pre_hook(log, "r"), prepend=True), m.register_full_backward_hook(backward_hook(log, "a"))),
    "backward pre hook of another length": lambda m, log: (m.register_full_backward_pre_hook(pre_hook(log, "p", (two, two))),),
    "backward hook removed": lambda m, log: m.register_full_backward_hook(backward_hook(log, "a")).remove(),
    "global backward hooks come first": lambda m, log: (
        m.register_full_backward_hook(backward_hook(log, "own")), m.register_full_backward_pre_hook(pre_hook(log, "own pre")),
        global_hooks.register_module_full_backward_hook(backward_hook(log, "global")),
        global_hooks.register_module_full_backward_pre_hook(pre_hook(log, "global pre"))),
    "forward hooks see watched inputs": lambda m, log: (
        m.register_full_backward_hook(backward_hook(log, "a")),
        m.register_forward_hook(lambda mod, args, out: (log.append(f"forward leaf {args[0].is_leaf}"), out * 2)[1]),
        m.register_forward_pre_hook(lambda mod, args: log.append(f"pre leaf {args[0].is_leaf}"))),
}.items():
    register(name, run(setup, lambda: x(1, 2)))

both = lambda m, log: (m.register_full_backward_hook(backward_hook(log, "a")), m.register_full_backward_pre_hook(pre_hook(log, "p")))
register("backward hook without a gradient at the input", run(both, lambda: x(1, 2, grad=False)))
register("backward hook without a gradient may give nones", run(lambda m, log: (m.register_full_backward_hook(backward_hook(log, "a", (None,))),), lambda: x(1, grad=False)))
register("backward hook without a gradient may replace nothing", run(lambda m, log: (m.register_full_backward_hook(backward_hook(log, "a", (two,))),), lambda: x(1, 2, grad=False)))
register("backward hook with a number between", run(both, lambda: x(1, 2), 5, lambda: x(3)))
register("backward hook of two outputs, both used", run(both, lambda: x(1, 2), lambda: x(3)))
register("backward hook of two outputs, one used", run(both, lambda: x(1, 2), lambda: x(3), use=[0]))
register("backward hook of two inputs, one with gradient", run(both, lambda: x(1, 2), lambda: x(3, grad=False)))
register("backward hook replaces one with none", run(lambda m, log: (m.register_full_backward_hook(backward_hook(log, "a", (None, two[:1]))),), lambda: x(1, 2), lambda: x(3)))
register("backward hook replaces with a tensor alone", run(lambda m, log: (m.register_full_backward_hook(lambda mod, gi, go: gi[0] * 2),), lambda: x(1)))


@scenario("backward hooks of nested modules")
def _():
    log = []
    net = nn.Sequential(Scale(), nn.Sequential(Scale(), Scale()))
    for place, module in net.named_modules():
        module.register_full_backward_pre_hook(pre_hook(log, f"pre '{place}'"))
        module.register_full_backward_hook(backward_hook(log, f"'{place}'"))
    net(x(1)).sum().backward()
    return "; ".join(log)


@scenario("backward hooks run at each backward")
def _():
    log = []
    net = Scale()
    net.register_full_backward_hook(backward_hook(log, "a"))
    out = net(x(1)).sum()
    out.backward(retain_graph=True)
    out.backward()
    return "; ".join(log)


@scenario("backward hooks without recording")
def _():
    log = []
    net = Scale()
    net.register_full_backward_hook(backward_hook(log, "a"))
    with torch.no_grad():
        out = net(x(1))
    return f"{out.requires_grad} {log}"


@scenario("backward hooks are copied")
def _():
    log = []
    net = Scale()
    net.register_full_backward_hook(backward_hook(log, "a"))
    copy.deepcopy(net)(x(1)).sum().backward()
    return "; ".join(log)


@scenario("backward hook registered after the call")
def _():
    log = []
    net = Scale()
    out = net(x(1)).sum()
    net.register_full_backward_hook(backward_hook(log, "a"))
    out.backward()
    return str(log)


def registered(kind, replace=None):
    def body():
        log = []

        def hook(module, name, value):
            log.append(f"{type(module).__name__}.{name} {type(value).__name__} {name in dict(module.__dict__['_' + kind + 's'])}")
            return replace(value) if replace and value is not None else None

        handle = getattr(global_hooks, f"register_module_{kind}_registration_hook")(hook)
        net = Scale()
        net.other = Parameter(torch.zeros(2))
        net.other = None
        net.register_parameter("third", None)
        net.state = Buffer(torch.zeros(1))
        net.state = torch.ones(1)
        net.register_buffer("none", None)
        net.child = nn.ReLU()
        net.child = None
        net.add_module("second", nn.ReLU())
        net.register_module("third_child", None)
        handle.remove()
        net.after, net.after_buffer, net.after_child = Parameter(torch.zeros(1)), Buffer(torch.zeros(1)), nn.ReLU()
        sizes = [f"{n}{tuple(p.shape)}" for n, p in net.named_parameters()]
        buffers = [f"{n}{tuple(b.shape)}" for n, b in net.named_buffers()]
        children = [f"{n} {type(m).__name__}" for n, m in net.named_children()]
        return "; ".join(log + sizes + buffers + children)

    return body


register("parameter registration hook", registered("parameter"))
register("parameter registration hook replaces", registered("parameter", lambda p: Parameter(torch.zeros(7))))
register("buffer registration hook", registered("buffer"))
register("buffer registration hook replaces", registered("buffer", lambda b: torch.zeros(7)))
register("module registration hook", registered("module"))
register("module registration hook replaces", registered("module", lambda m: nn.Tanh()))

print_texts()
