"""Prints what copying values from each dtype into each other gives in real PyTorch, for tests/nn/dtypes.test.ts, as JSON.

Made with PyTorch 2.14: python scripts/golden/nn_dtypes.py > tests/golden/nn-dtypes.json
"""
import hashlib
import json
import warnings

import torch

warnings.simplefilter("ignore")
FLOAT8 = ["float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu"]
FLOATS = ["float32", "float64", "float16", "bfloat16", *FLOAT8]
COMPLEX = ["complex64", "complex128", "complex32"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"]
# NaN is left out where bits are compared: which one comes depends on the vector instructions. What no integer type holds (negative numbers in unsigned ones, fractions beyond the range) is undefined in C++ and left out.
WHOLE = [0, 1, 2, 3, 7, 16, 100, 120]
FRACTIONS = [0.0, 1.5, -2.25, 0.3, -0.0, 448.0, 1e-3, 3.0, float("inf"), 65536.0]


def raw(tensor):
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).tolist())


def source_of(name, values):
    dtype = getattr(torch, name)
    made = torch.tensor(values, dtype=torch.float64)
    if name in COMPLEX:
        made = torch.complex(made, made.flip(0))
    return made.to(dtype)


def copied(source, target):
    return torch.empty(source.shape, dtype=getattr(torch, target)).copy_(source)


def main():
    pairs = []
    for source in FLOATS + COMPLEX + INTEGERS:
        for target in FLOATS + COMPLEX + INTEGERS:
            values = WHOLE if source in INTEGERS or target in INTEGERS and target != "bool" else FRACTIONS
            given = source_of(source, values)
            if source in FLOAT8:
                given = torch.where(given.float().isnan(), torch.ones(1), given.float()).to(given.dtype)
            pairs.append([source, target, raw(given).hex(), raw(copied(given, target)).hex()])
    every = torch.arange(65536, dtype=torch.int32).to(torch.uint16).view(torch.float16).float()
    every = every[~every.isnan()]
    sweeps = {name: hashlib.sha256(raw(every.to(getattr(torch, name)))).hexdigest() for name in FLOAT8}
    bytes_ = torch.arange(256, dtype=torch.int32).to(torch.uint8)
    numbers = {name: hashlib.sha256(raw(bytes_.view(getattr(torch, name)).double().nan_to_num(-1.0, float('inf'), -float('inf')))).hexdigest() for name in FLOAT8}
    refused = {}
    for source, target in (("float32", "float4_e2m1fn_x2"), ("float4_e2m1fn_x2", "float32"), ("float16", "float4_e2m1fn_x2")):
        try:
            copied(torch.zeros(2, dtype=torch.uint8).view(torch.float4_e2m1fn_x2) if "x2" in source else torch.zeros(2).to(getattr(torch, source)), target)
        except Exception as error:
            refused[f"{source} into {target}"] = f"{type(error).__name__}: {error}"
    print(json.dumps({"torch": torch.__version__.split("+")[0], "pairs": pairs, "sweeps": sweeps, "numbers": numbers, "refused": refused}, indent=0))


main()
