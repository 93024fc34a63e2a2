"""Writes tests/golden/random.json: random streams of real PyTorch on an x86 CPU. Run: python scripts/golden/random_streams.py

Needs a build without MKL (Debian's): those with it draw bernoulli_ and dropout from another generator (docs/spec/random.md).
"""
import hashlib
import json
import pathlib

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEEDS = [0, 1, 5489, -1, 2**32 + 7, 2**63 + 5, -(2**63)]


def raw(tensor):
    return bytes(tensor.contiguous().reshape(-1).view(torch.uint8).tolist())


def entry(tensor, **call):
    data = raw(tensor)
    return {**call, "count": tensor.numel(), "sha256": hashlib.sha256(data).hexdigest(), "head": data[:64].hex()}


def empty(dtype, count):
    return torch.empty(count, dtype=getattr(torch, dtype))


def float64_normals():
    """Long float64 streams of both branches, whose last bits are the C library's."""
    cases = []
    for seed, count, mean, std in ((0, 400_000, 0, 1), (1, 300_005, 0.3, 1.7), (2, 160_017, -5.0, 1e-3)):
        torch.manual_seed(seed)
        cases.append(entry(empty("float64", count).normal_(mean, std), seed=str(seed), calls=1, a=mean, b=std))
    for seed, count, calls, mean, std in ((3, 15, 20_000, 0, 1), (4, 7, 30_001, 0.3, 1.7), (5, 1, 100_001, -5.0, 1e-3)):
        torch.manual_seed(seed)
        drawn = torch.cat([empty("float64", count).normal_(mean, std) for _ in range(calls)])
        cases.append(entry(drawn, seed=str(seed), calls=calls, a=mean, b=std))
    return cases


def main():
    cases = []
    for seed in SEEDS:
        torch.manual_seed(seed)
        cases.append(entry(torch.randint(0, 65536, (700,)), steps="randint", seed=str(seed), low=0, high="65536"))
    for dtype in ("float32", "float64", "float16", "bfloat16"):
        for low, high in ((0, 1), (-0.37, 0.91), (-1e-3, 1e3), (0.1, 0.1)):
            torch.manual_seed(1)
            cases.append(entry(empty(dtype, 5000).uniform_(low, high), steps="uniform", seed="1", dtype=dtype, a=low, b=high))
        for count in (1, 7, 15, 16, 17, 31, 1000, 4099)[: 7 if dtype == "float64" else 8]:
            for mean, std in ((0, 1), (2.0, 0.02)):
                torch.manual_seed(3)
                drawn = empty(dtype, count).normal_(mean, std)
                cases.append(entry(drawn, steps="normal", seed="3", dtype=dtype, a=mean, b=std))
                # The last bit of a float64 normal is libm's: the test allows for it.
                if dtype == "float64":
                    cases[-1]["values"] = drawn.tolist()
    for count in (0, 1, 2, 50, 3000):
        torch.manual_seed(0)
        cases.append(entry(torch.randperm(count), steps="randperm", seed="0"))
    for high in (1, 10, 2**28 - 1, 2**28, 2**31, 2**32 - 1, 2**32, 2**40, 2**62):
        torch.manual_seed(0)
        cases.append(entry(torch.randint(-5, high, (300,)), steps="randint", seed="0", low=-5, high=str(high)))
    assert not torch.backends.mkl.is_available()
    for p in (0, 0.3, 0.5, 1):
        torch.manual_seed(6)
        cases.append(entry(torch.empty(500).bernoulli_(p).to(torch.uint8), steps="bernoulli", seed="6", dtype="float32", a=p))
    for p in (0.1, 0.25, 0.5):
        torch.manual_seed(6)
        cases.append(entry(torch.nn.functional.dropout(torch.ones(500), p), steps="dropout", seed="6", dtype="float32", a=p))
    for dtype in ("float32", "float64"):
        torch.manual_seed(0)
        drawn = torch.bernoulli(torch.full((500,), 0.3, dtype=getattr(torch, dtype)))
        cases.append(entry(drawn.to(torch.uint8), steps="bernoulliOf", seed="0", dtype=dtype, a=0.3))
    torch.manual_seed(4)
    mixed = [torch.randn(7), torch.randn(4, dtype=torch.float64), torch.rand(3), torch.randn(20), torch.randn(2)]
    sequence = [entry(tensor) for tensor in mixed]
    torch.manual_seed(4)
    strided = torch.zeros(4, 8)
    strided[:, ::2].normal_()
    state = torch.Generator()
    state.manual_seed(11)
    states = {"fresh": raw(state.get_state()).hex()}
    torch.randn(3, generator=state)
    states["after 3 normals"] = raw(state.get_state()).hex()
    torch.rand(2000, generator=state)
    states["after 2000 uniforms"] = raw(state.get_state()).hex()
    golden = {
        "torch": torch.__version__,
        "cases": cases,
        "float64Normals": float64_normals(),
        "sequence": sequence,
        "strided": entry(strided[:, ::2]),
        "states": states,
        "initialSeed": str(torch.Generator().initial_seed()),
    }
    (ROOT / "tests/golden/random.json").write_text(json.dumps(golden, indent=1) + "\n")


main()
