"""Writes tests/golden/training.json and tests/golden/training-*.pt: whole runs of real PyTorch (2.13, CPU).

Run: python scripts/golden/training.py
A case is the `training` part of a project; the model is Linear(3, 4), Tanh, Linear(4, 1) from torch.manual_seed(0) over the
twelve samples of `samples()`, all of them in each step, so that their order does not count. Arrays are base64 of
little-endian float64. The .pt files are checkpoints as `lazuli train` writes them, from PyTorch's own state dicts.
"""

import base64
import json
import os

import torch
from torch import nn

from schedulers import keywords_of

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden")
STEPS = 24
SAVED_AT = 10


def case(optimizer, params=None, **others):
    return {"optimizer": {"type": optimizer, "params": params or {}}, **others}


def scheduler(name, params, interval="step"):
    return {"type": name, "params": params, "interval": interval}


ONE_CYCLE = scheduler("OneCycleLR", {"max_lr": 0.05, "total_steps": STEPS})
CYCLIC = scheduler("CyclicLR", {"base_lr": 0.001, "max_lr": 0.05, "step_size_up": 5})
CASES = {
    "sgd": case("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
    "nesterov": case("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True}),
    "adam": case("Adam", {"lr": 0.05}),
    "amsgrad": case("AdamW", {"lr": 0.05, "amsgrad": True}),
    "switches that change no number": case("AdamW", {"lr": 0.05, "foreach": False, "capturable": False, "differentiable": False}),
    "adamax": case("Adamax", {"lr": 0.05}),
    "nadam": case("NAdam", {"lr": 0.05}),
    "radam": case("RAdam", {"lr": 0.05}),
    "adagrad": case("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.1}),
    "adadelta": case("Adadelta", {"lr": 1.0}),
    "rmsprop": case("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.5}),
    "rprop": case("Rprop", {"lr": 0.02}),
    "asgd": case("ASGD", {"lr": 0.1, "t0": 5}),
    "adafactor": case("Adafactor", {"lr": 0.1}),
    "lbfgs": case("LBFGS", {"lr": 0.5, "max_iter": 3, "history_size": 6, "line_search_fn": None}),
    "lbfgs that searches": case("LBFGS", {"line_search_fn": "strong_wolfe", "max_iter": 2, "history_size": 4}),
    "lbfgs that searches coarsely": case("LBFGS", {"lr": 0.5, "line_search_fn": "strong_wolfe", "max_iter": 4, "tolerance_change": 1e-3}),
    "lbfgs as it comes": case("LBFGS", {"max_iter": 2}),
    "rprop that starts low": case("Rprop", {"lr": 0.02}, scheduler=scheduler("ConstantLR", {"factor": 0.25, "total_iters": 4})),
    "asgd that starts low": case("ASGD", {"lr": 0.1, "t0": 5}, scheduler=scheduler("CyclicLR", {"base_lr": 0.001, "max_lr": 0.05, "step_size_up": 5, "cycle_momentum": False})),
    "clip norm": case("SGD", {"lr": 0.2, "momentum": 0.5}, clipping={"max_norm": 0.3}),
    "clip largest": case("SGD", {"lr": 0.2}, clipping={"max_norm": 0.2, "norm_type": "inf"}),
    "clip sum": case("Adam", {"lr": 0.02}, clipping={"max_norm": 0.5, "norm_type": "1"}),
    "clip cubes": case("SGD", {"lr": 0.2, "momentum": 0.5}, clipping={"max_norm": 0.15, "norm_type": 3}),
    "clip roots": case("Adam", {"lr": 0.02}, clipping={"max_norm": 0.5, "norm_type": "0.5"}),
    "clip value": case("SGD", {"lr": 0.3}, clipping={"clip_value": 0.1}),
    "clip both": case("SGD", {"lr": 0.3}, clipping={"max_norm": 0.4, "clip_value": 0.1}),
    "accumulated": case("Adam", {"lr": 0.05}, batchSize=5, accumulate=3),
    "accumulated and clipped": case("SGD", {"lr": 0.2}, batchSize=4, accumulate=3, clipping={"max_norm": 0.3}),
    "step": case("SGD", {"lr": 0.2}, scheduler=scheduler("StepLR", {"step_size": 4, "gamma": 0.5})),
    "cosine per epoch": case("Adam", {"lr": 0.1}, scheduler=scheduler("CosineAnnealingLR", {"T_max": STEPS}, "epoch")),
    "plateau": case("SGD", {"lr": 0.4}, monitor="loss", scheduler=scheduler("ReduceLROnPlateau", {"patience": 1, "factor": 0.5, "threshold": 0.2}, "epoch")),
    "warm-up": case("AdamW", {"lr": 0.1}, scheduler=scheduler("SequentialLR", {"schedulers": [
        {"type": "LinearLR", "params": {"start_factor": 0.1, "total_iters": 5}},
        {"type": "CosineAnnealingLR", "params": {"T_max": 19}},
    ], "milestones": [5]})),
    "one cycle of sgd": case("SGD", {"lr": 0.1}, scheduler=ONE_CYCLE),
    "one cycle of nesterov": case("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, scheduler=ONE_CYCLE),
    "one cycle of adam": case("Adam", {"lr": 0.1, "weight_decay": 0.1, "amsgrad": True}, scheduler=ONE_CYCLE),
    "one cycle of adamw": case("AdamW", {"lr": 0.1}, scheduler=ONE_CYCLE),
    "one cycle of nadam": case("NAdam", {"lr": 0.1}, scheduler=ONE_CYCLE),
    "one cycle of radam": case("RAdam", {"lr": 0.1}, scheduler=ONE_CYCLE),
    "one cycle of adamax": case("Adamax", {"lr": 0.1}, scheduler=ONE_CYCLE),
    "cyclic rmsprop": case("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True}, scheduler=CYCLIC),
    "bfloat16": case("SGD", {"lr": 0.1, "momentum": 0.9}, precision="bfloat16"),
}


def samples():
    x = [[((i * 7 + j * 3) % 11) / 8 - 0.5 for j in range(3)] for i in range(12)]
    y = [[row[0] * 0.5 - row[1] + row[2] * row[2]] for row in x]
    return torch.tensor(x), torch.tensor(y)


def new_scheduler(spec, optimizer):
    params = keywords_of(spec["params"])
    parts = [new_scheduler(part, optimizer) for part in spec["params"].get("schedulers", [])]
    target = getattr(torch.optim.lr_scheduler, spec["type"])
    if spec["type"] == "ChainedScheduler":
        return target(parts, optimizer=optimizer)
    return target(optimizer, *([parts] if parts else []), **params)


def clip(parameters, options):
    if options.get("max_norm") is not None:
        nn.utils.clip_grad_norm_(parameters, options["max_norm"], float(options.get("norm_type", 2)))
    if options.get("clip_value") is not None:
        nn.utils.clip_grad_value_(parameters, options["clip_value"])


def encode(tensor):
    return base64.b64encode(tensor.detach().to(torch.float64).contiguous().numpy().tobytes()).decode()


def tensors_in(state):
    """Tensors by name, those in lists by number; L-BFGS's step length is a tensor or not, as it happens."""
    for name, value in state.items():
        if isinstance(value, list):
            yield from ((f"{name}.{at}", encode(item)) for at, item in enumerate(value) if item is not None)
        elif isinstance(value, torch.Tensor) and name != "t":
            yield name, encode(value)


def run(name, settings):
    is_half = settings.get("precision") == "bfloat16"
    torch.set_default_dtype(torch.float32 if is_half else torch.float64)
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    first = {key: encode(value) for key, value in model.state_dict().items()}
    x, y = samples()
    # Counters and products of momenta are of the default dtype, float32 where nobody changes it.
    torch.set_default_dtype(torch.float32)
    spec = settings["optimizer"]
    optimizer = getattr(torch.optim, spec["type"])(model.named_parameters(), **spec["params"])
    schedule = new_scheduler(settings["scheduler"], optimizer) if "scheduler" in settings else None
    losses, rates = [], []
    portion = settings.get("batchSize", 12)
    for step in range(STEPS):
        optimizer.zero_grad()
        total = 0.0
        for at in range(0, 12, portion):
            part = slice(at, at + portion)
            with torch.autocast("cpu", torch.bfloat16, enabled=is_half):
                loss = nn.functional.mse_loss(model(x[part]), y[part]) * (len(x[part]) / 12)
            loss.backward()
            total += loss.item()
        clip(list(model.parameters()), settings.get("clipping") or {})
        rates.append(optimizer.param_groups[0]["lr"])

        def closure():
            optimizer.zero_grad()
            value = nn.functional.mse_loss(model(x), y)
            value.backward()
            return value

        optimizer.step(*([closure] if isinstance(optimizer, torch.optim.LBFGS) else []))
        losses.append(total)
        if isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            schedule.step(total)
        elif schedule is not None:
            schedule.step()
        if step + 1 == SAVED_AT and name in ("sgd", "adam", "one cycle of adam"):
            save(name, model, optimizer, schedule, step + 1)
    return {
        "settings": settings,
        "dtype": "float32" if is_half else "float64",
        "initial": first,
        "losses": encode(torch.tensor(losses, dtype=torch.float64)),
        "rates": encode(torch.tensor(rates, dtype=torch.float64)),
        "weights": {key: encode(value) for key, value in model.state_dict().items()},
        "state": [[key, dict(tensors_in(state))] for key, state in optimizer.state_dict()["state"].items()],
        "groups": [{key: value for key, value in group.items() if key not in ("foreach", "capturable", "differentiable", "fused", "decoupled_weight_decay")} for group in optimizer.state_dict()["param_groups"]],
    }


def save(name, model, optimizer, schedule, step):
    names = ("0.weight", "0.bias", "2.weight", "2.bias")
    ours = ("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias")
    state = model.state_dict()
    value = {
        "model": {mine: state[theirs].clone() for theirs, mine in zip(names, ours)},
        "optimizer": optimizer.state_dict(),
        "optimizer_type": type(optimizer).__name__.lower(),
        "lr_scheduler": None,
        "epoch": step, "step": 0, "total_steps": step, "seed": 0, "batch_size": 12, "samples": 12,
    }
    if schedule is not None:
        group = optimizer.param_groups[0]
        value["lr_scheduler"] = {
            "last_epoch": schedule.last_epoch, "_step_count": schedule._step_count,
            "group0.lr": group["lr"], "group0.momentum": group["betas"][0],
        }
    torch.save(value, os.path.join(FOLDER, f"training-{name.replace(' ', '-')}.pt"))


def main():
    answers = {name: run(name, settings) for name, settings in CASES.items()}
    path = os.path.join(FOLDER, "training.json")
    with open(path, "w") as out:
        json.dump({"torch": torch.__version__, "steps": STEPS, "saved_at": SAVED_AT, "answers": answers}, out, indent=0)
        out.write("\n")
    print(f"{path}: {len(answers)} runs, {os.path.getsize(path)} bytes")


if __name__ == "__main__":
    main()
