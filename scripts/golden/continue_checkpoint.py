"""Goes on in real PyTorch (2.13) from a checkpoint that `lazuli train` left, for the model and data of training.py.

Run: python scripts/golden/continue_checkpoint.py CASE CHECKPOINT WEIGHTS
CASE names a run of training.py; CHECKPOINT is where ours stood, WEIGHTS what ours became after all steps. Prints the
largest difference between PyTorch's weights and ours, relative to the largest weight; above 1e-10 it fails.
"""

import sys

import torch
from torch import nn

from training import CASES, STEPS, clip, new_scheduler, samples  # noqa: E402

NAMES = {"0.weight": "fc1.weight", "0.bias": "fc1.bias", "2.weight": "fc2.weight", "2.bias": "fc2.bias"}


def main(name, checkpoint_file, weights_file):
    settings = CASES[name]
    checkpoint = torch.load(checkpoint_file, weights_only=True)
    torch.set_default_dtype(torch.float64)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = samples()
    torch.set_default_dtype(torch.float32)
    model.load_state_dict({theirs: checkpoint["model"][ours] for theirs, ours in NAMES.items()})
    spec = settings["optimizer"]
    optimizer = getattr(torch.optim, spec["type"])(model.parameters(), **spec["params"])
    schedule = new_scheduler(settings["scheduler"], optimizer) if "scheduler" in settings else None
    optimizer.load_state_dict(checkpoint["optimizer"])
    if schedule is not None:
        schedule.load_state_dict(checkpoint["lr_scheduler"])
    for _ in range(checkpoint["total_steps"], STEPS):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        clip(list(model.parameters()), settings.get("clipping") or {})
        optimizer.step()
        if schedule is not None:
            schedule.step()
    ours = torch.load(weights_file, weights_only=True)
    state = model.state_dict()
    scale = max(value.abs().max().item() for value in state.values())
    distance = max((state[theirs] - ours[mine]).abs().max().item() for theirs, mine in NAMES.items()) / scale
    print(f"{name}: {distance:.3g} after steps {checkpoint['total_steps']} to {STEPS}")
    if not distance <= 1e-10:
        raise SystemExit("PyTorch does not go on as Lazuli does")


main(*sys.argv[1:])
