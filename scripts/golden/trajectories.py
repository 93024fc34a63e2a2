"""Runs of random optimizers, options and schedulers through `npx lazuli train` beside real PyTorch (2.13, CPU, float64), and what
disagrees in the loss of a step, its learning rate or the last weights.

Run: python scripts/golden/trajectories.py [SEED [COUNT]]
The model, its samples and PyTorch's loop are training.py's; every run takes 24 steps of all samples.
"""

import base64
import json
import os
import random
import subprocess
import sys
import tempfile

import numpy
import torch

import training

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
NAMES = {"0.weight": "fc1.weight", "0.bias": "fc1.bias", "2.weight": "fc2.weight", "2.bias": "fc2.bias"}
TOLERANCE = 1e-10

OPTIMIZERS = {
    "SGD": lambda r: {"lr": r.choice([0.1, 0.03]), "momentum": (m := r.choice([0, 0.5, 0.9])), "weight_decay": r.choice([0, 0.1]), **({"nesterov": True} if m and r.random() < 0.5 else {"dampening": r.choice([0, 0.25])})},
    "Adam": lambda r: {"lr": r.choice([0.05, 0.01]), "betas": r.choice([[0.9, 0.999], [0.5, 0.7]]), "weight_decay": r.choice([0, 0.1]), "amsgrad": r.random() < 0.5},
    "AdamW": lambda r: {"lr": 0.05, "betas": r.choice([[0.9, 0.999], [0.0, 0.5]]), "eps": r.choice([1e-8, 1e-3]), "weight_decay": r.choice([0.01, 0.5]), "amsgrad": r.random() < 0.5},
    "Adamax": lambda r: {"lr": 0.05, "weight_decay": r.choice([0, 0.1]), "betas": r.choice([[0.9, 0.999], [0.5, 0.7]])},
    "NAdam": lambda r: {"lr": 0.05, "momentum_decay": r.choice([4e-3, 0.1]), "weight_decay": r.choice([0, 0.1]), "decoupled_weight_decay": r.random() < 0.5},
    "RAdam": lambda r: {"lr": 0.05, "weight_decay": r.choice([0, 0.1]), "betas": r.choice([[0.9, 0.999], [0.5, 0.8]]), "decoupled_weight_decay": r.random() < 0.5},
    "Adagrad": lambda r: {"lr": 0.1, "lr_decay": r.choice([0, 0.1]), "initial_accumulator_value": r.choice([0, 0.2]), "weight_decay": r.choice([0, 0.1])},
    "Adadelta": lambda r: {"lr": 1.0, "rho": r.choice([0.9, 0.5]), "weight_decay": r.choice([0, 0.1])},
    "RMSprop": lambda r: {"lr": 0.01, "alpha": r.choice([0.99, 0.6]), "momentum": r.choice([0, 0.5]), "centered": r.random() < 0.5, "weight_decay": r.choice([0, 0.1])},
    "Rprop": lambda r: {"lr": 0.01, "etas": r.choice([[0.5, 1.2], [0.3, 1.5]])},
    "ASGD": lambda r: {"lr": 0.05, "lambd": r.choice([1e-4, 0.1]), "alpha": r.choice([0.75, 0.5]), "t0": r.choice([1e6, 5])},
    "Adafactor": lambda r: {"lr": 0.05, "weight_decay": r.choice([0, 0.1]), "beta2_decay": r.choice([-0.8, -0.5])},
}  # fmt: skip
SCHEDULERS = {
    "StepLR": lambda r: {"step_size": r.randint(1, 9), "gamma": r.choice([0.5, 0.9])},
    "MultiStepLR": lambda r: {"milestones": sorted(r.sample(range(1, 24), 3)), "gamma": 0.5},
    "ConstantLR": lambda r: {"factor": r.choice([0.25, 0.5]), "total_iters": r.randint(0, 9)},
    "LinearLR": lambda r: {"start_factor": r.choice([0.25, 0.1]), "end_factor": r.choice([1.0, 0.5]), "total_iters": r.randint(1, 20)},
    "ExponentialLR": lambda r: {"gamma": r.choice([0.9, 0.99])},
    "PolynomialLR": lambda r: {"total_iters": r.randint(3, 30), "power": r.choice([1.0, 2.0])},
    "CosineAnnealingLR": lambda r: {"T_max": r.randint(3, 30), "eta_min": r.choice([0, 0.001])},
    "CosineAnnealingWarmRestarts": lambda r: {"T_0": r.randint(2, 8), "T_mult": r.choice([1, 2]), "eta_min": r.choice([0, 0.001])},
    "CyclicLR": lambda r: {"base_lr": 0.001, "max_lr": 0.05, "step_size_up": r.randint(1, 6), "mode": r.choice(["triangular", "triangular2", "exp_range"]), "gamma": 0.9, "cycle_momentum": False},
    "OneCycleLR": lambda r: {"max_lr": 0.05, "total_steps": training.STEPS, "pct_start": r.choice([0.3, 0.5]), "anneal_strategy": r.choice(["cos", "linear"]), "three_phase": r.random() < 0.5, "cycle_momentum": False},
    "LambdaLR": lambda r: {"lr_lambda": r.choice(["0.9 ** epoch", "1 if epoch < 5 else 0.5 ** (epoch // 3)", "min(1, (epoch + 1) / 7)", "0.5 * (1 + cos(pi * epoch / 24))"])},
    "MultiplicativeLR": lambda r: {"lr_lambda": r.choice(["0.93", "0.7 if epoch % 4 == 0 else 1.05"])},
    "CyclicMomentum": lambda r: {"base_lr": 0.001, "max_lr": 0.05, "step_size_up": r.randint(1, 6), "base_momentum": 0.6, "max_momentum": 0.9},
    "OneCycleMomentum": lambda r: {"max_lr": 0.05, "total_steps": training.STEPS, "div_factor": r.choice([25.0, 10.0]), "base_momentum": r.choice([0.85, 0.5])},
    "ReduceLROnPlateau": lambda r: {"patience": r.randint(0, 2), "factor": 0.5, "threshold": r.choice([0.2, 0.05])},
}  # fmt: skip
ALIASES = {"CyclicMomentum": "CyclicLR", "OneCycleMomentum": "OneCycleLR"}
# Those that move the momentum, and the optimizers that have one they can move.
HAVE_MOMENTUM = ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")
ALONE = ("ReduceLROnPlateau", "OneCycleLR", "CyclicLR", *ALIASES)


def scheduler_of(rng, optimizer):
    """None, one, or several in a row or at once."""
    kind = rng.choice([None, *SCHEDULERS, "SequentialLR", "ChainedScheduler"])
    if kind in ALIASES and optimizer not in HAVE_MOMENTUM:
        return None
    if kind not in ("SequentialLR", "ChainedScheduler"):
        return kind and (ALIASES.get(kind, kind), SCHEDULERS[kind](rng))
    count = rng.randint(2, 3)
    parts = [{"type": part, "params": SCHEDULERS[part](rng)} for part in rng.sample([each for each in SCHEDULERS if each not in ALONE], count)]
    milestones = {"milestones": sorted(rng.sample(range(1, 22), count - 1))} if kind == "SequentialLR" else {}
    return kind, {"schedulers": parts, **milestones}


def settings_of(seed, index):
    rng = random.Random(f"trajectories/{seed}/{index}")
    name = list(OPTIMIZERS)[index % len(OPTIMIZERS)]
    case = training.case(name, OPTIMIZERS[name](rng))
    chosen = scheduler_of(rng, name)
    if chosen is not None:
        plateau = chosen[0] == "ReduceLROnPlateau"
        case["scheduler"] = training.scheduler(*chosen, "epoch" if plateau else "step")
        if plateau:
            case["monitor"] = "loss"
    if rng.random() < 0.3:
        case["clipping"] = rng.choice([{"max_norm": 0.3}, {"max_norm": 0.2, "norm_type": "1"}, {"clip_value": 0.1}])
    return case


def graph():
    layers = [("x", "input", {}), ("fc1", "linear", {"out_features": 4}), ("act", "tanh", {}), ("fc2", "linear", {"out_features": 1}), ("y", "output", {})]
    nodes = [{"id": name, "name": name, "layer": layer, "params": params, "position": {"x": 0, "y": 0}} for name, layer, params in layers]
    names = [name for name, *_ in layers]
    edges = [{"id": f"{a}-{b}", "from": {"node": a, "port": "output"}, "to": {"node": b, "port": "input"}} for a, b in zip(names, names[1:])]
    return {"nodes": nodes, "edges": edges}


def project(settings):
    fixed = {"loss": {"type": "mse", "params": {}}, "metrics": [], "epochs": training.STEPS, "batchSize": 12, "seed": 0, "validationSplit": 0, "device": "cpu", "threads": 1}
    clipping = {key: str(value) if key == "norm_type" else value for key, value in settings.get("clipping", {}).items()}
    data = {"file": "x.npy", "format": "npy", "targetFile": "y.npy", "targetKind": "number", "normalization": {"kind": "none"}}
    training_ = {**fixed, **settings, **({"clipping": clipping} if clipping else {})}
    return {"format": "lazuli", "version": 3, "name": "run", "dtype": "float64", "graph": graph(), "data": data, "sample": {"batchSize": 12}, "training": training_, "weights": None}


def decode(text):
    return numpy.frombuffer(base64.b64decode(text), dtype="<f8")


def distance(own, golden):
    own = numpy.asarray(own, dtype=float).reshape(-1)
    if own.shape != golden.shape:
        return float("inf")
    return float(numpy.abs(own - golden).max() / max(numpy.abs(golden).max(), 1e-30))


def lazuli(folder, settings, answer):
    at = lambda name: os.path.join(folder, name)
    x, y = training.samples()
    numpy.save(at("x.npy"), x.double().numpy())
    numpy.save(at("y.npy"), y.double().numpy())
    shapes = {"0.weight": (4, 3), "0.bias": (4,), "2.weight": (1, 4), "2.bias": (1,)}
    torch.save({NAMES[key]: torch.tensor(decode(text).reshape(shapes[key])) for key, text in answer["initial"].items()}, at("start.pt"))
    with open(at("run.lazuli"), "w") as out:
        json.dump(project(settings), out)
    command = ["npx", "lazuli", "train", at("run.lazuli"), "--weights", at("start.pt"), "--out", at("end.pt"), "--json"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "LAZULI_HISTORY": "off"})
    if ended.returncode != 0:
        return {"refused": ended.stderr.strip()[-400:]}
    steps = [line for line in map(json.loads, ended.stdout.splitlines()) if line["event"] == "step"]
    state = torch.load(at("end.pt"))
    found = {"losses": distance([line["loss"] for line in steps], decode(answer["losses"])), "rates": distance([line["lr"] for line in steps], decode(answer["rates"]))}
    for theirs, mine in NAMES.items():
        found[mine] = distance(state[mine].numpy(), decode(answer["weights"][theirs]))
    return {what: size for what, size in found.items() if not size <= TOLERANCE}


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 24
    bad = 0
    for index in range(count):
        settings = settings_of(seed, index)
        answer = training.run("", settings)
        with tempfile.TemporaryDirectory() as folder:
            wrong = lazuli(folder, settings, answer)
        if wrong:
            bad += 1
            print(f"DIFFERS {json.dumps(settings)}: {wrong}", flush=True)
    print(f"{count} runs, {bad} disagree")


if __name__ == "__main__":
    main()
