"""Random sequences of calls on modules and parameters, and what real PyTorch answers to each call: a text, and numbers.

    python scripts/golden/nn_sequences.py try [SEED [COUNT]]
        makes COUNT (100) fresh sequences, runs them through tests/nn/sequences.test.ts and prints what disagrees
    python scripts/golden/nn_sequences.py write SEED ...
        writes tests/golden/nn-sequences.json: the sequences of these seeds, 18 calls each
    python scripts/golden/nn_sequences.py make SEED COUNT
        prints them as JSON, for another PyTorch than the one that runs the test

A sequence works on numbered modules and numbered state dicts. A call is a list: its name, what it works on, its arguments; tests/nn/sequence-calls.ts
has the same names. Values are written as objects: {"t": shape} a tensor, "p" a Parameter, "b" a Buffer, "u" and "ub" the uninitialized pair, "m" a numbered
module, "same" a tensor of a module.
"""

import copy
import json
import os
import pickle
import random
import subprocess
import sys
import tempfile

import torch
from torch import nn
from torch.nn.parameter import Buffer, Parameter, UninitializedBuffer, UninitializedParameter
from torch.nn.utils import parameters_to_vector, parametrizations, parametrize, vector_to_parameters

from scenarios import plain

torch.set_num_threads(1)
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.path.join(ROOT, "tests", "golden", "nn-sequences.json")
MODULES, STATES = 4, 2


def pattern(shape, dtype="float32", device="cpu"):
    """A tensor whose elements are -1.25, 0.5, 2.25 ... (whole: the same floored, boolean: positive)."""
    count = 1
    for size in shape:
        count *= size
    values = torch.tensor([((index * 7) % 11 - 5) / 4 for index in range(count)], dtype=torch.float64).reshape(shape)
    kind = getattr(torch, dtype)
    if kind == torch.bool:
        return (values > 0).to(device)
    return (values if kind.is_floating_point or kind.is_complex else values.floor()).to(kind).to(device)


def numbers(tensor):
    """Its elements, for comparison within a tolerance."""
    if tensor.device.type == "meta" or tensor.numel() == 0 or tensor.is_complex():
        return []
    return [str(value) if value != value or value in (float("inf"), -float("inf")) else float(f"{value:.7g}") for value in tensor.detach().double().flatten().tolist()]


materialize = UninitializedParameter.materialize


def materialize_zeros(self, *arguments, **options):
    materialize(self, *arguments, **options)
    self.data.zero_()


empty_like = torch.empty_like


def zeros_like(tensor, **options):
    made = empty_like(tensor, **options)
    return made if made.device.type == "meta" else made.zero_()


# What PyTorch leaves as it was in memory is zero here.
UninitializedParameter.materialize = UninitializedBuffer.materialize = materialize_zeros
torch.empty_like = zeros_like


class Sequence:
    """The state a sequence works on, and how each call changes it."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.modules = [None] * MODULES
        self.states = [None] * STATES
        self.log = []
        self.handles = []

    def answer(self, call):
        self.log.clear()
        self.values = []
        try:
            result = getattr(self, "do_" + call[0])(*call[1:])
            text = str(result)
        except Exception as error:
            if call[0] in ("call", "backward") and call[2].get("device") == "meta":
                return ["an error on meta", []]
            said = error.args[0] if isinstance(error, KeyError) else str(error)
            text = f"{type(error).__name__}: {said}"
        return [plain(" ".join([text, *self.log])), self.values]

    # Values and how they are told.

    def value(self, spec):
        if not isinstance(spec, dict):
            return spec
        kind = next(iter(spec))
        dtype, device = spec.get("dtype", "float32"), spec.get("device", "cpu")
        if kind == "m":
            return self.modules[spec["m"]]
        if kind == "same":
            module, name = spec["same"]
            return self.modules[module].get_parameter(name)
        if kind in ("u", "ub"):
            made = UninitializedParameter if kind == "u" else UninitializedBuffer
            return made(dtype=getattr(torch, dtype), device=device, requires_grad=spec.get("grad", kind == "u"))
        tensor = pattern(spec[kind], dtype, device)
        if kind == "p":
            return Parameter(tensor, requires_grad=spec.get("grad", True))
        return Buffer(tensor, persistent=spec.get("persistent", True)) if kind == "b" else tensor

    def told(self, value):
        """A value as text; a tensor's elements go to the numbers."""
        if isinstance(value, (UninitializedParameter, UninitializedBuffer)):
            return f"{value!r} {str(value.dtype)[6:]} {value.device} {value.requires_grad}"
        if isinstance(value, torch.Tensor):
            self.values += numbers(value)
            return f"{type(value).__name__}{list(value.shape)} {str(value.dtype)[6:]} {value.device} {value.requires_grad}"
        if isinstance(value, (tuple, list)):
            return "(" + ", ".join(map(self.told, flat(value))) + ")"
        return str(value)

    def entries(self, pairs):
        """Names and tensors; what was met before is told by its number, and memory that is shared likewise."""
        seen, memory, texts = {}, {}, []
        for name, value in pairs:
            if value is None or not isinstance(value, torch.Tensor):
                texts.append(f"{name}={self.told(value)}")
                continue
            number = seen.setdefault(id(value), len(seen))
            place = ""
            if not isinstance(value, (UninitializedParameter, UninitializedBuffer)) and value.device.type == "cpu" and value.numel() > 0:
                place = f"@{memory.setdefault(value.untyped_storage().data_ptr(), len(memory))}"
            self.keep = getattr(self, "keep", [])
            self.keep.append(value)
            texts.append(f"{name}=#{number}{place} {self.told(value)}")
        return "; ".join(texts)

    # Making modules.

    def do_new(self, at, name, keywords, options):
        options = {key: getattr(torch, value) if key == "dtype" else value for key, value in options.items()}
        self.modules[at] = getattr(nn, name)(**keywords, **options)
        return self.modules[at]

    def do_plain(self, at):
        self.modules[at] = nn.Module()
        return self.modules[at]

    def do_sequential(self, at, parts):
        self.modules[at] = nn.Sequential(*[self.modules[part] for part in parts])
        return self.modules[at]

    def do_list(self, at, parts):
        self.modules[at] = nn.ModuleList([self.modules[part] for part in parts])
        return self.modules[at]

    def do_dict(self, at, parts):
        self.modules[at] = nn.ModuleDict({name: self.modules[part] for name, part in parts.items()})
        return self.modules[at]

    def do_deepcopy(self, at, of):
        self.modules[at] = copy.deepcopy(self.modules[of])
        return self.modules[at]

    def do_copy(self, at, of):
        self.modules[at] = copy.copy(self.modules[of])
        return self.modules[at]

    def do_pickle(self, at, of):
        self.modules[at] = pickle.loads(pickle.dumps(self.modules[of]))
        return self.modules[at]

    def do_submodule(self, at, of, path):
        self.modules[at] = self.modules[of].get_submodule(path)
        return self.modules[at]

    # Calls.

    def do_call(self, at, value):
        return self.told(self.modules[at](self.value(value)))

    def do_backward(self, at, value, grad):
        x = self.value(value)
        x.requires_grad = grad
        y = self.modules[at](x)
        y = y[0] if isinstance(y, tuple) else y
        y.backward(torch.ones_like(y))
        return self.told(x.grad) + " " + self.entries((name, p.grad) for name, p in self.modules[at].named_parameters())

    # Attributes.

    def do_set(self, at, name, value):
        setattr(self.modules[at], name, self.value(value))

    def do_delete(self, at, name):
        delattr(self.modules[at], name)

    def do_get(self, at, name):
        return self.told(getattr(self.modules[at], name))

    def do_register_parameter(self, at, name, value):
        self.modules[at].register_parameter(name, self.value(value))

    def do_register_buffer(self, at, name, value, persistent):
        self.modules[at].register_buffer(name, self.value(value), persistent=persistent)

    def do_register_module(self, at, name, value):
        self.modules[at].register_module(name, self.value(value))

    def do_set_submodule(self, at, path, value):
        self.modules[at].set_submodule(path, self.value(value))

    def do_get_parameter(self, at, path):
        return self.told(self.modules[at].get_parameter(path))

    def do_get_buffer(self, at, path):
        return self.told(self.modules[at].get_buffer(path))

    # What concerns a whole module.

    def do_method(self, at, name):
        getattr(self.modules[at], name)()

    def do_train(self, at, mode):
        self.modules[at].train(mode)
        return [module.training for module in self.modules[at].modules()]

    def do_requires_grad(self, at, mode):
        self.modules[at].requires_grad_(mode)

    def do_zero_grad(self, at, to_none):
        self.modules[at].zero_grad(set_to_none=to_none)
        return self.entries((name, p.grad) for name, p in self.modules[at].named_parameters())

    def do_to(self, at, target):
        self.modules[at].to(**{key: getattr(torch, value) if key == "dtype" else value for key, value in target.items()})

    def do_type(self, at, dtype):
        self.modules[at].type(getattr(torch, dtype))

    def do_to_empty(self, at, device):
        self.modules[at].to_empty(device=device)

    def do_apply(self, at):
        self.modules[at].apply(lambda module: self.log.append(type(module).__name__))

    def do_walk(self, at):
        module = self.modules[at]
        parts = [self.entries(module.named_parameters(remove_duplicate=False)), self.entries(module.named_buffers(remove_duplicate=False))]
        walks = [module.named_parameters(), module.named_buffers(), module.named_modules(), module.named_modules(remove_duplicate=False), module.named_children()]
        return " | ".join([*parts, *(",".join(name for name, _ in walk) for walk in walks)])

    def do_repr(self, at):
        return repr(self.modules[at])

    # State dicts.

    def do_state(self, state, at, prefix, keep_vars):
        self.states[state] = self.modules[at].state_dict(prefix=prefix, keep_vars=keep_vars)
        metadata = {key: value.get("version") for key, value in self.states[state]._metadata.items()}
        return self.entries(self.states[state].items()) + " " + json.dumps(metadata)

    def do_edit(self, state, how, position, value):
        entries = self.states[state]
        key = list(entries)[position] if how != "add" else None
        if how == "add":
            entries[position] = self.value(value)
        elif how == "drop":
            del entries[key]
        elif how == "rename":
            entries[value] = entries.pop(key)
        else:
            entries[key] = self.value(value)
        return list(entries)

    def do_forget(self, state):
        self.states[state] = dict(self.states[state])

    def do_load(self, at, state, strict, assign):
        return self.modules[at].load_state_dict(self.states[state], strict=strict, assign=assign)

    # Parameters.

    def do_materialize(self, at, path, shape, options):
        tensor = self.tensor(at, path)
        options = {key: getattr(torch, value) if key == "dtype" else value for key, value in options.items()}
        tensor.materialize(tuple(shape), **options)
        return self.told(tensor)

    def tensor(self, at, path):
        named = {**dict(self.modules[at].named_parameters(remove_duplicate=False)), **dict(self.modules[at].named_buffers(remove_duplicate=False))}
        return named[path]

    def do_data(self, at, path, value):
        tensor = self.tensor(at, path)
        tensor.data = self.value(value)
        return self.told(tensor)

    def do_learns(self, at, path, mode):
        tensor = self.tensor(at, path)
        tensor.requires_grad = mode
        return self.told(tensor)

    def do_init(self, at, path, name, arguments):
        return self.told(getattr(nn.init, name)(self.tensor(at, path), *arguments))

    def do_reset(self, at):
        self.modules[at].reset_parameters()

    def do_vector(self, at):
        return self.told(parameters_to_vector(self.modules[at].parameters()))

    def do_from_vector(self, at, value):
        vector_to_parameters(self.value(value), self.modules[at].parameters())
        return self.entries(self.modules[at].named_parameters())

    # Hooks: each says its number, what it is given, and some replace it.

    def note(self, number, kind, *given):
        self.log.append(f"[{number} {kind} {self.told(list(given))}]")

    def do_hook(self, at, kind, options):
        module, number = self.modules[at], len(self.handles)
        if kind == "forward_pre":
            handle = module.register_forward_pre_hook(lambda _, inputs: self.note(number, kind, *inputs), **options)
        elif kind == "forward":
            handle = module.register_forward_hook(lambda _, inputs, output: self.note(number, kind, *inputs, output), **options)
        elif kind == "backward":
            handle = module.register_full_backward_hook(lambda _, gi, go: self.note(number, kind, *gi, *go), **options)
        elif kind == "state":
            handle = module.register_state_dict_post_hook(lambda _, state, prefix, metadata: self.note(number, kind, len(state), prefix))
        elif kind == "load":
            handle = module.register_load_state_dict_post_hook(lambda _, keys: self.note(number, kind, ",".join(keys.missing_keys), ",".join(keys.unexpected_keys)))
        else:
            handle = module.register_state_dict_pre_hook(lambda _, prefix, keep: self.note(number, kind, prefix, keep))
        self.handles.append(handle)

    def do_unhook(self, number):
        self.handles[number].remove()

    # Containers.

    def do_container(self, at, name, *arguments):
        module = self.modules[at]
        arguments = [self.value(argument) for argument in arguments]
        if name == "extend":
            arguments = [[self.value(part) for part in arguments[0]]]
        result = getattr(module, name)(*arguments)
        return ("" if result is None or result is module else str(result)) + " " + ",".join(name for name, _ in module.named_children())

    # Parametrizations.

    def do_parametrize(self, at, kind, name):
        getattr(parametrizations, kind)(self.modules[at], name)
        return self.modules[at]

    def do_unparametrize(self, at, name, leave):
        parametrize.remove_parametrizations(self.modules[at], name, leave_parametrized=leave)
        return self.modules[at]


LAYERS = [
    ("Linear", {"in_features": 3, "out_features": 4}), ("Linear", {"in_features": 3, "out_features": 3, "bias": False}), ("Linear", {"in_features": 0, "out_features": 2}),
    ("Linear", {"in_features": 4, "out_features": 3}), ("Bilinear", {"in1_features": 2, "in2_features": 3, "out_features": 2}),
    ("Conv1d", {"in_channels": 3, "out_channels": 4, "kernel_size": 2}), ("Conv2d", {"in_channels": 3, "out_channels": 3, "kernel_size": 2, "groups": 3}),
    ("Conv2d", {"in_channels": 4, "out_channels": 2, "kernel_size": 1, "bias": False}), ("ConvTranspose1d", {"in_channels": 3, "out_channels": 2, "kernel_size": 2}),
    ("ConvTranspose2d", {"in_channels": 3, "out_channels": 3, "kernel_size": 2, "stride": 2}), ("Conv3d", {"in_channels": 3, "out_channels": 1, "kernel_size": 1}),
    ("BatchNorm1d", {"num_features": 3}), ("BatchNorm2d", {"num_features": 3}), ("BatchNorm1d", {"num_features": 4, "affine": False}), ("BatchNorm1d", {"num_features": 0}),
    ("BatchNorm1d", {"num_features": 3, "momentum": None}), ("BatchNorm2d", {"num_features": 3, "track_running_stats": False}),
    ("InstanceNorm1d", {"num_features": 3}), ("InstanceNorm1d", {"num_features": 3, "affine": True, "track_running_stats": True}), ("InstanceNorm2d", {"num_features": 3, "affine": True}),
    ("LayerNorm", {"normalized_shape": [3]}), ("LayerNorm", {"normalized_shape": [4], "bias": False}), ("GroupNorm", {"num_groups": 1, "num_channels": 3}),
    ("GroupNorm", {"num_groups": 3, "num_channels": 3, "affine": False}), ("RMSNorm", {"normalized_shape": [3]}), ("PReLU", {}), ("PReLU", {"num_parameters": 3}),
    ("ReLU", {}), ("Tanh", {}), ("Identity", {}), ("Flatten", {}), ("Softmax", {"dim": -1}), ("MaxPool1d", {"kernel_size": 2}), ("AdaptiveAvgPool2d", {"output_size": 1}),
    ("Dropout", {"p": 0.0}), ("Embedding", {"num_embeddings": 5, "embedding_dim": 3}), ("Embedding", {"num_embeddings": 5, "embedding_dim": 3, "padding_idx": 1}),
    ("GRU", {"input_size": 3, "hidden_size": 2}), ("LSTM", {"input_size": 3, "hidden_size": 2, "bias": False}), ("RNNCell", {"input_size": 3, "hidden_size": 2}),
]  # fmt: skip
LAZY = [
    ("LazyLinear", {"out_features": 4}), ("LazyLinear", {"out_features": 3, "bias": False}), ("LazyConv1d", {"out_channels": 3, "kernel_size": 2}),
    ("LazyConv2d", {"out_channels": 4, "kernel_size": 2, "groups": 2}), ("LazyConv2d", {"out_channels": 3, "kernel_size": 1}), ("LazyConvTranspose1d", {"out_channels": 2, "kernel_size": 2}),
    ("LazyConvTranspose2d", {"out_channels": 3, "kernel_size": 2}), ("LazyConv3d", {"out_channels": 1, "kernel_size": 1}), ("LazyBatchNorm1d", {}), ("LazyBatchNorm2d", {}),
    ("LazyBatchNorm1d", {"affine": False}), ("LazyBatchNorm1d", {"affine": False, "track_running_stats": False}), ("LazyInstanceNorm1d", {}), ("LazyInstanceNorm2d", {"affine": False}),
]  # fmt: skip
SHAPES = [[2, 3], [2, 3, 4], [2, 3, 3, 3], [3], [1, 3], [2, 4], [2, 4, 4, 4], [0, 3], [2, 0], [1, 3, 2, 2, 2], [], [4, 3]]
NAMES = ["weight", "bias", "w", "b", "0", "inner", "running_mean", "num_batches_tracked", "x"]
ODD_NAMES = ["a.b", "", "forward", "parameters", "weight_orig"]
DTYPES = ["float32"] * 8 + ["float64"] * 3 + ["float16", "bfloat16", "int64", "bool", "complex64"]
FLOATS = ["float32", "float64", "float64", "float16", "bfloat16"]


class Maker:
    """Draws calls that mostly make sense for the state PyTorch is in, and now and then one that does not."""

    def __init__(self, seed):
        self.draw = random.Random(seed)
        self.run = Sequence(seed)

    def chance(self, share):
        return self.draw.random() < share

    def pick(self, items):
        return self.draw.choice(list(items))

    def at(self):
        """A numbered module that is there, mostly."""
        there = [index for index, module in enumerate(self.run.modules) if module is not None]
        return self.pick(there)

    def shape(self):
        return self.pick(SHAPES)

    def placed(self, spec):
        if self.chance(0.25):
            spec["dtype"] = self.pick(DTYPES)
        if self.chance(0.06):
            spec["device"] = "meta"
        return spec

    def tensor(self, like=None):
        shape = list(like.shape) if like is not None and not nn.parameter.is_lazy(like) and self.chance(0.75) else self.shape()
        return self.placed({"t": shape})

    def parameter(self, like=None):
        spec = self.tensor(like)
        spec = {"p": spec.pop("t"), **spec}
        if spec.get("dtype") in ("int64", "bool"):
            spec["grad"] = False
        elif self.chance(0.15):
            spec["grad"] = False
        return spec

    def any_value(self, like=None):
        kind = self.draw.random()
        if kind < 0.35:
            return self.parameter(like)
        if kind < 0.5:
            return self.tensor(like)
        if kind < 0.6:
            spec = self.tensor(like)
            return {"b": spec.pop("t"), **spec, "persistent": self.chance(0.6)}
        if kind < 0.68:
            return {"u": 1, **({"dtype": self.pick(FLOATS)} if self.chance(0.4) else {})}
        if kind < 0.73:
            return {"ub": 1}
        if kind < 0.85:
            return {"m": self.at()}
        if kind < 0.93:
            return None
        there = self.at()
        names = [name for name, _ in self.run.modules[there].named_parameters(remove_duplicate=False)]
        return {"same": [there, self.pick(names)]} if names else 5

    def own_name(self, at):
        module = self.run.modules[at]
        own = [*module._parameters, *module._buffers, *module._modules]
        if own and self.chance(0.6):
            return self.pick(own)
        # A recurrent layer has a field of this name.
        names = [name for name in NAMES if name != "bias" or not isinstance(module, (nn.RNNBase, nn.RNNCell))]
        return self.pick(ODD_NAMES) if self.chance(0.12) else self.pick(names)

    def path(self, at):
        named = [name for name, _ in self.run.modules[at].named_parameters(remove_duplicate=False)] + [name for name, _ in self.run.modules[at].named_buffers()]
        return self.pick(named) if named and self.chance(0.95) else self.pick(NAMES)

    def like(self, at, name):
        try:
            return self.run.tensor(at, name)
        except KeyError:
            return None

    def input(self, at):
        """An input the first layer with a weight may take."""
        first = next((module for module in self.run.modules[at].modules() if module._parameters or module._buffers), None)
        name = type(first).__name__
        spec = {"t": self.shape()}
        if self.chance(0.75):
            for part, shapes in (("1d", [[2, 3, 4], [3, 4]]), ("2d", [[2, 3, 3, 3], [2, 4, 4, 4]]), ("3d", [[1, 3, 2, 2, 2]]), ("Linear", [[2, 3], [1, 4], [2, 3, 3]]), ("Norm", [[2, 3], [2, 4, 3]]), ("RNN", [[2, 3]]), ("L", [[2, 1, 3]]), ("G", [[2, 1, 3]])):
                if part in name:
                    spec = {"t": self.pick(shapes)}
                    break
        if name == "Embedding" and self.chance(0.9):
            spec = {"t": [2, 1], "dtype": "int64", "device": "meta"} if self.chance(0.3) else {"t": [0, 2], "dtype": "int64"}
        tensors = [*self.run.modules[at].parameters(), *self.run.modules[at].buffers()]
        floats = [tensor for tensor in tensors if tensor.is_floating_point()]
        if floats and name != "Embedding" and self.chance(0.85):
            spec["dtype"] = str(floats[0].dtype)[6:]
        elif name != "Embedding":
            spec = self.placed(spec)
        # An input on meta makes any call a dry run here; PyTorch's kernels each say something else to a mixture.
        spec.pop("device", None)
        if spec.get("dtype") == "complex64":
            spec["dtype"] = "float64"
        if tensors and tensors[0].device.type == "meta":
            spec["device"] = "meta"
            if floats and name != "Embedding":
                spec["dtype"] = str(floats[0].dtype)[6:]
        return spec

    def call(self):
        run, at = self.run, None
        there = [index for index, module in enumerate(run.modules) if module is not None]
        if len(there) < 2 or self.chance(0.08):
            return self.fresh()
        at = self.at()
        module = run.modules[at]
        kinds = {
            "call": 14, "backward": 8, "set": 10, "delete": 3, "get": 3, "register_parameter": 4, "register_buffer": 4, "register_module": 2, "set_submodule": 2, "get_parameter": 2,
            "get_buffer": 2, "method": 5, "train": 3, "requires_grad": 2, "zero_grad": 2, "to": 5, "type": 1, "to_empty": 1, "apply": 1, "walk": 4, "repr": 2, "state": 8, "edit": 6, "forget": 1,
            "load": 12, "materialize": 3, "data": 3, "learns": 2, "init": 4, "reset": 2, "vector": 1, "from_vector": 1, "hook": 5, "unhook": 2, "container": 5, "parametrize": 3, "unparametrize": 2,
            "deepcopy": 3, "copy": 2, "pickle": 2, "submodule": 2,
        }  # fmt: skip
        kind = self.draw.choices(list(kinds), list(kinds.values()))[0]
        return getattr(self, "make_" + kind, lambda at, module: [kind, at])(at, module)

    def fresh(self):
        run = self.run
        empty = [index for index, module in enumerate(run.modules) if module is None]
        at = self.pick(empty) if empty and self.chance(0.8) else self.draw.randrange(MODULES)
        there = [index for index, module in enumerate(run.modules) if module is not None]
        kind = self.draw.random()
        if kind < 0.25 and there:
            return [self.pick(["sequential", "sequential", "list"]), at, [self.pick(there) for _ in range(self.draw.randint(0, 3))]]
        if kind < 0.3 and there:
            return ["dict", at, {self.pick(["a", "b", "c"]): self.pick(there) for _ in range(2)}]
        if kind < 0.38:
            return ["plain", at]
        name, keywords = self.pick(LAZY if kind < 0.6 else LAYERS)
        options = {}
        if self.chance(0.12) and name not in ("ReLU", "Tanh", "Identity", "Flatten", "Softmax", "MaxPool1d", "AdaptiveAvgPool2d", "Dropout"):
            options = {"dtype": self.pick(FLOATS)} if self.chance(0.6) else {"device": "meta"}
        return ["new", at, name, keywords, options]

    def is_odd(self, module):
        """Whether a call would show what docs/spec/audit.md leaves out: tensors on both devices, dtypes mixed on meta, a tuple that is passed on, a
        module where a tensor was, axes that no layer documents."""
        tensors = [*module.parameters(), *module.buffers()]
        devices, dtypes = {tensor.device.type for tensor in tensors}, {tensor.dtype for tensor in tensors if tensor.is_floating_point()}
        parts = list(module.modules())
        passed = [child for part in parts if isinstance(part, nn.Sequential) for child in list(part)[:-1]]
        replaced = [name for part in parts for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked") if name in part._modules]
        replaced += [part for part in parts if isinstance(part, parametrize.ParametrizationList) and any(name.startswith("original") for name in part._modules)]
        replaced += [name for part in parts for name in ("running_mean", "running_var", "num_batches_tracked") if name in part._parameters]
        replaced += [part for part in parts if isinstance(part, nn.modules.batchnorm._NormBase) and part.momentum is None and devices == {"meta"}]
        replaced += [part for part in parts if isinstance(part, nn.Linear) and isinstance(part._parameters.get("weight"), torch.Tensor) and part._parameters["weight"].ndim == 1 and not nn.parameter.is_lazy(part._parameters["weight"])]
        replaced += [tensor for tensor in tensors if tensor.is_complex()] + [buffer for buffer in module.buffers() if buffer.requires_grad]
        replaced += [part for part in parts if parametrize.is_parametrized(part) and not all(isinstance(value, parametrize.ParametrizationList) for value in part.parametrizations.values())]
        replaced += [part for part in parts if isinstance(part, nn.RNNBase) and [id(value) for value in part._flat_weights] != [id(getattr(part, name, None)) for name in part._flat_weights_names]]
        kinds = (nn.RNNCell, nn.ConvTranspose1d, nn.ConvTranspose2d) if devices == {"meta"} else ()
        reshaped = [part for part in parts if isinstance(part, (nn.RNNBase, nn.RNNCell)) and any(isinstance(value, nn.Module) or nn.parameter.is_lazy(value) or value.dim() != (2 if "weight" in name else 1) or value.shape[0] != {nn.LSTM: 4, nn.GRU: 3}.get(type(part), 1) * part.hidden_size for name, value in [*part._parameters.items(), *part._modules.items()] if value is not None)]
        return any(isinstance(part, kinds) for part in parts) or reshaped != [] or len(devices) > 1 or (devices == {"meta"} and len(dtypes) > 1) or any(isinstance(child, nn.RNNBase) for child in passed) or replaced != []

    def make_call(self, at, module):
        given = self.input(at)
        return ["walk", at] if self.is_odd(module) or self.is_unusual(module, given) else ["call", at, given]

    def is_unusual(self, module, given):
        """A convolution on meta of an input without its axes: meta kernels look at less."""
        ranks = [len(part.kernel_size) for part in module.modules() if isinstance(part, nn.modules.conv._ConvNd)]
        return given.get("device") == "meta" and any(len(given["t"]) not in (rank + 1, rank + 2) for rank in ranks)

    def make_backward(self, at, module):
        given = self.input(at)
        return ["walk", at] if self.is_odd(module) or self.is_unusual(module, given) else ["backward", at, given, self.chance(0.6)]

    def make_set(self, at, module):
        name = self.own_name(at)
        if name == "parameters":
            return ["get", at, "in_features"]
        return ["set", at, name, self.any_value(self.like(at, name))]

    def make_delete(self, at, module):
        own = [*module._parameters, *module._buffers, *module._modules]
        return ["delete", at, self.pick(own) if own and self.chance(0.85) else "nothing"]

    def make_get(self, at, module):
        own = [*module._parameters, *module._buffers, *module._modules]
        return ["get", at, self.pick(own) if own and self.chance(0.85) else "nothing"]

    def make_register_parameter(self, at, module):
        name = self.own_name(at)
        return ["register_parameter", at, name, self.parameter(self.like(at, name)) if self.chance(0.7) else self.any_value()]

    def make_register_buffer(self, at, module):
        name = self.own_name(at)
        return ["register_buffer", at, name, self.tensor(self.like(at, name)) if self.chance(0.7) else self.any_value(), self.chance(0.7)]

    def make_register_module(self, at, module):
        return ["register_module", at, self.own_name(at), {"m": self.at()} if self.chance(0.8) else self.any_value()]

    def modules_of(self, module):
        return [name for name, _ in module.named_modules()]

    def make_set_submodule(self, at, module):
        return ["set_submodule", at, self.pick(self.modules_of(module)) if self.chance(0.6) else self.pick(["inner", "0.inner", "0", "a.b"]), {"m": self.at()} if self.chance(0.9) else self.any_value()]

    def make_get_parameter(self, at, module):
        return ["get_parameter", at, self.path(at)]

    def make_get_buffer(self, at, module):
        return ["get_buffer", at, self.path(at)]

    def make_submodule(self, at, module):
        return ["submodule", self.draw.randrange(MODULES), at, self.pick(self.modules_of(module)) if self.chance(0.9) else "0.x"]

    def make_method(self, at, module):
        if any(buffer.requires_grad for buffer in module.buffers()):
            return ["train", at, True]
        return ["method", at, self.pick(["double", "float", "half", "bfloat16", "cpu", "eval", "double", "float"])]

    def make_train(self, at, module):
        return ["train", at, self.chance(0.5)]

    def make_requires_grad(self, at, module):
        return ["requires_grad", at, self.chance(0.5)]

    def make_zero_grad(self, at, module):
        return ["zero_grad", at, self.chance(0.5)]

    def make_to(self, at, module):
        if any(buffer.requires_grad for buffer in module.buffers()):
            return ["train", at, True]
        target = {"dtype": self.pick(FLOATS)} if self.chance(0.8) else {"device": self.pick(["cpu", "meta"])}
        if self.chance(0.03):
            target = {"dtype": "int64"}
        return ["to", at, target]

    def make_type(self, at, module):
        return ["train", at, True] if any(buffer.requires_grad for buffer in module.buffers()) else ["type", at, self.pick(FLOATS)]

    def make_to_empty(self, at, module):
        return ["to_empty", at, self.pick(["cpu", "cpu", "meta"])]

    def make_state(self, at, module):
        return ["state", self.draw.randrange(STATES), at, "" if self.chance(0.85) else "pre.", self.chance(0.2)]

    def state_or(self, at):
        there = [index for index, state in enumerate(self.run.states) if state is not None]
        return self.pick(there) if there else None

    def make_edit(self, at, module):
        state = self.state_or(at)
        if state is None or len(self.run.states[state]) == 0:
            return self.make_state(at, module)
        entries = self.run.states[state]
        position = self.draw.randrange(len(entries))
        value = list(entries.values())[position]
        how = self.draw.random()
        if how < 0.25:
            return ["edit", state, "drop", position, None]
        if how < 0.4:
            return ["edit", state, "add", self.pick(["extra", "0.weight", "weight", "bias", "running_mean", "0.x.y"]), self.tensor()]
        if how < 0.5:
            return ["edit", state, "rename", position, self.pick(["renamed", "weight", "0.bias"])]
        return ["edit", state, "put", position, self.tensor(value if isinstance(value, torch.Tensor) else None) if self.chance(0.8) else self.pick([5, None, "text", {"u": 1}, {"p": [2]}])]

    def make_forget(self, at, module):
        state = self.state_or(at)
        return self.make_state(at, module) if state is None else ["forget", state]

    def make_load(self, at, module):
        state = self.state_or(at)
        if state is None:
            return self.make_state(at, module)
        return ["load", at, state, self.chance(0.6), self.chance(0.25)]

    def make_materialize(self, at, module):
        lazy = [name for name, value in [*module.named_parameters(), *module.named_buffers()] if nn.parameter.is_lazy(value)]
        options = {"dtype": self.pick(FLOATS)} if self.chance(0.15) else {"device": "meta"} if self.chance(0.05) else {}
        return ["materialize", at, self.pick(lazy) if lazy else self.path(at), self.shape(), options]

    def make_data(self, at, module):
        path = self.path(at)
        if nn.parameter.is_lazy(self.like(at, path)):
            return ["get", at, "nothing"]
        return ["data", at, path, self.tensor(self.like(at, path))]

    def make_learns(self, at, module):
        return ["learns", at, self.path(at), self.chance(0.5)]

    def make_init(self, at, module):
        name, arguments = self.pick([("zeros_", []), ("ones_", []), ("constant_", [0.5]), ("uniform_", [-1, 1]), ("normal_", [0, 0.5]), ("xavier_uniform_", []), ("kaiming_normal_", []), ("eye_", []), ("dirac_", [])])
        return ["init", at, self.path(at), name, arguments]

    def make_reset(self, at, module):
        return ["reset", at] if hasattr(module, "reset_parameters") and not self.is_odd(module) and not parametrize.is_parametrized(module) else ["repr", at]

    def make_vector(self, at, module):
        return ["walk", at] if len({tensor.device for tensor in module.parameters()}) > 1 else ["vector", at]

    def make_from_vector(self, at, module):
        count = sum(p.numel() for p in module.parameters() if not nn.parameter.is_lazy(p))
        return ["from_vector", at, {"t": [count if self.chance(0.8) else count + 1]}]

    def make_hook(self, at, module):
        kind = self.pick(["forward_pre", "forward", "forward", "backward", "state", "load", "state_pre"])
        options = {"prepend": True} if kind in ("forward_pre", "forward", "backward") and self.chance(0.3) else {}
        if kind == "forward" and self.chance(0.2):
            options["always_call"] = True
        return ["hook", at, kind, options]

    def make_unhook(self, at, module):
        return ["unhook", self.draw.randrange(len(self.run.handles))] if self.run.handles else ["walk", at]

    def make_container(self, at, module):
        lists = [index for index, each in enumerate(self.run.modules) if isinstance(each, (nn.Sequential, nn.ModuleList))]
        if not lists:
            return self.fresh()
        at = self.pick(lists)
        position = self.draw.randint(-3, 3)
        name = self.pick(["append", "insert", "pop", "__delitem__", "__setitem__", "extend", "__len__", "__getitem__"])
        other = {"m": self.at()} if self.chance(0.93) else 5
        if other == {"m": at}:
            return ["walk", at]
        arguments = {"append": [other], "insert": [position, other], "pop": [position], "__delitem__": [position], "__setitem__": [position, other], "extend": [[other]], "__len__": [], "__getitem__": [position]}[name]
        return ["container", at, name, *arguments]

    def make_parametrize(self, at, module):
        own = list(module._parameters)
        if any(value is not None and not nn.parameter.is_lazy(value) and value.numel() == 0 for value in module._parameters.values()):
            return ["repr", at]
        name = self.pick(own) if own and self.chance(0.95) else "weight"
        kind, value = self.pick(["weight_norm", "weight_norm", "spectral_norm", "orthogonal"]), module._parameters.get(name)
        if isinstance(value, torch.Tensor) and value.dtype not in (torch.float32, torch.float64):
            return ["repr", at]
        if isinstance(value, torch.Tensor) and not nn.parameter.is_lazy(value) and value.device.type == "cpu" and value.dim() > 1:
            values = torch.linalg.svdvals(value.detach())
            if kind == "orthogonal" and bool((values[..., -1] <= 1e-2 * values[..., 0]).any()):
                kind = "weight_norm"
        elif isinstance(value, torch.Tensor) and value.device.type == "meta":
            kind = "weight_norm"
        return ["parametrize", at, kind, name]

    def make_unparametrize(self, at, module):
        return ["unparametrize", at, "weight", self.chance(0.6)]

    def make_deepcopy(self, at, module):
        return ["deepcopy", self.draw.randrange(MODULES), at]

    def make_copy(self, at, module):
        return ["copy", self.draw.randrange(MODULES), at]

    def make_pickle(self, at, module):
        return ["pickle", self.draw.randrange(MODULES), at] if not self.run.handles and not parametrize.is_parametrized(module) else ["walk", at]


def make(seed, length=24):
    """The calls of one sequence and PyTorch's answers, as [call, text, numbers]."""
    maker = Maker(seed)
    steps = []
    while len(steps) < length:
        call = maker.call()
        if holds_itself(maker.run, call):
            continue
        steps.append([call, *maker.run.answer(call)])
    for at, module in enumerate(maker.run.modules):
        if module is not None:
            steps.append([["walk", at], *maker.run.answer(["walk", at])])
    return {"seed": seed, "steps": steps}


def holds_itself(run, call):
    """Whether a call would put a module into itself, which nothing can walk."""
    holder = run.modules[call[1]] if call[0] in ("set", "register_module", "set_submodule", "container") else None
    placed = [run.modules[part["m"]] for part in flat(call[2:]) if isinstance(part, dict) and "m" in part]
    return holder is not None and any(inner._modules is part._modules for module in placed for inner in module.modules() for part in holder.modules())


def flat(parts):
    for part in parts:
        if isinstance(part, (list, tuple)):
            yield from flat(part)
        else:
            yield part


def compared(sequences):
    """What the test says of sequences, as [seed, step, call, expected, got]."""
    with tempfile.TemporaryDirectory() as folder:
        file, told = os.path.join(folder, "sequences.json"), os.path.join(folder, "told.json")
        with open(file, "w", encoding="utf-8") as out:
            json.dump({"sequences": sequences}, out)
        subprocess.run(["npx", "vitest", "run", "--project", "unit", "tests/nn/sequences.test.ts"], cwd=ROOT, env={**os.environ, "LAZULI_SEQUENCES": file, "LAZULI_SEQUENCES_TOLD": told}, capture_output=True, check=False)
        with open(told, encoding="utf-8") as answer:
            return json.load(answer)


def main():
    verb, *rest = sys.argv[1:]
    numbers_ = [int(each) for each in rest]
    if verb == "make":
        seed, count = numbers_
        print(json.dumps({"torch": torch.__version__.split("+")[0], "sequences": [make(each) for each in range(seed, seed + count)]}))
    elif verb == "try":
        seed, count = [*numbers_, 0, 100][:2] if len(numbers_) != 1 else (numbers_[0], 100)
        differing = compared([make(each) for each in range(seed, seed + count)])
        for each in differing:
            print("\n".join([f"seed {each['seed']} step {each['step']}: {json.dumps(each['call'])}", f"  PyTorch: {each['expected']}", f"  here:    {each['got']}"]))
        print(f"{len(differing)} of {count} differ")
        sys.exit(1 if differing else 0)
    else:
        written = {"torch": torch.__version__.split("+")[0], "sequences": [make(each, 18) for each in numbers_]}
        with open(FILE, "w", encoding="utf-8") as out:
            json.dump(written, out, ensure_ascii=False)


if __name__ == "__main__":
    main()
