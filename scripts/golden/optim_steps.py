"""Prints trajectories of real PyTorch's optimizers over lazy nets, as JSON: the optimizer is made before the first input, where its class
allows that, and takes a step before there is anything to step on. tests/optim/steps.test.ts does the same. Made with PyTorch 2.14:

python scripts/golden/optim_steps.py > tests/golden/optim-steps.json
"""

import json

import torch
from torch import nn, optim

STEPS = 6
# The options of each group, over the two layers of the net in turn; with one group both are in it.
CASES = [
    ("SGD", [{"lr": 0.125}]),
    ("SGD", [{"lr": 0.25, "momentum": 0.9, "weight_decay": 0.01}, {"lr": 0.0625, "momentum": 0.5, "nesterov": True}]),
    ("SGD", [{"lr": 0.03, "momentum": 0.7, "dampening": 0.3, "maximize": True}]),
    ("Adam", [{}]),
    ("Adam", [{"lr": 0.05, "betas": [0.7, 0.9], "weight_decay": 0.1, "eps": 1e-4}, {"amsgrad": True, "lr": 0.1}]),
    ("AdamW", [{"lr": 0.02}, {"lr": 0.01, "weight_decay": 0.3, "amsgrad": True, "maximize": True}]),
    ("RMSprop", [{"lr": 0.01}]),
    ("RMSprop", [{"lr": 0.02, "momentum": 0.5, "centered": True, "alpha": 0.9}, {"weight_decay": 0.1, "eps": 1e-3}]),
    ("Adagrad", [{"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.01}, {}]),
    ("Adagrad", [{"initial_accumulator_value": 0.5, "maximize": True}]),
    ("Adadelta", [{}, {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}]),
    ("Adamax", [{}, {"lr": 0.1, "betas": [0.6, 0.9], "weight_decay": 0.1}]),
    ("NAdam", [{}, {"lr": 0.05, "momentum_decay": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}]),
    ("RAdam", [{"lr": 0.05}, {"lr": 0.02, "betas": [0.7, 0.8], "weight_decay": 0.1, "decoupled_weight_decay": True}]),
    ("ASGD", [{"lr": 0.0625, "t0": 3}, {"lr": 0.125, "lambd": 0.05, "alpha": 0.6, "weight_decay": 0.1}]),
    ("Rprop", [{}, {"lr": 0.1, "etas": [0.3, 1.5], "step_sizes": [0.01, 0.4]}]),
    ("Adafactor", [{}, {"lr": 0.1, "eps": [1e-6, 0.1], "weight_decay": 0.2, "d": 1.5}]),
    ("LBFGS", [{"lr": 0.5, "max_iter": 3}]),
    ("LBFGS", [{"max_iter": 4, "line_search_fn": "strong_wolfe", "history_size": 3}]),
    ("LBFGS", [{"lr": 0.03, "max_iter": 2, "maximize": True}]),
]
X = (torch.arange(15, dtype=torch.float64).reshape(5, 3) % 7 - 3) / 4
Y = (torch.arange(10, dtype=torch.float64).reshape(5, 2) % 3 - 1) / 2
tuples = lambda options: {key: tuple(value) if isinstance(value, list) else value for key, value in options.items()}


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.detach().reshape(-1).tolist()
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def run(name, groups, frozen, clip):
    torch.manual_seed(11)
    net = nn.Sequential(nn.LazyLinear(4, dtype=torch.float64), nn.Tanh(), nn.LazyLinear(2, dtype=torch.float64))
    # Made before or after there are shapes, as the class allows.
    is_early = name not in ("Adagrad", "Muon")
    if not is_early:
        net(X)
    if frozen:
        net[0].bias.requires_grad = False
    layers = (net[0], net[2])
    if len(groups) == 1:
        optimizer = getattr(optim, name)(net.parameters(), **tuples(groups[0]))
    else:
        optimizer = getattr(optim, name)([{"params": layer.parameters(), **tuples(group)} for layer, group in zip(layers, groups)])
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = (net(X) - Y).square().mean()
        loss.backward()
        if clip:
            nn.utils.clip_grad_norm_(net.parameters(), clip)
        return loss

    if is_early and name != "LBFGS":
        optimizer.step()
    for _ in range(STEPS):
        losses.append(optimizer.step(closure).item())
    state = {str(key): {part: plain(value) for part, value in entry.items()} for key, entry in optimizer.state_dict()["state"].items()}
    return {
        "name": name, "groups": groups, "frozen": frozen, "clip": clip, "early": is_early, "losses": losses,
        "parameters": [plain(p) for p in net.parameters()], "state": state,
    }


def matrices(name, options, shape):
    p = nn.Parameter((torch.arange(shape[0] * shape[1], dtype=torch.float64).reshape(shape) % 5 - 2) / 4)
    optimizer = getattr(optim, name)([p], **tuples(options))
    for step in range(3):
        p.grad = (torch.arange(shape[0] * shape[1], dtype=torch.float64).reshape(shape) * (step + 2) % 7 - 3) / 8
        optimizer.step()
    return {"name": name, "options": options, "shape": shape, "parameter": plain(p), "state": plain(optimizer.state[p]["momentum_buffer"])}


def half(dtype):
    p = nn.Parameter(torch.arange(6).to(dtype) / 4)
    optimizer = optim.SGD([p], lr=0.25)
    p.grad = torch.arange(6).to(dtype) / 7
    optimizer.step()
    return {"dtype": str(dtype).split(".")[1], "parameter": p.tolist()}


runs = [run(name, groups, False, None) for name, groups in CASES]
runs += [run("Adam", [{"lr": 0.1}, {}], True, None), run("SGD", [{"lr": 0.5}], False, 0.125), run("SGD", [{"lr": 0.5, "momentum": 0.5}], True, 0.25)]
muon = [
    matrices("Muon", {"lr": 0.02}, [3, 4]),
    matrices("Muon", {"lr": 0.05, "momentum": 0.8, "nesterov": False, "weight_decay": 0, "adjust_lr_fn": "match_rms_adamw"}, [6, 2]),
]
print(json.dumps({"torch": torch.__version__.split("+")[0], "runs": runs, "matrices": muon, "halves": [half(torch.float16), half(torch.bfloat16)]}, separators=(",", ":")))
