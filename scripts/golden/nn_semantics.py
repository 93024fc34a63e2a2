"""Writes tests/golden/nn-semantics.json: what real PyTorch says in situations the tests of core/nn also create.

Each scenario gives "Class: text" of the error it raises, or the text it returns. Run: python scripts/golden/nn_semantics.py
"""
import copy
import json
import pathlib
import re
from collections import OrderedDict

import torch
from torch import nn
from torch.nn.parameter import Parameter, UninitializedBuffer, UninitializedParameter

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = {}


def scenario(name):
    def keep(body):
        SCENARIOS[name] = body
        return body

    return keep


def register(name, body):
    SCENARIOS[name] = body


U = UninitializedParameter
register("parameter of list", lambda: Parameter([1.0]))
register("parameter of int64", lambda: Parameter(torch.zeros(2, dtype=torch.int64)))
register("uninitialized of int64", lambda: U(dtype=torch.int64))
register("parameter of uninitialized", lambda: Parameter(U()))
register("shape of uninitialized", lambda: U().shape)
register("share_memory_ of uninitialized", lambda: U().share_memory_())
register("share_memory_ of uninitialized buffer", lambda: UninitializedBuffer().share_memory_())
register("numel of uninitialized", lambda: U().numel())
register("stride of uninitialized", lambda: U().stride())
register("detach of uninitialized", lambda: U().detach())
register("is_contiguous of uninitialized buffer", lambda: UninitializedBuffer().is_contiguous())
register("iter of uninitialized", lambda: list(iter(U())))
register("linear with uninitialized", lambda: nn.functional.linear(torch.zeros(1, 2), U()))
register("uniform_ of uninitialized", lambda: nn.init.uniform_(U()))
register("normal_ of uninitialized", lambda: nn.init.normal_(U()))
register("constant_ of uninitialized", lambda: nn.init.constant_(U(), 1))
register("zeros_ of uninitialized", lambda: nn.init.zeros_(U()))
register("repr of uninitialized", lambda: repr(U()) + str(UninitializedBuffer()))
register("materialize negative", lambda: U().materialize((2, -1)))
register("materialize int64", lambda: U().materialize((2,), dtype=torch.int64))
register("materialize to meta", lambda: U().materialize((2,), device="meta"))


@scenario("materialize twice")
def _():
    p = U()
    p.materialize(2)
    p.materialize(2)


@scenario("materialize buffer twice")
def _():
    p = UninitializedBuffer()
    p.materialize(2)
    p.materialize(2)


register("deepcopy of uninitialized buffer", lambda: copy.deepcopy(UninitializedBuffer()))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = Parameter(torch.zeros(2))
        self.register_buffer("b", torch.zeros(2))
        self.m = nn.Linear(2, 3)
        self.x = 5


def on_net(body):
    return lambda: body(Net())


register("register_parameter number name", on_net(lambda n: n.register_parameter(5, None)))
register("register_parameter dot", on_net(lambda n: n.register_parameter("a.b", None)))
register("register_parameter empty", on_net(lambda n: n.register_parameter("", None)))
register("register_parameter taken", on_net(lambda n: n.register_parameter("x", None)))
register("register_parameter forward", on_net(lambda n: n.register_parameter("forward", None)))
register("register_parameter tensor", on_net(lambda n: n.register_parameter("q", torch.zeros(1))))
register("register_buffer number name", on_net(lambda n: n.register_buffer(5, None)))
register("register_buffer dot", on_net(lambda n: n.register_buffer("a.b", None)))
register("register_buffer empty", on_net(lambda n: n.register_buffer("", None)))
register("register_buffer taken", on_net(lambda n: n.register_buffer("x", torch.zeros(1))))
register("register_buffer int", on_net(lambda n: n.register_buffer("c", 5)))
register("register_module number name", on_net(lambda n: n.register_module(5, None)))
register("register_module dot", on_net(lambda n: n.register_module("a.b", nn.ReLU())))
register("register_module empty", on_net(lambda n: n.register_module("", nn.ReLU())))
register("register_module taken", on_net(lambda n: n.register_module("x", nn.ReLU())))
register("register_module int", on_net(lambda n: n.register_module("q", 5)))
register("assign tensor to parameter", on_net(lambda n: setattr(n, "p", torch.zeros(2))))
register("assign buffer to parameter", on_net(lambda n: setattr(n, "p", nn.Buffer(torch.zeros(2)))))
register("assign int to module", on_net(lambda n: setattr(n, "m", 5)))
register("assign int to buffer", on_net(lambda n: setattr(n, "b", 5)))
register("assign buffer to field", on_net(lambda n: setattr(n, "x", nn.Buffer(torch.zeros(2)))))
register("missing attribute", on_net(lambda n: n.foo))
register("missing forward", lambda: nn.Module()(1))
register("load list", on_net(lambda n: n.load_state_dict([1])))
register("load empty", on_net(lambda n: n.load_state_dict({})))
register("load empty not strict", on_net(lambda n: repr(n.load_state_dict({}, strict=False))))
register("load own", on_net(lambda n: repr(n.load_state_dict(n.state_dict()))))


def mixed(n):
    sd = n.state_dict()
    sd["m.weight"] = torch.zeros(4, 5)
    sd["b"] = 5
    del sd["p"]
    sd["extra"] = torch.zeros(1)
    sd["m.extra"] = torch.zeros(1)
    sd["q.w"] = torch.zeros(1)
    sd["p.w"] = torch.zeros(1)
    return sd


register("load mixed", on_net(lambda n: n.load_state_dict(mixed(n))))
register("load mixed not strict", on_net(lambda n: n.load_state_dict(mixed(n), strict=False)))
register("plain module with uninitialized state_dict", lambda: setattr(n := nn.Module(), "u", U()) or n.state_dict())


def lazily(body):
    return lambda: body(nn.LazyLinear(4))


SOURCE = nn.Linear(3, 4)
register("lazy requires_grad_", lazily(lambda m: m.requires_grad_(False)))
register("lazy bfloat16", lazily(lambda m: m.bfloat16()))
register("lazy load non-tensor", lazily(lambda m: m.load_state_dict({"weight": 5, "bias": torch.zeros(4)})))
register("lazy load empty", lambda: nn.LazyBatchNorm1d().load_state_dict({}))
register("lazy load lazy", lazily(lambda m: repr(m.load_state_dict(nn.LazyLinear(4).state_dict()))))
register("lazy assign lazy", lazily(lambda m: m.load_state_dict(nn.LazyLinear(4).state_dict(), assign=True)))
register("initialized load lazy", lambda: nn.Linear(3, 4).load_state_dict(nn.LazyLinear(4).state_dict(), strict=False))
register("lazy loaded repr", lazily(lambda m: m.load_state_dict(SOURCE.state_dict()) and repr(m)))


@scenario("lazy loaded wrong input")
def _():
    m = nn.LazyLinear(4)
    m.load_state_dict(SOURCE.state_dict())
    m(torch.zeros(2, 5))


@scenario("lazy loaded right input")
def _():
    m = nn.LazyLinear(4)
    m.load_state_dict(SOURCE.state_dict())
    m(torch.zeros(2, 3))
    return repr(m)


@scenario("lazy conv loaded")
def _():
    m = nn.LazyConv1d(4, 3)
    m.load_state_dict(nn.Conv1d(2, 4, 3).state_dict())
    m(torch.zeros(1, 2, 5))
    return repr(m)


@scenario("lazy partly loaded")
def _():
    m = nn.LazyLinear(4)
    m.load_state_dict({"weight": torch.zeros(4, 3)}, strict=False)
    m(torch.zeros(2, 3))


@scenario("lazy tied")
def _():
    a, b = nn.LazyLinear(4), nn.LazyLinear(4)
    b.weight = a.weight
    a(torch.zeros(2, 3))
    b(torch.zeros(2, 3))


@scenario("lazy groups repr")
def _():
    m = nn.LazyConv2d(4, 3, groups=2)
    try:
        m(torch.zeros(1, 3, 5, 5))
    except ValueError:
        return repr(m)


@scenario("lazy not fully")
def _():
    class Foo(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.w = U()

        def initialize_parameters(self, x):
            pass

    Foo()(1)


@scenario("lazy without initialize")
def _():
    class Foo(nn.modules.lazy.LazyModuleMixin, nn.Module):
        pass

    Foo()(1)


def call(layer, *shape):
    return lambda: layer(torch.zeros(*shape))


register("lazy conv2d rank", call(nn.LazyConv2d(4, 3), 2, 3))
register("lazy conv1d rank", call(nn.LazyConv1d(4, 3), 2))
register("lazy conv_transpose2d rank", call(nn.LazyConvTranspose2d(4, 3), 2, 3))
register("lazy conv groups", call(nn.LazyConv2d(4, 3, groups=2), 1, 3, 5, 5))
register("lazy batch_norm1d rank 4", call(nn.LazyBatchNorm1d(), 3, 2, 3, 4))
register("lazy batch_norm1d rank 1", call(nn.LazyBatchNorm1d(), 3))
register("lazy batch_norm2d rank 3", call(nn.LazyBatchNorm2d(), 3, 2, 3))
register("lazy batch_norm3d rank 4", call(nn.LazyBatchNorm3d(), 3, 2, 3, 4))
register("lazy instance_norm2d unbatched", call(nn.LazyInstanceNorm2d(), 2, 3, 4))
register("lazy instance_norm1d rank 4", call(nn.LazyInstanceNorm1d(), 3, 2, 3, 4))
register("lazy instance_norm2d rank 2", call(nn.LazyInstanceNorm2d(), 3, 2))
register("lazy instance_norm3d rank 1", call(nn.LazyInstanceNorm3d(), 3))
register("lazy instance_norm2d forward", lambda: nn.LazyInstanceNorm2d().forward(torch.zeros(1, 2, 5, 5)))
register("lazy instance_norm2d forward without affine", lambda: nn.LazyInstanceNorm2d(affine=False).forward(torch.zeros(1, 2, 5, 5)))
register("lazy batch_norm2d forward rank 2", lambda: nn.LazyBatchNorm2d().forward(torch.zeros(3, 4)))


@scenario("lazy instance_norm2d loaded")
def _():
    m = nn.LazyInstanceNorm2d()
    m.load_state_dict(nn.InstanceNorm2d(3, affine=True, track_running_stats=True).state_dict())
    m(torch.zeros(1, 3, 2, 2))


register("lazy linear scalar", lambda: nn.LazyLinear(4)(torch.tensor(1.0)))
register("lazy linear forward", lambda: nn.LazyLinear(4).forward(torch.zeros(1, 2)))
register("lazy conv2d forward", lambda: nn.LazyConv2d(4, 3).forward(torch.zeros(1, 2, 5, 5)))
register("lazy batch_norm2d forward", lambda: nn.LazyBatchNorm2d().forward(torch.zeros(1, 2, 5, 5)))
register("linear without in_features", lambda: nn.Linear(out_features=3))
register("deepcopy of lazy batch_norm", lambda: copy.deepcopy(nn.LazyBatchNorm1d()))
register("fan of vector", lambda: nn.init.kaiming_uniform_(torch.zeros(3)))
register("eye of 3", lambda: nn.init.eye_(torch.zeros(3)))
register("orthogonal of vector", lambda: nn.init.orthogonal_(torch.zeros(3)))
register("dirac of 2", lambda: nn.init.dirac_(torch.zeros(3, 3)))

LAYERS = [
    ("InstanceNorm2d", dict(num_features=4)),
    ("LazyInstanceNorm3d", dict(momentum=None)),
    ("Linear", dict(in_features=3, out_features=4, bias=False)),
    ("Bilinear", dict(in1_features=2, in2_features=3, out_features=4)),
    ("Conv2d", dict(in_channels=4, out_channels=6, kernel_size=3, padding="same", groups=2, bias=False, padding_mode="reflect")),
    ("Conv1d", dict(in_channels=3, out_channels=4, kernel_size=3, stride=2, padding=1, dilation=2)),
    ("ConvTranspose2d", dict(in_channels=4, out_channels=6, kernel_size=3, stride=2, padding=1, output_padding=1, dilation=2)),
    ("BatchNorm2d", dict(num_features=3, momentum=None, affine=False)),
    ("LayerNorm", dict(normalized_shape=[3, 4], bias=False)),
    ("RMSNorm", dict(normalized_shape=[3])),
    ("GroupNorm", dict(num_groups=2, num_channels=4)),
    ("Embedding", dict(num_embeddings=10, embedding_dim=3, padding_idx=1)),
    ("ReLU", {}), ("LeakyReLU", {}), ("GELU", {}), ("SiLU", {}), ("ELU", {}), ("Sigmoid", {}), ("Tanh", {}), ("Identity", {}),
    ("Softmax", dict(dim=1)), ("LogSoftmax", dict(dim=1)), ("Flatten", {}), ("Unflatten", dict(dim=1, unflattened_size=(2, 3))),
    ("MaxPool2d", dict(kernel_size=2)), ("MaxPool1d", dict(kernel_size=3, stride=1)), ("AvgPool2d", dict(kernel_size=2)),
    ("AvgPool1d", dict(kernel_size=2)), ("AdaptiveAvgPool2d", dict(output_size=(2, 3))), ("AdaptiveAvgPool1d", dict(output_size=1)),
]


def observed(body):
    try:
        return str(body())
    except Exception as error:
        text = error.args[0] if isinstance(error, KeyError) else str(error)
        return f"{type(error).__name__}: {text}"


def without_addresses(text):
    text = re.sub(r"<function ([\w.]+) at 0x[0-9a-f]+>", r"<function \1>", text)
    return re.sub(r" at 0x[0-9a-f]+>", ">", text).replace(str(ROOT), "")


def main():
    golden = {
        "torch": torch.__version__,
        "texts": {name: without_addresses(observed(body)) for name, body in SCENARIOS.items()},
        "reprs": [{"name": name, "keywords": keywords, "repr": repr(getattr(nn, name)(**keywords))} for name, keywords in LAYERS],
        "tensors": tensors(),
        "inits": inits(),
    }
    (ROOT / "tests/golden/nn-semantics.json").write_text(json.dumps(golden, indent=1) + "\n")


def tensors():
    values = {
        "floats": ([2, 3], "float32", [1.5, -2.25, 3.0, 0.0001, 10.0, 0.1]),
        "whole floats": ([3], "float32", [1.0, 2.0, -30.0]),
        "wide": ([3], "float32", [1e-5, 1.0, 2000.0]),
        "not finite": ([4], "float64", [1.0, float("inf"), float("-inf"), 2.5]),
        "scalar": ([], "float32", [0.5]),
        "integers": ([2, 2], "int64", [1, -20, 3, 4]),
        "narrow integers": ([2], "int32", [1, 2]),
        "booleans": ([2], "bool", [1, 0]),
        "empty": ([0], "float32", []),
        "empty plane": ([0, 3], "float32", []),
        "three axes": ([2, 2, 2], "float32", [1, 2, 3, 4, 5, 6, 7, 8]),
        "long": ([30], "float32", [i / 7 for i in range(30)]),
        "summary": ([1200], "float32", list(range(1200))),
        "summary of planes": ([40, 40], "int64", list(range(1600))),
        "zeros": ([3], "float32", [0, 0, 0]),
        "halves": ([2], "float16", [0.5, 1.25]),
    }
    result = []
    for name, (shape, dtype, flat) in values.items():
        tensor = torch.tensor(flat, dtype=getattr(torch, dtype)).reshape(shape)
        printed = [repr(tensor)]
        if tensor.is_floating_point():
            printed.append(repr(Parameter(tensor)))
        # JSON has no infinity.
        numbers = [str(value) for value in flat]
        result.append({"name": name, "shape": shape, "dtype": dtype, "values": numbers, "printed": printed})
    return result


def inits():
    calls = {
        "xavier_uniform_": lambda t: nn.init.xavier_uniform_(t, 2.0),
        "xavier_normal_": lambda t: nn.init.xavier_normal_(t),
        "kaiming_uniform_ relu fan_out": lambda t: nn.init.kaiming_uniform_(t, mode="fan_out", nonlinearity="relu"),
        "kaiming_normal_": lambda t: nn.init.kaiming_normal_(t, a=0.5),
        "uniform_": lambda t: nn.init.uniform_(t, -2.0, 3.0),
        "normal_": lambda t: nn.init.normal_(t, 1.0, 2.0),
        "constant_": lambda t: nn.init.constant_(t, 0.3),
        "dirac_": lambda t: nn.init.dirac_(t, 2),
        "trunc_normal_": lambda t: nn.init.trunc_normal_(t),
        "trunc_normal_ narrow": lambda t: nn.init.trunc_normal_(t, 0.1, 0.5, -0.4, 0.9),
        "trunc_normal_ in the tail": lambda t: nn.init.trunc_normal_(t, 0.0, 1.0, 1.0, 3.0),
        "orthogonal_": lambda t: nn.init.orthogonal_(t, 2.0),
    }
    result = {}
    for name, fill in calls.items():
        torch.manual_seed(5)
        tensor = torch.empty(6, 4, 3)
        fill(tensor)
        result[name] = bytes(tensor.reshape(-1).view(torch.uint8).tolist()).hex()
    torch.manual_seed(5)
    strided = torch.zeros(5, 8)[:, ::2]
    nn.init.uniform_(strided)
    result["uniform_ strided"] = bytes(strided.contiguous().reshape(-1).view(torch.uint8).tolist()).hex()
    torch.manual_seed(5)
    transposed = torch.zeros(5, 8).t()
    nn.init.normal_(transposed)
    result["normal_ transposed"] = bytes(transposed.contiguous().reshape(-1).view(torch.uint8).tolist()).hex()
    result["gains"] = [nn.init.calculate_gain(name) for name in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")]
    return result


main()
