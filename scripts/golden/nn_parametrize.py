"""Prints what real PyTorch does with parametrizations, in situations that tests/nn/parametrize.test.ts creates too, as JSON: name -> text.

python scripts/golden/nn_parametrize.py > tests/golden/nn-parametrize.json
"""
import copy

import torch
import torch.nn.utils.parametrize as P
from torch import nn
from torch.nn.utils import parametrizations as N

from scenarios import print_texts, register, scenario


def linear(i=2, o=3, seed=0):
    torch.manual_seed(seed)
    return nn.Linear(i, o)


def flat(x, digits=4):
    # Rounded zeros have no sign.
    return ",".join(f"{round(v, digits) + 0.0:.{digits}f}" for v in x.detach().flatten().tolist())


def keys(m):
    return ",".join(m.state_dict())


class Double(nn.Module):
    def forward(self, x):
        return x * 2

    def right_inverse(self, x):
        return x / 2


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Sum(nn.Module):
    def forward(self, a, b):
        return a + b

    def right_inverse(self, x):
        return x * 0.25, x * 0.75


class Says(nn.Module):
    """A parametrization of two given functions."""

    def __init__(self, forward=None, inverse=None):
        super().__init__()
        self.f, self.i = forward, inverse

    def forward(self, *x):
        return self.f(*x) if self.f else x[0]

    def right_inverse(self, x):
        if self.i is None:
            raise NotImplementedError("none")
        return self.i(x)


def para(module, *parametrizations, name="weight", **options):
    for each in parametrizations:
        P.register_parametrization(module, name, each, **options)
    return module


def assigned(module, value, name="weight"):
    setattr(module, name, value)
    return module


# What a parametrized module is.
register("repr of one", lambda: para(linear(), Double()))
register("repr of two", lambda: para(linear(), Double(), Square()))
register("repr of weight and bias", lambda: para(para(linear(), Double()), Square(), name="bias"))
register("repr in a net", lambda: nn.Sequential(para(linear(), Double()), nn.ReLU()))
register("class name", lambda: f"{type(para(linear(), Double())).__name__} {P.type_before_parametrizations(para(linear(), Double())).__name__} {P.type_before_parametrizations(linear()).__name__} {isinstance(para(linear(), Double()), nn.Linear)}")
register("keys", lambda: keys(para(para(linear(), Double()), Sum(), name="bias")))
register("metadata", lambda: str(dict(para(linear(), Double()).state_dict()._metadata)))
register("named_parameters", lambda: ",".join(n for n, _ in para(linear(), Double(), Square()).named_parameters()))
register("named_modules", lambda: ",".join(n for n, _ in para(linear(), Double()).named_modules()))
register("original keeps identity", lambda: (lambda m, w: para(m, Double()).parametrizations.weight.original is w)(*(lambda m: (m, m.weight))(linear())))
register("value of one", lambda: flat(para(linear(), Double()).weight))
register("value of two", lambda: flat(para(linear(), Double(), Square()).weight))
register("value of several originals", lambda: (lambda m: flat(m.weight) + "|" + flat(m.parametrizations.weight.original0) + "|" + flat(m.parametrizations.weight.original1))(para(linear(), Sum())))
register("a computed value needs gradients", lambda: (lambda w: (w.requires_grad, w.is_leaf, type(w).__name__))(para(linear(), Double()).weight))
register("frozen before", lambda: (lambda m: (m.weight.requires_grad_(False), para(m, Sum()))[1].weight.requires_grad)(linear()))
register("training mode follows", lambda: (lambda d: (para(linear().eval(), d), d.training)[1])(Double()))
register("is_parametrized", lambda: (P.is_parametrized(linear()), P.is_parametrized(para(linear(), Double())), P.is_parametrized(para(linear(), Double()), "bias"), P.is_parametrized(para(linear(), Double()), "weight")))
register("forward", lambda: flat(para(linear(), Double(), Square())(torch.ones(1, 2))))
register("list length", lambda: len(para(linear(), Double(), Square()).parametrizations.weight))


@scenario("gradient")
def _():
    m = para(linear(), Double(), Square())
    m(torch.ones(1, 2)).sum().backward()
    return flat(m.parametrizations.weight.original.grad) + "|" + flat(m.bias.grad)


@scenario("buffer")
def _():
    m = nn.Module()
    m.register_buffer("b", torch.ones(2))
    para(m, Double(), name="b")
    return keys(m) + "|" + flat(m.b) + "|" + ",".join(n for n, _ in m.named_buffers())


# Assigning.
register("assign", lambda: (lambda m: flat(m.weight) + "|" + flat(m.parametrizations.weight.original))(assigned(para(linear(), Double()), torch.ones(3, 2))))
register("assign to two", lambda: (lambda m: flat(m.weight))(assigned(para(linear(), Double(), Double()), torch.ones(3, 2))))
register("assign to several originals", lambda: (lambda m: flat(m.weight) + "|" + flat(m.parametrizations.weight.original1))(assigned(para(linear(), Sum()), torch.ones(3, 2))))
register("assign without inverse", lambda: assigned(para(linear(), Square()), torch.ones(3, 2)))
register("assign a parameter", lambda: assigned(para(linear(), Double()), nn.Parameter(torch.ones(3, 2))))
register("assign another dtype", lambda: assigned(para(linear(), Double()), torch.ones(3, 2, dtype=torch.float64)))
register("assign another shape", lambda: flat(assigned(para(linear(), Double()), torch.ones(1)).weight))
register("assign inverse of list", lambda: assigned(para(linear(), Says(inverse=lambda x: x if x.requires_grad else [x])), torch.ones(3, 2)))
register("assign inverse of number", lambda: assigned(para(linear(), Says(lambda a, b: a + b, lambda x: (x, x) if x.requires_grad else 5)), torch.ones(3, 2)))
register("assign too many", lambda: assigned(para(linear(), Says(lambda a, b: a + b, lambda x: (x, x) if x.requires_grad else [x, x, x])), torch.ones(3, 2)))
register("assign elements of another kind", lambda: assigned(para(linear(), Says(lambda a, b: a + b, lambda x: (x, x) if x.requires_grad else [x, 5])), torch.ones(3, 2)))
register("assign elements of another dtype", lambda: assigned(para(linear(), Says(lambda a, b: a + b, lambda x: (x, x) if x.requires_grad else [x, x.double()])), torch.ones(3, 2)))

# What is refused at registration.
register("no such tensor", lambda: para(linear(), Double(), name="w"))
register("no such tensor of a module", lambda: para(nn.Sequential(linear()), Double()))
register("empty list", lambda: P.ParametrizationList([], torch.ones(1)))
register("shape changes", lambda: para(linear(), Says(lambda x: x[:1])))
register("dtype changes", lambda: para(linear(), Says(lambda x: x.double())))
register("no tensor", lambda: para(linear(), Says(lambda x: 5)))
register("unsafe shape", lambda: tuple(para(linear(), Says(lambda x: x[:1]), unsafe=True).weight.shape))
register("inverse of another dtype", lambda: para(linear(), Says(inverse=lambda x: x.double())))
register("inverse of another kind", lambda: para(linear(), Says(inverse=lambda x: 5)))
register("inverse with another element", lambda: para(linear(), Says(inverse=lambda x: [x, 5])))
register("inverse not implemented", lambda: flat(para(linear(), Says()).weight))
register("further shape", lambda: para(linear(), Double(), Says(lambda x: x[:1])))
register("further dtype", lambda: para(linear(), Double(), Says(lambda x: x.double())))
register("further no tensor", lambda: para(linear(), Double(), Says(lambda x: [x])))
register("further inverse kind", lambda: para(linear(), Double(), Says(inverse=lambda x: 5)))
register("further inverse dtype", lambda: para(linear(), Double(), Says(inverse=lambda x: x.double())))
register("further inverse shape", lambda: para(linear(), Double(), Says(inverse=lambda x: x[:1])))
register("further inverse not implemented", lambda: len(para(linear(), Double(), Says()).parametrizations.weight))
register("None parameter", lambda: para(nn.Linear(2, 3, bias=False), Double(), name="bias"))
register("lazy", lambda: para(nn.LazyLinear(3), Double()))

# Taking them away.
register("remove", lambda: (lambda m: f"{m} {keys(m)} {flat(m.weight)} {type(m.weight).__name__}")(P.remove_parametrizations(para(linear(), Double()), "weight")))
register("remove keeps the object", lambda: (lambda m, w: P.remove_parametrizations(para(m, Double(), Square()), "weight").weight is w)(*(lambda m: (m, m.weight))(linear())))
register("remove, leave unparametrized", lambda: (lambda m: f"{keys(m)} {flat(m.weight)}")(P.remove_parametrizations(para(linear(), Double()), "weight", leave_parametrized=False)))
register("remove several originals", lambda: (lambda m: f"{keys(m)} {flat(m.weight)} {type(m.weight).__name__}")(P.remove_parametrizations(para(linear(), Sum()), "weight")))
register("remove several, leave unparametrized", lambda: P.remove_parametrizations(para(linear(), Sum()), "weight", leave_parametrized=False))
register("remove one of two tensors", lambda: (lambda m: f"{m} {keys(m)}")(P.remove_parametrizations(para(para(linear(), Double()), Double(), name="bias"), "weight")))
register("remove what is not there", lambda: P.remove_parametrizations(linear(), "weight"))
register("remove another", lambda: P.remove_parametrizations(para(linear(), Double()), "bias"))


@scenario("remove a buffer")
def _():
    m = nn.Module()
    m.register_buffer("b", torch.ones(2))
    P.remove_parametrizations(para(m, Double(), name="b"), "b")
    return keys(m) + "|" + flat(m.b) + "|" + type(m).__name__


# Copies, loading, caching, transfer.
@scenario("deepcopy")
def _():
    m = para(linear(), Double())
    c = copy.deepcopy(m)
    with torch.no_grad():
        c.parametrizations.weight.original.zero_()
    return f"{type(c).__name__} {flat(c.weight)} {flat(m.weight)}"


@scenario("cached")
def _():
    calls = []

    class Counts(nn.Module):
        def forward(self, x):
            calls.append(1)
            return x

    m = para(linear(), Counts(), unsafe=True)
    m.weight, m.weight
    with P.cached():
        a = m.weight
        same = m.weight is a
        with P.cached():
            same = same and m.weight is a
        same = same and m.weight is a
    m.weight
    return f"{len(calls)} {same}"


@scenario("load")
def _():
    m, other = para(linear(), Double()), para(linear(seed=1), Double())
    result = m.load_state_dict(other.state_dict())
    return f"{result} {flat(m.weight)}"


register("load a plain weight", lambda: para(linear(), Double()).load_state_dict(linear().state_dict()))
register("load into plain", lambda: linear().load_state_dict(para(linear(), Double()).state_dict()))


@scenario("transfer")
def _():
    m, to = para(linear(), Double(), Square()), linear(seed=1)
    P.transfer_parametrizations_and_params(m, to)
    return f"{to} {flat(to.weight)} {to.parametrizations.weight.original is m.parametrizations.weight.original}"


register("transfer of nothing", lambda: P.transfer_parametrizations_and_params(linear(), linear()))

# The three that PyTorch has.
register("weight_norm repr", lambda: N.weight_norm(linear()))
register("weight_norm", lambda: (lambda m: keys(m) + "|" + flat(m.weight) + "|" + flat(m.parametrizations.weight.original0))(N.weight_norm(linear())))
register("weight_norm dim None", lambda: (lambda m: flat(m.weight) + "|" + flat(m.parametrizations.weight.original0))(N.weight_norm(linear(), dim=None)))
register("weight_norm dim 1", lambda: flat(N.weight_norm(linear(), dim=1).parametrizations.weight.original0))
register("weight_norm assign", lambda: (lambda m: flat(m.weight) + "|" + flat(m.parametrizations.weight.original0))(assigned(N.weight_norm(linear()), torch.ones(3, 2))))
register("weight_norm old keys", lambda: (lambda m: str(m.load_state_dict({"bias": torch.ones(3), "weight_g": torch.ones(3, 1), "weight_v": torch.ones(3, 2)})) + flat(m.weight))(N.weight_norm(linear())))
register("weight_norm one old key", lambda: N.weight_norm(linear()).load_state_dict({"bias": torch.ones(3), "weight_g": torch.ones(3, 1)}))
register("weight_norm lazy", lambda: N.weight_norm(nn.LazyLinear(3)))
register("weight_norm no such tensor", lambda: N.weight_norm(linear(), "w"))
register("spectral_norm repr", lambda: N.spectral_norm(linear()))
register("spectral_norm", lambda: (lambda m: keys(m) + "|" + flat(m.eval().weight) + "|" + flat(m.parametrizations.weight[0]._u))(N.spectral_norm(linear())))
register("spectral_norm of a transposed convolution", lambda: (lambda m: flat(m.eval().weight, 3) + "|" + str(tuple(m.parametrizations.weight[0]._u.shape)))((torch.manual_seed(0), N.spectral_norm(nn.ConvTranspose1d(2, 3, 2)))[1]))
register("spectral_norm of a vector", lambda: (lambda m: keys(m) + "|" + flat(m.bias))(N.spectral_norm(linear(), "bias")))
register("spectral_norm iterations", lambda: N.spectral_norm(linear(), n_power_iterations=0))
register("spectral_norm dim", lambda: N.spectral_norm(linear(), dim=2))
register("spectral_norm old keys", lambda: N.spectral_norm(linear()).load_state_dict({"bias": torch.ones(3), "weight_orig": torch.ones(3, 2), "weight_u": torch.ones(3), "weight_v": torch.ones(2)}))
register("spectral_norm no such tensor", lambda: N.spectral_norm(linear(), "w"))
register("spectral_norm lazy", lambda: N.spectral_norm(nn.LazyLinear(3)))
register("spectral_norm evaluation rests", lambda: (lambda m: torch.equal(m.eval().weight, m.weight))(N.spectral_norm(linear())))
register("spectral_norm remove", lambda: (lambda m: f"{keys(m)} {flat(m.weight)}")(P.remove_parametrizations(N.spectral_norm(linear()).eval(), "weight")))
register("orthogonal repr", lambda: N.orthogonal(linear()))
register("orthogonal", lambda: (lambda m: keys(m) + "|" + flat(m.weight) + "|" + flat(m.parametrizations.weight.original))(N.orthogonal(linear())))
register("orthogonal square", lambda: (lambda m: flat(m.weight) + "|" + m.parametrizations.weight[0].orthogonal_map.name)(N.orthogonal(linear(2, 2))))
for map_name in ("matrix_exp", "cayley", "householder"):
    register(f"orthogonal {map_name} without base", lambda map_name=map_name: (lambda m: keys(m) + "|" + flat(m.weight))(N.orthogonal(linear(), orthogonal_map=map_name, use_trivialization=False)))
    register(f"orthogonal {map_name} assign without base", lambda map_name=map_name: flat(assigned(N.orthogonal(linear(2, 2), orthogonal_map=map_name, use_trivialization=False), torch.tensor([[0.6, 0.8], [-0.8, 0.6]])).weight))
    register(f"orthogonal {map_name} assign", lambda map_name=map_name: flat(assigned(N.orthogonal(linear(2, 2), orthogonal_map=map_name), torch.tensor([[0.6, 0.8], [-0.8, 0.6]])).weight))
for factor in (0.99, -0.5, 2.5):
    register(f"orthogonal householder after its original times {factor}", lambda factor=factor: (lambda m: (m.parametrizations.weight.original.data.mul_(factor), flat(m.weight))[1])(N.orthogonal(linear(2, 2), orthogonal_map="householder", use_trivialization=False)))
register("orthogonal map", lambda: N.orthogonal(linear(), orthogonal_map="qr"))
register("orthogonal of a vector", lambda: N.orthogonal(linear(), "bias"))
register("orthogonal no such tensor", lambda: N.orthogonal(linear(), "w"))
register("orthogonal lazy", lambda: N.orthogonal(nn.LazyLinear(3)))
register("orthogonal assign another shape", lambda: assigned(N.orthogonal(linear()), torch.ones(2, 2)))
register("orthogonal then spectral_norm", lambda: (lambda m: f"{m} {keys(m)}")(N.spectral_norm(N.orthogonal(linear()))))

# The older form.
U = torch.nn.utils
register("old weight_norm", lambda: (lambda m: f"{m} {keys(m)} {flat(m.weight)} {type(m.weight).__name__}")(U.weight_norm(linear())))
register("old weight_norm twice", lambda: U.weight_norm(U.weight_norm(linear())))
register("old weight_norm lazy", lambda: U.weight_norm(nn.LazyLinear(3)))
register("old weight_norm follows", lambda: (lambda m: (m.weight_g.data.mul_(2), flat(m(torch.ones(1, 2))), flat(m.weight))[1:])(U.weight_norm(linear())))
register("old weight_norm remove", lambda: (lambda m: f"{m} {keys(m)} {flat(m.weight)}")(U.remove_weight_norm(U.weight_norm(linear()))))
register("old weight_norm remove none", lambda: U.remove_weight_norm(linear()))
register("old weight_norm deepcopy", lambda: copy.deepcopy(U.weight_norm(linear())))
register("old spectral_norm", lambda: (lambda m: f"{m} {keys(m)} {flat(m.weight)}")(U.spectral_norm(linear())))
register("old spectral_norm twice", lambda: U.spectral_norm(U.spectral_norm(linear())))
register("old spectral_norm lazy", lambda: U.spectral_norm(nn.LazyLinear(3)))
register("old spectral_norm None", lambda: U.spectral_norm(nn.Linear(2, 3, bias=False), "bias"))
register("old spectral_norm no such tensor", lambda: U.spectral_norm(linear(), "w"))
register("old spectral_norm follows", lambda: (lambda m: (flat(m(torch.ones(1, 2))), flat(m.weight_u), flat(m(torch.ones(1, 2))), flat(m.eval()(torch.ones(1, 2)))))(U.spectral_norm(linear())))
register("old spectral_norm remove", lambda: (lambda m: f"{m} {keys(m)}")(U.remove_spectral_norm(U.spectral_norm(linear()))))
register("old spectral_norm remove none", lambda: U.remove_spectral_norm(linear()))

print_texts()
