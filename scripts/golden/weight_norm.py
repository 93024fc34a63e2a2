"""Writes tests/golden/weight-norm.json: layers under torch.nn.utils.parametrizations.weight_norm in real PyTorch.

For each: state-dict keys, shapes and metadata, values after seed 0, outputs and gradients of one call. Run:
python scripts/golden/weight_norm.py > tests/golden/weight-norm.json
"""
import json

import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

CASES = [
    ("Linear", dict(in_features=3, out_features=4), {"weight": 0}, [(5, 3)]),
    ("Linear", dict(in_features=3, out_features=4), {"weight": None}, [(5, 3)]),
    ("Linear", dict(in_features=3, out_features=4, bias=False), {"weight": 1}, [(5, 3)]),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, groups=2), {"weight": 0}, [(1, 4, 5, 5)]),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=2), {"weight": -2}, [(1, 4, 3, 3)]),
    ("ConvTranspose1d", dict(in_channels=2, out_channels=3, kernel_size=3), {"weight": 1}, [(1, 2, 4)]),
    ("BatchNorm1d", dict(num_features=3), {"weight": 0}, [(4, 3)]),
    ("LayerNorm", dict(normalized_shape=[2, 3]), {"weight": 0}, [(4, 2, 3)]),
    ("Embedding", dict(num_embeddings=5, embedding_dim=3), {"weight": 0}, [(4,)]),
    ("GRUCell", dict(input_size=2, hidden_size=3), {"weight_ih": 0, "bias_hh": 0}, [(2, 2)]),
    ("Bilinear", dict(in1_features=2, in2_features=3, out_features=4), {"weight": 0}, [(5, 2), (5, 3)]),
]


def flat(tensor):
    return tensor.detach().double().flatten().tolist()


def case(name, keywords, norms, shapes):
    torch.manual_seed(0)
    layer = getattr(nn, name)(**keywords)
    for tensor, dim in norms.items():
        weight_norm(layer, tensor, dim=dim)
    state = layer.state_dict()
    saved = {key: dict(shape=list(value.shape), values=flat(value)) for key, value in state.items()}
    # A magnitude other than the norm, so that the product and its gradients show.
    with torch.no_grad():
        for key, parameter in layer.named_parameters():
            if key.endswith("original0") and parameter.dim() > 0:
                parameter.mul_(1.5)
    inputs = [
        torch.randint(0, 5, shape) if name == "Embedding" else torch.randn(shape, dtype=torch.float64)
        for shape in shapes
    ]
    layer = layer.double()
    output = layer(*inputs)
    weights = torch.linspace(-1, 1, output.numel(), dtype=torch.float64).reshape(output.shape)
    (output * weights).sum().backward()
    return dict(
        name=name, keywords=keywords, norms=norms, shapes=[list(shape) for shape in shapes], inputs=[flat(x) for x in inputs],
        keys=list(state), metadata={key: value["version"] for key, value in state._metadata.items()}, state=saved,
        output=flat(output), gradients={key: flat(p.grad) for key, p in layer.named_parameters()},
    )


def main():
    torch.manual_seed(0)
    fresh = [case(*given) for given in CASES]
    print(json.dumps(dict(torch=torch.__version__.split("+")[0], cases=fresh), indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"'))


main()
