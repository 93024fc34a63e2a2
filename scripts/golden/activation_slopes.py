"""Writes tests/golden/activation-slopes.json: torch.nn's activations and their gradients far from 0, each number for itself.

Run: python scripts/golden/activation_slopes.py        (PyTorch 2.13, CPU)
Per call the outputs and gradients at XS, the gradient of the output being 1: base64 of little-endian float64. `float32` is how far
PyTorch's own float32 is off at each place, where its digits are lost to rounding.
"""

import base64
import json
import math
import os

import torch
from torch import nn

OUT = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "activation-slopes.json")
XS = [sign * value for value in (2.0**-60, 2.0**-30, 2.0**-10, 0.5, 1, 2.5, 4.5, 7.25, 9, 12, 17, 20.5, 28, 37, 60, 88, 1e4, 1e30, math.inf) for sign in (-1, 1)] + [0.0]
CALLS = [
    ("ReLU", {}), ("ReLU6", {}), ("Sigmoid", {}), ("Tanh", {}), ("Hardsigmoid", {}), ("Hardswish", {}), ("SELU", {}), ("SiLU", {}), ("Mish", {}),
    ("Softsign", {}), ("LogSigmoid", {}), ("Tanhshrink", {}), ("LeakyReLU", {}), ("LeakyReLU", {"negative_slope": -0.5}), ("ELU", {}),
    ("ELU", {"alpha": -1.5}), ("ELU", {"alpha": 0.25}), ("CELU", {}), ("CELU", {"alpha": 0.5}), ("CELU", {"alpha": 4.0}), ("GELU", {}),
    ("GELU", {"approximate": "tanh"}), ("Hardtanh", {}), ("Softplus", {}), ("Softplus", {"beta": 3.0, "threshold": 5.0}), ("Softshrink", {}),
    ("Hardshrink", {}), ("Threshold", {"threshold": 0.5, "value": 20.0}),
]  # fmt: skip


def encode(tensor):
    return base64.b64encode(tensor.detach().double().numpy().tobytes()).decode()


def run(name, options, dtype):
    """Each value alone, as PyTorch's vectors and its formula for what is left over differ in the last bits."""
    outputs, gradients = [], []
    for value in XS:
        x = torch.tensor([value], dtype=dtype, requires_grad=True)
        y = getattr(nn, name)(**options)(x)
        y.backward(torch.ones_like(y))
        outputs.append(y.item())
        gradients.append(x.grad.item())
    return torch.tensor([outputs, gradients], dtype=torch.float64)


def main():
    answers = []
    for name, options in CALLS:
        exact, single = run(name, options, torch.float64), run(name, options, torch.float32)
        lost = torch.where(single == exact, 0, (single - exact).abs()).nan_to_num(math.inf)
        answers.append({"name": name, "options": options, "output": encode(exact[0]), "gradient": encode(exact[1]), "float32": [encode(lost[0]), encode(lost[1])]})
    with open(OUT, "w") as out:
        json.dump({"torch": torch.__version__.split("+")[0], "x": encode(torch.tensor(XS, dtype=torch.float64)), "answers": answers}, out, indent=0)
        out.write("\n")
    print(f"{OUT}: {os.path.getsize(OUT)} bytes")


main()
