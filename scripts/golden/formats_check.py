"""Converts every golden torch file with the built command line and opens the results with real PyTorch and safetensors.

Run: python scripts/golden/formats_check.py (needs torch, safetensors, node and the built `out/cli/lazuli.js`). Prints what differs; exits 1 if anything does.
"""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import warnings

import numpy
import safetensors.torch
import torch

warnings.simplefilter("ignore")
ROOT = os.path.join(os.path.dirname(__file__), "..", "..")
spec = importlib.util.spec_from_file_location("formats_torch", os.path.join(os.path.dirname(__file__), "formats_torch.py"))
formats = importlib.util.module_from_spec(spec)
spec.loader.exec_module(formats)
failures = []


def lazuli(*arguments):
    return subprocess.run(["node", os.path.join(ROOT, "out/cli/lazuli.js"), *arguments, "--json"], capture_output=True, text=True, check=False)


def digest(tensor):
    return hashlib.sha256(formats.tensor_bytes(tensor)).hexdigest()


def check(name, condition, problem):
    if not condition:
        failures.append(name)
        print(f"{name}: {problem}")


def same_pickle(one, other):
    """Whether torch.load gives equal objects, told by what torch.save makes of them."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, side, "x.pt") for side in "ab"]
        for path, value in zip(paths, (one, other)):
            os.mkdir(os.path.dirname(path))
            torch.save(value, path)
        with open(paths[0], "rb") as first, open(paths[1], "rb") as second:
            return first.read() == second.read()


def check_file(folder, name, golden, scratch):
    path = os.path.join(folder, name)
    with open(path, "rb") as file:
        original = file.read()
    out = os.path.join(scratch, name)
    ended = lazuli("convert", path, out)
    check(name, ended.returncode == 0, ended.stderr[:300])
    if ended.returncode != 0:
        return
    with open(out, "rb") as file:
        written = file.read()
    is_data = not json.loads(lazuli("inspect", path).stdout)["globals"]
    if golden.get("resave") and is_data and golden["format"] == "torch":
        check(name, written == original, "convert to .pt gives other bytes")
    try:
        loaded = torch.load(out, weights_only=False)
    except Exception as error:
        check(name, False, f"torch.load: {type(error).__name__}: {str(error)[:200]}")
        return
    # PyTorch itself cannot open float8 and unsigned types it wrote in the legacy form.
    if golden["format"] == "torch_legacy" and is_data and name != "legacy_f8.pt":
        check(name, same_pickle(torch.load(path, weights_only=False), loaded), "the converted legacy file loads as something else")
    if isinstance(loaded, dict) and not is_data:
        for key, entry in golden["entries"].items():
            if entry["shape"] is not None:
                check(name, key in loaded and digest(loaded[key]) == entry["sha256"], f"{key} differs")
    entries = {key: entry for key, entry in golden["entries"].items() if entry["shape"] is not None}
    target = os.path.join(scratch, f"{name}.safetensors")
    ended = lazuli("convert", path, target, "--initialized-only")
    if ended.returncode == 0:
        try:
            tensors = safetensors.torch.load_file(target)
        except KeyError:
            return
        for key, entry in entries.items():
            check(name, key in tensors and digest(tensors[key]) == entry["sha256"], f"{key} differs in safetensors")
    else:
        check(name, "no dtype for" in ended.stderr or "two four-bit" in ended.stderr or not entries, f"safetensors: {ended.stderr[:200]}")
    target = os.path.join(scratch, f"{name}.npz")
    ended = lazuli("convert", path, target, "--initialized-only")
    if ended.returncode == 0:
        with numpy.load(target) as arrays:
            for key, entry in entries.items():
                if entry["dtype"] != "bfloat16":
                    stored = arrays[key or "arr_0"]
                    check(name, hashlib.sha256(numpy.ascontiguousarray(stored).tobytes()).hexdigest() == entry["sha256"], f"{key} differs in npz")
    else:
        check(name, "NumPy has no type" in ended.stderr or not entries or "unsafe" in ended.stderr, f"npz: {ended.stderr[:200]}")


def main():
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        for label in ("formats", "formats_wide"):
            folder = os.path.join(ROOT, "tests", "golden", label)
            with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as file:
                files = json.load(file)["files"]
            for name, golden in files.items():
                if name.endswith(".pt") and (not only or any(part in name for part in only)):
                    check_file(folder, name, golden, scratch)
    print(f"{len(failures)} differences")
    sys.exit(1 if failures else 0)


main()
