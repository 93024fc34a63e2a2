"""Prints what real PyTorch says of single objects: parameters, buffers, uninitialized tensors, their copies and pickles, as JSON:
name -> text. tests/nn/objects.test.ts creates the same situations. Made with PyTorch 2.14:

python scripts/golden/nn_objects.py > tests/golden/nn-objects.json
"""
import copy
import json
import pickle

import numpy
import torch
from scenarios import SCENARIOS, observed, plain, register, scenario
from torch import nn
from torch.nn import Parameter
from torch.nn.parameter import Buffer, UninitializedBuffer, UninitializedParameter, is_lazy
from torch.nn.utils import parameters_to_vector, vector_to_parameters
from torch.nn.utils.parametrize import register_parametrization

U, UB = UninitializedParameter, UninitializedBuffer
ones, zeros = torch.ones, torch.zeros


def linear():
    return nn.Linear(2, 3)


def pickled(value):
    return pickle.loads(pickle.dumps(value))


def with_attribute(value, **attributes):
    for name, attribute in attributes.items():
        setattr(value, name, attribute)
    return value


def name_of(value):
    return type(value).__name__


class Sub(torch.Tensor):
    pass


class Mine(Parameter):
    pass


class Foo:
    pass


class Own(nn.Module):
    pass


# What Python calls the types of other values.
VALUES = {
    "list": [1], "dict": {}, "state dict": linear().state_dict(), "array": numpy.ones(2, dtype="float32"), "set": {1}, "class": Foo,
    "instance": Foo(), "own module": Own(), "linear": linear(), "function": lambda: 1, "bytes": b"", "number": 1.5, "whole number": 1,
    "text": "x", "truth": True, "tensor": ones(1), "uninitialized": U(), "uninitialized buffer": UB(),
}
for kind, value in VALUES.items():
    if kind not in ("tensor", "uninitialized", "uninitialized buffer"):
        register(f"parameter of {kind}", lambda value=value: Parameter(value))
        register(f"buffer of {kind}", lambda value=value: Buffer(value))
        register(f"load {kind}", lambda value=value: linear().load_state_dict({"weight": value}, strict=False))
    if kind not in ("uninitialized", "array", "set", "tensor"):
        register(f"lazy load {kind}", lambda value=value: nn.LazyLinear(2).load_state_dict({"weight": value}, strict=False))
    if kind not in ("dict", "state dict"):
        register(f"load from {kind}", lambda value=value: linear().load_state_dict(value))
    if kind != "uninitialized":
        register(f"register_parameter {kind}", lambda value=value: nn.Module().register_parameter("w", value))
    if kind not in ("tensor", "uninitialized", "uninitialized buffer"):
        register(f"register_buffer {kind}", lambda value=value: nn.Module().register_buffer("w", value))
    if kind not in ("own module", "linear"):
        register(f"register_module {kind}", lambda value=value: nn.Module().register_module("w", value))
        register(f"set_submodule {kind}", lambda value=value: nn.Module().set_submodule("w", value))
    if kind != "text":
        register(f"parameter name {kind}", lambda value=value: nn.Module().register_parameter(value, None))
    if kind not in ("number", "whole number", "truth", "text", "function"):
        register(f"sequential plus {kind}", lambda value=value: nn.Sequential() + value)
    if kind not in ("whole number", "truth"):
        register(f"sequential times {kind}", lambda value=value: nn.Sequential() * value)
    if kind not in ("tensor", "uninitialized", "uninitialized buffer", "own module", "linear"):
        register(f"parameter list of {kind}", lambda value=value: nn.ParameterList([value]))

# Names that are taken.
for name in ("zero_grad", "named_parameters", "train", "training", "forward", "_parameters", "T_destination", "__init__", "compile", "call", "invoke", "generator"):
    register(f"parameter named {name}", lambda name=name: nn.Module().register_parameter(name, Parameter(ones(1))))
    register(f"buffer named {name}", lambda name=name: nn.Module().register_buffer(name, ones(1)))
    register(f"module named {name}", lambda name=name: nn.Module().register_module(name, linear()))
for name in ("reset_parameters", "in_features", "weight", "run", "tensor"):
    register(f"linear's parameter named {name}", lambda name=name: linear().register_parameter(name, Parameter(ones(1))))

# The default dtype.
@scenario("default dtype")
def default_dtype():
    torch.set_default_dtype(torch.float64)
    try:
        made = Parameter(), Buffer(), U(), UB(), linear().weight, nn.LazyLinear(2).weight, pickled(U(dtype=torch.float32))
        return " ".join(str(each.dtype) for each in made) + repr(ones(1, dtype=torch.float64)) + repr(ones(1, dtype=torch.float32))
    finally:
        torch.set_default_dtype(torch.float32)


register("default dtype int64", lambda: torch.set_default_dtype(torch.int64))
register("default dtype complex", lambda: torch.set_default_dtype(torch.complex64))

# Texts of tensors.
register("repr of a custom type", lambda: repr(Sub(ones(2))))
register("repr of a custom type as parameter", lambda: repr(Parameter(Sub(ones(2)))))
register("repr of a derived parameter", lambda: repr(Mine(ones(2))))
register("repr of an int parameter", lambda: repr(Parameter(ones(2, dtype=torch.int32), requires_grad=False)))
register("repr of a buffer", lambda: repr(Buffer(ones(2))))
register("str of a tensor", lambda: str(zeros(2, 2)))
register("buffer of nothing", lambda: repr(Buffer()))

# Counting changes in place.
@scenario("versions")
def versions():
    x = zeros(2, 3)
    nn.init.ones_(x)
    p = Parameter(x)
    seen = [p._version]
    nn.init.zeros_(p)
    seen += [p._version, x._version, p.detach()._version, p.data._version, x.view(-1)._version, copy.deepcopy(p)._version]
    nn.init.xavier_uniform_(x)
    seen.append(p._version)
    p.data = ones(2)
    return seen + [p._version]


@scenario("versions of a layer")
def versions_of_a_layer():
    m = linear()
    seen = [m.weight._version, m.bias._version]
    m.load_state_dict(linear().state_dict())
    seen += [m.weight._version, m.state_dict()["bias"]._version]
    return seen + [m.double().weight._version]


@scenario("versions of a lazy layer")
def versions_of_a_lazy_layer():
    u = U()
    u.materialize((2,))
    m = nn.LazyLinear(3)
    m(ones(1, 2))
    return [u._version, m.weight._version, m.bias._version]


# Copies.
register("copy of a derived parameter", lambda: name_of(copy.copy(Mine(ones(2)))))
register("copy keeps attributes", lambda: copy.copy(with_attribute(Parameter(ones(2)), tag=1)).__dict__)
register("copy drops the gradient", lambda: copy.copy(with_attribute(Parameter(ones(2)), grad=ones(2))).grad)
register("copy shares memory", lambda: (lambda p: copy.copy(p).data_ptr() == p.data_ptr())(Parameter(ones(2))))
register("copy of a frozen parameter", lambda: copy.copy(Parameter(ones(2), requires_grad=False)).requires_grad)
register("copy of a computed tensor", lambda: (lambda c: (c.is_leaf, c.requires_grad))(copy.copy(ones(2, requires_grad=True) + 1)))
register("copy of a custom type", lambda: (lambda c: (name_of(c), c.__dict__))(copy.copy(with_attribute(Sub(ones(2)), z=3))))
register("copy of a custom parameter", lambda: (lambda c: (name_of(c), isinstance(c, Parameter)))(copy.copy(Parameter(Sub(ones(2))))))
register("copy of an uninitialized parameter", lambda: (lambda c: (c, c.dtype, c.requires_grad, c.__dict__))(copy.copy(with_attribute(U(False, dtype=torch.float64), a=1))))
register("copy of an uninitialized buffer", lambda: (lambda c: (c, c.dtype, c.__dict__["persistent"]))(copy.copy(UB(dtype=torch.int64, persistent=False))))
register("copy of a derived uninitialized", lambda: name_of(copy.copy(type("Q", (U,), {})())))
register("deepcopy of a derived parameter", lambda: (lambda c: (name_of(c), c.__dict__, c.grad))(copy.deepcopy(with_attribute(Mine(ones(2)), a=1, grad=ones(2)))))
register("deepcopy of a derived uninitialized", lambda: name_of(copy.deepcopy(type("Q", (U,), {})())))
register("deepcopy with a memo", lambda: (lambda p, q: copy.deepcopy(p, {id(p): q}) is q)(Parameter(ones(1)), Parameter(ones(1))))
register("deepcopy of a set", lambda: (lambda m: (lambda c: (c.seen is m.seen, c.seen))(copy.deepcopy(m)))(with_attribute(nn.Module(), seen={1})))
register("copy of a state dict", lambda: (lambda s: (copy.copy(s)._metadata is s._metadata, copy.deepcopy(s)._metadata is s._metadata, pickled(s)._metadata == s._metadata))(linear().state_dict()))


@scenario("copy of a module")
def copy_of_a_module():
    m = linear()
    c = copy.copy(m)
    shares = c.weight is m.weight
    c.extra = Parameter(ones(1))
    c.note = 1
    c.eval()
    return name_of(c), shares, list(m.state_dict()), hasattr(m, "note"), m.training, c.training


@scenario("copy of a container")
def copy_of_a_container():
    s = nn.Sequential(linear())
    c = copy.copy(s)
    c.append(nn.ReLU())
    c.eval()
    return len(s), s.training, s[0].training


@scenario("copy of a lazy layer, called first")
def copy_of_a_lazy_layer():
    m = nn.LazyLinear(3)
    c = copy.copy(m)
    c(ones(1, 2))
    m(ones(1, 2))
    return f"{c} {m} {tuple(m.weight.shape)} {m.weight is c.weight}"


@scenario("copy of a lazy layer, called later")
def copy_called_later():
    m = nn.LazyLinear(3)
    c = copy.copy(m)
    m(ones(1, 2))
    c(ones(1, 2))
    return f"{m} {c}"


@scenario("copy shares hooks, deepcopy does not")
def copy_shares_hooks():
    calls = []
    m = nn.ReLU()
    handle = m.register_forward_hook(lambda *a: calls.append(1))
    c, d, p = copy.copy(m), copy.deepcopy(m), 0
    handle.remove()
    c(ones(1))
    d(ones(1))
    return len(calls)


class Kept(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = Parameter(ones(1))
        self.cache = 5

    def __getstate__(self):
        return {**super().__getstate__(), "cache": None}

    def __setstate__(self, state):
        super().__setstate__(state)
        self.restored = True


for way, make in {"copy": copy.copy, "deepcopy": copy.deepcopy, "pickle": pickled}.items():
    register(f"own state under {way}", lambda make=make: (lambda r: (r.cache, r.restored, list(r.state_dict())))(make(Kept())))
    register(f"{way} of a parametrized module", lambda make=make: name_of(make(register_parametrization(linear(), "weight", nn.Identity()))))
    register(f"{way} of a container with one", lambda make=make: name_of(make(nn.Sequential(register_parametrization(linear(), "weight", nn.Identity())))))
    register(f"{way} of a lazy norm", lambda make=make: make(nn.LazyBatchNorm1d()))


@scenario("copies register nothing")
def copies_register_nothing():
    m, seen = linear(), []
    handle = nn.modules.module.register_module_parameter_registration_hook(lambda module, name, value: seen.append(name))
    copy.copy(m), copy.deepcopy(m), pickled(m)
    handle.remove()
    return seen


# Pickles.
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 2), nn.Linear(2, 2)
        self.b.weight = self.a.weight
        self.note = [1, "x"]
        self.register_buffer("h", ones(1), persistent=False)


register("pickle of ties", lambda: (lambda r: (r.a.weight is r.b.weight, r.note, ",".join(r.state_dict()), r.training))(pickled(Tied().eval())))
register("pickle of a gradient", lambda: pickled(with_attribute(Parameter(ones(2)), grad=ones(2))).grad)
register("pickle of a derived parameter", lambda: name_of(pickled(Mine(ones(2)))))
register("pickle of attributes", lambda: pickled(with_attribute(Parameter(ones(2)), tag="x")).__dict__)
register("pickle of a buffer", lambda: (lambda b: (name_of(b), isinstance(b, Buffer), b.persistent))(pickled(Buffer(ones(2), persistent=False))))
register("pickle of an uninitialized parameter", lambda: (lambda c: (c, c.dtype, c.requires_grad))(pickled(U(False, dtype=torch.float64))))
register("pickle of an uninitialized buffer", lambda: (lambda c: (c, c.dtype, c.persistent))(pickled(UB(dtype=torch.int64, persistent=False))))
register("pickle of a computed tensor", lambda: (lambda c: (c.is_leaf, c.requires_grad))(pickled(ones(2, requires_grad=True) + 1)))
register("pickle of a custom type", lambda: name_of(pickled(Sub(ones(2)))))


@scenario("pickle of a view")
def pickle_of_a_view():
    whole = zeros(2, 3)
    a, b = pickled((whole, whole[0]))
    a[0, 1] = 7
    return b.tolist()


@scenario("pickle of shared uninitialized")
def pickle_of_shared_uninitialized():
    u = U()
    a, b = pickled([u, u])
    return a is b


@scenario("pickle of a lazy layer")
def pickle_of_a_lazy_layer():
    m = nn.LazyLinear(3, dtype=torch.float64)
    m.weight.requires_grad = False
    c = pickled(m)
    text = f"{c} {c.weight.dtype} {c.weight.requires_grad} {c.bias.requires_grad} "
    c(ones(1, 2))
    return text + f"{c} {m}"


# One vector.
register("vector of parameters", lambda: tuple(parameters_to_vector(linear().parameters()).shape))
register("vector of lazy parameters", lambda: parameters_to_vector(nn.LazyLinear(2).parameters()))
register("vector of nothing", lambda: parameters_to_vector([]))
register("vector of a number", lambda: parameters_to_vector([1]))
register("vector of a transposed", lambda: parameters_to_vector([ones(2, 3).t()]))
register("vector too short", lambda: vector_to_parameters(torch.arange(7.0), linear().parameters()))
register("vector too long", lambda: vector_to_parameters(torch.arange(11.0), linear().parameters()))
register("vector is a list", lambda: vector_to_parameters([1], linear().parameters()))
register("vector is a module", lambda: vector_to_parameters(linear(), linear().parameters()))
register("vector to lazy parameters", lambda: vector_to_parameters(ones(3), nn.LazyLinear(2).parameters()))
register("vector of integers", lambda: vector_to_parameters(torch.arange(9), linear().parameters()))


@scenario("vector to parameters")
def vector_to():
    m, v = linear(), torch.arange(9.0, dtype=torch.float64)
    vector_to_parameters(v, m.parameters())
    nn.init.ones_(v)
    return m.weight.tolist(), m.bias.dtype


@scenario("gradient through a vector")
def gradient_through():
    m = linear()
    parameters_to_vector(m.parameters()).sum().backward()
    return m.weight.grad.tolist()


# Uninitialized: what may be read.
READ = "requires_grad is_leaf dtype layout grad grad_fn ndim is_sparse is_quantized is_meta is_cuda is_cpu itemsize nbytes _version name mT mH H imag".split()
for kind, make in {"parameter": U, "buffer": UB}.items():
    for name in READ:
        register(f"{name} of an uninitialized {kind}", lambda make=make, name=name: getattr(make(), name))
    register(f"data of an uninitialized {kind}", lambda make=make: (name_of(make().data), make().data.__dict__))
    register(f"T of an uninitialized {kind}", lambda make=make: name_of(make().T))
    register(f"real of an uninitialized {kind}", lambda make=make: (lambda u: u.real is u)(make()))
    register(f"len of an uninitialized {kind}", lambda make=make: len(make()))
    for axis in (0, -1, 1):
        register(f"size of axis {axis} of an uninitialized {kind}", lambda make=make, axis=axis: make().size(axis))
for shape in ((2, 1), (1, 1), (2,), (), (0,), (3, 0), (3, 2), (1,)):
    register(f"copy_ of {shape} into an uninitialized buffer", lambda shape=shape: UB().copy_(ones(shape)))
register("copy_ of an uninitialized buffer into one", lambda: UB().copy_(UB()))
register("copy_ of a number into an uninitialized buffer", lambda: UB().copy_(3))


@scenario("copy_ without gradients")
def copy_without():
    with torch.no_grad():
        return U().copy_(ones(2))


for given in (None, "a", 2.5, [2.5], [2, "x"], [2, 2.5], (2, -3)):
    register(f"materialize {given!r}", lambda given=given: U().materialize(given))
register("materialize an int", lambda: (lambda u: (u.materialize(2), tuple(u.shape))[1])(U()))
register("materialize a buffer of bool", lambda: (lambda u: (u.materialize((2,), None, torch.bool), u.dtype, name_of(u), u.persistent))(UB())[1:])
register("materialize after data of another dtype", lambda: (lambda u: (setattr(u, "data", ones(3, dtype=torch.float64)), tuple(u.size()), u.materialize((2,)), u.dtype))(U())[1::2])
register("requires_grad of an uninitialized int", lambda: setattr(U(False, dtype=torch.int64), "requires_grad", True))
register("is_lazy", lambda: [is_lazy(x) for x in (U(), UB(), Parameter(), 1)])
register("uninitialized parameter as buffer", lambda: (lambda m: (m.register_buffer("w", U()), ",".join(k for k, _ in m.named_buffers()))[1])(nn.Module()))
register("uninitialized buffer over parameter", lambda: (lambda m: (m.register_parameter("w", Parameter(ones(1))), setattr(m, "w", UB())))(nn.Module()))
register("uninitialized parameter over buffer", lambda: (lambda m: (m.register_buffer("w", ones(1)), setattr(m, "w", U()), list(m._buffers), list(m._parameters))[2:])(nn.Module()))
register("leaf in place", lambda: Parameter(ones(2)).sub_(1))

# Uninitialized: every method that is refused, and what the error calls it.
METHOD = type(torch.Tensor.add)
ALLOWED = "size copy_ is_complex is_floating_point half float double char short int long cuda cpu to get_device share_memory_ materialize as_subclass record_stream".split()


def refused(name):
    for arguments in ((), (1,), (ones(1),), (0, 0)):
        text = observed(lambda: getattr(U(), name)(*arguments))
        if "uninitialized parameter in " in text:
            return plain(text).split(" parameter in ")[1].split(". This error")[0]
    method = getattr(torch.Tensor, name)
    return repr(method) if isinstance(method, METHOD) else None


def methods():
    names = [name for name in dir(torch.Tensor) if not name.startswith("_") and name not in [*ALLOWED, "storage"] and callable(getattr(torch.Tensor, name))]
    found = {name: refused(name) for name in names}
    return {name: called for name, called in found.items() if called}


texts = {name: plain(observed(body)) for name, body in SCENARIOS.items()}
print(json.dumps({"torch": torch.__version__.split("+")[0], "texts": texts, "methods": methods()}, indent=1))
