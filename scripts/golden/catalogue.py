"""Writes tests/golden/catalogue-*.json: what real PyTorch (2.13, CPU, float64) computes for every example of the catalogue.

Run: node scripts/golden/catalogue.mjs | python scripts/golden/catalogue.py [KIND ...]   (layer, sequence, loss, ...)
Arrays are base64 of little-endian float64. Inputs, weights and output gradients are
not stored: both sides make them from their names (tests/catalogue/values.ts).
"""

import base64
import functools
import hashlib
import json
import os
import sys
import warnings

import torch

from schedulers import scheduler  # noqa: E402
from sequences import sequence_module  # noqa: E402

warnings.simplefilter("ignore")
torch.set_num_threads(1)
FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden")
MODULUS = 2_147_483_647
# Whole ones saturate the softmax, and float32 then keeps few digits of the gradients.
SOFT = ("proj_weight", "out_proj.weight", "linear1.weight", "linear2.weight")


def stream(name, count):
    state = 1
    for letter in name:
        state = (state * 31 + ord(letter)) % MODULUS
    state = max(state, 1)
    numbers = []
    for _ in range(count + 4):
        state = state * 16_807 % MODULUS
        numbers.append(state)
    return numbers[4:]


def number(state, values):
    value = state // 1024 / 2**19 - 2
    if values == "probability":
        return value * 0.2 + 0.5
    if values == "log probability":
        return -abs(value) - 0.1
    if values == "sign":
        return -1.0 if value < 0 else 1.0
    if values == "count":
        return float(int(abs(value) * 3))
    if values == "positive":
        return abs(value) + 0.25
    return value


def tensor_of(request, dtype=torch.float64):
    shape = request["shape"]
    name = request["name"]
    count = functools.reduce(lambda a, b: a * b, shape, 1)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(3)
    if "data" in request:
        return torch.tensor(request["data"], dtype=torch.int64 if request["dtype"] == "int64" else dtype).reshape(shape)
    numbers = stream(name, count)
    if request["dtype"] == "int64":
        return torch.tensor([state % request["range"] for state in numbers], dtype=torch.int64).reshape(shape)
    values = [number(state, request.get("values", "any")) for state in numbers]
    if name.endswith("running_var"):
        values = [abs(value) + 0.5 for value in values]
    if name.endswith(SOFT):
        values = [value / 4 for value in values]
    return torch.tensor(values, dtype=dtype).reshape(shape)


def encode(tensor):
    return base64.b64encode(tensor.detach().to(torch.float64).contiguous().numpy().tobytes()).decode()


def described(output):
    kind = {"integer": True} if output.dtype == torch.int64 else {"dtype": "bool"} if output.dtype == torch.bool else {}
    return {"shape": list(output.shape), "data": encode(output), **kind}


def options_of(request):
    options = {}
    for key, value in request["params"].items():
        if key in ("weight", "pos_weight", "_random_samples"):
            options[key] = None if value is None else torch.tensor(value, dtype=torch.float64)
        elif key == "dtype":
            options[key] = getattr(torch, value)
        elif isinstance(value, list):
            # LPPool1d takes a number only.
            options[key] = value[0] if request["torch"].endswith("1d") and len(value) == 1 else tuple(value)
        else:
            options[key] = value
    return options


def named(dotted):
    return functools.reduce(getattr, dotted.split(".")[1:], torch)


def flattened(outputs):
    if not isinstance(outputs, (tuple, list)):
        return [] if outputs is None else [outputs]
    return [tensor for item in outputs for tensor in flattened(item)]


SIZED = (torch.nn.modules.pooling._MaxUnpoolNd, torch.nn.modules.conv._ConvTransposeNd)
FOLDED = (torch.add, torch.mul)
LISTED = (torch.cat, torch.stack)
ALONG = (torch.gather, torch.scatter_add)
# Our conditions are numbers and hold above 0; torch's are bool.
CONDITIONAL = {torch.where: 0, torch.masked_fill: 1}


def forward_of(request):
    """The module (or None) and a function of the inputs."""
    target = named(request["torch"])
    options = options_of(request)
    if request["kind"] == "sequence" and isinstance(target, type):
        module, forward = sequence_module(target, options)
        return module.double(), forward
    if isinstance(target, type):
        # An argument of forward: the size an unpooling or a transposed convolution is to give.
        sizes = options.pop("output_size", None) if issubclass(target, SIZED) else None
        sizes = [sizes] if isinstance(sizes, int) else sizes
        module = target(**options).double()
        return module, (lambda *inputs: module(*inputs, output_size=sizes)) if sizes else module
    if target in FOLDED:
        return None, lambda *inputs: functools.reduce(target, inputs)
    if target in LISTED:
        return None, lambda *inputs: target(inputs, **options)
    if target is torch.einsum:
        return None, lambda *inputs: target(options["equation"], *inputs)
    if target in ALONG:
        return None, lambda x, *inputs: target(x, options["dim"], *inputs)
    if target in CONDITIONAL:
        at = CONDITIONAL[target]
        return None, lambda *inputs: target(*[x > 0 if place == at else x for place, x in enumerate(inputs)], **options)
    return None, lambda *inputs: target(*inputs, **options)


def run(request, training):
    module, forward = forward_of(request)
    if module is not None:
        module.train(training)
        if request["tensors"]:
            # A weight that is an option of ours is a buffer there.
            missing, unexpected = module.load_state_dict(
                {name: tensor_of(spec) for name, spec in request["tensors"].items()}, strict=False
            )
            assert not unexpected and set(missing) <= set(options_of(request)), (missing, unexpected)
    inputs = [tensor_of(spec) for spec in request["inputs"]]
    differentiable = inputs[:1] if request["kind"] == "loss" and not request["hasTargetGradient"] else inputs
    for tensor in differentiable:
        if tensor.is_floating_point():
            tensor.requires_grad_()
    outputs = forward(*inputs)
    outputs = flattened(outputs)
    answer = {"outputs": [described(output) for output in outputs]}
    total = torch.zeros(())
    for index, output in enumerate(outputs):
        if not output.is_floating_point():
            continue
        gradient = tensor_of({"name": f"{request['name']}/grad_output{index}", "shape": list(output.shape), "dtype": "float"})
        total = total + (output * gradient).sum()
    if total.requires_grad:
        total.backward()
    answer["grad_inputs"] = [None if tensor.grad is None else encode(tensor.grad) for tensor in differentiable]
    if module is not None and request["kind"] in ("layer", "sequence"):
        answer["grad_weights"] = {name: encode(parameter.grad) for name, parameter in module.named_parameters()}
        answer["buffers"] = {
            name: encode(buffer) for name, buffer in module.named_buffers() if name in request["tensors"]
        }
    return answer


def initial(request):
    """SHA-256 of each weight's float32 bytes as torch.manual_seed(0) and the constructor leave them."""
    target = named(request["torch"])
    if not request["tensors"] or not isinstance(target, type):
        return None
    torch.manual_seed(0)
    options = options_of(request)
    if issubclass(target, SIZED):
        options.pop("output_size", None)
    module = sequence_module(target, options)[0] if request["kind"] == "sequence" else target(**options)
    return {
        name: hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()
        for name, tensor in module.state_dict().items()
        if name in request["tensors"]
    }


def layer_or_loss(request):
    evaluated = run(request, training=False)
    answer = {"fingerprint": request["fingerprint"]}
    if request["isRandom"]:
        answer["evaluation"] = evaluated
    else:
        answer["training"] = run(request, training=True)
        if evaluated != answer["training"]:
            answer["evaluation"] = evaluated
    weights = initial(request) if request["kind"] in ("layer", "sequence") else None
    if weights:
        answer["initial"] = weights
    return answer


def trajectory(request):
    parameter = tensor_of(request["tensors"]["parameter"]).requires_grad_()
    optimizer = named(request["torch"])([parameter], **options_of(request))
    answer = {"fingerprint": request["fingerprint"], "parameters": {}}
    for step, spec in enumerate(request["inputs"], start=1):
        parameter.grad = tensor_of(spec)
        optimizer.step()
        if step in (1, 2, 3, len(request["inputs"])):
            answer["parameters"][str(step)] = encode(parameter)
    state = optimizer.state[parameter]
    answer["state"] = {name: encode(torch.as_tensor(value)) for name, value in state.items() if value is not None}
    return answer


def extreme(request):
    """Output and gradient in float32 at values as large as floats go."""
    values = [float(text) for text in request["inputs"][0]["name"].split(" ")]
    tensor = torch.tensor(values, dtype=torch.float32, requires_grad=True)
    output = named(request["torch"])()(tensor)
    output.sum().backward()
    return {"fingerprint": request["fingerprint"], "output": encode(output), "gradient": encode(tensor.grad)}


ANSWERS = {"layer": layer_or_loss, "sequence": layer_or_loss, "loss": layer_or_loss, "optimizer": trajectory, "scheduler": scheduler, "extreme": extreme}


def main():
    requests = json.load(sys.stdin)
    for kind, file in (("layer", "layers"), ("sequence", "sequences"), ("loss", "losses"), ("optimizer", "optimizers"), ("scheduler", "schedulers"), ("extreme", "extremes")):
        if len(sys.argv) > 1 and kind not in sys.argv[1:]:
            continue
        answers = {}
        for request in requests:
            if request["kind"] != kind:
                continue
            try:
                answers[request["name"]] = ANSWERS[kind](request)
            except Exception as error:
                raise SystemExit(f"{request['name']}: {error}") from error
        path = os.path.join(FOLDER, f"catalogue-{file}.json")
        with open(path, "w") as out:
            json.dump({"torch": torch.__version__, "answers": answers}, out, indent=0)
            out.write("\n")
        print(f"{path}: {len(answers)} answers, {os.path.getsize(path)} bytes")


main()
