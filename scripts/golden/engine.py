"""Writes tests/golden/engine.json: initial weights and logits of whole nets in real PyTorch, which `lazuli materialize` and
`lazuli predict` must equal.

Run: python scripts/golden/engine.py

Each net is a chain of nodes as a project file holds them; sizes that
are left out make the layer lazy. Weights are drawn as torch.manual_seed(seed), construction in the order of the nodes, and
one forward give them.
"""

import gzip
import hashlib
import json
import pathlib

import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]

INFERRED = {
    "linear": ("in_features", nn.Linear, nn.LazyLinear),
    "conv1d": ("in_channels", nn.Conv1d, nn.LazyConv1d),
    "conv2d": ("in_channels", nn.Conv2d, nn.LazyConv2d),
    "conv3d": ("in_channels", nn.Conv3d, nn.LazyConv3d),
    "conv_transpose1d": ("in_channels", nn.ConvTranspose1d, nn.LazyConvTranspose1d),
    "conv_transpose2d": ("in_channels", nn.ConvTranspose2d, nn.LazyConvTranspose2d),
    "conv_transpose3d": ("in_channels", nn.ConvTranspose3d, nn.LazyConvTranspose3d),
    "batch_norm1d": ("num_features", nn.BatchNorm1d, nn.LazyBatchNorm1d),
    "batch_norm2d": ("num_features", nn.BatchNorm2d, nn.LazyBatchNorm2d),
    "batch_norm3d": ("num_features", nn.BatchNorm3d, nn.LazyBatchNorm3d),
}
PLAIN = {
    "relu": nn.ReLU,
    "max_pool2d": nn.MaxPool2d,
    "flatten": nn.Flatten,
    "unflatten": nn.Unflatten,
}


def make(layer, params):
    if layer in PLAIN:
        return PLAIN[layer](**params)
    inferred, eager, lazy = INFERRED[layer]
    return eager(**params) if inferred in params else lazy(**params)


def weights(nodes, seed, shape):
    """The module after one forward of zeros in evaluation mode, so that no statistic moves."""
    torch.manual_seed(seed)
    net = nn.Sequential()
    for name, layer, params in nodes:
        net.add_module(name, make(layer, params))
    net.eval()(torch.zeros(shape))
    return net


def describe(net):
    def one(tensor):
        raw = tensor.detach().contiguous().numpy().tobytes()
        return {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "sha256": hashlib.sha256(raw).hexdigest()}

    return {key: one(tensor) for key, tensor in net.state_dict().items()}


def example(folder, name):
    graph = json.loads((folder / name / f"{name}.lazuli").read_text())["graph"]
    return [(n["name"], n["layer"], n["params"]) for n in graph["nodes"] if n["layer"] not in ("input", "output")]


# Every parameter whose palette value differs from PyTorch's default is given.
EVERY_LAZY = [
    ("start", "conv2d", {"in_channels": 3, "out_channels": 5, "kernel_size": [3, 3], "padding": [1, 1]}),
    ("conv2", "conv2d", {"out_channels": 6, "kernel_size": [3, 2], "stride": [2, 1], "bias": False}),
    ("up2", "conv_transpose2d", {"out_channels": 4, "kernel_size": [2, 2], "stride": [2, 2]}),
    ("norm2", "batch_norm2d", {}),
    ("relu", "relu", {}),
    ("rows", "flatten", {"start_dim": 2}),
    ("conv1", "conv1d", {"out_channels": 7, "kernel_size": [5]}),
    ("up1", "conv_transpose1d", {"out_channels": 3, "kernel_size": [4], "stride": [1]}),
    ("norm1", "batch_norm1d", {}),
    ("eager", "batch_norm1d", {"num_features": 3}),
    ("flat", "flatten", {}),
    ("fc", "linear", {"out_features": 24}),
    ("cube", "unflatten", {"dim": 1, "unflattened_size": [3, 2, 2, 2]}),
    ("conv3", "conv3d", {"out_channels": 4, "kernel_size": [2, 1, 2]}),
    ("up3", "conv_transpose3d", {"out_channels": 2, "kernel_size": [2, 2, 2], "stride": [1, 1, 1]}),
    ("norm3", "batch_norm3d", {}),
    ("last", "flatten", {}),
    ("head", "linear", {"in_features": 24, "out_features": 2, "bias": False}),
]


def main():
    folder = ROOT / "examples"
    cases = [
        ("digits", example(folder, "digits"), [0, 1, 2**32 + 5], [64, 1, 8, 8]),
        ("iris", example(folder, "iris"), [0], [16, 4]),
        ("fashion-mnist", [n for n in example(folder, "fashion-mnist") if n[1] != "dropout"], [0], [8, 1, 28, 28]),
        ("every-lazy", EVERY_LAZY, [0, 7], [2, 3, 9, 9]),
    ]
    nets = []
    for name, nodes, seeds, shape in cases:
        listed = [{"name": n, "layer": layer, "params": params} for n, layer, params in nodes]
        for seed in seeds:
            net = weights(nodes, seed, shape)
            nets.append({"name": name, "seed": seed, "shape": shape, "nodes": listed, "tensors": describe(net)})
    rows = gzip.open(folder / "digits" / "digits.csv.gz", "rt").read().split()[:16]
    pixels = torch.tensor([[float(cell) for cell in row.split(",")[:64]] for row in rows]).reshape(-1, 1, 8, 8) / 16
    net = weights(example(folder, "digits"), 0, [64, 1, 8, 8])
    with torch.no_grad():
        logits = net(pixels)
    golden = {"torch": torch.__version__, "nets": nets, "digits_logits": logits.tolist()}
    (ROOT / "tests" / "golden" / "engine.json").write_text(json.dumps(golden) + "\n")


main()
