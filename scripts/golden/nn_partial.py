"""Prints what real PyTorch's lazy layers are after a first call that failed because a checkpoint had brought some of their tensors, and
after the next calls, as JSON: name -> text. tests/nn/partial.test.ts does the same. Made with PyTorch 2.14:

python scripts/golden/nn_partial.py > tests/golden/nn-partial.json
"""

import itertools

import torch
from scenarios import observed, print_texts, register
from torch import nn

LAYERS = {
    "LazyLinear": (lambda: nn.LazyLinear(2), {"weight": (2, 3), "bias": (2,)}, (1, 3)),
    "LazyConv1d": (lambda: nn.LazyConv1d(2, 1), {"weight": (2, 3, 1), "bias": (2,)}, (1, 3, 4)),
    "LazyConvTranspose2d": (lambda: nn.LazyConvTranspose2d(2, 1), {"weight": (3, 2, 1, 1), "bias": (2,)}, (1, 3, 4, 4)),
    "LazyBatchNorm1d": (lambda: nn.LazyBatchNorm1d(), {"weight": (3,), "bias": (3,), "running_mean": (3,), "running_var": (3,)}, (2, 3)),
    "LazyBatchNorm1d without affine": (lambda: nn.LazyBatchNorm1d(affine=False), {"running_mean": (3,), "running_var": (3,)}, (2, 3)),
    "LazyInstanceNorm1d": (lambda: nn.LazyInstanceNorm1d(), {"weight": (3,), "running_var": (3,)}, (2, 3, 4)),
}


def described(layer):
    members = [*layer.named_parameters(), *layer.named_buffers()]
    return ", ".join(f"{name} {type(tensor).__name__}{tuple(tensor.size())}" for name, tensor in members)


def called(layer, shape):
    result = observed(lambda: tuple(layer(torch.ones(*shape)).shape))
    return f"{result} | {layer} | {described(layer)}"


def partly(make, shapes, shape):
    def body():
        layer = make()
        layer.load_state_dict({name: torch.ones(*size) for name, size in shapes.items()}, strict=False)
        before = torch.get_rng_state()
        calls = [called(layer, shape) for _ in range(2)]
        return " || ".join([*calls, f"draws: {not torch.equal(before, torch.get_rng_state())}"])

    return body


for title, (make, shapes, shape) in LAYERS.items():
    for count in range(1, len(shapes) + 1):
        for names in itertools.combinations(shapes, count):
            register(f"{title}, {' and '.join(names)}", partly(make, {name: shapes[name] for name in names}, shape))

print_texts()
