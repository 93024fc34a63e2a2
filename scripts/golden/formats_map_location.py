"""Prints what real PyTorch's torch.load makes of files whose tensors lay on several devices, by map_location, as JSON with the files.
tests/formats/map-location.test.ts loads the same. Made with PyTorch 2.14 without CUDA:

python scripts/golden/formats_map_location.py > tests/golden/formats_map_location.json
"""

import base64
import io
import json

import torch
from torch import serialization

PLAIN = serialization.location_tag


def saved(**locations):
    """A state dict whose tensors say that they lay there; `both` is a second view of the first one's memory."""
    state, tags = {}, {}
    for at, (name, location) in enumerate(locations.items()):
        state[name] = torch.arange(4, dtype=torch.float32) + at
        tags[state[name].untyped_storage()._cdata] = location
    first = next(iter(state.values()))
    state["both"] = first[1:3]
    serialization.location_tag = lambda storage: tags[storage._cdata]
    buffer = io.BytesIO()
    torch.save(state, buffer)
    serialization.location_tag = PLAIN
    return buffer.getvalue()


FILES = {"cpu": saved(a="cpu", b="cpu"), "cuda": saved(a="cuda:0", b="cpu"), "two": saved(a="cuda:0", b="cuda:1")}
MAPS = {
    "cpu": "cpu", "device cpu": torch.device("cpu"), "meta": "meta", "cuda": "cuda", "cuda:1": "cuda:1", "foo": "foo", "no device": "",
    "dict of nothing": {}, "dict of cuda:0 to cpu": {"cuda:0": "cpu"}, "dict of both to cpu": {"cuda:0": "cpu", "cuda:1": "cpu"}, "dict of cpu to meta": {"cpu": "meta"},
    "dict of cuda:0 to foo": {"cuda:0": "foo"}, "dict of cuda:0 to meta": {"cuda:0": "meta"},
}


def text(data, where):
    try:
        state = torch.load(io.BytesIO(data), map_location=where)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    shared = state["both"].untyped_storage().data_ptr() == state["a"].untyped_storage().data_ptr()
    values = [f"{name} {value.device}{'' if value.is_meta else ' ' + str(value.tolist())}" for name, value in state.items()]
    return f"{'; '.join(values)}; {shared}"


texts = {f"{file}, {name}": text(data, where) for file, data in FILES.items() for name, where in MAPS.items()}
texts["two, function to cpu"] = text(FILES["two"], lambda storage, location: storage)
texts["cpu, function of nothing"] = text(FILES["cpu"], lambda storage, location: None)
texts["two, function of nothing"] = text(FILES["two"], lambda storage, location: None)
files = {name: base64.b64encode(data).decode() for name, data in FILES.items()}
print(json.dumps({"torch": torch.__version__.split("+")[0], "files": files, "texts": texts}, indent=1))
