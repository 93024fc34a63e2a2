#!/usr/bin/env python3
"""PyTorch on the GPU doing the work of `lazuli bench --device gpu`: same shapes, same steps, float32 without TF32.

  python3 tests/bench/gpu_peer.py [--compile] [--autocast] [--seconds 0.5] [--batch N] [--device cuda] [name ...]

One JSON line for the machine and one per workload. Products with --autocast are of bfloat16.
"""
import argparse, json, statistics, sys, time

import torch
import torch.nn as nn
import torch.nn.functional as F

DEVICE = "cuda"  # main() sets it
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def mlp():
    return nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 10))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1),
                         nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10))


def large_cnn():
    layers, before = [], 3
    for at, channels in enumerate([64, 128, 256, 512, 512]):
        layers += [nn.MaxPool2d(2)] if at else []
        layers += [nn.Conv2d(before, channels, 3, padding=1), nn.BatchNorm2d(channels), nn.ReLU()]
        before = channels
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


class Encoder(nn.Module):
    def __init__(self, layers, features, heads, tokens, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(256, features)
        self.position = nn.Parameter(torch.zeros(tokens, features))
        layer = nn.TransformerEncoderLayer(features, heads, 4 * features, dropout, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(features, 256)

    def forward(self, x):
        return self.head(self.encoder(self.embedding(x) + self.position)).flatten(0, 1)


BATCH = None  # main() sets it


def images(n, *shape, classes):
    n = BATCH or n
    return torch.randn(n, *shape), torch.randint(0, classes, (n,))


def words(n, tokens):
    n = BATCH or n
    return torch.randint(0, 256, (n, tokens)), torch.randint(0, 256, (n * tokens,))


STEPS = {
    "mlp_b64": (mlp, lambda: images(64, 784, classes=10)),
    "mlp_b8": (mlp, lambda: images(8, 784, classes=10)),
    "cnn_b64": (cnn, lambda: images(64, 1, 28, 28, classes=10)),
    "tenc_b16": (lambda: Encoder(2, 128, 4, 64), lambda: words(16, 64)),
    "tenc_drop_b16": (lambda: Encoder(2, 128, 4, 64, 0.1), lambda: words(16, 64)),
    "cnn224_b32": (large_cnn, lambda: images(32, 3, 224, 224, classes=1000)),
    "tenc12_b8": (lambda: Encoder(12, 768, 12, 512), lambda: words(8, 512)),
}


def step(name, is_compiled, is_mixed):
    make, data = STEPS[name]
    model = make().to(DEVICE).train()
    x, y = (t.to(DEVICE) for t in data())
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def loss_of(x, y):
        with torch.autocast(DEVICE, torch.bfloat16, enabled=is_mixed):
            return F.cross_entropy(model(x), y)

    run = torch.compile(loss_of) if is_compiled else loss_of

    def body():
        optimizer.zero_grad(set_to_none=True)
        run(x, y).backward()
        optimizer.step()
    return body


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def product(name, dtype):
    """gemm_nn_MxNxK: [m, k] times [k, n]."""
    m, n, k = map(int, name.removeprefix("gemm_nn_").split("x"))
    a, b = torch.randn(m, k, device=DEVICE).to(dtype), torch.randn(k, n, device=DEVICE).to(dtype)
    c = torch.empty(m, n, device=DEVICE, dtype=dtype)
    return lambda: torch.mm(a, b, out=c)


def measure(body, seconds):
    """Seconds a call: median over samples of some 20 ms each, the device's end waited for."""
    for _ in range(5):
        body()
    wait()
    start = time.perf_counter(); body(); wait()
    calls = max(1, int(0.02 / max(time.perf_counter() - start, 1e-6)))
    samples, spent = [], 0.0
    while spent < seconds or len(samples) < 3:
        start = time.perf_counter()
        for _ in range(calls):
            body()
        wait()
        took = time.perf_counter() - start
        samples.append(took / calls); spent += took
    return statistics.median(samples)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("names", nargs="*")
    options.add_argument("--compile", action="store_true")
    options.add_argument("--autocast", action="store_true", help="steps in bfloat16 mixed precision")
    options.add_argument("--seconds", type=float, default=0.5)
    options.add_argument("--batch", type=int, default=None, help="another batch size for steps")
    options.add_argument("--device", default="cuda")
    options = options.parse_args()
    global DEVICE, BATCH
    DEVICE, BATCH = options.device, options.batch
    machine = torch.cuda.get_device_name() if DEVICE == "cuda" else DEVICE
    print(json.dumps({"machine": machine, "torch": torch.__version__}), flush=True)
    cases = {name: (lambda name=name: step(name, options.compile, options.autocast)) for name in STEPS}
    if not options.compile:
        dtype = torch.bfloat16 if options.autocast else torch.float32
        products = [name for name in options.names if name.startswith("gemm_nn_")]
        for name in products or [f"gemm_nn_{n}x{n}x{n}" for n in (1024, 2048, 4096, 8192)]:
            cases[name] = lambda name=name: product(name, dtype)
    for name in options.names or cases:
        if name not in cases:
            continue
        try:
            took = measure(cases[name](), options.seconds)
            row = {"name": name, "peer": "compile" if options.compile else "eager", "bfloat16": options.autocast, "median_ms": took * 1e3}
        except Exception as error:
            row = {"name": name, "error": str(error)[:200]}
        print(json.dumps(row), flush=True)
        if DEVICE == "cuda":
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
