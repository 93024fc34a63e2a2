"""Prints what real PyTorch's torch.optim says in the situations of tests/optim/texts.test.ts, as JSON: constructors by class and
options, and scenarios by name. Made with PyTorch 2.14:

python scripts/golden/optim.py > tests/golden/optim-texts.json
"""

import copy
import inspect
import json
import warnings

import torch
from scenarios import SCENARIOS, observed, plain, register, scenario
from torch import nn, optim
from torch.nn import Parameter
from torch.nn.utils import clip_grad_norm_, clip_grad_value_, get_total_norm
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook, required

CLASSES = ["Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "Adafactor", "Muon", "LBFGS"]


def P(*shape, grad=None):
    made = Parameter(torch.ones(*shape))
    if grad is not None:
        made.grad = torch.full(shape, float(grad))
    return made


# Options that any class may be given; the first that it refuses decides.
OPTIONS = [
    {}, {"foo": 1}, {"lr": -0.5}, {"lr": "a"}, {"lr": None}, {"lr": 0}, {"weight_decay": -1}, {"weight_decay": "a"}, {"momentum": -0.1}, {"momentum": None},
    {"eps": -1e-8}, {"eps": [None, -1]}, {"eps": [-1, 0.5]}, {"eps": [0.5]}, {"betas": [1.5, 0.9]}, {"betas": [0.5, 1]}, {"betas": [-0.5, 0.9]}, {"betas": [0.5, -1.5]},
    {"betas": 0.9}, {"betas": [0.9]}, {"betas": ["a", 0.9]}, {"alpha": -0.5}, {"rho": 1.5}, {"rho": -0.5}, {"lr_decay": -1}, {"initial_accumulator_value": -1},
    {"momentum_decay": -1}, {"lambd": -1}, {"t0": -1}, {"etas": [0.5, 0.9]}, {"etas": [1.5, 2.5]}, {"etas": [-0.5, 1.5]}, {"step_sizes": [-0.5, -1]},
    {"beta2_decay": 0.5}, {"d": 0.5}, {"nesterov": True}, {"nesterov": True, "momentum": 0.5, "dampening": 0.5}, {"nesterov": True, "momentum": 0.5},
    {"adjust_lr_fn": "foo"}, {"adjust_lr_fn": None}, {"adjust_lr_fn": "match_rms_adamw"}, {"lr": -1, "eps": -1, "weight_decay": -1}, {"weight_decay": -1, "betas": [2.5, 3.5]},
    {"fused": True, "differentiable": True}, {"fused": True, "foreach": True}, {"foreach": True}, {"decoupled_weight_decay": True}, {"amsgrad": True},
    {"maximize": True}, {"capturable": True}, {"differentiable": True}, {"centered": True}, {"max_iter": 7}, {"line_search_fn": "strong_wolfe"},
]
tuples = lambda options: {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}
constructors = [
    {"name": name, "options": options, "text": plain(observed(lambda: repr(getattr(optim, name)([P(2, 2)], **tuples(options)))))}
    for name in CLASSES
    for options in OPTIONS
    if set(options) <= {*inspect.signature(getattr(optim, name)).parameters, "foo", "decoupled_weight_decay"}
]
groups = {name: [[key, repr(value)] for key, value in getattr(optim, name)([P(2, 2)]).state_dict()["param_groups"][0].items()] for name in CLASSES}


def sgd(params, **options):
    return optim.SGD(params, **options)


# What params may be.
linear = nn.Linear(2, 3)
for title, make in {
    "a tensor": lambda: P(2),
    "an uninitialized tensor": lambda: nn.LazyLinear(1).weight,
    "a number": lambda: 5,
    "None": lambda: None,
    "nothing": lambda: [],
    "an empty dict": lambda: {},
    "a dict": lambda: {"params": 1},
    "a text": lambda: "ab",
    "a module in a list": lambda: [linear],
    "numbers": lambda: [1, 2],
    "a tensor, then a name": lambda: [linear.weight, ("bias", linear.bias)],
    "a name, then a tensor": lambda: [("weight", linear.weight), linear.bias],
    "a tensor, then a dict": lambda: [linear.weight, {}],
    "a group, then a tensor": lambda: [{"params": [linear.weight]}, linear.bias],
    "a group without params": lambda: [{"lr": 1}],
    "a group of None": lambda: [{"params": None}],
    "a group of a number": lambda: [{"params": 5}],
    "a group of a set": lambda: [{"params": {linear.weight}}],
    "a group of a tensor": lambda: [{"params": linear.weight}],
    "an empty group": lambda: [{"params": []}],
    "a tensor that is computed": lambda: [linear.weight * 2],
    "a tensor in two groups": lambda: [{"params": [linear.weight]}, {"params": [linear.weight]}],
    "a tensor twice": lambda: [linear.weight, linear.weight],
    "named, then without names": lambda: [{"params": linear.named_parameters()}, {"params": [P(1)]}],
    "without names, then named": lambda: [{"params": [P(1)]}, {"params": linear.named_parameters()}],
    "an integer tensor": lambda: [torch.ones(2, dtype=torch.int64)],
    "a frozen tensor": lambda: [Parameter(torch.ones(2), requires_grad=False)],
    "a generator": lambda: linear.parameters(),
    "names": lambda: linear.named_parameters(),
    "groups with options": lambda: [{"params": [linear.weight], "lr": 0.5, "own": "text"}, {"params": [linear.bias], "momentum": 0.5, "maximize": True}],
    "groups with names": lambda: [{"params": [("a", linear.weight)]}, {"params": [("b", linear.bias)]}],
    "uninitialized ones": lambda: nn.LazyLinear(1).parameters(),
    "uninitialized ones by name": lambda: nn.LazyConv2d(1, 2).named_parameters(),
    "an uninitialized buffer": lambda: [nn.LazyBatchNorm1d().running_mean],
}.items():
    register(f"params: {title}", lambda make=make: repr(sgd(make())))
register("params: none at all", lambda: optim.SGD())


@scenario("a group is the object that was given")
def _():
    group = {"params": (p for p in [linear.weight])}
    o = sgd([group], lr=0.5)
    group["lr"] = 7
    return f"{o.param_groups[0] is group} {len(group['params'])} {o.param_groups[0]['lr']} {sorted(group)}"


@scenario("a group added later")
def _():
    o = sgd([linear.weight], lr=0.5, momentum=0.5)
    o.add_param_group({"params": linear.bias, "lr": 0.25})
    return repr(o)


for title, make in {
    "a list": lambda: [linear.bias],
    "of what is there": lambda: {"params": linear.weight},
    "with names": lambda: {"params": [("bias", linear.bias)]},
    "without params": lambda: {},
    "of nothing": lambda: {"params": []},
    "None": lambda: None,
}.items():
    register(f"adding a group: {title}", lambda make=make: (o := sgd([linear.weight])).add_param_group(make()) or len(o.param_groups))

# Uninitialized parameters.
for name in CLASSES:

    @scenario(f"{name} of uninitialized parameters")
    def _(name=name):
        layer = nn.LazyLinear(2)
        o = getattr(optim, name)(layer.parameters())
        result = o.step() if name != "LBFGS" else o.step(lambda: torch.tensor(1.0))
        return f"{result} {len(o.state)} {o.state_dict()['state']}"


@scenario("uninitialized parameters by groups, one frozen, then trained")
def _():
    net = nn.Sequential(nn.LazyLinear(2), nn.LazyLinear(1))
    net[0].bias.requires_grad = False
    o = optim.Adam([{"params": net[0].parameters(), "lr": 0.5}, {"params": net[1].named_parameters() and list(net[1].parameters())}])
    o.step()
    before = [len(o.state), [p is q for g, m in zip(o.param_groups, net) for p, q in zip(g["params"], m.parameters())]]
    net(torch.ones(2, 3)).sum().backward()
    o.step()
    same = [p is q for g, m in zip(o.param_groups, net) for p, q in zip(g["params"], m.parameters())]
    return f"{before} {same} {[list(s.shape) for s in [o.state[p]['exp_avg'] for p in net.parameters() if p in o.state]]} {net[0].bias in o.state}"


@scenario("zero_grad of uninitialized parameters")
def _():
    layer = nn.LazyLinear(2)
    o = sgd(layer.parameters())
    o.zero_grad()
    o.zero_grad(set_to_none=False)
    return layer.weight.grad


@scenario("a state dict of uninitialized parameters, loaded into others")
def _():
    a, b = nn.LazyLinear(2), nn.LazyLinear(2)
    o, other = optim.Adam(a.parameters(), lr=0.5), optim.Adam(b.parameters())
    other.load_state_dict(o.state_dict())
    return f"{other.param_groups[0]['lr']} {other.param_groups[0]['params'][0] is b.weight} {len(other.state)}"


@scenario("trained state, loaded for uninitialized parameters")
def _():
    p, layer = P(2, 3, grad=1), nn.LazyLinear(2, bias=False)
    o, other = optim.Adam([p]), optim.Adam(layer.parameters())
    o.step()
    other.load_state_dict(o.state_dict())
    return f"{len(other.state)} {list(other.state[layer.weight]['exp_avg'].shape)} {other.state_dict()['state'][0]['step']}"


# step, closures, zero_grad.
@scenario("step gives the closure's loss")
def _():
    o = sgd([P(1)])
    return f"{o.step()} {o.step(lambda: 5)} {o.step(closure=lambda: torch.is_grad_enabled())}"


@scenario("step without gradients keeps no state")
def _():
    o = optim.Adam([P(1), P(1, grad=2)])
    o.step()
    return f"{list(o.state_dict()['state'])}"


@scenario("plain SGD keeps no state")
def _():
    p = P(1, grad=2)
    o = sgd([p])
    o.step()
    return f"{dict(o.state)}"


@scenario("step of a base Optimizer")
def _():
    return optim.Optimizer([P(1)], {}).step()


class Own(optim.Optimizer):
    """A step of its own: every parameter becomes lr."""

    def __init__(self, params, **defaults):
        super().__init__(params, {"lr": required, **defaults})

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                p.data = torch.full_like(p.data, group["lr"])
        return "stepped"


@scenario("an optimizer of one's own without its required option")
def _():
    return Own([P(1)])


@scenario("an optimizer of one's own")
def _():
    p = P(2)
    o = Own([{"params": p, "lr": 3}])
    return f"{o.step()} {p.data.tolist()} {o!r} {isinstance(o, optim.Optimizer)}"


@scenario("AdamW is an Adam")
def _():
    o = optim.AdamW([P(1)])
    return f"{isinstance(o, optim.Adam)} {isinstance(o, optim.SGD)} {o.param_groups[0]['decoupled_weight_decay']}"


@scenario("zero_grad")
def _():
    p, q = P(2, grad=3), P(1)
    o = sgd([p, q])
    o.zero_grad(set_to_none=False)
    zeros = p.grad.tolist()
    o.zero_grad()
    return f"{zeros} {p.grad} {q.grad}"


@scenario("zero_grad of a gradient with a history")
def _():
    p = P(2)
    p.grad = torch.ones(2, requires_grad=True) * 2
    sgd([p]).zero_grad(set_to_none=False)
    return f"{p.grad.tolist()} {p.grad.requires_grad}"


for name in ["Adam", "NAdam", "ASGD", "Rprop", "Adadelta", "RMSprop", "Adamax", "RAdam"]:
    register(f"{name} with capturable on the CPU", lambda name=name: getattr(optim, name)([P(1, grad=1)], capturable=True).step())
for name in ["SGD", "Adam"]:
    register(f"{name} with differentiable over a leaf", lambda name=name: getattr(optim, name)([P(1, grad=1)], differentiable=True).step())
register("LBFGS without a closure", lambda: optim.LBFGS([P(1)]).step())
register("LBFGS of two groups", lambda: optim.LBFGS([{"params": P(1)}, {"params": P(1)}]))
register("LBFGS with another search", lambda: (p := P(1), optim.LBFGS([p], line_search_fn="foo").step(lambda: ((p * p).sum().backward(), 1.0)[1])))
register("LBFGS with a loss of two elements", lambda: optim.LBFGS([P(1)]).step(lambda: torch.ones(2)))
register("Muon of a vector", lambda: optim.Muon([P(3)]))
register("Muon of a vector in the second group", lambda: optim.Muon([{"params": P(3, 3)}, {"params": P(4)}]))


@scenario("amsgrad chosen after the first step")
def _():
    o = optim.Adam([P(1, grad=1)])
    o.step()
    o.param_groups[0]["amsgrad"] = True
    o.step()


@scenario("momentum chosen after the first step")
def _():
    p = P(1, grad=1)
    o = sgd([p], lr=0.5)
    o.step()
    o.param_groups[0]["momentum"] = 0.5
    o.step()
    return f"{p.item()} {o.state[p]['momentum_buffer'].tolist()}"


@scenario("a learning rate that is a tensor")
def _():
    p = P(1, grad=1)
    o = sgd([p], lr=torch.tensor(0.5))
    o.step()
    return f"{p.item()} {o!r}"


register("a learning rate of two elements", lambda: sgd([P(1)], lr=torch.ones(2)))
register("a learning rate that is a negative tensor", lambda: optim.Adam([P(1)], lr=torch.tensor(-0.5)))
register("a learning rate that is a tensor, with foreach", lambda: optim.Adam([P(1)], lr=torch.tensor(0.5), foreach=True))
register("a learning rate that is not a number, SGD", lambda: repr(sgd([P(1)], lr=float("nan"))))
register("a learning rate that is not a number, Adam", lambda: optim.Adam([P(1)], lr=float("nan")))


# Hooks.
def hooked(name, setup):
    @scenario(name)
    def _():
        log = []
        o = sgd([P(1, grad=1)])
        handles = setup(o, log) or ()
        try:
            log.append(f"-> {o.step(lambda: log.append('closure') or 5)}")
        except RuntimeError as error:
            log.append(f"RuntimeError: {error}")
        for handle in handles:
            handle.remove()
        log.append(f"-> {o.step()}")
        return plain("; ".join(log))


def note(log, name, result=None):
    def hook(*args):
        log.append(f"{name} {len(args[1]) if len(args) > 1 else ''}")
        return result

    return hook


hooked("hooks of a step", lambda o, log: (o.register_step_pre_hook(note(log, "a")), o.register_step_post_hook(note(log, "b")), o.register_step_pre_hook(note(log, "c"))))
hooked("hooks of all steps come first and last", lambda o, log: (
    o.register_step_pre_hook(note(log, "own")), register_optimizer_step_pre_hook(note(log, "all")),
    register_optimizer_step_post_hook(note(log, "all after")), o.register_step_post_hook(note(log, "own after"))))
hooked("a hook replaces the closure", lambda o, log: (o.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: "other"), {})),))
hooked("a hook replaces the closure by keyword", lambda o, log: (o.register_step_pre_hook(lambda o, args, kwargs: ((o,), {"closure": lambda: "other"})),))
hooked("a hook before a step returns a number", lambda o, log: (o.register_step_pre_hook(note(log, "a", 5)),))
hooked("a hook after a step returns a number", lambda o, log: (o.register_step_post_hook(note(log, "a", 5)),))


@scenario("a hook of AdamW returns a number")
def _():
    o = optim.AdamW([P(1)])
    o.register_step_pre_hook(lambda *args: 5)
    o.step()


@scenario("hooks of state dicts")
def _():
    log = []
    o = sgd([P(1)])
    o.register_state_dict_pre_hook(lambda o: log.append("pre"))
    o.register_state_dict_pre_hook(lambda o: log.append("pre first"), prepend=True)
    o.register_state_dict_post_hook(lambda o, sd: log.append("post") or {**sd, "more": 1})
    o.register_load_state_dict_pre_hook(lambda o, sd: log.append(f"load {sorted(sd)}"))
    o.register_load_state_dict_pre_hook(lambda o, sd: log.append("load first") or {**sd, "replaced": 1}, prepend=True)
    o.register_load_state_dict_post_hook(lambda o: log.append("loaded"))
    o.load_state_dict(o.state_dict())
    return "; ".join(log)


# State dicts.
def trained(name="Adam", steps=2, **options):
    p, q = P(2, grad=1), P(2, 2, grad=2)
    o = getattr(optim, name)([{"params": [p]}, {"params": [q], "lr": 0.5}], **options)
    for _ in range(steps):
        o.step()
    return o


def shown(sd):
    state = {key: {name: value.tolist() if isinstance(value, torch.Tensor) else value for name, value in entry.items()} for key, entry in sd["state"].items()}
    return f"{list(state)} {[list(entry) for entry in state.values()]} {[group['params'] for group in sd['param_groups']]}"


for name in [each for each in CLASSES if each not in ("LBFGS", "Muon")]:
    register(f"state dict of {name}", lambda name=name: shown(trained(name).state_dict()))
register("state dict of SGD with momentum", lambda: shown(trained("SGD", momentum=0.5).state_dict()))
register("state dict of Adam with amsgrad", lambda: shown(trained(amsgrad=True).state_dict()))
register("state dict of RMSprop with everything", lambda: shown(trained("RMSprop", momentum=0.5, centered=True).state_dict()))
register("state dict of a tensor in a group twice", lambda: sgd([p := P(1), q := P(1), p]).state_dict()["param_groups"][0]["params"])
register("state dict with names", lambda: sgd(linear.named_parameters()).state_dict()["param_groups"][0]["param_names"])


@scenario("state is shared with the state dict")
def _():
    o = trained()
    sd = o.state_dict()
    return f"{sd['state'][0]['exp_avg'] is o.state[o.param_groups[0]['params'][0]]['exp_avg']} {sd['param_groups'][0] is o.param_groups[0]}"


@scenario("loading goes on as the first")
def _():
    a, b = trained(steps=3), trained(steps=1)
    b.load_state_dict(copy.deepcopy(a.state_dict()))
    return f"{shown(b.state_dict())} {b.state[b.param_groups[0]['params'][0]]['step']}"


def loads(title, change, make=lambda: trained(), **options):
    @scenario(f"loading: {title}")
    def _():
        sd = copy.deepcopy(trained(**options).state_dict())
        sd = change(sd) or sd
        o = make()
        o.load_state_dict(sd)
        return f"{shown(o.state_dict())} {[[(k, v) for k, v in sorted(g.items()) if k != 'params'] for g in o.param_groups]}"


def without(*keys):
    def change(sd):
        for group in sd["param_groups"]:
            for key in keys:
                del group[key]

    return change


loads("one group less", lambda sd: {**sd, "param_groups": sd["param_groups"][:1]})
loads("one parameter more", lambda sd: sd["param_groups"][0]["params"].append(7))
loads("no groups", lambda sd: sd.pop("param_groups") and None)
loads("no state", lambda sd: {"param_groups": sd["param_groups"]})
loads("an empty state", lambda sd: sd["state"].clear())
loads("more options", lambda sd: sd["param_groups"][0].update(more=1))
loads("groups of an older Adam", without("maximize", "foreach", "capturable", "differentiable", "fused", "amsgrad", "decoupled_weight_decay"))
loads("state of no parameter", lambda sd: sd["state"].update({9: {"x": 1}}))
for name in ["SGD", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop", "AdamW", "Adafactor"]:
    keys = [key for key in trained(name).param_groups[0] if key in ("maximize", "foreach", "capturable", "differentiable", "fused", "nesterov", "centered", "decoupled_weight_decay") and not (name == "Adafactor" and key == "maximize")]
    loads(f"groups of an older {name}", without(*keys), lambda name=name: trained(name), name=name)


@scenario("loading: steps that were plain numbers")
def _():
    sd = copy.deepcopy(trained().state_dict())
    for entry in sd["state"].values():
        entry["step"] = 2
    o = trained(steps=0)
    o.load_state_dict(sd)
    step = o.state_dict()["state"][1]["step"]
    return f"{step} {step.dtype}"


@scenario("loading: state in the parameter's dtype, steps as they are")
def _():
    o = optim.Adam([Parameter(torch.ones(2, dtype=torch.float64))])
    p = P(2, grad=1)
    source = optim.Adam([p])
    source.step()
    o.load_state_dict(source.state_dict())
    state = o.state_dict()["state"][0]
    return f"{[str(value.dtype) for value in state.values()]} {state['step'] is source.state[p]['step']}"


@scenario("loading: state of the same dtype is shared")
def _():
    p = P(2, grad=1)
    source, o = optim.Adam([p]), optim.Adam([P(2)])
    source.step()
    o.load_state_dict(source.state_dict())
    return o.state_dict()["state"][0]["exp_avg"] is source.state[p]["exp_avg"]


@scenario("loading: names of the file take the place of one's own")
def _():
    a, b = sgd([("a", P(1))]), sgd([("b", P(1))])
    b.load_state_dict(a.state_dict())
    return b.param_groups[0]["param_names"]


@scenario("loading: names stay where the file has none")
def _():
    a, b = sgd([P(1)]), sgd([("b", P(1))])
    b.load_state_dict(a.state_dict())
    return f"{b.param_groups[0]['param_names']} {list(b.param_groups[0])[-2:]}"


# Gradients cut.
def clipped(grads, body, dtype=torch.float64):
    def run():
        ps = [Parameter(torch.ones(len(g) if g else 1, dtype=dtype)) for g in grads]
        for p, g in zip(ps, grads):
            if g is not None:
                p.grad = torch.tensor(g, dtype=dtype)
        result = body(ps)
        return f"{result} {[None if p.grad is None else [round(v, 10) for v in p.grad.tolist()] for p in ps]}"

    return run


GRADS = [[3.0, 4.0], None, [-12.0]]
number = lambda norm: round(norm.item(), 10)
for order in (2, 1, 3, 0.5, 0, float("inf"), float("-inf")):
    register(f"clip_grad_norm_ of order {order}", clipped(GRADS, lambda ps, order=order: number(clip_grad_norm_(ps, 1.5, order))))
register("clip_grad_norm_ of short gradients", clipped(GRADS, lambda ps: number(clip_grad_norm_(ps, 100))))
register("clip_grad_norm_ of float32", clipped([[3.0, 4.5]], lambda ps: (n := clip_grad_norm_(ps, 1.5), f"{n.dtype} {n.item():.6f}")[1], torch.float32))
register("clip_grad_norm_ without gradients", clipped([None], lambda ps: clip_grad_norm_(ps, 1)))
register("clip_grad_norm_ of nothing", lambda: clip_grad_norm_([], 1))
register("clip_grad_norm_ of one tensor", clipped([[3.0, 4.0]], lambda ps: number(clip_grad_norm_(ps[0], 1))))
register("clip_grad_norm_ of infinite gradients", clipped([[float("inf"), 1.0]], lambda ps: clip_grad_norm_(ps, 1)))
register("clip_grad_norm_ of infinite gradients, refused", clipped([[float("inf"), 1.0]], lambda ps: clip_grad_norm_(ps, 1, error_if_nonfinite=True)))
register("clip_grad_norm_ of order inf, refused", clipped([[float("nan"), 1.0]], lambda ps: clip_grad_norm_(ps, 1, float("inf"), error_if_nonfinite=True)))
register("clip_grad_value_", clipped(GRADS, lambda ps: clip_grad_value_(ps, 3.5)))
register("get_total_norm", lambda: number(get_total_norm([torch.tensor([3.0], dtype=torch.float64), torch.tensor([4.0], dtype=torch.float64)])))
register("clipping uninitialized parameters", lambda: (layer := nn.LazyLinear(2), clip_grad_value_(layer.parameters(), 1), clip_grad_norm_(layer.parameters(), 1).item())[2])

# Warnings.
def warned(name, body):
    @scenario(f"warning: {name}")
    def _():
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            body()
        return "; ".join(f"{w.category.__name__}: {w.message}" for w in seen)


warned("a parameter twice in a group", lambda: sgd([linear.weight, linear.weight]))
warned("clipping the gradients of an empty generator", lambda: clip_grad_norm_((p for p in []), 1))
warned("clipping the gradients of an empty list", lambda: clip_grad_norm_([], 1))

texts = {name: plain(observed(body)) for name, body in SCENARIOS.items()}
print(json.dumps({"torch": torch.__version__.split("+")[0], "constructors": constructors, "groups": groups, "texts": texts}, indent=1))
