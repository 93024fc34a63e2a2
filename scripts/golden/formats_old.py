"""Writes a few torch files with an old PyTorch (1.13) into tests/golden/formats_1_13: fewer records, storages in another order.

Run: python3 scripts/golden/formats_old.py with the old version (needs torch only). `manifest.json` is that of formats_wide.py.
"""

import ctypes
import hashlib
import json
import os

import torch  # noqa: E402
from torch import nn  # noqa: E402

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tests", "golden", "formats_1_13")
MANIFEST = {}


def describe(tensor):
    data = tensor.detach().contiguous().clone()
    raw = ctypes.string_at(data.data_ptr(), data.numel() * data.element_size()) if data.numel() else b""
    kind = "parameter" if isinstance(tensor, nn.Parameter) else "tensor"
    return {"kind": kind, "dtype": str(tensor.dtype)[6:], "shape": list(tensor.shape), "requires_grad": tensor.requires_grad,
            "sha256": hashlib.sha256(raw).hexdigest()}


def flatten(value, path, tensors, values):
    if isinstance(value, torch.Tensor):
        tensors[path] = describe(value)
    elif isinstance(value, dict):
        if not value and path:
            values[path] = {}
        for key, item in value.items():
            flatten(item, f"{path}.{key}" if path else str(key), tensors, values)
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (dict, torch.Tensor)) for item in value):
        for index, item in enumerate(value):
            flatten(item, f"{path}.{index}" if path else str(index), tensors, values)
    else:
        values[path] = list(value) if isinstance(value, tuple) else value


def save(name, value, legacy=False):
    tensors, values = {}, {}
    flatten(value, "", tensors, values)
    torch.save(value, os.path.join(FOLDER, f"{name}.pt"), _use_new_zipfile_serialization=not legacy)
    MANIFEST[f"{name}.pt"] = {"format": "torch_legacy" if legacy else "torch", "entries": tensors, "values": values, "resave": not legacy}


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        os.remove(os.path.join(FOLDER, name))
    torch.manual_seed(0)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    save("linear", model.state_dict())
    save("checkpoint", {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "best": 0.5, "names": ["a", "b"]})
    save("many_storages", nn.TransformerEncoderLayer(4, 2, 8).state_dict())
    save("numbered", {index: torch.tensor([index]) for index in range(120)})
    save("thousand", {str(index): index for index in range(1000)})
    save("parameters", [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(1), requires_grad=False), torch.arange(6).reshape(2, 3).t()])
    save("lazy_free", {"none": None, "flag": True, "big": 2**40, "float": 1e300, "text": "grüße", "list": [], "nested": [{"a": 1}, {"b": (1, 2)}]})
    save("legacy", {"model": model.state_dict(), "epoch": 3}, legacy=True)
    with open(os.path.join(FOLDER, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__.split("+")[0], "files": MANIFEST}, file, indent=1)
        file.write("\n")


main()
