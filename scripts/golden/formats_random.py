"""Writes torch files of random content: nested containers, views, shared storages, every dtype, both containers, every pickle protocol.

Run: python scripts/golden/formats_random.py FOLDER [COUNT] [SEED] (needs torch; 300 files and seed 0 unless named), then
LAZULI_WIDE=FOLDER npx vitest run tests/formats/wide.test.ts. tests/golden/formats_random is COUNT 28. `manifest.json` is that of formats_wide.py; `resaved`
holds what torch writes by default for the content of files with another protocol or in the legacy container.
"""

import collections
import importlib.util
import json
import math
import os
import random
import struct
import sys
from collections import OrderedDict

import torch
from torch import nn

spec = importlib.util.spec_from_file_location("formats_wide", os.path.join(os.path.dirname(__file__), "formats_wide.py"))
wide = importlib.util.module_from_spec(spec)
spec.loader.exec_module(wide)

WHOLE = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool]
FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
COMPLEX = [torch.complex64, torch.complex128]
UNTYPED = [torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu, torch.complex32]
TEXTS = ["", "a", "weight", "layer.0.weight", "Grüße", "\U0001f600\u200d", "a\ud800b", "line\nbreak\0", "x" * 255, "x" * 256, "_metadata", "0", "cpu", "storage"]


class Maker:
    """One file's content. `pool` holds objects that may be used again, by identity."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.pool = []
        self.texts = []
        self.storages = []

    def chance(self, share):
        return self.random.random() < share

    def fresh(self, dtype, count):
        width = torch.empty(0, dtype=dtype).element_size()
        raw = bytes(self.random.randrange(2) for _ in range(count)) if dtype == torch.bool else self.random.randbytes(count * width)
        data = torch.frombuffer(bytearray(raw or b"\0" * width), dtype=torch.uint8).clone()
        return data.view(dtype)[:count].clone()

    def flat(self, dtype, count):
        """One-dimensional, now and then a view of a storage that another tensor has already."""
        known = [tensor for tensor in self.storages if tensor.dtype == dtype and tensor.numel() >= count]
        if known and self.chance(0.4):
            base = self.random.choice(known)
            start = self.random.randint(0, base.numel() - count)
            return base[start : start + count]
        base = self.fresh(dtype, count + self.random.choice([0, 0, 1, 7]))
        self.storages.append(base)
        start = self.random.randint(0, base.numel() - count)
        return base[start : start + count]

    def shape(self):
        return [self.random.choice([0, 1, 1, 2, 3, 5]) if self.chance(0.9) else 17 for _ in range(self.random.choice([0, 1, 1, 2, 2, 3, 4]))]

    def dense(self):
        dtype = self.random.choice(self.random.choice([WHOLE, FLOATS, FLOATS, COMPLEX, UNTYPED]))
        shape = self.shape()
        return self.flat(dtype, math.prod(shape)).view(shape)

    def tensor(self):
        if self.chance(0.08):
            made = self.random.choice([self.sparse, self.compressed, self.quantized, self.packed, self.nested, self.meta, self.uninitialized])()
            self.pool.append(made)
            return made
        made = self.dense()
        if self.pool and self.chance(0.15):
            again = [value for value in self.pool if isinstance(value, torch.Tensor)]
            if again:
                return self.random.choice(again)
        for _ in range(self.random.choice([0, 0, 1, 1, 2])):
            made = self.random.choice([self.transposed, self.stepped, self.expanded, self.diagonal, self.conjugate, self.windows])(made)
        kind = self.random.random()
        can_learn = made.dtype.is_floating_point or made.dtype.is_complex
        if kind < 0.2 and can_learn:
            made = nn.Parameter(made.detach(), requires_grad=self.chance(0.7))
        elif kind < 0.25:
            made = nn.Parameter(made.detach(), requires_grad=False)
        elif kind < 0.32:
            made = nn.Buffer(made.detach(), persistent=self.chance(0.8))
        elif kind < 0.4 and can_learn:
            made = made.detach().requires_grad_()
        if self.chance(0.06):
            made = made.detach().requires_grad_(made.requires_grad) if type(made) is torch.Tensor else made
            made.tag = self.scalar()
            made.info = {"axis": self.number()}
        self.pool.append(made)
        return made

    def maybe_parameter(self, tensor):
        return nn.Parameter(tensor, requires_grad=tensor.dtype.is_floating_point and self.chance(0.5)) if self.chance(0.2) else tensor

    def grid(self):
        return (torch.rand(self.random.randint(1, 4), self.random.randint(1, 4)) * (torch.rand(1) > 0.2)).relu()

    def sparse(self):
        return self.maybe_parameter(self.random.choice([lambda: self.grid().to_sparse(), lambda: self.grid().to_sparse(1), lambda: torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 2))])())

    def compressed(self):
        return self.maybe_parameter(self.random.choice([lambda: self.grid().to_sparse_csr(), lambda: self.grid().to_sparse_csc(), lambda: torch.rand(4, 6).to_sparse_bsr((2, 3)), lambda: torch.eye(4).to_sparse_bsc((2, 2))])())

    def quantized(self):
        values = torch.randn(self.random.randint(1, 4), self.random.randint(1, 4))
        if self.chance(0.5):
            return torch.quantize_per_tensor(values, 0.5, 0, self.random.choice([torch.qint8, torch.quint8, torch.qint32]))
        axis = self.random.randrange(2)
        return torch.quantize_per_channel(values, torch.rand(values.shape[axis]) + 0.1, torch.zeros(values.shape[axis], dtype=torch.int64), axis, torch.qint8)

    def packed(self):
        values = torch.rand(self.random.randint(1, 4), self.random.randint(1, 5)) * 9
        return torch.quantize_per_channel(values, torch.ones(len(values)), torch.zeros(len(values)), 0, self.random.choice([torch.quint4x2, torch.quint2x4]))

    def nested(self):
        return torch.nested.nested_tensor([torch.rand(self.random.randint(1, 3), 2) for _ in range(self.random.randint(1, 3))])

    def meta(self):
        made = torch.empty(self.shape(), device="meta")
        return self.random.choice([lambda: made, lambda: nn.Parameter(made), lambda: nn.Buffer(made)])()

    def uninitialized(self):
        return self.random.choice([lambda: nn.UninitializedParameter(requires_grad=self.chance(0.7)), lambda: nn.UninitializedBuffer(persistent=self.chance(0.7))])()

    def transposed(self, tensor):
        return tensor.permute(self.random.sample(range(tensor.dim()), tensor.dim())) if tensor.dim() > 1 else tensor

    def stepped(self, tensor):
        return tensor[:: self.random.choice([2, 3])] if tensor.dim() > 0 else tensor

    def expanded(self, tensor):
        return tensor.unsqueeze(0).expand(self.random.choice([0, 1, 3]), *tensor.shape) if tensor.dim() < 5 else tensor

    def diagonal(self, tensor):
        return tensor.diagonal() if tensor.dim() > 1 else tensor

    def windows(self, tensor):
        return tensor.unfold(0, 2, 1) if tensor.dim() > 0 and tensor.shape[0] >= 2 else tensor

    def conjugate(self, tensor):
        if tensor.dtype not in COMPLEX:
            return tensor
        return tensor.conj() if self.chance(0.7) else tensor.conj().imag

    def number(self):
        pick = self.random.random()
        if pick < 0.5:
            return self.random.choice([1, -1]) * self.random.getrandbits(self.random.choice([1, 8, 9, 16, 17, 31, 32, 33, 53, 63, 64, 100, 2040, 2100]))
        if pick < 0.9:
            return struct.unpack("<d", self.random.randbytes(8))[0] if self.chance(0.5) else self.random.choice([0.0, -0.0, 1e-3, math.nan, math.inf, -math.inf, 2.0])
        return complex(self.random.uniform(-1, 1), self.random.choice([0.0, -0.0, math.nan, 1.5]))

    def text(self):
        if self.texts and self.chance(0.3):
            return self.random.choice(self.texts)
        text = self.random.choice(TEXTS)
        if self.chance(0.5):
            text = "".join([text, str(self.random.randrange(100))])
        self.texts.append(text)
        return text

    def scalar(self):
        return self.random.choice([
            self.number, self.number, self.text, self.text, lambda: None, lambda: self.chance(0.5),
            lambda: self.random.randbytes(self.random.choice([1, 5, 300])), lambda: bytearray(self.random.randbytes(self.random.choice([0, 3]))),
            lambda: torch.Size(self.shape()), lambda: self.random.choice(WHOLE + FLOATS + COMPLEX + UNTYPED), lambda: torch.device("cpu"), lambda: torch.device("cuda", 1),
            lambda: self.random.choice([torch.strided, torch.sparse_coo, torch.per_tensor_affine]), lambda: frozenset(self.random.sample(range(40), 2)), lambda: (self.number(), b"x", {1})])()

    def key(self):
        return self.random.choice([self.text, self.text, self.text, lambda: self.random.randrange(300), lambda: self.random.choice([0.5, 1e-7, 1e16, -0.0, None, True, (1, "a"), (b"k", (2, 3)), b"k'", 2**70, 1 - 2j, 3j, torch.Size([2, 3]), torch.device("cuda", 1), torch.bfloat16, frozenset([4])])])()

    def value(self, depth):
        pick = self.random.random()
        if depth > 4 or pick < 0.3:
            return self.scalar()
        if pick < 0.6:
            return self.tensor()
        if self.pool and pick < 0.65:
            return self.random.choice(self.pool)
        size = self.random.choice([0, 1, 2, 3, 5])
        if pick < 0.75:
            made = {}
            for _ in range(size):
                made.setdefault(self.key(), self.value(depth + 1))
        elif pick < 0.83:
            made = OrderedDict((self.text(), self.value(depth + 1)) for _ in range(size))
        elif pick < 0.9:
            made = [self.value(depth + 1) for _ in range(size)]
        elif pick < 0.95:
            made = tuple(self.value(depth + 1) for _ in range(size))
        elif pick < 0.97:
            made = self.random.choice([lambda: {self.random.randrange(1000)}, set, lambda: {1, 2, 3, "a", None, (1, 2.5)}, lambda: {self.dense(), 5}, lambda: frozenset([self.dense()])])()
        elif pick < 0.98:
            made = collections.defaultdict(None, {self.text(): self.value(depth + 1)})
        else:
            made = collections.Counter(self.text() for _ in range(size))
        self.pool.append(made)
        return made

    def state_dict(self):
        made = OrderedDict((f"{index}.{name}", self.tensor()) for index in range(self.random.randrange(6)) for name in ("weight", "bias"))
        made._metadata = OrderedDict([("", {"version": 1}), *((str(index), {"version": self.random.randrange(1, 9)}) for index in range(self.random.randrange(4)))])
        return made

    def optimizer(self):
        kinds = [kind for kind in vars(torch.optim).values() if isinstance(kind, type) and kind is not torch.optim.Optimizer]
        kind = self.random.choice([kind for kind in kinds if kind.__name__ not in ("SparseAdam", "LBFGS", "Muon")])
        parameters = [nn.Parameter(torch.rand(self.random.randint(1, 4), 2)) for _ in range(self.random.randint(1, 3))]
        optimizer = kind([{"params": [parameter]} for parameter in parameters], lr=self.random.choice([0.1, 1e-3]))
        for _ in range(self.random.randrange(3)):
            for parameter in parameters:
                parameter.grad = torch.rand_like(parameter)
            optimizer.step()
        return optimizer.state_dict()

    def checkpoint(self):
        return {"model": self.state_dict(), "optimizer": self.optimizer(), "epoch": self.random.randrange(1000), "args": self.value(2), "best": self.number()}

    def content(self):
        return self.random.choice([self.state_dict, self.checkpoint, self.optimizer, lambda: self.value(0), lambda: self.value(0), lambda: {self.text(): self.value(1) for _ in range(4)}])()


def save_plainly(name, value):
    """What torch writes by default for a value that was saved with another protocol or in the legacy container."""
    os.makedirs(os.path.join(wide.FOLDER, "resaved"), exist_ok=True)
    torch.save(value, os.path.join(wide.FOLDER, "resaved", name))
    wide.MANIFEST[name]["resaved"] = f"resaved/{name}"


def main():
    wide.FOLDER = sys.argv[1]
    count, seed = (int(text) for text in (sys.argv[2:] + ["300", "0"][len(sys.argv) - 2 :])[:2])
    os.makedirs(wide.FOLDER, exist_ok=True)
    skipped = collections.Counter()
    index = 0
    while len(wide.MANIFEST) < count:
        index += 1
        name = f"random_{index:04}"
        torch.manual_seed(seed * 100_003 + index)
        value = Maker(seed * 100_003 + index).content()
        choice = random.Random(index)
        legacy, protocol = choice.random() < 0.15, choice.choice([2, 2, 2, 2, 3, 4, 5])
        path = os.path.join(wide.FOLDER, f"{name}.pt")
        try:
            wide.save(name, value, legacy=legacy)
            if protocol != 2 and not legacy:
                torch.save(value, path, pickle_protocol=protocol)
        except (RuntimeError, RecursionError, ValueError) as error:
            skipped[str(error)[:60]] += 1
            wide.MANIFEST.pop(f"{name}.pt", None)
            if os.path.exists(path):
                os.remove(path)
            continue
        if legacy or protocol != 2:
            wide.MANIFEST[f"{name}.pt"]["resave"] = False
            save_plainly(f"{name}.pt", value)
    with open(os.path.join(wide.FOLDER, "manifest.json"), "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__.split("+")[0], "files": wide.MANIFEST}, file, indent=1, ensure_ascii=True)
        file.write("\n")
    print(f"{len(wide.MANIFEST)} files; not saved by torch: {dict(skipped)}")


if __name__ == "__main__":
    main()
