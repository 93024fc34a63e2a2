"""Writes tests/golden/parametrizations.json: layers under spectral_norm and orthogonal (torch.nn.utils.parametrizations) in real PyTorch.

For each: state-dict keys, shapes, metadata and values after seed 0, then, in float64, the values and outputs of some SGD steps, and the
output in evaluation. Run: python scripts/golden/parametrizations.py > tests/golden/parametrizations.json
"""
import json

import torch
from torch import nn
from torch.nn.utils.parametrizations import orthogonal, spectral_norm

STEPS, RATE = 3, 0.05
LINEAR = dict(in_features=3, out_features=4)
SQUARE = dict(in_features=4, out_features=4)
WIDE = dict(in_features=5, out_features=3)
BILINEAR = dict(in1_features=2, in2_features=3, out_features=4)
CASES = [
    ("Linear", LINEAR, {"weight": dict(spectral_norm={})}, [(5, 3)]),
    ("Linear", LINEAR, {"weight": dict(spectral_norm=dict(n_power_iterations=3, eps=1e-6, dim=1))}, [(5, 3)]),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, groups=2), {"weight": dict(spectral_norm={})}, [(1, 4, 5, 5)]),
    ("ConvTranspose1d", dict(in_channels=2, out_channels=3, kernel_size=3), {"weight": dict(spectral_norm={})}, [(1, 2, 4)]),
    ("BatchNorm1d", dict(num_features=3), {"weight": dict(spectral_norm={})}, [(4, 3)]),
    ("Embedding", dict(num_embeddings=5, embedding_dim=3), {"weight": dict(spectral_norm=dict(dim=-1))}, [(4,)]),
    ("GRUCell", dict(input_size=2, hidden_size=3), {"weight_ih": dict(spectral_norm={}), "weight_hh": dict(orthogonal={})}, [(2, 2)]),
    ("Bilinear", BILINEAR, {"weight": dict(spectral_norm={})}, [(5, 2), (5, 3)]),
    ("Linear", SQUARE, {"weight": dict(orthogonal={})}, [(5, 4)]),
    ("Linear", LINEAR, {"weight": dict(orthogonal={})}, [(5, 3)]),
    ("Linear", WIDE, {"weight": dict(orthogonal={})}, [(5, 5)]),
    ("Bilinear", BILINEAR, {"weight": dict(orthogonal={})}, [(5, 2), (5, 3)]),
] + [
    ("Linear", sizes, {"weight": dict(orthogonal=dict(orthogonal_map=name, use_trivialization=trivial))}, [(5, sizes["in_features"])])
    for name in ("matrix_exp", "cayley", "householder")
    for trivial in (True, False)
    for sizes in (SQUARE, LINEAR, WIDE)
]


def flat(tensor):
    return tensor.detach().double().flatten().tolist()


def values(layer):
    return {key: flat(value) for key, value in layer.state_dict().items()}


def case(name, keywords, choices, shapes):
    torch.manual_seed(0)
    layer = getattr(nn, name)(**keywords)
    for tensor, choice in choices.items():
        [(kind, numbers)] = choice.items()
        (spectral_norm if kind == "spectral_norm" else orthogonal)(layer, tensor, **numbers)
    state = layer.state_dict()
    saved = {key: dict(shape=list(value.shape), values=flat(value)) for key, value in state.items()}
    inputs = [
        torch.randint(0, 5, shape) if name == "Embedding" else torch.randn(shape, dtype=torch.float64)
        for shape in shapes
    ]
    layer = layer.double()
    optimizer = torch.optim.SGD(layer.parameters(), RATE)
    outputs = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        output = layer(*inputs)
        weights = torch.linspace(-1, 1, output.numel(), dtype=torch.float64).reshape(output.shape)
        (output * weights).sum().backward()
        optimizer.step()
        outputs.append(flat(output))
    trained = values(layer)
    return dict(
        name=name, keywords=keywords, choices=choices, shapes=[list(shape) for shape in shapes], inputs=[flat(x) for x in inputs],
        keys=list(state), metadata={key: value["version"] for key, value in state._metadata.items()}, state=saved,
        outputs=outputs, trained=trained, evaluated=flat(layer.eval()(*inputs)),
    )


def main():
    cases = [case(*given) for given in CASES]
    head = dict(torch=torch.__version__.split("+")[0], rate=RATE, cases=cases)
    print(json.dumps(head, indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"'))


main()
