"""Mutates small safetensors, .npy and .npz files and asks the reference packages (safetensors, NumPy) whether they open them.

Run: python scripts/golden/formats_strict.py [COUNT] [SEED] > tests/golden/formats_strict.json (600 and 0 unless named), or > FILE and then
LAZULI_STRICT=FILE npx vitest run tests/formats/strict.test.ts. Each case: its format, its bytes in base64, null or the error of the reference.
"""

import base64
import io
import json
import random
import struct
import sys
import warnings
import zipfile

import numpy
import safetensors
import safetensors.numpy
import torch  # the dtypes NumPy lacks
import safetensors.torch

warnings.simplefilter("ignore")
OFFSETS = [[0, 4], [0, 8], [4, 8], [1, 5], [0, 0], [8, 4], [-4, 0], [0, 2**53], [0, 4.0], ["0", 4], [0], [0, 4, 8], None]
SHAPES = [[1], [2], [], [0], [1, 1], [2, 2], [-1], [2**40, 2**40], [1.0], ["1"], None, {}, [True]]
DTYPES = ["F32", "F64", "F16", "BF16", "I64", "I32", "I16", "I8", "U8", "U16", "U32", "U64", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F4", "F6_E2M3", "F6_E3M2", "C64", "f32", "X", "", None, 1]


def safe(header, data, length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def safetensors_case(draw):
    """A valid file of one to three tensors with one or two things changed."""
    header, at = {}, 0
    for index in range(draw.randint(1, 3)):
        size = draw.choice([0, 4, 8])
        header[f"t{index}"] = {"dtype": "F32", "shape": [size // 4], "data_offsets": [at, at + size]}
        at += size
    if draw.random() < 0.3:
        header["__metadata__"] = draw.choice([{"a": "b"}, {}, {"a": 1}, {"a": None}, [], "a", {"a": {"b": "c"}}, None])
    data = bytes(at)
    name = draw.choice([key for key in header if key != "__metadata__"])
    text = None
    for _ in range(draw.choice([0, 1, 1, 2])):
        kind = draw.randrange(9)
        if kind == 0:
            header[name]["data_offsets"] = draw.choice(OFFSETS)
        elif kind == 1:
            header[name]["shape"] = draw.choice(SHAPES)
        elif kind == 2:
            header[name]["dtype"] = draw.choice(DTYPES)
        elif kind == 3:
            data = draw.choice([data[:-1], data + b"x", data + bytes(4), b""])
        elif kind == 4:
            header[name].pop(draw.choice(["dtype", "shape", "data_offsets"]), None)
        elif kind == 5:
            header[name]["more"] = 1
        elif kind == 6:
            plain = json.dumps(header)
            text = draw.choice([" " + plain, plain + " " * 7, plain + "\n", plain + "\0", plain + "x", plain[:-1], plain.replace(":", " : "), plain.replace(",", ",\n"), plain[:-1] + ',"t0":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', plain.replace("0", "NaN", 1), plain.replace("t0", "\\u0074\\u0030"), plain.replace("t0", "\\ud800"), plain.replace('"F32"', '"F32","dtype":"F32"', 1), plain.replace("4", "4e0", 1), plain.replace("4", "04", 1), "[]", "null", ""]).encode()
        elif kind == 7:
            text = json.dumps(header).encode().replace(b"t0", draw.choice([b"\xff", "é".encode(), b"a\tb", b"", b"__metadata__"]))
        elif kind == 8 and isinstance(header[name], dict) and len(header) > 1:
            header = dict(reversed(header.items()))
    length = draw.choice([None] * 12 + [0, 1, 2**63, 100_000_001, 10])
    return "safetensors", safe(header if text is None else text, data, length)


NPY_DESCRIPTORS = ["<f4", ">f4", "|u1", "<i8", ">i2", "|b1", "<f2", "<c8", ">c16", "<u8", "=f4", "f4", "float32", "|S3", "<U2", "|O", "<M8[s]", "|V4", "<f16", "<i3", "", "i4,i4", "(2,)f4", [("a", "<f4")], [("é", "<f4")], None, 4]


def npy(draw):
    descriptor = draw.choice(NPY_DESCRIPTORS if draw.random() < 0.6 else ["<f4"])
    shape = draw.choice(["(2,)", "(2, 1)", "()", "(0,)", "(1, 2)", "(2)", "[2]", "(2L,)", "(-1,)", "(1.0,)", "(2,3,)", "(True,)"] if draw.random() < 0.5 else ["(2,)"])
    order = draw.choice(["False", "True", "0", "None", "'F'"] if draw.random() < 0.3 else ["False"])
    fields = [f"'descr': {descriptor!r}", f"'fortran_order': {order}", f"'shape': {shape}"]
    if draw.random() < 0.15:
        draw.shuffle(fields)
    if draw.random() < 0.1:
        fields = draw.choice([fields[:2], fields + ["'more': 1"], fields + [fields[0]]])
    text = draw.choice(["{" + ", ".join(fields) + ", }"] * 6 + ["{" + ", ".join(fields) + "}", "{" + ",".join(fields) + " }", " {" + ", ".join(fields) + "}", "{" + ", ".join(fields), "{}", "", "dict(" + ", ".join(fields) + ")"])
    version = draw.choice([(1, 0)] * 5 + [(2, 0), (3, 0), (1, 1), (4, 0), (0, 0)])
    raw = text.encode("utf-8" if version == (3, 0) else "latin1", "replace")
    wide = version[0] > 1
    raw += b" " * draw.choice([-(len(raw) + (13 if wide else 11)) % 64, 0, 3]) + draw.choice([b"\n"] * 8 + [b"", b" ", b"\r\n", b"\n\n"])
    length = struct.pack("<I" if wide else "<H", len(raw) + draw.choice([0] * 10 + [1, -1]))
    try:
        count = eval(shape.replace("L", ""))  # noqa: S307 - our own literals
        count = int(numpy.prod(count)) if isinstance(count, tuple) else 2
        width = numpy.dtype(descriptor).itemsize
    except Exception:
        count, width = 2, 4
    data = bytes(max(0, count) * width)
    data = draw.choice([data] * 8 + [data[:-1], data + b"x"])
    return b"\x93NUMPY" + bytes(version) + length + raw + data


def npz(draw):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])) as archive:
        for index in range(draw.randint(0, 2)):
            with archive.open(draw.choice(["a.npy", f"b{index}.npy", "c", "é.npy", "d/e.npy"]), "w", force_zip64=draw.random() < 0.3) as file:
                file.write(npy(draw) if draw.random() < 0.5 else simple())
        if draw.random() < 0.1:
            archive.comment = b"comment"
    data = bytearray(out.getvalue())
    if draw.random() < 0.3 and data:
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return "npz", bytes(data)


def simple():
    out = io.BytesIO()
    numpy.save(out, numpy.arange(2, dtype="<f4"))
    return out.getvalue()


def verdict(kind, data):
    """None where the reference gives every array, else its error."""
    try:
        if kind == "safetensors":
            try:
                safetensors.numpy.load(data)
            except KeyError:  # a dtype NumPy lacks
                safetensors.torch.load(data)
        elif kind == "npy":
            file = io.BytesIO(data)
            numpy.load(file, allow_pickle=False)
        else:
            with numpy.load(io.BytesIO(data), allow_pickle=False) as archive:
                for name in archive.files:
                    archive[name]
        return None
    except BaseException as error:  # pyo3's panics are no Exceptions
        return f"{type(error).__name__}: {error}"[:200]


def main():
    count, seed = (int(sys.argv[1]) if len(sys.argv) > 1 else 600), (int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    draw = random.Random(seed)
    cases, seen = [], set()
    while len(cases) < count:
        kind, data = draw.choice([safetensors_case, safetensors_case, lambda d: ("npy", npy(d)), lambda d: ("npy", npy(d)), npz])(draw)
        if data not in seen:
            seen.add(data)
            cases.append([kind, base64.b64encode(data).decode(), verdict(kind, data)])
    versions = {"safetensors": safetensors.__version__, "numpy": numpy.__version__}
    print(json.dumps({**versions, "cases": cases}, ensure_ascii=True))


if __name__ == "__main__":
    main()
