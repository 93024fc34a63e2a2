"""Writes the wide set of torch files of tests/golden/formats_wide: what people put into torch.save, kind by kind.

Run: python scripts/golden/formats_wide.py [FOLDER] [--few] (needs torch; `--few` keeps the files that differ between versions:
tests/golden/formats_2_6 and formats_2_14 are those of PyTorch 2.6.0 and 2.14.1 from Debian). `manifest.json` tells per file its tensors as in formats_torch.py, its plain values
by their joined names as `lazuli inspect` shows them, the globals it names, and whether it can be saved again to the same bytes.
"""

import collections
import datetime
import enum
import importlib.util
import json
import math
import os
import pathlib
import sys
import warnings
from collections import OrderedDict

import torch
from torch import nn

spec = importlib.util.spec_from_file_location("formats_torch", os.path.join(os.path.dirname(__file__), "formats_torch.py"))
formats = importlib.util.module_from_spec(spec)
spec.loader.exec_module(formats)
describe = formats.describe

warnings.simplefilter("ignore")
FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "formats_wide")
MANIFEST = {}
CONTAINERS = (dict, list, tuple, torch.Tensor)


def plain(value):
    """What `lazuli inspect` prints for a value."""
    if isinstance(value, (bytes, bytearray)):
        return {"bytes": value.hex()}
    if isinstance(value, complex):
        return {"real": plain(value.real), "imag": plain(value.imag)}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, (set, frozenset, list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (torch.dtype, torch.device, torch.layout, torch.qscheme)):
        return str(value)
    return value


def key_name(key):
    if isinstance(key, frozenset):
        return f"frozenset({{{', '.join(map(key_name, key))}}})"
    if isinstance(key, tuple) and not isinstance(key, torch.Size):
        return f"({', '.join(map(key_name, key))})"
    return str(key)


def is_plain(value):
    """Values that stay one value inside a list."""
    if isinstance(value, torch.Size):
        return True
    if isinstance(value, (list, tuple)):
        return not any(isinstance(item, CONTAINERS) and not isinstance(item, torch.Size) or holds_tensor(item) for item in value)
    return not isinstance(value, CONTAINERS) and not holds_tensor(value)


COMPRESSED = {torch.sparse_csr: ("crow_indices", "col_indices"), torch.sparse_csc: ("ccol_indices", "row_indices"), torch.sparse_bsr: ("crow_indices", "col_indices"), torch.sparse_bsc: ("ccol_indices", "row_indices")}


def tensor_parts(tensor):
    """What a tensor is listed as: itself, or what it is made of under the names of PyTorch's accessors."""
    if tensor.device.type == "meta":
        return {}
    whole, tensor = tensor, tensor.data if isinstance(tensor, nn.Parameter) else tensor
    if tensor.is_quantized:
        return {"": tensor.int_repr()}
    if tensor.layout == torch.sparse_coo:
        return {".indices": tensor._indices(), ".values": tensor._values()}
    if tensor.layout in COMPRESSED:
        return {**{f".{name}": getattr(tensor, name)() for name in COMPRESSED[tensor.layout]}, ".values": tensor.values()}
    if tensor.is_nested:
        return {".values": tensor.values(), ".sizes": tensor._nested_tensor_size(), ".strides": tensor._nested_tensor_strides(), ".storage_offsets": tensor._nested_tensor_storage_offsets()}
    return {"": whole}


def holds_tensor(value):
    if isinstance(value, (set, frozenset, tuple)):
        return any(map(holds_tensor, value))
    return isinstance(value, torch.Tensor)


def flatten(value, path, tensors, values):
    if isinstance(value, formats.UNINITIALIZED):
        tensors[path] = value
    elif isinstance(value, torch.Tensor):
        for name, part in tensor_parts(value).items():
            tensors[path + name if path else name.lstrip(".")] = part
    elif isinstance(value, dict):
        if not value and path:
            values[path] = {}
        for key, item in value.items():
            flatten(item, f"{path}.{key_name(key)}" if path else key_name(key), tensors, values)
    elif isinstance(value, (list, tuple)) and not all(map(is_plain, value)) or isinstance(value, (set, frozenset)) and holds_tensor(value):
        for index, item in enumerate(value):
            flatten(item, f"{path}.{index}" if path else str(index), tensors, values)
    else:
        values[path] = plain(value)


def hide_folder(path):
    """Legacy files of whole modules name the source file of each class: the folder of this Python goes, at the same length."""
    folder = os.path.dirname(os.path.dirname(torch.__file__)).encode()
    with open(path, "rb") as file:
        data = file.read()
    with open(path, "wb") as file:
        file.write(data.replace(folder, b"/python".ljust(len(folder), b"/")[:len(folder)]))


def save(name, value, entries=None, values=None, legacy=False, resave=True, **extra):
    tensors, found = {}, {}
    if entries is None:
        flatten(value, "", tensors, found)
    path = os.path.join(FOLDER, f"{name}.pt")
    torch.save(value, path, _use_new_zipfile_serialization=not legacy)
    if legacy:
        hide_folder(path)
    MANIFEST[f"{name}.pt"] = {
        "format": "torch_legacy" if legacy else "torch",
        "entries": {key: describe(tensor) for key, tensor in tensors.items()} if entries is None else entries,
        "values": found if values is None else values, "resave": resave and not legacy, **extra}


def scalars():
    for name, value in {
        "none": None, "true": True, "false": False, "zero": 0, "minus_one": -1, "int_255": 255, "int_256": 256, "int_65535": 65535,
        "int_65536": 65536, "int_2_31": 2**31, "int_minus_2_31": -(2**31), "int_minus_2_31_1": -(2**31) - 1, "int_2_53": 2**53, "int_2_53_1": 2**53 + 1,
        "int_2_63": 2**63, "int_2_64": 2**64, "int_minus_2_64": -(2**64), "int_2_2040": 2**2040, "int_2_2048": 2**2048, "float": 1.5, "float_whole": 2.0, "minus_zero": -0.0,
        "inf": math.inf, "minus_inf": -math.inf, "nan": math.nan, "float_tiny": 5e-324, "text": "a", "text_empty": "", "text_long": "x" * 300,
        "text_unicode": "Grüße \U0001f600\u200d\u05d0\0\n", "text_surrogate": "a\ud800b\udfff", "bytes": b"\0\x80\xff", "bytes_empty": b"", "bytes_long": bytes(range(256)) * 2,
        "bytearray": bytearray(b"ab\xff"), "bytearray_empty": bytearray(), "complex": 1 - 2j, "complex_nan": complex(math.nan, -math.inf), "complex_zero": 0j,
        "set": {3}, "set_empty": set(), "frozenset": frozenset({"a"}), "tuple": (1, "a"), "tuple_empty": (), "list_empty": [], "dict_empty": {},
        "dtype": torch.bfloat16, "device": torch.device("cpu"), "device_index": torch.device("cuda", 3), "size": torch.Size([2, 3]), "size_empty": torch.Size([]),
        "range_list": list(range(2500)), "nested_empty": [[], {}, (), [[]], {"a": {}}], "nested_tuples": (1, (2, (3, (4, (5,))))),
        "slice_list": [1.0, 2, "3", None, True, b"4"],
    }.items():
        values = {} if name == "dict_empty" else None
        save(f"value_{name}", value, values=values, entries={} if values is not None else None)
    save("values_all", {
        "ints": [0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**32, 2**63 - 1, 2**63, -1, -128, -129, -256, -32768, -(2**31), -(2**63), -(2**63) - 1],
        "bools": [True, False, True], "deep": {"a": {"b": {"c": {"d": {"e": {"f": {"g": [1, [2, [3, [4]]]]}}}}}}}, "mixed": [{"a": 1}, [2], (3,), "4", {"b": [5, {"c": 6}]}],
        "keys": {1: "int", 2.5: "float", None: "none", False: "bool", (1, 2): "tuple", b"k": "bytes", "": "empty", "a.b": "dotted"},
        "thousand": {str(index): index for index in range(1000)}, "thousand_one": {str(index): float(index) for index in range(1001)},
        "two_thousand_one": list(range(2001))})
    same, other = "a shared text", "".join(["a ", "shared text"])
    save("text_identity", {"a": same, "b": same, "c": other, "d": [other, same]})
    save("text_interned", {"0": torch.ones(1), "1": torch.zeros(1), "cpu": "cpu", "storage": "storage", "_metadata": 1, "version": "version"})
    shared = [1, 2, {"x": 3}]
    save("shared_containers", {"a": shared, "b": shared, "c": (shared, shared)})
    looped = {"t": torch.arange(3.0)}
    looped["self"] = looped
    listed = [1]
    listed.append(listed)
    looped["list"] = listed
    save("self_reference", looped, entries={"t": describe(looped["t"])}, values={"list.0": 1})
    save("int_keys", {index: torch.tensor([index]) for index in range(300)})
    save("ordered", OrderedDict(b=1, a=OrderedDict(c=torch.ones(2), d=OrderedDict())))
    save("counter", {"count": collections.Counter("abca")}, values={"count.a": 2, "count.b": 1, "count.c": 1}, entries={})


DTYPES = [name for name in dir(torch) if isinstance(getattr(torch, name), torch.dtype) and str(getattr(torch, name)) == f"torch.{name}"]


def dtypes():
    for name in DTYPES:
        dtype = getattr(torch, name)
        try:
            if name.startswith(("q", "u")) and name.startswith(("qint", "quint")):
                continue
            size = torch.empty(0, dtype=dtype).element_size()
            raw = torch.arange(6 * size, dtype=torch.uint8)
            tensor = (raw % 2).bool() if name == "bool" else raw.view(dtype)
            tensor = tensor.reshape(2, 3)
            save(f"dtype_{name}", OrderedDict(whole=tensor, row=tensor[1], column=tensor[:, 1], empty=tensor[:0], scalar=tensor[1, 2]))
        except Exception as error:
            print(f"{name}: {type(error).__name__}: {str(error)[:80]}")
            path = os.path.join(FOLDER, f"dtype_{name}.pt")
            if os.path.exists(path):
                os.remove(path)


def layouts():
    base = torch.arange(120, dtype=torch.float32)
    cube = base.reshape(4, 5, 6)
    save("layouts", OrderedDict(
        permuted=cube.permute(2, 0, 1), stepped=cube[::2, 1::2, ::3], window=base.unfold(0, 10, 3), expanded=base[:5].expand(3, 5), expanded_both=torch.tensor(3.0).expand(2, 2),
        diagonal=base[:100].reshape(10, 10).diagonal(), strided=base.as_strided((3, 3), (7, 2), 5), overlapping=base.as_strided((4, 4), (1, 1), 2), zero=base[10:10], end=base[119:],
        size_one=cube[:1, :1], empty_middle=torch.empty(2, 0, 3), channels_last=torch.arange(48.0).reshape(2, 2, 3, 4).contiguous(memory_format=torch.channels_last),
        channels_last_3d=torch.arange(32.0).reshape(1, 2, 2, 2, 4).contiguous(memory_format=torch.channels_last_3d), high=torch.arange(64.0).reshape(2, 2, 2, 2, 2, 2).permute(5, 3, 1, 0, 2, 4)))
    z = torch.view_as_complex(torch.arange(24, dtype=torch.float64).reshape(3, 4, 2))
    save("complex_bits", OrderedDict(z=z, conj=z.conj(), row=z.conj()[1], both=z.conj().t()[1:, ::2], neg_view=torch._neg_view(base)[3:9]))
    save("negative_bits", {"imag": z.conj().imag, "plain": z.imag})
    save("complex_bits_32", OrderedDict(conj=z.to(torch.complex64).conj(), half=z.to(torch.complex32).conj()))
    save("small_view_of_large", {"view": base[7:9]})
    save("same_tensor_three_times", [base[:2]] * 3)
    byte_base = torch.arange(16, dtype=torch.uint8)
    save("shared_v2_v3", OrderedDict(bytes=byte_base, e5=byte_base.view(torch.float8_e5m2), e4=byte_base[4:8]))
    save("requires_grad", {"leaf": torch.ones(2, requires_grad=True), "computed": torch.ones(2, requires_grad=True) * 2, "no": torch.ones(2)})
    save("names_like_paths", {"../../etc/passwd": torch.ones(1), "/abs": torch.ones(1), "a/b": torch.ones(1), "C:\\x": torch.ones(1), "con": torch.ones(1), "\u202e": torch.ones(1), "": torch.ones(1)})


def parameters():
    for name, value in {
        "parameter": nn.Parameter(torch.arange(3.0)), "parameter_frozen": nn.Parameter(torch.arange(3.0), requires_grad=False), "parameter_int": nn.Parameter(torch.arange(3), requires_grad=False),
        "buffer": nn.Buffer(torch.arange(3.0)), "buffer_not_persistent": nn.Buffer(torch.arange(3.0), persistent=False), "uninitialized_parameter": nn.UninitializedParameter(),
        "uninitialized_buffer": nn.UninitializedBuffer(), "uninitialized_frozen": nn.UninitializedParameter(requires_grad=False),
        "parameter_view": nn.Parameter(torch.arange(6.0).reshape(2, 3).t()), "parameter_half": nn.Parameter(torch.arange(3.0).bfloat16()), "parameter_f8": nn.Parameter(torch.arange(3.0).to(torch.float8_e4m3fn), requires_grad=False),
    }.items():
        save(name, value)
    MANIFEST["uninitialized_parameter.pt"]["resave"] = True
    with_state = nn.Parameter(torch.ones(2))
    with_state.tag, with_state.info = "x", {"axis": 1}
    tagged = torch.ones(3)
    tagged.note = "hello"
    save("attributes", {"parameter": with_state, "tensor": tagged, "buffer": nn.Buffer(torch.zeros(1))})
    module = nn.Module()
    module.a, module.b = nn.Parameter(torch.ones(2)), nn.Buffer(torch.zeros(2))
    module.c = module.a
    save("parameter_list", list(module.parameters()))
    save("parameter_dict", dict(module.named_parameters(remove_duplicate=False)))
    save("lazy_state", nn.Sequential(OrderedDict(l=nn.LazyLinear(3), c=nn.LazyConv2d(2, 3, bias=False), n=nn.LazyBatchNorm1d())).state_dict())


def state_dicts():
    class Extra(nn.Linear):
        def get_extra_state(self):
            return {"step": 3, "lr": 0.5}

        def set_extra_state(self, state):
            pass

    class Custom(nn.Module):
        _version = 7

        def __init__(self):
            super().__init__()
            self.deep = nn.ModuleDict({"a": nn.ModuleList([nn.Linear(2, 2), nn.ReLU()]), "b": nn.ParameterList([torch.ones(2), torch.zeros(1)])})
            self.params = nn.ParameterDict({"x": torch.ones(1)})
            self.register_buffer("mask", torch.tensor([True, False]))
            self.register_buffer("hidden", torch.ones(1), persistent=False)

    for name, module in {
        "transformer": nn.TransformerEncoderLayer(4, 2, 8), "lstm": nn.LSTM(2, 3, 2, bidirectional=True), "gru": nn.GRU(2, 3), "attention": nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
        "embedding": nn.EmbeddingBag(4, 3), "norms": nn.Sequential(nn.GroupNorm(2, 4), nn.LayerNorm(3), nn.InstanceNorm2d(2, affine=True, track_running_stats=True), nn.RMSNorm(3)),
        "spectral": nn.utils.spectral_norm(nn.Linear(3, 2)), "weight_norm": nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)), "custom": Custom(), "extra_state": Extra(2, 1),
        "half": nn.Linear(3, 2).half(), "double": nn.Linear(3, 2).double(), "bf16": nn.Conv2d(1, 2, 3).bfloat16(), "channels_last": nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last),
        "quantized_linear": torch.ao.nn.quantized.Linear(3, 2),
        "wide": nn.ModuleList([nn.Linear(1, 1) for _ in range(130)]),
    }.items():
        state = module.state_dict()
        if name == "quantized_linear":
            save("state_quantized_linear", state, entries={"_packed_params._packed_params.0": describe(state["_packed_params._packed_params"][0].int_repr()), "_packed_params._packed_params.1": describe(state["_packed_params._packed_params"][1]), "scale": describe(state["scale"]), "zero_point": describe(state["zero_point"])}, values={"_packed_params.dtype": "torch.qint8"})
            continue
        save(f"state_{name}", state)
    tied = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    tied[1].weight = tied[0].weight
    save("state_tied", tied.state_dict())
    save("state_prefixed", nn.Linear(2, 1).state_dict(prefix="model.module."))
    save("state_plain_dict", dict(nn.Linear(2, 1).state_dict()))
    save("state_keep_vars", nn.Linear(2, 1).state_dict(keep_vars=True))


def optimizers():
    optim = torch.optim
    for name, make in {
        "SGD": lambda p: optim.SGD(p, lr=0.1), "SGD_momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), "Adam": lambda p: optim.Adam(p), "Adam_amsgrad": lambda p: optim.Adam(p, amsgrad=True),
        "AdamW": lambda p: optim.AdamW(p), "Adamax": lambda p: optim.Adamax(p), "NAdam": lambda p: optim.NAdam(p), "RAdam": lambda p: optim.RAdam(p), "Adagrad": lambda p: optim.Adagrad(p),
        "Adadelta": lambda p: optim.Adadelta(p), "RMSprop": lambda p: optim.RMSprop(p, momentum=0.5, centered=True), "Rprop": lambda p: optim.Rprop(p), "ASGD": lambda p: optim.ASGD(p),
        "Adafactor": lambda p: optim.Adafactor(p), "LBFGS": lambda p: optim.LBFGS(p), "tensor_lr": lambda p: optim.Adam(p, lr=torch.tensor(0.01)), "Muon": lambda p: optim.Muon([q for q in p if q.ndim == 2]),
    }.items():
        model = nn.Linear(3, 2)
        try:
            optimizer = make(list(model.parameters()))
        except AttributeError:
            continue

        def closure():
            optimizer.zero_grad()
            loss = model(torch.ones(4, 3)).sum()
            loss.backward()
            return loss

        for _ in range(2):
            optimizer.step(closure)
        save(f"optimizer_{name}", {"epoch": 2, "model": model.state_dict(), "optimizer": optimizer.state_dict()})
    scheduler = optim.lr_scheduler
    for name, make in {
        "StepLR": lambda o: scheduler.StepLR(o, 3), "MultiStepLR": lambda o: scheduler.MultiStepLR(o, [2, 5]), "ExponentialLR": lambda o: scheduler.ExponentialLR(o, 0.9), "CosineAnnealingLR": lambda o: scheduler.CosineAnnealingLR(o, 10),
        "ReduceLROnPlateau": lambda o: scheduler.ReduceLROnPlateau(o), "CyclicLR": lambda o: scheduler.CyclicLR(o, 0.1, 0.5), "OneCycleLR": lambda o: scheduler.OneCycleLR(o, 0.1, total_steps=10),
        "CosineAnnealingWarmRestarts": lambda o: scheduler.CosineAnnealingWarmRestarts(o, 5), "LinearLR": lambda o: scheduler.LinearLR(o), "SequentialLR": lambda o: scheduler.SequentialLR(o, [scheduler.ConstantLR(o), scheduler.ExponentialLR(o, 0.9)], [2]),
    }.items():
        model = nn.Linear(1, 1)
        optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        made = make(optimizer)
        state = made.state_dict()
        try:
            save(f"scheduler_{name}", {"scheduler": state, "optimizer": optimizer.state_dict()})
        except Exception as error:
            print(f"scheduler {name}: {type(error).__name__}: {str(error)[:80]}")
            continue
    mixed = OrderedDict(state_dict=nn.Linear(2, 2).state_dict(), rng=torch.get_rng_state(), ema=[torch.ones(2), torch.zeros(2)], best_acc=0.5, args={"lr": 1e-3, "betas": (0.9, 0.999), "name": None, "layers": [64, 64]}, history={"loss": [0.5, 0.25], "acc": []})
    save("checkpoint_lightning", {"epoch": 1, "global_step": 10, "pytorch-lightning_version": "2.0.0", "state_dict": mixed["state_dict"], "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 1}}}}, "callbacks": {}, "lr_schedulers": [], "hyper_parameters": mixed["args"]})
    save("checkpoint_mixed", mixed)
    save("scaler", {"scale": 65536.0, "growth_factor": 2.0, "_growth_tracker": 0})
    save("swa", torch.optim.swa_utils.AveragedModel(nn.Linear(2, 1)).state_dict())


class Color(enum.Enum):
    RED = 1


def modules():
    def names_of(module):
        entries = {key: describe(value, "parameter") for key, value in module.named_parameters()}
        entries.update({key: describe(value, "buffer") for key, value in module.named_buffers()})
        return entries

    for name, module, roots in [
        ("linear", nn.Linear(2, 1), ["torch.nn.modules.linear.Linear"]),
        ("nested", nn.Sequential(nn.Sequential(nn.Conv1d(1, 2, 3), nn.BatchNorm1d(2)), nn.ModuleDict({"head": nn.Linear(2, 1)})), None),
        ("rnn", nn.LSTM(2, 3), None), ("hooked", nn.Sequential(nn.Linear(1, 1)), None), ("transformer", nn.TransformerEncoderLayer(4, 2, 8), None),
    ]:
        save(f"module_{name}", module, entries=names_of(module), values={}, globals_include=roots or [])
    save("module_and_state", {"net": nn.Linear(2, 1), "state": nn.Linear(1, 1).state_dict(), "epoch": 3}, entries=None, values={"epoch": 3}) if False else None
    both = {"net": nn.Linear(2, 1), "state": nn.Linear(1, 1).state_dict(), "epoch": 3}
    entries = {f"net.{key}": describe(value, "parameter") for key, value in both["net"].named_parameters()}
    entries.update({f"state.{key}": describe(value) for key, value in both["state"].items()})
    save("module_and_state", both, entries=entries, values={"epoch": 3}, globals_include=["torch.nn.modules.linear.Linear"])
    shared = torch.arange(4.0)
    save("unknown_beside", {"w": shared, "path": pathlib.PurePosixPath("a/b"), "date": datetime.datetime(2020, 1, 2), "color": Color.RED, "default": collections.defaultdict(list, {"k": [1]}), "after": shared[1:], "epoch": 4},
         entries={"w": describe(shared), "after": describe(shared[1:])}, values={"epoch": 4}, globals_include=[f"{pathlib.PurePosixPath.__module__}.PurePosixPath", "datetime.datetime"])
    import argparse
    save("argparse", {"args": argparse.Namespace(lr=0.1, name="x"), "w": torch.ones(2)}, entries={"w": describe(torch.ones(2))}, values={}, globals_include=["argparse.Namespace"])
    import numpy
    save("numpy_beside", {"w": torch.ones(2), "array": numpy.arange(3), "scalar": numpy.float64(1.5), "epoch": 1}, entries={"w": describe(torch.ones(2))}, values={"epoch": 1})
    generator = torch.Generator()
    del generator


def other_tensors():
    values = torch.tensor([1.0, -2.0, 3.0, 0.5])
    per_tensor = {name: torch.quantize_per_tensor(values, 0.5, 0 if name == "qint32" else 1, getattr(torch, name)) for name in ("qint8", "quint8", "qint32")}
    save("quantized_per_tensor", per_tensor, entries={key: describe(tensor.int_repr()) for key, tensor in per_tensor.items()})
    channel = torch.quantize_per_channel(values.reshape(2, 2), torch.tensor([0.5, 0.25], dtype=torch.float64), torch.tensor([0, 1]), 0, torch.qint8)
    floats = torch.quantize_per_channel(values.reshape(2, 2), torch.tensor([0.5, 0.25]), torch.tensor([0.0, 1.0]), 1, torch.quint8) if False else None
    save("quantized_per_channel", {"q": channel}, entries={"q": describe(channel.int_repr())})
    del floats
    sparse = torch.eye(3).to_sparse()
    save("sparse_coo", {"s": sparse, "d": torch.ones(1)}, entries={"s.indices": describe(sparse._indices()), "s.values": describe(sparse._values()), "d": describe(torch.ones(1))})
    for name, convert in {"csr": "to_sparse_csr", "csc": "to_sparse_csc"}.items():
        tensor = getattr(torch.eye(3), convert)()
        first, second = (tensor.crow_indices(), tensor.col_indices()) if name == "csr" else (tensor.ccol_indices(), tensor.row_indices())
        labels = ("crow_indices", "col_indices") if name == "csr" else ("ccol_indices", "row_indices")
        save(f"sparse_{name}", {"s": tensor}, entries={f"s.{labels[0]}": describe(first), f"s.{labels[1]}": describe(second), "s.values": describe(tensor.values())})
    for name, convert in {"bsr": "to_sparse_bsr", "bsc": "to_sparse_bsc"}.items():
        tensor = getattr(torch.eye(4), convert)((2, 2))
        first, second = (tensor.crow_indices(), tensor.col_indices()) if name == "bsr" else (tensor.ccol_indices(), tensor.row_indices())
        labels = ("crow_indices", "col_indices") if name == "bsr" else ("ccol_indices", "row_indices")
        save(f"sparse_{name}", {"s": tensor}, entries={f"s.{labels[0]}": describe(first), f"s.{labels[1]}": describe(second), "s.values": describe(tensor.values())})
    nested = torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)])
    save("nested", {"n": nested, "d": torch.ones(1)}, entries=None if False else {
        "n.values": describe(nested.values()), "n.sizes": describe(nested._nested_tensor_size()), "n.strides": describe(nested._nested_tensor_strides()), "n.storage_offsets": describe(nested._nested_tensor_storage_offsets()), "d": describe(torch.ones(1))})
    jagged = torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(1, 3)], layout=torch.jagged)
    save("jagged", {"n": jagged, "d": torch.ones(1)}, entries={}, values={}, ignore_entries=True, resave=True)
    save("meta", {"m": torch.empty(2, 3, device="meta"), "d": torch.ones(1)}, entries={"d": describe(torch.ones(1))})
    storage = torch.arange(3.0)
    save("storages", {"untyped": torch.ones(2).untyped_storage(), "t": storage}, entries={"t": describe(storage)}, values={})
    save("typed_storage", [torch.FloatStorage([1.0, 2.0]), torch.ones(1)], entries={"1": describe(torch.ones(1))}, values={})


Point = collections.namedtuple("Point", "x y")


class Slotted:
    __slots__ = ("left", "right")


def save_resaved(name, value, protocol=2, legacy=False, **extra):
    """With another protocol or in the legacy container; beside it what torch writes by default for the same value."""
    save(name, value, legacy=legacy, **extra)
    path = os.path.join(FOLDER, f"{name}.pt")
    os.makedirs(os.path.join(FOLDER, "resaved"), exist_ok=True)
    os.replace(path, os.path.join(FOLDER, "resaved", f"{name}.pt")) if not legacy else torch.save(value, os.path.join(FOLDER, "resaved", f"{name}.pt"))
    if not legacy:
        torch.save(value, path, pickle_protocol=protocol)
    MANIFEST[f"{name}.pt"].update(resave=False, resaved=f"resaved/{name}.pt")


def rare():
    """What few people save, and what once did not open."""
    values = torch.arange(10.0).reshape(2, 5)
    for dtype in (torch.quint4x2, torch.quint2x4):
        save(f"packed_{str(dtype).removeprefix('torch.')}", {"q": torch.quantize_per_channel(values, torch.ones(2), torch.zeros(2), 0, dtype)})
    meta, sparse = torch.empty(2, 3, device="meta"), torch.eye(3).to_sparse()
    tagged = torch.eye(2).to_sparse_csr()
    tagged.note = "x"
    save("wrapped_meta", {"parameter": nn.Parameter(meta), "buffer": nn.Buffer(meta), "plain": torch.ones(1)})
    save("wrapped_sparse", {"parameter": nn.Parameter(sparse), "tagged": tagged, "frozen": nn.Parameter(tagged, requires_grad=False)})
    save("set_of_tensors", {"set": {torch.ones(2)}, "frozen": frozenset([torch.zeros(1)]), "in_list": [{torch.arange(3)}, {1}], "in_tuple": {(torch.ones(1), 2)}})
    keys = {1 + 2j: 0, 3j: 1, complex(-0.0, -2.0): 2, complex(1, math.nan): 3, b"it's": 4, b"\n\x00\\": 5, torch.device("cpu"): 6, torch.device("cuda", 1): 7, torch.bfloat16: 8, torch.Size([2, 3]): 9,
            frozenset([4]): 10, frozenset([5]): 11, (1, "1"): 12, 1e16: 14, 1e-7: 15, 1e15: 16, 0.0001: 17, 123456789012345680.0: 18, math.inf: 19, math.nan: 20, 2**70: 21, 2**70 + 1: 22, True: 23, torch.strided: 24}
    save("keys_of_all_kinds", keys)
    same = {"1": "text", 1: "int", "b'x'": "a", b"x": "b", "(1, 2)": "c", (1, 2): "d", (1, "1"): "g", ("1", 1): "h", "None": "e", None: "f"}
    save("keys_with_one_name", same, entries={}, values={"1": "text", "1#2": "int", "b'x'": "a", "b'x'#2": "b", "(1, 2)": "c", "(1, 2)#2": "d", "(1, 1)": "g", "(1, 1)#2": "h", "None": "e", "None#2": "f"})
    save("tuples_of_bytes", [(b"a", bytearray(b"b")), ({1}, torch.device("cpu")), (torch.Size([2]), 1j), [b"c"]])
    save_resaved("protocol_4_sets", {"k": {frozenset([1, 2]): 1}, "s": {3}, "tensors": {torch.ones(2)}, "b": [b"", b"x"]}, protocol=4)
    save("layouts_and_schemes", {"l": [torch.strided, torch.sparse_csr], "q": torch.per_channel_affine, "d": [torch.float8_e5m2, torch.int64]})
    nothing = torch.empty(0)
    save("empty_of_two_types", {"float": nothing, "half": nothing.view(torch.float16), "whole": nothing.view(torch.int64)[:0]})
    save("defaultdict_none", {"d": collections.defaultdict(None, {"a": torch.ones(1), "b": 2})})
    point, slotted = Point(1, torch.ones(2)), Slotted()
    slotted.left = torch.arange(2)
    save("objects", {"point": point, "slotted": slotted, "after": 1}, entries={"point.1": describe(point.y), "slotted.left": describe(slotted.left)}, values={"after": 1}, globals_include=["__main__.Point", "__main__.Slotted"])
    save("python_2_names", {"t": torch.ones(1), "d": collections.defaultdict(int, {"a": 1}), "r": range(3), "e": ValueError("x"), "f": filter}, entries={"t": describe(torch.ones(1))}, values={"d.a": 1}, globals_include=["builtins.int", "builtins.range", "builtins.ValueError", "builtins.filter"])


def legacy():
    base = torch.arange(12.0).reshape(3, 4)
    save("legacy_views", OrderedDict(base=base, row=base[1], t=base.t(), half=base.half(), bools=torch.tensor([True, False]), ints=torch.arange(3), c=torch.ones(2, dtype=torch.complex64), p=nn.Parameter(torch.ones(1)), e=torch.empty(0)), legacy=True)
    save("legacy_checkpoint", {"epoch": 3, "model": nn.Linear(2, 1).state_dict(), "lr": 0.5, "names": ["a", "b"]}, legacy=True)
    module = nn.Linear(2, 1)
    save("legacy_module", module, entries={key: describe(value, "parameter") for key, value in module.named_parameters()}, values={}, legacy=True, globals_include=["torch.nn.modules.linear.Linear"])
    save("legacy_scalar", 5, legacy=True)
    save("legacy_f8", {"f": torch.arange(4, dtype=torch.uint8).view(torch.float8_e5m2), "u": torch.arange(3).to(torch.uint16)}, legacy=True)
    save("legacy_conj", {"z": torch.ones(2, dtype=torch.complex64).conj()}, legacy=True)
    quantized = torch.quantize_per_tensor(torch.tensor([1.0, -2.0]), 0.5, 1, torch.qint8)
    save("legacy_quantized", {"q": quantized}, entries={"q": describe(quantized.int_repr())}, legacy=True)
    save("legacy_lazy", nn.LazyLinear(2).state_dict(), legacy=True)


def scripts():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 2, 3)
            self.norm = nn.BatchNorm2d(2)
            self.scale = nn.Parameter(torch.ones(()))
            self.register_buffer("table", torch.arange(4.0).reshape(2, 2).t())
            self.names = ["a", "b"]

        def forward(self, x):
            return self.norm(self.conv(x)) * self.scale + self.table.sum()

    net = Net()
    for name, script in (("scripted", torch.jit.script(net)), ("traced", torch.jit.trace(net.eval(), torch.ones(1, 1, 4, 4)))):
        script.save(os.path.join(FOLDER, f"script_{name}.pt"))
        MANIFEST[f"script_{name}.pt"] = {"format": "torchscript", "entries": {key: describe(value, "tensor") for key, value in script.state_dict(keep_vars=True).items()}, "values": {}, "resave": False, "ignore_values": True}


def options():
    """What torch.save writes with its settings changed."""
    from torch.utils.serialization import config

    value = {"a": torch.arange(5.0), "e": torch.empty(0), "b": torch.ones(3)}
    torch.serialization.set_crc32_options(False)
    save("no_crc", value)
    torch.serialization.set_crc32_options(True)
    config.save.storage_alignment = 4096
    save("alignment_4096", value)
    config.save.storage_alignment = 64
    empty = {"a": torch.zeros(5), "b": torch.zeros(3)}
    with torch.serialization.skip_data():
        save("skip_data", empty, resave=False)


def safetensors_files():
    import safetensors.torch

    raw = torch.arange(16, dtype=torch.uint8)
    tensors = {name: raw.clone().view(getattr(torch, name)).reshape(2, -1) for name in (
        "float8_e5m2", "float8_e4m3fn", "float8_e8m0fnu", "float8_e4m3fnuz", "float8_e5m2fnuz", "float4_e2m1fn_x2", "int8", "uint8", "uint64")}
    safetensors.torch.save_file(tensors, os.path.join(FOLDER, "small_floats.safetensors"), metadata={"b": "2", "a": "1"})
    MANIFEST["small_floats.safetensors"] = {"format": "safetensors", "entries": {key: describe(tensor) for key, tensor in tensors.items()}, "values": {}, "resave": True, "metadata": {"b": "2", "a": "1"}}


FEW = {
    "state_transformer", "state_lstm", "state_tied", "state_norms", "state_custom", "state_half", "state_weight_norm", "optimizer_AdamW", "optimizer_SGD_momentum", "scheduler_OneCycleLR",
    "checkpoint_lightning", "checkpoint_mixed", "dtype_float8_e5m2", "dtype_uint16", "dtype_uint64", "dtype_complex32", "dtype_bfloat16", "layouts", "complex_bits", "shared_v2_v3",
    "parameter", "buffer", "attributes", "lazy_state", "uninitialized_parameter", "quantized_per_channel", "sparse_coo", "sparse_csr", "nested", "jagged", "meta", "module_linear",
    "module_nested", "module_and_state", "unknown_beside", "numpy_beside", "script_scripted", "legacy_checkpoint", "legacy_module", "legacy_views", "legacy_quantized", "value_bytes", "value_set",
    "value_size", "value_device_index", "text_identity", "self_reference", "counter", "ordered", "no_crc", "alignment_4096"}


def main():
    os.makedirs(FOLDER, exist_ok=True)
    for folder, _, names in os.walk(FOLDER):
        for name in names:
            os.remove(os.path.join(folder, name))
    torch.manual_seed(0)
    for part in (scalars, dtypes, layouts, parameters, state_dicts, optimizers, modules, other_tensors, rare, legacy, scripts, options, safetensors_files):
        try:
            part()
        except (AttributeError, ImportError) as error:
            # An older version, or one without safetensors beside it: what it lacks ends this part.
            print(f"{part.__name__}: {error}")
    if "--few" in sys.argv:
        for name in [name for name in MANIFEST if name.removesuffix(".pt") not in FEW]:
            MANIFEST.pop(name)
            os.remove(os.path.join(FOLDER, name))
    with open(os.path.join(FOLDER, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__.split("+")[0], "files": MANIFEST}, file, indent=1, ensure_ascii=True)
        file.write("\n")


if __name__ == "__main__":
    main()
