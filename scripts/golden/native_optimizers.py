"""Golden values for the native sgd_step, adam_step and rmsprop_step ops, from real PyTorch's single-tensor optimizers.

Writes tests/golden/native_optimizers.json: the parameter after each step and the state after the last, float32 and float64,
to the last bit (shortest round-trip digits). Ran on torch 2.13.0 (CPU).

    python scripts/golden/native_optimizers.py
"""

import json
import pathlib

import torch

SIZE = 40
STEPS = 4
OPTIMIZERS = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "rmsprop": torch.optim.RMSprop}
CASES = [
    ("sgd", dict(lr=0.1)),
    ("sgd", dict(lr=0.1, weight_decay=0.01)),
    ("sgd", dict(lr=0.05, momentum=0.9)),
    ("sgd", dict(lr=0.05, momentum=0.9, dampening=0.2, weight_decay=0.1, maximize=True)),
    ("sgd", dict(lr=0.05, momentum=0.8, nesterov=True, weight_decay=0.1)),
    ("adam", dict(lr=0.001)),
    ("adam", dict(lr=0.01, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.1)),
    ("adam", dict(lr=0.01, betas=(0.3, 0.9), amsgrad=True, maximize=True)),
    ("adamw", dict(lr=0.01)),
    ("adamw", dict(lr=0.003, weight_decay=0.3, amsgrad=True)),
    ("rmsprop", dict(lr=0.01)),
    ("rmsprop", dict(lr=0.01, alpha=0.9, eps=1e-5, weight_decay=0.1)),
    ("rmsprop", dict(lr=0.01, momentum=0.9, maximize=True)),
    ("rmsprop", dict(lr=0.01, centered=True)),
    ("rmsprop", dict(lr=0.01, centered=True, momentum=0.5, weight_decay=0.01)),
]


def run(name, options, dtype):
    generator = torch.Generator().manual_seed(7)
    draw = lambda: (torch.randint(-4096, 4096, (SIZE,), generator=generator) / 1024).to(dtype)
    start = draw()
    parameter = torch.nn.Parameter(start.clone())
    optimizer = OPTIMIZERS[name]([parameter], foreach=False, **options)
    gradients, after = [], []
    for _ in range(STEPS):
        parameter.grad = draw() / 8
        gradients.append(parameter.grad.tolist())
        optimizer.step()
        after.append(parameter.tolist())
    state = {key: value.tolist() for key, value in optimizer.state[parameter].items() if value is not None and key != "step"}
    return {"start": start.tolist(), "gradients": gradients, "after": after, "state": state}


cases = [
    {"optimizer": name, "options": options, "dtype": dtype, **run(name, options, getattr(torch, dtype))}
    for name, options in CASES
    for dtype in ("float32", "float64")
]
path = pathlib.Path(__file__).parents[2] / "tests/golden/native_optimizers.json"
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}, separators=(",", ":")) + "\n")
