"""Writes tests/golden/integers.json: what real PyTorch (2.13, CPU) makes of whole numbers, truths and floats that meet.

Run: python scripts/golden/integers.py
A case is a layer of the catalogue with its params and inputs `{dtype, shape, data}`, and what torch gives: `{dtype, shape, data}`, or the
text of its error. Numbers beyond 2^53 are left out: JSON holds no more.
"""

import json
import os

import torch

FILE = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "integers.json")
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64"]
PAIRS = {
    "add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div,
    "floor_divide": torch.floor_divide, "remainder": torch.remainder, "maximum": torch.maximum, "minimum": torch.minimum,
    "bitwise_and": torch.bitwise_and, "bitwise_or": torch.bitwise_or, "bitwise_xor": torch.bitwise_xor,
    "greater": torch.gt, "greater_equal": torch.ge, "less": torch.lt, "less_equal": torch.le, "equal": torch.eq, "not_equal": torch.ne,
}  # fmt: skip
FUNCTIONS = ["abs", "neg", "sign", "square", "floor", "ceil", "round", "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p", "sin", "cos", "erf", "relu", "sigmoid", "tanh"]
BOUNDS = [{"min": -7}, {"max": 5}, {"min": 1, "max": 9}, {"min": 4, "max": 2}, {"min": 0.5, "max": 30}]
SINGLES = {
    "tril": (lambda x: torch.tril(x, 1), {"diagonal": 1}), "triu": (lambda x: torch.triu(x, 1), {"diagonal": 1}),
    "bitwise_not": (torch.bitwise_not, {}), "logical_not": (torch.logical_not, {}),
    "sum": (lambda x: torch.sum(x, (0, 1)), {"dim": [0, 1]}), "mean": (lambda x: torch.mean(x, -1), {"dim": [-1]}),
    "amax": (lambda x: torch.amax(x, 0), {"dim": [0]}), "amin": (lambda x: torch.amin(x, 0), {"dim": [0]}),
    "argmax": (lambda x: torch.argmax(x, 1), {"dim": 1}), "cumsum": (lambda x: torch.cumsum(x, 1), {"dim": 1}),
    "cumprod": (lambda x: torch.cumprod(x, 1), {"dim": 1}), "prod": (lambda x: torch.prod(x, 1), {"dim": 1}),
    "one_hot": (lambda x: torch.nn.functional.one_hot(x.abs() % 4, 4), None),
    **{name: (getattr(torch, name), {}) for name in FUNCTIONS},
    **{f"power {exponent}": ((lambda x, exponent=exponent: x.pow(exponent)), {"exponent": exponent}) for exponent in (0, 1, 2, 3, 10, -1, 0.5)},
    **{f"clamp {at}": ((lambda x, bounds=bounds: torch.clamp(x, **bounds)), bounds) for at, bounds in enumerate(BOUNDS)},
    **{f"to {name}": ((lambda x, name=name: x.to(getattr(torch, name))), {"dtype": name}) for name in DTYPES},
}  # fmt: skip


def tensor(dtype, shape, salt):
    count = 1
    for size in shape:
        count *= size
    values = [(at * 37 + salt * 11) % 251 - 120 for at in range(count)]
    if dtype == "bool":
        values = [value % 2 == 0 for value in values]
    elif dtype == "uint8":
        values = [abs(value) for value in values]
    elif dtype.startswith("float"):
        values = [value / 8 for value in values]
    return torch.tensor(values, dtype=getattr(torch, dtype)).reshape(shape)


def without_zeros(x):
    return x if x.dtype == torch.bool else torch.where(x == 0, torch.ones_like(x), x)


WORDS = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def described(x):
    data = [WORDS.get(str(value), value) for value in x.flatten().tolist()]
    return {"dtype": str(x.dtype).replace("torch.", ""), "shape": list(x.shape), "data": data}


def case(layer, params, inputs, make):
    answer = {"layer": layer, "params": params, "inputs": [described(x) for x in inputs]}
    try:
        return {**answer, "output": described(make(*inputs))}
    except RuntimeError as error:
        return {**answer, "error": str(error)}


cases = []
for layer, make in PAIRS.items():
    for a in DTYPES:
        for b in DTYPES:
            cases.append(case(layer, {}, [tensor(a, [2, 3], 1), without_zeros(tensor(b, [3], 5))], make))
    for a, b in [("int32", "int64"), ("uint8", "int8"), ("int64", "float32"), ("float32", "float64"), ("bool", "int16")]:
        cases.append(case(layer, {}, [tensor(a, [4], 2), without_zeros(tensor(b, [], 9))], make))
for name, (make, params) in SINGLES.items():
    for dtype in DTYPES:
        x = tensor(dtype, [2, 5], 3)
        if name == "one_hot":
            cases.append(case("one_hot", {"num_classes": 4}, [x.abs() % 4 if dtype not in ("bool",) else x], lambda x: torch.nn.functional.one_hot(x, 4)))
        elif not (name.startswith("to uint8") and dtype.startswith("float")):
            # A negative float as uint8 is what the processor makes of it.
            cases.append(case(name.split(" ")[0], params, [x], make))
for a, b in [("int64", "int64"), ("int32", "float32"), ("bool", "uint8"), ("float32", "float64")]:
    mask = tensor("bool", [3, 1], 4)
    cases.append(case("where", {}, [mask, tensor(a, [3, 2], 1), tensor(b, [2], 6)], torch.where))
for dtype in DTYPES:
    x, mask = tensor(dtype, [3, 2], 1), tensor("bool", [3, 1], 4)
    value = dtype == "bool" or -7 if not dtype.startswith("u") else 7
    cases.append(case("masked_fill", {"value": int(value)}, [x, mask], lambda x, mask, value=value: x.masked_fill(mask, value)))
for layer, join in [("concatenate", lambda *x: torch.cat(x, 0)), ("stack", lambda *x: torch.stack(x, 0))]:
    for a, b in [("int64", "float32"), ("bool", "uint8"), ("int8", "uint8"), ("int32", "int32")]:
        cases.append(case(layer, {"dim": 0}, [tensor(a, [2, 2], 1), tensor(b, [2, 2], 2)], join))
for dtype in DTYPES:
    for mode, amounts, value in [("constant", [1, 2, 0, 1], 2), ("constant", [-1, 3], -1), ("circular", [2, 1], 0)]:
        x = tensor(dtype, [1, 2, 3], 4)
        options = {"pad": amounts, "mode": mode, **({"value": value} if mode == "constant" and dtype != "uint8" else {})}
        cases.append(case("pad", options, [x], lambda x, options=options: torch.nn.functional.pad(x, **options)))
for dtype in ("int32", "int64", "float32", "int16"):
    index = tensor(dtype, [2, 2], 1).abs() % 3
    cases.append(case("embedding", {}, [index], lambda x: torch.nn.functional.embedding(x, torch.arange(6, dtype=torch.float32).reshape(3, 2))))
INF, NAN = float("inf"), float("nan")
for dtype in (torch.float32, torch.float64):
    above = torch.tensor([5, -5, 7.5, INF, -INF, NAN, 1e30, -1e30, -0.0, 3, -3, 0, 2.5, 1e-40, 16777217.0, -6, 6, 1], dtype=dtype)
    below = torch.tensor([3, INF, -2, 2, 2, 1, 7, 7, 5, 0, 0, 0, NAN, 3, 3, 2, -2, 3e38], dtype=dtype)
    for layer in ("floor_divide", "remainder"):
        cases.append(case(layer, {}, [above, below], PAIRS[layer]))
        cases.append(case(layer, {}, [above, -below], PAIRS[layer]))
cases.append(case("floor_divide", {}, [tensor("int64", [2], 1), torch.tensor([2, 0])], torch.floor_divide))
cases.append(case("remainder", {}, [tensor("int32", [2], 1), torch.tensor([0, 3], dtype=torch.int32)], torch.remainder))

with open(FILE, "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(each) for each in cases) + "\n]\n")
print(len(cases), {each["error"] for each in cases if "error" in each})
