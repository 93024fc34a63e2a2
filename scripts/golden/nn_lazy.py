"""Writes tests/golden/nn-lazy.json: weights, reprs and state-dict keys of lazy nets in real PyTorch.

Run: python scripts/golden/nn_lazy.py
"""
import hashlib
import json
import pathlib

import torch
from torch import nn

ROOT = pathlib.Path(__file__).resolve().parents[2]


def layer(name, **keywords):
    return {"name": name, "keywords": keywords}


NETS = {
    "mlp": ([4, 64], [layer("LazyLinear", out_features=32), layer("ReLU"), layer("LazyLinear", out_features=10, bias=False)]),
    "cnn": (
        [2, 1, 8, 8],
        [
            layer("LazyConv2d", out_channels=16, kernel_size=3, padding=1),
            layer("LazyBatchNorm2d"),
            layer("ReLU"),
            layer("MaxPool2d", kernel_size=2),
            layer("LazyConv2d", out_channels=32, kernel_size=3),
            layer("Flatten"),
            layer("LazyLinear", out_features=10),
        ],
    ),
    "one axis": (
        [2, 4, 20],
        [
            layer("LazyConv1d", out_channels=6, kernel_size=5, groups=2),
            layer("LazyBatchNorm1d", affine=False),
            layer("LazyConvTranspose1d", out_channels=4, kernel_size=3, groups=2, bias=False),
            layer("LazyBatchNorm1d", track_running_stats=False),
        ],
    ),
    "three axes": (
        [1, 3, 6, 6, 6],
        [layer("LazyConv3d", out_channels=4, kernel_size=2), layer("LazyBatchNorm3d"), layer("LazyConvTranspose3d", out_channels=2, kernel_size=2)],
    ),
    "transposed": ([2, 3, 4, 4], [layer("LazyConvTranspose2d", out_channels=6, kernel_size=2, groups=3), layer("LazyBatchNorm2d", momentum=None)]),
    "instance norms": (
        [2, 3, 6, 6],
        [
            layer("LazyConv2d", out_channels=4, kernel_size=3),
            layer("LazyInstanceNorm2d"),
            layer("InstanceNorm2d", num_features=4),
            layer("LazyInstanceNorm2d", affine=False, momentum=0.3),
            layer("LazyInstanceNorm2d", affine=False, track_running_stats=False),
        ],
    ),
    "eager before lazy": (
        [2, 7],
        [layer("LazyLinear", out_features=5), layer("Linear", in_features=5, out_features=3), layer("LazyLinear", out_features=2), layer("Linear", in_features=2, out_features=2)],
    ),
    "eager": (
        [2, 3, 8, 8],
        [layer("Conv2d", in_channels=3, out_channels=4, kernel_size=3), layer("BatchNorm2d", num_features=4), layer("GroupNorm", num_groups=2, num_channels=4), layer("Flatten"), layer("LayerNorm", normalized_shape=[144]), layer("Linear", in_features=144, out_features=2)],
    ),
    "embedding": (None, [layer("Embedding", num_embeddings=50, embedding_dim=7, padding_idx=3), layer("Embedding", num_embeddings=3, embedding_dim=4)]),
    "bilinear": (None, [layer("Bilinear", in1_features=3, in2_features=4, out_features=2)]),
}


def build(layers, dtype):
    made = []
    for each in layers:
        kind = getattr(nn, each["name"])
        takes_dtype = "dtype" in kind.__init__.__annotations__ or "dtype" in kind.__init__.__code__.co_varnames
        made.append(kind(**each["keywords"], **({"dtype": dtype} if takes_dtype else {})))
    return nn.Sequential(*made)


def values(tensor):
    data = bytes(tensor.detach().contiguous().reshape(-1).view(torch.uint8).tolist())
    return {"shape": list(tensor.shape), "dtype": str(tensor.dtype)[6:], "sha256": hashlib.sha256(data).hexdigest()}


def main():
    nets = []
    for name, (shape, layers) in NETS.items():
        # Nothing computes in bfloat16 here, and float64 normals differ in libm's last bit.
        for dtype in ("float32", "bfloat16" if name == "embedding" else "float64"):
            for seed in (0, 7):
                torch.manual_seed(seed)
                net = build(layers, getattr(torch, dtype))
                before = repr(net)
                if shape is not None:
                    net.eval()(torch.zeros(shape, dtype=getattr(torch, dtype)))
                state = net.state_dict()
                nets.append(
                    {
                        "name": name,
                        "dtype": dtype,
                        "seed": seed,
                        "input": shape,
                        "layers": layers,
                        "before": before,
                        "after": repr(net),
                        "state": {key: values(tensor) for key, tensor in state.items()},
                        "metadata": {key: entry["version"] for key, entry in state._metadata.items()},
                        "next": torch.rand(2, dtype=torch.float64).tolist(),
                    }
                )
    (ROOT / "tests/golden/nn-lazy.json").write_text(json.dumps({"torch": torch.__version__, "nets": nets}, indent=1) + "\n")


main()
