"""Random calls of every torch.nn module, as `lazuli probe` cases beside what real PyTorch (2.13, CPU, float64) gives.

    python scripts/golden/modules.py write
        writes tests/golden/modules.jsonl, the committed, frugal set, and torch-nn.json, the keywords of every class
    python scripts/golden/modules.py write-edges
        writes tests/golden/module-edges.jsonl, the same at the edges
    python scripts/golden/modules.py autocast
        writes tests/golden/autocast.jsonl: what torch.autocast('cpu', torch.bfloat16) gives for layers that multiply
    python scripts/golden/modules.py try [SEED [COUNT [CLASS ...]]]
        makes COUNT fresh calls per class, runs them through `npx lazuli probe` in both dtypes and prints what disagrees
    python scripts/golden/modules.py edges [SEED [COUNT [CLASS ...]]]
        the same for calls at the edges, COUNT of each kind
    python scripts/golden/modules.py write-functions
        writes tests/golden/functions.jsonl, the same for layers that are functions of torch; `functions` tries them as `try` does

Every number is a multiple of 1/64, exact in float32. An array of the answer is base64 of little-endian float64. The calls
themselves are in module_calls.py, those at the edges in module_edges.py, those of functions in function_calls.py.
"""

import base64
import inspect
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import warnings

import numpy
import torch
from torch import nn

import function_calls  # noqa: E402
from module_calls import CALLS  # noqa: E402
from module_edges import edges_of  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILE = os.path.join(ROOT, "tests", "golden", "modules.jsonl")
EDGES_FILE = os.path.join(ROOT, "tests", "golden", "module-edges.jsonl")
FUNCTIONS_FILE = os.path.join(ROOT, "tests", "golden", "functions.jsonl")
TOLERANCE = {"float64": 1e-10, "float32": 2e-6}


def plain(value):
    """A tensor (or a tuple of them) as a case holds it."""
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    if not isinstance(value, torch.Tensor):
        return value
    if value.numel() == 0:
        return {"shape": list(value.shape), "data": []}
    return words(value.detach().tolist())


def told(value):
    """The same, a tensor of whole numbers or truths with its dtype."""
    if value.is_floating_point():
        return plain(value)
    data = [] if value.numel() == 0 else value.tolist()
    return {"dtype": str(value.dtype).replace("torch.", ""), "shape": list(value.shape), "data": data}


def words(value):
    if isinstance(value, list):
        return [words(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and value == int(value):
        return value if value == 0 and math.copysign(1, value) < 0 else int(value)
    return value


def flattened(value):
    if value is None:
        return []
    return [tensor for item in value for tensor in flattened(item)] if isinstance(value, (tuple, list)) else [value]


def encode(tensor):
    return None if tensor is None else base64.b64encode(tensor.detach().to(torch.float64).contiguous().numpy().tobytes()).decode()


def decode(text):
    return numpy.frombuffer(base64.b64decode(text), dtype="<f8")


def typed(value, dtype):
    if isinstance(value, tuple):
        return tuple(typed(item, dtype) for item in value)
    if not isinstance(value, torch.Tensor):
        return value
    return value.detach().to(dtype) if value.is_floating_point() else value.detach()


def leaves(value, wants):
    """The same tensors, float ones asking for gradients where the call wants them."""
    if isinstance(value, tuple):
        return tuple(leaves(item, wants) for item in value)
    if wants and isinstance(value, torch.Tensor) and value.is_floating_point():
        value.requires_grad_()
    return value


def gradient(value):
    if isinstance(value, tuple):
        return [gradient(item) for item in value]
    return encode(value.grad) if isinstance(value, torch.Tensor) and value.grad is not None else None


def run(call, dtype, grad_outputs=None, is_mixed=False):
    """Outputs, gradients and buffers of a call in a dtype, or in mixed precision."""
    torch.manual_seed(0)
    module = call.build().to(dtype)
    module.train(call.training)
    if call.state:
        module.load_state_dict({name: typed(tensor, dtype) for name, tensor in call.state.items()}, strict=False)
    inputs = [leaves(typed(value, dtype), at not in call.constant) for at, value in enumerate(call.inputs)]
    with torch.autocast("cpu", torch.bfloat16, enabled=is_mixed):
        outputs = flattened(call.forward(module, *inputs))
    if grad_outputs is None:
        grad_outputs = [call.values(*output.shape) if output.is_floating_point() else None for output in outputs]
    pairs = [(output, typed(given, output.dtype)) for output, given in zip(outputs, grad_outputs) if output.requires_grad]
    if pairs:
        torch.autograd.backward([output for output, _ in pairs], [given for _, given in pairs])
    return {
        "outputs": [{"shape": list(output.shape), "data": encode(output)} for output in outputs],
        "grad_inputs": [gradient(value) for value in inputs],
        "grad_weights": {name: encode(parameter.grad) for name, parameter in module.named_parameters()},
        "buffers_after": {name: encode(buffer) for name, buffer in module.named_buffers()},
    }, grad_outputs


def answered(name, call, is_mixed=False):
    """A call as a line of the file: the probe case and PyTorch's answer."""
    state = call.initial_state()
    call.state = state
    answer, grad_outputs = run(call, torch.float32 if is_mixed else torch.float64, is_mixed=is_mixed)
    module = call.build()
    buffers = {key for key, _ in module.named_buffers()}
    case = {"layer": call.layer or name, "params": call.params, "training": call.training, "inputs": [(told if call.target is None else plain)(value) for value in call.inputs]}
    case["weights"] = {key: plain(value) for key, value in state.items() if key not in buffers}
    case["buffers"] = {key: plain(value) for key, value in state.items() if key in buffers}
    case["grad_outputs"] = [plain(given) for given in grad_outputs]
    return {"name": name, "case": words_in(case), "answer": answer}, grad_outputs


def words_in(value):
    if isinstance(value, dict):
        return {key: words_in(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [words_in(item) for item in value]
    return words(value) if isinstance(value, float) else value


def calls_of(name, seed, count):
    """`count` calls of a class: its scenarios in turn, each on random numbers of its own."""
    for index in range(count):
        rng = random.Random(f"{name}/{seed}/{index}")
        torch.manual_seed(rng.randrange(2**31))
        yield CALLS[name](rng, index)


def array(value):
    if isinstance(value, dict):
        return numpy.zeros(0)
    if value is None:
        return None

    def numbers(item):
        if isinstance(item, list):
            return [numbers(one) for one in item]
        return float(item)

    return numpy.asarray(numbers(value), dtype=float).reshape(-1)


def distance(own, expected):
    """The largest difference over the largest number; infinite for another form."""
    if expected is None:
        return 0.0
    golden = decode(expected)
    if own is None:
        return 0.0 if not golden.any() else math.inf
    mine = array(own)
    if mine.shape != golden.shape:
        return math.inf
    same = (mine == golden) | (numpy.isnan(mine) & numpy.isnan(golden))
    finite = numpy.isfinite(golden)
    if not same[~finite].all() or not numpy.isfinite(mine[finite]).all():
        return math.inf
    if not finite.any():
        return 0.0
    scale = max(numpy.abs(golden[finite]).max(), 1e-30)
    return float(numpy.abs(mine[finite] - golden[finite]).max() / scale)


def nested(own, expected):
    if isinstance(expected, list):
        return [pair for at, item in enumerate(expected) for pair in nested(own[at] if own else None, item)]
    return [(own, expected)]


def faults(result, answer, tolerance):
    if len(result["outputs"]) != len(answer["outputs"]):
        yield f"{len(result['outputs'])} outputs, PyTorch has {len(answer['outputs'])}", math.inf
        return
    pairs = [(f"output {at}", own, golden["data"]) for at, (own, golden) in enumerate(zip(result["outputs"], answer["outputs"]))]
    for at, golden in enumerate(answer["grad_inputs"]):
        own = result["grad_inputs"][at] if at < len(result["grad_inputs"]) else None
        pairs += [(f"grad input {at}", one, expected) for one, expected in nested(own, golden)]
    for kind in ("grad_weights", "buffers_after"):
        for key, golden in answer[kind].items():
            pairs.append((f"{kind} {key}", result[kind].get(key), golden))
    for what, own, golden in pairs:
        found = distance(own, golden)
        if not found <= tolerance:
            yield what, found


def as_lists(answer):
    """PyTorch's own answer in another dtype, in the form of probe's."""
    def numbers(text):
        return None if text is None else [numbers(item) for item in text] if isinstance(text, list) else decode(text).tolist()

    return {
        "outputs": [numbers(item["data"]) for item in answer["outputs"]],
        "grad_inputs": [numbers(item) for item in answer["grad_inputs"]],
        "grad_weights": {key: numbers(item) for key, item in answer["grad_weights"].items()},
        "buffers_after": {key: numbers(item) for key, item in answer["buffers_after"].items()},
    }


def attempt(make, seed, count, names):
    lines = []
    for name in names:
        for call in make(name, seed, count):
            try:
                line, grad_outputs = answered(name, call)
                line["shapes"] = [list(value.shape) if isinstance(value, torch.Tensor) else len(value) if value else value for value in call.inputs]
            except Exception as error:
                print(f"{name}: PyTorch refuses {json.dumps(call.params, default=str)}: {str(error)[:300]}")
                continue
            single = as_lists(run(call, torch.float32, grad_outputs)[0])
            lines.append((line, single))
    bad = 0
    for dtype, tolerance in TOLERANCE.items():
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", delete=False) as file:
            for line, _ in lines:
                file.write(json.dumps({**line["case"], "dtype": dtype}) + "\n")
        found = subprocess.run(["npx", "lazuli", "probe", file.name, "--json"], cwd=ROOT, capture_output=True, text=True)
        results = found.stdout.splitlines()
        if len(results) != len(lines):
            raise SystemExit(found.stderr[-2000:])
        for (line, single), text in zip(lines, results):
            result = json.loads(text)
            short = json.dumps(line["case"]["params"])
            where = f"{line['name']} {dtype} train={line['case']['training']} {short} {line['shapes']}"
            if "error" in result:
                bad += 1
                print(f"REFUSED {where}: {result['error']['message'][:200]}")
                continue
            # Where PyTorch's own float32 is farther off, the numbers are lost to rounding; float64 has 2^-29 of its steps.
            own = dict(faults(single, line["answer"], 0))
            lost = 8 * max((size for size in own.values() if math.isfinite(size)), default=0)
            wrong = list(faults(result, line["answer"], max(tolerance, lost if dtype == "float32" else lost * 2**-29)))
            if wrong:
                bad += 1
                print(f"DIFFERS {where}: " + "; ".join(f"{what} {size:.2e} (torch {own.get(what, 0):.1e})" for what, size in wrong[:4]))
        os.unlink(file.name)
    print(f"{len(lines)} calls in {len(TOLERANCE)} dtypes, {bad} disagree")


MIXED = [
    "Linear", "Bilinear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer", "RNNCell",
]  # fmt: skip


def write_mixed():
    path = os.path.join(ROOT, "tests", "golden", "autocast.jsonl")
    with open(path, "w") as out:
        for name in MIXED:
            for call in calls_of(name, 0, 2):
                out.write(json.dumps(answered(name, call, is_mixed=True)[0], separators=(",", ":")) + "\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


def write(path, calls):
    with open(path, "w") as out:
        for name, call in calls:
            line, grad_outputs = answered(name, call)
            single = as_lists(run(call, torch.float32, grad_outputs)[0])
            own = [size for _, size in faults(single, line["answer"], 0) if math.isfinite(size)]
            line["answer"]["float32"] = float(f"{max(own, default=0):.2g}")
            out.write(json.dumps(line, separators=(",", ":")) + "\n")
    print(f"{path}: {os.path.getsize(path)} bytes")


def main():
    if sys.argv[1:2] == ["autocast"]:
        return write_mixed()
    if sys.argv[1:2] in (["try"], ["edges"], ["functions"]):
        seed = int(sys.argv[2]) if len(sys.argv) > 2 else 0
        count = int(sys.argv[3]) if len(sys.argv) > 3 else 6
        make, names = {"try": (calls_of, CALLS), "edges": (edges_of, CALLS), "functions": (function_calls.calls_of, function_calls.CALLS)}[sys.argv[1]]
        return attempt(make, seed, count, sys.argv[4:] or list(names))
    if sys.argv[1:2] == ["write-functions"]:
        return write(FUNCTIONS_FILE, ((name, call) for name in function_calls.CALLS for call in function_calls.calls_of(name, 0, 4)))
    if sys.argv[1:2] == ["write-edges"]:
        return write(EDGES_FILE, ((name, call) for name in CALLS for call in edges_of(name, 0)))
    write(FILE, ((name, call) for name, scenarios in CALLS.items() for call in calls_of(name, 0, scenarios.count)))
    classes = {name: getattr(nn, name) for name in dir(nn)}
    keywords = {
        name: [keyword for keyword in inspect.signature(target.__init__).parameters if keyword != "self"]
        for name, target in classes.items()
        if isinstance(target, type) and issubclass(target, nn.Module)
    }
    with open(os.path.join(ROOT, "tests", "golden", "torch-nn.json"), "w") as out:
        json.dump(keywords, out, indent=1)
        out.write("\n")


main()
