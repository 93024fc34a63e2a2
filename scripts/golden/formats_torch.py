"""Writes the golden weight files of tests/golden/formats with real PyTorch, NumPy and safetensors.

Run: python scripts/golden/formats_torch.py (needs torch, numpy, safetensors). `manifest.json` tells what each file
holds: per tensor its kind, dtype, shape, requires_grad and the SHA-256 of its contiguous little-endian bytes.
"""

import ctypes
import hashlib
import io
import json
import os
import warnings
import zipfile
from collections import OrderedDict

import numpy
import safetensors.torch
import torch
from torch import nn

warnings.simplefilter("ignore")
FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "formats")
MANIFEST = {}
UNINITIALIZED = (nn.parameter.UninitializedParameter, nn.parameter.UninitializedBuffer)


def tensor_bytes(tensor):
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous().clone()
    size = tensor.numel() * tensor.element_size()
    return ctypes.string_at(tensor.data_ptr(), size) if size else b""


def describe(tensor, kind=None):
    if isinstance(tensor, UNINITIALIZED):
        name = "uninitialized_parameter" if isinstance(tensor, nn.Parameter) else "uninitialized_buffer"
        return {"kind": name, "dtype": "float32", "shape": None, "requires_grad": tensor.requires_grad}
    if kind is None:
        kind = "parameter" if isinstance(tensor, nn.Parameter) else "buffer" if getattr(tensor, "_is_buffer", False) else "tensor"
    return {
        "kind": kind,
        "dtype": str(tensor.dtype).removeprefix("torch."),
        "shape": list(tensor.shape),
        "requires_grad": tensor.requires_grad,
        "sha256": hashlib.sha256(tensor_bytes(tensor)).hexdigest(),
    }


def flatten(value, path=""):
    if isinstance(value, torch.Tensor):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flatten(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from flatten(item, f"{path}.{index}" if path else str(index))


def record(name, tensors, **extra):
    MANIFEST[name] = {"entries": {key: describe(tensor) for key, tensor in tensors.items()}, **extra}


def save(name, value, values=None, resave=True, legacy=False, entries=None):
    """Saves to a path, so that the archive's directory is the file's base name."""
    torch.save(value, os.path.join(FOLDER, name), _use_new_zipfile_serialization=not legacy)
    extra = {"format": "torch_legacy" if legacy else "torch", "resave": resave and not legacy}
    if values is not None:
        extra["values"] = values
    record(name, dict(flatten(value)) if entries is None else entries, **extra)


def state_dict(name, module):
    value = module.state_dict()
    save(name, value)
    MANIFEST[name]["state_dict"] = True
    MANIFEST[name]["metadata"] = {key: str(info["version"]) for key, info in value._metadata.items()}


def models():
    state_dict("linear.pt", nn.Linear(3, 2))
    state_dict("cnn.pt", nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 3)))
    tied = nn.Module()
    tied.encoder, tied.decoder = nn.Embedding(5, 4), nn.Linear(4, 5, bias=False)
    tied.decoder.weight = tied.encoder.weight
    tied.scale, tied.version = nn.Parameter(torch.ones(())), nn.Parameter(torch.zeros(2))
    state_dict("tied.pt", tied)
    state_dict("lazy.pt", nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.LazyLinear(2)))
    partly = nn.Sequential(nn.Linear(2, 3), nn.LazyLinear(4))
    state_dict("partly.pt", partly)
    # More than 1000 entries and more than 256 memo numbers: batches and the long memo opcodes.
    many = nn.Module()
    for index in range(1001):
        many.register_buffer(f"b{index}", torch.tensor(float(index)))
    state_dict("many.pt", many)
    state_dict("empty_module.pt", nn.ReLU())
    lstm = nn.LSTM(3, 2, num_layers=2, bidirectional=True)
    state_dict("lstm.a.b.pt", lstm)


def dtypes():
    values = {}
    for name in ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool",
                 "uint16", "uint32", "uint64", "complex64", "complex128", "complex32",
                 "float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"):
        dtype = getattr(torch, name)
        count = 6 * torch.empty(0, dtype=dtype).element_size()
        raw = torch.arange(count, dtype=torch.uint8)
        values[name] = (raw % 2).bool()[:6].reshape(2, 3) if dtype == torch.bool else raw.view(dtype).reshape(2, 3)
    save("dtypes.pt", values)
    floats = torch.cat([torch.randn(200) * 10.0 ** torch.randint(-8, 6, (200,)), torch.tensor([
        0.0, -0.0, 65504.0, 65519.99, 65520.0, 2.0**-14, 2.0**-24, 2.0**-25, 2.0**-25 * 1.0001, 3 * 2.0**-25, 1 + 2.0**-11,
        1 + 3 * 2.0**-11, 6.097e-05, float("inf"), float("-inf"), 3.4e38, 1e-40, 1.00390625, 1.01171875])])
    save("halves.pt", {"float32": floats, "float16": floats.half(), "bfloat16": floats.bfloat16()})
    save("scalars.pt", {name: tensor[0, 0].clone() for name, tensor in values.items()})
    save("empties.pt", {name: torch.empty(0, 3, dtype=tensor.dtype) for name, tensor in values.items()})


def views():
    base = torch.arange(24, dtype=torch.float32)
    matrix = base.reshape(4, 6)
    save("views.pt", OrderedDict(
        base=base, matrix=matrix, transposed=matrix.t(), column=matrix[:, 2], inner=matrix[1:3, 2:5],
        strided=base[1::5], expanded=torch.tensor([7.0]).expand(3, 4), permuted=base.reshape(2, 3, 4).permute(2, 0, 1),
        channels_last=torch.arange(2 * 3 * 4 * 5, dtype=torch.int16).reshape(2, 3, 4, 5).to(memory_format=torch.channels_last),
        empty=base[3:3], scalar=base[5], whole=torch.arange(5)))
    complex_values = torch.arange(12, dtype=torch.float32).reshape(3, 2, 2).view(3, 2, 2)
    z = torch.view_as_complex(complex_values)
    save("conjugate.pt", {"z": z, "conj": z.conj(), "transposed": z.t().conj()})
    save("negative.pt", {"neg": torch.view_as_complex(complex_values.double()).conj().imag})


def checkpoints():
    model = nn.Linear(3, 2)
    for name, optimizer in (("sgd", torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)),
                            ("adam", torch.optim.Adam(model.parameters(), lr=1e-3))):
        model(torch.ones(4, 3)).sum().backward()
        optimizer.step()
        save(f"checkpoint_{name}.pt", {
            "model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.25,
            "names": ["a", "b"], "best": None, "done": False, "config": {"lr": 0.5, "big": 2**40, "huge": 2**80, "negative": -3}},
            values={"epoch": 3, "loss": 0.25, "names": ["a", "b"], "best": None, "done": False, "config.lr": 0.5,
                    "config.big": 2**40, "config.negative": -3})
    save("python.pt", {
        "ints": [0, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -1, -(2**31), -(2**31) - 1, 2**63, -(2**63), 127, 128, -128, -129],
        "floats": [0.0, -0.0, 1.5, float("inf"), 1e300], "text": "grüße \U0001f600", "one": ["x"], "tuple": (1, 2.0, "three", None),
        "short": (1,), "empty": [[], {}, (), ""], "bytes": b"ab\xff", "nothing": b"", "size": torch.Size([1, 2]),
        "dtype": torch.float16, "device": torch.device("cuda", 1), "set": {4}, "complex": 1 + 2j, "long": list(range(1001)),
        "wide": {index: index for index in range(1001)}, 7: "number key", True: "flag", (1, "a"): "tuple key", "t": torch.ones(1)})
    save("tensor.pt", torch.arange(4.0))
    save("parameter.pt", nn.Parameter(torch.arange(4.0)))
    with_state = nn.Parameter(torch.arange(3.0), requires_grad=False)
    with_state.tag = "kept"
    save("parameters.pt", [nn.Parameter(torch.ones(2), requires_grad=False), with_state, nn.Buffer(torch.zeros(2)),
                           torch.ones(1, requires_grad=True), nn.parameter.UninitializedParameter(False),
                           nn.parameter.UninitializedBuffer()])
    shared = nn.Parameter(torch.ones(2))
    save("same_twice.pt", {"a": shared, "b": shared, "c": [shared]})
    save("number.pt", 5, values={"": 5})


def others():
    module = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    whole = {**{k: p for k, p in module.named_parameters()}, **{k: b for k, b in module.named_buffers()}}
    save("whole_module.pt", module, entries=whole)
    for entry in ("1.running_mean", "1.running_var", "1.num_batches_tracked"):
        MANIFEST["whole_module.pt"]["entries"][entry]["kind"] = "buffer"
    MANIFEST["whole_module.pt"]["globals"] = [
        "torch.nn.modules.container.Sequential", "torch.nn.modules.linear.Linear", "torch.nn.modules.batchnorm.BatchNorm1d"]
    script = torch.jit.script(nn.Sequential(nn.Linear(2, 3)))
    script.save(os.path.join(FOLDER, "script.pt"))
    record("script.pt", dict(script.state_dict(keep_vars=True)), format="torchscript", resave=False)
    for entry in MANIFEST["script.pt"]["entries"].values():
        entry["kind"] = "tensor"
    quantized = torch.quantize_per_tensor(torch.tensor([1.0, -2.0]), 0.5, 1, torch.qint8)
    torch.save({"q": quantized, "after": torch.ones(1)}, os.path.join(FOLDER, "quantized.pt"))
    record("quantized.pt", {"q": quantized.int_repr(), "after": torch.ones(1)}, format="torch", resave=True)
    sparse = torch.eye(3).to_sparse()
    torch.save({"s": sparse}, os.path.join(FOLDER, "sparse.pt"))
    record("sparse.pt", {"s.indices": sparse._indices(), "s.values": sparse._values()}, format="torch", resave=True)


def legacy():
    base = torch.arange(10, dtype=torch.float32)
    save("legacy.pt", OrderedDict(w=base.reshape(2, 5), view=base[3:7], i=torch.arange(3), h=torch.ones(2).half(),
                                  p=nn.Parameter(torch.zeros(2)), b=torch.tensor([True, False])), legacy=True)
    save("legacy_model.pt", nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).state_dict(), legacy=True)


def rewrite_zip(name, source, change=None, method=zipfile.ZIP_STORED):
    """The same records through Python's zipfile: other offsets, real local sizes, maybe deflated."""
    with zipfile.ZipFile(os.path.join(FOLDER, source)) as old:
        with zipfile.ZipFile(os.path.join(FOLDER, name), "w", method) as new:
            for info in old.infolist():
                data = old.read(info)
                new.writestr(zipfile.ZipInfo(info.filename), change(info.filename, data) if change else data, method)
    MANIFEST[name] = {**MANIFEST[source], "resave": False, "state_dict": False}


def big_endian(filename, data):
    if filename.endswith("/byteorder"):
        return b"big"
    if "/data/" not in filename:
        return data
    keys = {"0": "f4", "1": "f8", "2": "f2", "3": "i8", "4": "c8"}
    code = keys[filename.rsplit("/", 1)[1]]
    return numpy.frombuffer(data, dtype="<" + code).astype(">" + code).tobytes()


def containers():
    rewrite_zip("deflated.pt", "cnn.pt", method=zipfile.ZIP_DEFLATED)
    rewrite_zip("unaligned.pt", "cnn.pt")
    save("swap.pt", {"f": torch.arange(3.0), "d": torch.arange(3.0).double(), "h": torch.arange(3.0).half(),
                     "l": torch.arange(3) * 1000, "c": torch.tensor([1 + 2j, 3 - 4j])})
    rewrite_zip("big_endian.pt", "swap.pt", big_endian)


def numpy_files():
    arrays = {"f": numpy.arange(6, dtype="<f4").reshape(2, 3), "i": numpy.arange(4), "b": numpy.array([True, False]),
              "s": numpy.array(3.5), "e": numpy.zeros((0, 2), dtype="<u2"), "c": numpy.array([1 + 2j])}
    for name, array in arrays.items():
        numpy.save(os.path.join(FOLDER, f"c_{name}.npy"), array)
        record(f"c_{name}.npy", {"": torch.from_numpy(array.copy())}, format="npy", numpy=True)
    for name, array in (("fortran", numpy.asfortranarray(arrays["f"])), ("big", arrays["f"].astype(">f4")),
                        ("big_complex", arrays["c"].astype(">c16"))):
        numpy.save(os.path.join(FOLDER, f"{name}.npy"), array)
        plain = numpy.ascontiguousarray(array.astype(array.dtype.newbyteorder("<")))
        record(f"{name}.npy", {"": torch.from_numpy(plain)}, format="npy")
    for version in ((2, 0), (3, 0)):
        with open(os.path.join(FOLDER, f"version{version[0]}.npy"), "wb") as file:
            numpy.lib.format.write_array(file, arrays["i"], version=version)
        record(f"version{version[0]}.npy", {"": torch.from_numpy(arrays["i"])}, format="npy")
    for name, write in (("stored.npz", numpy.savez), ("deflated.npz", numpy.savez_compressed)):
        write(os.path.join(FOLDER, name), **arrays)
        record(name, {key: torch.from_numpy(array.copy()) for key, array in arrays.items()}, format="npz")
    buffer = io.BytesIO()

    class Pipe(io.RawIOBase):
        """A stream that cannot seek: zipfile then writes data descriptors."""

        def writable(self):
            return True

        def write(self, data):
            return buffer.write(data)

    numpy.savez(Pipe(), **arrays)
    with open(os.path.join(FOLDER, "piped.npz"), "wb") as file:
        file.write(buffer.getvalue())
    MANIFEST["piped.npz"] = MANIFEST["stored.npz"]


def safetensors_files():
    raw = torch.arange(16, dtype=torch.uint8)
    named = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64,
             "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "U16": torch.uint16,
             "U32": torch.uint32, "U64": torch.uint64, "C64": torch.complex64, "E4": torch.float8_e4m3fn, "E5": torch.float8_e5m2}
    tensors = {f"z.{name}": raw.clone().view(dtype) for name, dtype in named.items()}
    tensors.update({"z.BOOL": torch.tensor([True, False]), "z.E8": raw.clone().view(torch.float8_e8m0fnu),
                    "é": torch.ones(2), "a": torch.zeros(2, 3), "scalar": torch.tensor(1.0), "empty": torch.empty(0, 4)})
    path = os.path.join(FOLDER, "all.safetensors")
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    record("all.safetensors", tensors, format="safetensors", metadata={"format": "pt"}, resave=True)
    safetensors.torch.save_file({"w": torch.ones(3)}, os.path.join(FOLDER, "plain.safetensors"))
    record("plain.safetensors", {"w": torch.ones(3)}, format="safetensors", metadata={}, resave=True)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for name in os.listdir(FOLDER):
        if name != "zip64.json":
            os.remove(os.path.join(FOLDER, name))
    torch.manual_seed(0)
    for part in (models, dtypes, views, checkpoints, others, legacy, containers, numpy_files, safetensors_files):
        part()
    with open(os.path.join(FOLDER, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__.split("+")[0], "files": MANIFEST}, file, indent=1, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    main()
