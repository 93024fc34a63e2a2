"""Random calls of every torch.nn module, for modules.py: constructor, inputs and forward, by class name."""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

CALLS = {}


def values(*shape, scale=1.0):
    """Multiples of 1/64 in [-2, 2], times a power of 2."""
    return torch.randint(-128, 129, shape).double() / 64 * scale


def positive(*shape):
    return torch.randint(16, 160, shape).double() / 64


def probabilities(*shape):
    return torch.randint(2, 63, shape).double() / 64


def signs(*shape):
    return torch.randint(0, 2, shape).double() * 2 - 1


def distinct(*shape):
    """Values of which no two are equal, so that a maximum is one place."""
    count = math.prod(shape)
    return ((torch.randperm(count) - count // 2).double() / 64).reshape(shape)


class Call:
    """`options` are the constructor's; `params` what probe is given, the same unless said otherwise."""

    def __init__(self, target, options, *inputs, training=True, constant=(), forward=None, params=None, layer=None, scale=1.0, build=None):
        self.target, self.options, self.inputs, self.training = target, options, inputs, training
        self.constant, self.layer, self.scale = constant, layer, scale
        self.forward = forward or (lambda module, *given: module(*given))
        self.params = {key: jsonable(value) for key, value in (options if params is None else params).items()}
        self.make = build or (lambda: target(**options))
        self.state = None

    def build(self):
        return self.make()

    def values(self, *shape):
        return values(*shape)

    def initial_state(self):
        state = {}
        for name, tensor in self.build().state_dict().items():
            if name.endswith("num_batches_tracked"):
                state[name] = torch.tensor(2)
            elif name.endswith("running_var"):
                state[name] = positive(*tensor.shape)
            elif name.endswith("running_mean") or name in dict(self.build().named_parameters()):
                state[name] = values(*tensor.shape, scale=self.scale)
            else:
                state[name] = tensor
        return state


def jsonable(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, tuple):
        return list(value)
    return value


def call(*names, count=2):
    """Registers `make(target, rng, index)` for classes of torch.nn."""

    def register(make):
        for name in names:
            def bound(rng, index, name=name):
                return make(getattr(nn, name), rng, index)

            bound.count = count
            CALLS[name] = bound
        return make

    return register


def size(rng, low=1, high=5):
    return rng.randint(low, high)


def batch(rng, index):
    """Usually a batch; sometimes of nothing, sometimes none at all."""
    return [[rng.randint(1, 3)], [rng.randint(1, 3)], [], [rng.randint(1, 3)], [0]][index % 5]


def one_or_all(rng, values_):
    return values_[0] if rng.random() < 0.3 else tuple(values_)


def rank_of(target):
    return int(target.__name__[-2])


# ---- linear and elementwise


@call("Linear")
def linear(target, rng, index):
    n, out = size(rng, 1, 7), size(rng, 1, 6)
    return Call(target, {"in_features": n, "out_features": out, "bias": rng.random() < 0.7}, values(*batch(rng, index), *([size(rng)] if index % 2 else []), n))


@call("Bilinear")
def bilinear(target, rng, index):
    a, b, out = size(rng), size(rng), size(rng)
    lead = batch(rng, index) + ([2] if index % 2 else [])
    return Call(target, {"in1_features": a, "in2_features": b, "out_features": out, "bias": rng.random() < 0.6}, values(*lead, a), values(*lead, b))


@call("Identity", "ReLU", "ReLU6", "Sigmoid", "Tanh", "Hardsigmoid", "Hardswish", "SELU", "SiLU", "Mish", "Softsign", "LogSigmoid", "Tanhshrink", count=1)
def plain(target, rng, index):  # saturated ones lose their digits in float32, PyTorch's too: extremes.test.ts
    options = {"inplace": False} if target in (nn.ReLU, nn.ReLU6, nn.SELU, nn.SiLU, nn.Mish, nn.Hardswish) and index % 2 else {}
    x = values(*batch(rng, index), 3, 4, scale=[1, 2, 1 if target in (nn.Sigmoid, nn.Tanh, nn.Softsign, nn.Tanhshrink) else 32][index % 3])
    return Call(target, options, x)


@call("LeakyReLU", "ELU", "CELU", "GELU", "Hardtanh", "Softplus", "Softshrink", "Hardshrink", "Threshold", "RReLU", "PReLU", "GLU")
def shaped(target, rng, index):
    lead = batch(rng, index)
    x = values(*lead, 4, 3, scale=[1, 2, 1 if target in (nn.Sigmoid, nn.Tanh, nn.Softsign, nn.Tanhshrink) else 32][index % 3])
    training = True
    options = {
        "LeakyReLU": lambda: {"negative_slope": rng.choice([0.01, 0.3, 0.0, -0.5])},
        "ELU": lambda: {"alpha": rng.choice([1.0, 0.3, 2.0])},
        "CELU": lambda: {"alpha": rng.choice([1.0, 0.3, 2.0])},
        "GELU": lambda: {"approximate": rng.choice(["none", "tanh"])},
        "Hardtanh": lambda: {"min_val": -0.75, "max_val": rng.choice([0.5, 6.0])},
        "Softplus": lambda: {"beta": rng.choice([1.0, 0.5, 3.0]), "threshold": rng.choice([20.0, 2.0])},
        "Softshrink": lambda: {"lambd": rng.choice([0.5, 0.0, 1.25])},
        "Hardshrink": lambda: {"lambd": rng.choice([0.5, 0.0, 1.25])},
        "Threshold": lambda: {"threshold": 0.25, "value": rng.choice([20.0, -1.5])},
        "RReLU": lambda: {"lower": 0.1, "upper": rng.choice([0.3, 0.1])},
        "PReLU": lambda: {"num_parameters": rng.choice([1, 4 if len(lead) else 1])},
        "GLU": lambda: {"dim": -2},
    }[target.__name__]()
    if target is nn.RReLU:
        training = False
    if target is nn.PReLU and not lead:
        x = values(4, 3)
    return Call(target, options, x, training=training)


@call("Softmax", "LogSoftmax", "Softmin")
def along(target, rng, index):
    lead = batch(rng, index)
    x = values(*lead, 4, 3, scale=[1, 0.5, 2][index % 3])
    return Call(target, {"dim": rng.choice([None, -1, 0, 1])}, x)


@call("Softmax2d")
def softmax2d(target, rng, index):
    return Call(target, {}, values(*batch(rng, index), 3, 2, 4))


# ---- convolution and pooling


@call("Conv1d", "Conv2d", "Conv3d", count=5)
def convolution(target, rng, index):
    n = rank_of(target)
    groups = rng.choice([1, 1, 2, 3])
    kernel = [size(rng, 1, 3) for _ in range(n)]
    dilation = [size(rng, 1, 2) for _ in range(n)]
    mode = ["zeros", "reflect", "replicate", "circular"][index % 4]
    padding = rng.choice(["same", "valid", None, None])
    stride = [1] * n if padding == "same" else [size(rng, 1, 3) for _ in range(n)]
    amounts = [rng.randint(0, 2) for _ in range(n)]
    spatial = [d * (k - 1) + 1 + rng.randint(2, 4) for k, d in zip(kernel, dilation)]
    channels, out = groups * size(rng, 1, 2), groups * size(rng, 1, 2)
    lead = batch(rng, index)
    if mode != "zeros" and lead == [0]:
        lead = [1]
    options = {
        "in_channels": channels, "out_channels": out, "kernel_size": one_or_all(rng, kernel) if len(set(kernel)) == 1 else tuple(kernel),
        "stride": tuple(stride), "padding": padding or tuple(amounts), "dilation": tuple(dilation), "groups": groups,
        "bias": rng.random() < 0.7, "padding_mode": mode,
    }  # fmt: skip
    return Call(target, options, values(*lead, channels, *spatial))


@call("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", count=4)
def transposed(target, rng, index):
    n = rank_of(target)
    groups = rng.choice([1, 1, 2])
    kernel = [size(rng, 1, 3) for _ in range(n)]
    stride, dilation = [size(rng, 1, 3) for _ in range(n)], [size(rng, 1, 2) for _ in range(n)]
    extra = [rng.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation)]
    padding = [rng.randint(0, 1) for _ in range(n)]
    spatial = [size(rng, 3, 5) for _ in range(n)]
    channels, out = groups * size(rng, 1, 2), groups * size(rng, 1, 2)
    options = {
        "in_channels": channels, "out_channels": out, "kernel_size": tuple(kernel), "stride": tuple(stride), "padding": tuple(padding),
        "output_padding": tuple(extra), "groups": groups, "bias": rng.random() < 0.7, "dilation": tuple(dilation),
    }  # fmt: skip
    return Call(target, options, values(*batch(rng, index), channels, *spatial))


def windows(rng, n, dilated=False):
    kernel = [size(rng, 1, 3) for _ in range(n)]
    dilation = [size(rng, 1, 2) if dilated else 1 for _ in range(n)]
    padding = [rng.randint(0, k // 2) for k in kernel]
    spatial = [d * (k - 1) + 1 + rng.randint(1, 4) for k, d in zip(kernel, dilation)]
    options = {"kernel_size": tuple(kernel), "padding": tuple(padding), "ceil_mode": rng.random() < 0.5}
    if rng.random() < 0.7:
        options["stride"] = tuple(size(rng, 1, 3) for _ in range(n))
    if dilated:
        options["dilation"] = tuple(dilation)
    return options, spatial


@call("MaxPool1d", "MaxPool2d", "MaxPool3d", count=3)
def max_pool(target, rng, index):
    n = rank_of(target)
    options, spatial = windows(rng, n, dilated=True)
    if index % 3 == 1:
        options["return_indices"] = True
    lead = batch(rng, index)
    if n == 1:
        options = {key: value[0] if isinstance(value, tuple) else value for key, value in options.items()}
    return Call(target, options, values(*lead, size(rng, 1, 3), *spatial))


@call("AvgPool1d", "AvgPool2d", "AvgPool3d", count=3)
def avg_pool(target, rng, index):
    n = rank_of(target)
    options, spatial = windows(rng, n)
    options["count_include_pad"] = rng.random() < 0.5
    if n > 1 and rng.random() < 0.4:
        options["divisor_override"] = size(rng, 1, 5)
    if n == 1:
        options = {key: value[0] if isinstance(value, tuple) else value for key, value in options.items()}
    return Call(target, options, values(*batch(rng, index), size(rng, 1, 3), *spatial))


@call("LPPool1d", "LPPool2d", "LPPool3d")
def lp_pool(target, rng, index):
    n = rank_of(target)
    options, spatial = windows(rng, n)
    del options["padding"]
    options["norm_type"] = rng.choice([1, 2, 2.0, 3.0, 2.5])
    if n == 1:
        options = {key: value[0] if isinstance(value, tuple) else value for key, value in options.items()}
    lead = batch(rng, index) if n < 3 else [2]
    return Call(target, options, positive(*lead, size(rng, 1, 3), *spatial))


@call("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", count=3)
def adaptive(target, rng, index):
    n = rank_of(target)
    spatial = [size(rng, 1, 7) for _ in range(n)]
    out = [size(rng, 1, 8) for _ in range(n)]
    if n > 1 and index % 2:
        out[rng.randrange(n)] = None
    options = {"output_size": one_or_all(rng, out) if out[0] is not None and n == 1 else tuple(out)}
    if "Max" in target.__name__ and index % 3 == 2:
        options["return_indices"] = True
    lead = batch(rng, index)
    return Call(target, options, values(*lead, size(rng, 1, 3), *spatial))


@call("MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d")
def max_unpool(target, rng, index):
    n = rank_of(target)
    kernel = [size(rng, 2, 3) for _ in range(n)]
    stride = [rng.choice([k, k + 1]) for k in kernel]
    padding = [rng.randint(0, 1) for _ in kernel]
    counts = [size(rng, 2, 3) for _ in range(n)]
    spatial = [(c - 1) * s - 2 * p + k for c, s, p, k in zip(counts, stride, padding, kernel)]
    if index % 2:
        spatial = [length + rng.randint(0, s - 1) for length, s in zip(spatial, stride)]
    x = distinct(*([] if index % 5 == 2 else [2]), 2, *spatial)
    pool = getattr(nn, f"MaxPool{n}d")(tuple(kernel), tuple(stride), tuple(padding), return_indices=True)
    y, indices = pool(x)
    forward, params = None, {"kernel_size": tuple(kernel), "stride": tuple(stride), "padding": tuple(padding)}
    options = dict(params)
    if index % 2:
        forward = lambda module, *given: module(*given, output_size=spatial)
        params = {**params, "output_size": spatial}
    return Call(target, options, y, indices, forward=forward, params=params)


@call("FractionalMaxPool2d", "FractionalMaxPool3d")
def fractional(target, rng, index):
    n = rank_of(target)
    kernel = [size(rng, 1, 3) for _ in range(n)]
    spatial = [k + rng.randint(3, 6) for k in kernel]
    lead = [] if index % 5 == 2 else [size(rng, 1, 2)]
    channels = size(rng, 1, 3)
    samples = probabilities(*(lead or [1]), channels, n)
    options = {"kernel_size": tuple(kernel)}
    if index % 2:
        options["output_ratio"] = tuple(rng.choice([0.5, 0.625, 0.4]) for _ in range(n))
    else:
        options["output_size"] = tuple(rng.randint(2, length - k) for length, k in zip(spatial, kernel))
    if index % 3 == 1:
        options["return_indices"] = True
    params = {**options, "_random_samples": samples}

    def build():
        return target(**options, _random_samples=samples)

    def forward(module, x):
        module._random_samples = samples.to(x.dtype)
        return module(x)

    return Call(target, options, values(*lead, channels, *spatial), forward=forward, build=build, params=params)


# ---- padding, shapes, upsampling


@call(*[f"{kind}Pad{n}d" for kind in ("Zero", "Constant", "Reflection", "Replication", "Circular") for n in (1, 2, 3)])
def padding(target, rng, index):
    n = rank_of(target)
    name = target.__name__
    pads = [rng.randint(0, 2) for _ in range(2 * n)]
    crops = index % 3 == 1
    if crops:
        pads[rng.randrange(2 * n)] = -1
    options = {"padding": tuple(pads) if crops else rng.choice([1, tuple(pads)])}
    if name.startswith("Constant"):
        options["value"] = -math.inf if crops else rng.choice([0.5, -3.0])
    lead = batch(rng, index)
    if lead == [0] and not name.startswith(("Zero", "Constant")):
        lead = [1]
    return Call(target, options, values(*lead, size(rng, 1, 2), *[size(rng, 3, 5) for _ in range(n)]))


@call("Flatten")
def flatten(target, rng, index):
    return Call(target, rng.choice([{}, {"start_dim": 0}, {"start_dim": 1, "end_dim": 2}, {"start_dim": -2}]), values(2, 3, 1, 4))


@call("Unflatten")
def unflatten(target, rng, index):
    return Call(target, {"dim": rng.choice([1, -1]), "unflattened_size": rng.choice([(2, 6), (3, -1), (2, 3, 2)])}, values(*batch(rng, 0), 12))


@call("PixelShuffle", "PixelUnshuffle", "ChannelShuffle")
def pixels(target, rng, index):
    r = size(rng, 1, 3)
    # PyTorch's own gradient of a batch of nothing has the wrong shape.
    index %= 4
    if target is nn.PixelShuffle:
        return Call(target, {"upscale_factor": r}, values(*batch(rng, index), 2 * r * r, 2, 3))
    if target is nn.PixelUnshuffle:
        return Call(target, {"downscale_factor": r}, values(*batch(rng, index), 2, 2 * r, 3 * r))
    return Call(target, {"groups": r}, values(2, 2 * r, 3, 2))


@call("Upsample", count=11)
def upsample(target, rng, index):
    mode, n = [("nearest", 1), ("nearest", 2), ("nearest", 3), ("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3), ("bilinear", 2), ("bicubic", 2), ("linear", 1)][index % 10]
    spatial = [size(rng, 2, 5) for _ in range(n)]
    if index % 11 == 10:  # a scale that leaves one axis as long as it was
        return Call(target, {"mode": "bicubic", "scale_factor": (2.0, 1.3)}, values(1, 2, 3, 3))
    options = {"mode": mode}
    if mode != "nearest":
        options["align_corners"] = rng.choice([None, True, False])
    if rng.random() < 0.5:
        options["size"] = rng.choice([5, tuple(size(rng, 1, 7) for _ in range(n))])
    else:
        options["scale_factor"] = rng.choice([2, 1.5, 0.7, tuple(rng.choice([2.0, 1.3, 0.6]) for _ in range(n))])
        options["recompute_scale_factor"] = rng.choice([None, True, False])
    return Call(target, options, values(size(rng, 1, 2), 2, *spatial))


@call("UpsamplingNearest2d", "UpsamplingBilinear2d")
def upsampling(target, rng, index):
    return Call(target, rng.choice([{"size": (5, 3)}, {"scale_factor": 2}, {"scale_factor": 1.7}, {"size": 4}]), values(2, 2, 3, 4))


@call("Fold")
def fold(target, rng, index):
    options, counts = patches(rng)
    h, w = options["output_size"] = (size(rng, 5, 7), size(rng, 5, 7))
    k, d, p, s = (options[name] for name in ("kernel_size", "dilation", "padding", "stride"))
    length = math.prod((m + 2 * p[i] - d[i] * (k[i] - 1) - 1) // s[i] + 1 for i, m in enumerate((h, w)))
    return Call(target, options, values(*([2] if index % 2 else []), 2 * k[0] * k[1], length))


@call("Unfold")
def unfold(target, rng, index):
    options, _ = patches(rng)
    return Call(target, options, values(*([2] if index % 2 else []), 2, size(rng, 5, 7), size(rng, 5, 7)))


def patches(rng):
    return {name: tuple(rng.randint(*bounds) for _ in range(2)) for name, bounds in (("kernel_size", (1, 3)), ("dilation", (1, 2)), ("padding", (0, 2)), ("stride", (1, 3)))}, None


# ---- normalization and dropout


@call("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", count=3)
def batch_norm(target, rng, index):
    n = 2 if target is nn.SyncBatchNorm else rank_of(target)
    c = size(rng, 1, 4)
    options = {"num_features": c, "eps": rng.choice([1e-5, 0.125]), "momentum": rng.choice([0.1, None, 0.25]), "affine": rng.random() < 0.6, "track_running_stats": rng.random() < 0.7}
    if rng.random() < 0.2:
        options["bias"] = False
    training = rng.random() < 0.6
    spatial = [size(rng, 2, 3) for _ in range(n)]
    if target is nn.BatchNorm1d and index % 2:
        spatial = []
    if target is nn.SyncBatchNorm:
        training = False
        options["track_running_stats"] = True
    return Call(target, options, values(size(rng, 3, 5), c, *spatial), training=training)


@call("InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", count=3)
def instance_norm(target, rng, index):
    n, c = rank_of(target), size(rng, 1, 4)
    options = {"num_features": c, "eps": rng.choice([1e-5, 0.125]), "momentum": rng.choice([0.1, 0.25]), "affine": rng.random() < 0.6, "track_running_stats": rng.random() < 0.5}
    return Call(target, options, values(*([2] if index % 3 else []), c, *[size(rng, 3, 5) for _ in range(n)]), training=rng.random() < 0.6)


@call("LayerNorm", "RMSNorm", count=3)
def layer_norm(target, rng, index):
    shape = [size(rng, 2, 5) for _ in range(1 + index % 2)]
    options = {"normalized_shape": shape[0] if len(shape) == 1 and rng.random() < 0.5 else tuple(shape), "eps": rng.choice([1e-5, 0.125]), "elementwise_affine": rng.random() < 0.7}
    if target is nn.LayerNorm:
        options["bias"] = rng.random() < 0.7
    elif rng.random() < 0.5:
        options["eps"] = None
    return Call(target, options, values(*batch(rng, index), 2, *shape))


@call("GroupNorm", count=3)
def group_norm(target, rng, index):
    groups = size(rng, 1, 3)
    options = {"num_groups": groups, "num_channels": groups * size(rng, 1, 3), "eps": rng.choice([1e-5, 0.125]), "affine": rng.random() < 0.7}
    return Call(target, options, values(size(rng, 1, 3), options["num_channels"], *[size(rng, 2, 4) for _ in range(index % 3 + (options["num_channels"] == groups))]))


@call("LocalResponseNorm", "CrossMapLRN2d")
def response_norm(target, rng, index):
    options = {"size": size(rng, 2, 5), "alpha": rng.choice([1e-4, 0.5]), "beta": rng.choice([0.75, 0.5]), "k": rng.choice([1, 2.0])}
    return Call(target, options, values(2, size(rng, 2, 6), *([3] if target is nn.LocalResponseNorm and index % 2 else [3, 2])))


@call("Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout", count=1)
def dropout(target, rng, index):
    return Call(target, {"p": rng.choice([0.5, 0.25]), "inplace": False}, values(2, 3, 4, 2, 2)[(0,) * (2 if "1d" in target.__name__ else 1 if "2d" in target.__name__ else 0)], training=False)


# ---- embeddings


@call("Embedding", count=4)
def embedding(target, rng, index):
    rows, width = size(rng, 3, 7), size(rng, 1, 4)
    options = {"num_embeddings": rows, "embedding_dim": width, "padding_idx": rng.choice([None, 1, -1]), "scale_grad_by_freq": rng.random() < 0.4}
    if rng.random() < 0.4:
        options.update(max_norm=1.5, norm_type=rng.choice([2.0, 1.0]))
    lead = [[4], [2, 3], [], [0], [5]][index % 5]
    build = None
    return Call(target, options, torch.randint(0, rows, lead), build=build)


@call("EmbeddingBag", count=6)
def embedding_bag(target, rng, index):
    rows, width, mode = size(rng, 3, 7), size(rng, 1, 4), ["sum", "mean", "max"][index % 3]
    options = {"num_embeddings": rows, "embedding_dim": width, "mode": mode}
    if rng.random() < 0.5:
        options["padding_idx"] = rng.choice([0, -1])
    if rng.random() < 0.3:
        options.update(max_norm=1.5)
    if index % 2:
        count = size(rng, 4, 8)
        index_, offsets = torch.randint(0, rows, [count]), [0, 2, 2, count - 1]
        if index % 4 == 3:
            options["include_last_offset"] = True
            offsets.append(count)
        inputs = [index_, torch.tensor(offsets)]
        shape = [count]
    else:
        shape = [size(rng, 1, 3), size(rng, 2, 4)]
        inputs = [torch.randint(0, rows, shape), None]
    if mode == "sum" and rng.random() < 0.6 and not options.get("scale_grad_by_freq"):
        inputs.append(values(*shape))
    elif inputs[1] is None:
        inputs.pop()
    return Call(target, options, *inputs)


# ---- recurrent and attention


@call("RNN", "LSTM", "GRU", count=5)
def recurrent(target, rng, index):
    f, h, layers, both = size(rng), size(rng, 2, 4), size(rng, 1, 2), rng.random() < 0.5
    options = {"input_size": f, "hidden_size": h, "num_layers": layers, "bias": rng.random() < 0.7, "batch_first": rng.random() < 0.5, "bidirectional": both}
    if target is nn.RNN:
        options["nonlinearity"] = rng.choice(["tanh", "relu"])
    if target is nn.LSTM and rng.random() < 0.4:
        options["proj_size"] = 1
    if layers > 1:
        options["dropout"] = 0.25
    n, t = size(rng, 1, 3), size(rng, 1, 4)
    unbatched = index % 5 == 2
    x = values(t, f) if unbatched else values(n, t, f) if options["batch_first"] else values(t, n, f)
    lead = [layers * (2 if both else 1)] + ([] if unbatched else [n])
    training = layers == 1
    state = values(*lead, options.get("proj_size") or h)
    states = (state, values(*lead, h)) if target is nn.LSTM else state
    if index % 5 == 4 and not unbatched:
        lengths = torch.tensor([t] + [rng.randint(1, t) for _ in range(n - 1)])
        with_states = rng.random() < 0.5

        def packed(module, given, hx, lengths_):
            sequence = pack_padded_sequence(given, lengths_, batch_first=options["batch_first"], enforce_sorted=False)
            y, last = module(sequence, hx)
            return pad_packed_sequence(y, batch_first=options["batch_first"], total_length=t)[0], last

        return Call(target, options, x, states if with_states else None, lengths, training=training, forward=packed, scale=0.5)
    return Call(target, options, x, *([states] if index % 2 else []), training=training, scale=0.5)


@call("RNNCell", "LSTMCell", "GRUCell", count=2)
def cell(target, rng, index):
    f, h = size(rng), size(rng, 2, 4)
    options = {"input_size": f, "hidden_size": h, "bias": rng.random() < 0.7}
    lead = batch(rng, index + 1)
    states = (values(*lead, h), values(*lead, h)) if target is nn.LSTMCell else values(*lead, h)
    return Call(target, options, values(*lead, f), *([states] if index % 2 else []))


def pair_mask(rng, rows, columns, heads=None):
    if rng.random() < 0.5:
        mask = torch.rand(rows, columns) < 0.3
        mask[:, 0] = False
        return mask
    return values(*([heads] if heads else []), rows, columns)


@call("MultiheadAttention", count=8)
def attention(target, rng, index):
    heads = size(rng, 1, 3)
    e, n, l, s = heads * size(rng, 1, 3), size(rng, 1, 3), size(rng, 1, 4), size(rng, 2, 5)
    first = rng.random() < 0.5
    options = {"embed_dim": e, "num_heads": heads, "bias": rng.random() < 0.7, "add_bias_kv": rng.random() < 0.3, "add_zero_attn": rng.random() < 0.3, "batch_first": first}
    if index % 3 == 1:
        options.update(kdim=size(rng), vdim=size(rng))
    unbatched = index % 4 == 3

    def rows(steps, width):
        return values(steps, width) if unbatched else values(n, steps, width) if first else values(steps, n, width)

    q, k, v = rows(l, e), rows(s, options.get("kdim") or e), rows(s, options.get("vdim") or e)
    padding = None
    if rng.random() < 0.5:
        padding = torch.rand(*([] if unbatched else [n]), s) < 0.3
        padding[..., 0] = False
    mask = pair_mask(rng, l, s, (1 if unbatched else n) * heads if rng.random() < 0.5 else None) if rng.random() < 0.5 else None
    if padding is not None and mask is not None and mask.dtype != torch.bool:
        padding = torch.zeros(padding.shape, dtype=torch.float64).masked_fill(padding, -2.0)
    need, average = rng.random() < 0.7, rng.random() < 0.7

    def forward(module, query, key, value, key_padding_mask=None, attn_mask=None):
        return module(query, key, value, key_padding_mask=key_padding_mask, need_weights=need, attn_mask=attn_mask, average_attn_weights=average)

    made = [q, k, v] + ([padding, mask] if padding is not None or mask is not None else [])
    return Call(target, options, *made, forward=forward, params={**options, "need_weights": need, "average_attn_weights": average}, scale=0.25)


def transformer_options(rng):
    heads = size(rng, 1, 2)
    return {
        "d_model": heads * size(rng, 1, 3) * 2, "nhead": heads, "dim_feedforward": size(rng, 2, 6), "dropout": 0.25,
        "activation": rng.choice(["relu", "gelu"]), "layer_norm_eps": rng.choice([1e-5, 0.125]), "batch_first": rng.random() < 0.5,
        "norm_first": rng.random() < 0.5, "bias": rng.random() < 0.7,
    }  # fmt: skip


def sequence(options, n, steps):
    width = options["d_model"]
    return values(n, steps, width) if options["batch_first"] else values(steps, n, width)


@call("TransformerEncoderLayer", "TransformerDecoderLayer", "TransformerEncoder", "TransformerDecoder", count=4)
def transformer(target, rng, index):
    options = transformer_options(rng)
    if index % 3 == 0:
        options["dropout"] = 0.0
    training = options["dropout"] == 0
    n, t, s = size(rng, 1, 3), size(rng, 2, 4), size(rng, 1, 4)
    is_stack = not target.__name__.endswith("Layer")
    is_decoder = "Decoder" in target.__name__
    kwargs, params = dict(options), dict(options)
    build = None
    if is_stack:
        layers, norm = size(rng, 1, 2), rng.random() < 0.5
        part = getattr(nn, target.__name__ + "Layer")
        params.update(num_layers=layers, norm=norm)
        build = lambda: target(part(**options), layers, nn.LayerNorm(options["d_model"], eps=options["layer_norm_eps"], bias=options["bias"]) if norm else None)
    x = sequence(options, n, t)
    inputs = [x, sequence(options, n, s)] if is_decoder else [x]
    causal = rng.random() < 0.4
    mask = torch.full((t, t), -math.inf, dtype=torch.float64).triu(1) if causal else None
    padding = None
    if rng.random() < 0.4:
        padding = torch.zeros(n, t, dtype=torch.float64)
        padding[:, -1] = -math.inf
        if t == 1:
            padding[:] = 0
    if is_decoder:
        inputs += [mask, None, padding, None] if mask is not None or padding is not None else []
    else:
        inputs += [mask, padding] if mask is not None or padding is not None else []
    while inputs[-1] is None:
        inputs.pop()
    constant = tuple(range(2 if is_decoder else 1, 6))
    return Call(target, kwargs, *inputs, training=training, build=build, params=params, scale=0.5, constant=constant)


@call("Transformer", count=3)
def whole_transformer(target, rng, index):
    options = transformer_options(rng)
    options.update(num_encoder_layers=size(rng, 1, 2), num_decoder_layers=size(rng, 1, 2), dropout=0.0 if index % 2 else 0.25)
    n, t, s = size(rng, 1, 3), size(rng, 2, 4), size(rng, 1, 4)
    inputs = [sequence(options, n, s), sequence(options, n, t)]
    if index % 3 == 1:
        inputs += [None, torch.full((t, t), -math.inf, dtype=torch.float64).triu(1)]
    return Call(target, options, *inputs, training=options["dropout"] == 0, scale=0.5, constant=(2, 3))


# ---- distances


@call("CosineSimilarity", "PairwiseDistance", count=3)
def distance(target, rng, index):
    shape = [[3, 4], [2, 3, 4], [4]][index % 3]
    other = list(shape)
    if index % 3 == 1 and target is nn.PairwiseDistance:
        other = shape[1:]
    options = {"dim": rng.choice([-1, 0]), "eps": rng.choice([1e-8, 1e-3])} if target is nn.CosineSimilarity else {"p": rng.choice([2.0, 1.0, 3.0, math.inf, 0.5]), "eps": rng.choice([1e-6, 0.0]), "keepdim": rng.random() < 0.5}
    return Call(target, options, values(*shape), values(*other))


# ---- losses


def reductions(rng):
    return {"reduction": rng.choice(["mean", "sum", "none"])}


@call("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss", "PoissonNLLLoss", "SoftMarginLoss", "HingeEmbeddingLoss", "MultiLabelSoftMarginLoss", count=4)
def elementwise_loss(target, rng, index):
    name = target.__name__
    shape = [[4, 3], [3], [2, 3, 2], [5, 2]][index % 4]
    options = reductions(rng)
    x, y = values(*shape, scale=rng.choice([1, 4])), values(*shape)
    constant = ()
    if name == "SmoothL1Loss":
        options["beta"] = rng.choice([1.0, 0.3, 0.0])
    if name == "HuberLoss":
        options["delta"] = rng.choice([1.0, 0.4])
    if name in ("BCELoss", "BCEWithLogitsLoss"):
        y = rng.choice([probabilities(*shape), torch.randint(0, 2, shape).double()])
        if name == "BCELoss":
            x = probabilities(*shape)
        elif rng.random() < 0.5:
            options["pos_weight"] = positive(*rng.choice([shape[-1:], [1], [shape[0], *[1] * (len(shape) - 1)]]))
        if rng.random() < 0.5:
            options["weight"] = positive(*rng.choice([shape[-1:], shape, [shape[0], *[1] * (len(shape) - 1)]]))
    if name == "KLDivLoss":
        x, y = -positive(*shape), probabilities(*shape)
        options["log_target"] = rng.random() < 0.5
        if options["log_target"]:
            y = -positive(*shape)
        else:
            y[..., 0] = 0
        options["reduction"] = rng.choice(["mean", "sum", "none", "batchmean"])
        constant = () if options["log_target"] else (1,)
    if name == "PoissonNLLLoss":
        y = torch.randint(0, 6, shape).double()
        options.update(log_input=rng.random() < 0.5, full=rng.random() < 0.5, eps=rng.choice([1e-8, 0.01]))
        x = values(*shape) if options["log_input"] else positive(*shape)
        constant = (1,) if options["full"] else ()
    if name in ("SoftMarginLoss", "HingeEmbeddingLoss"):
        y, constant = signs(*shape), (1,)
        if name == "HingeEmbeddingLoss":
            options["margin"] = rng.choice([1.0, 0.3])
    if name == "MultiLabelSoftMarginLoss":
        shape = rng.choice([[4, 3], [3]])
        x, y = values(*shape), torch.randint(0, 2, shape).double()
        if rng.random() < 0.5:
            options["weight"] = positive(3)
    return Call(target, options, x, y, constant=constant)


@call("CrossEntropyLoss", "NLLLoss", count=6)
def class_loss(target, rng, index):
    classes = size(rng, 2, 5)
    shape = [[4, classes], [classes], [2, classes, 3], [3, classes, 2, 2], [5, classes], [0, classes]][index % 6]
    options = reductions(rng)
    if shape[0] == 0:
        options["reduction"] = rng.choice(["sum", "none"])
    if rng.random() < 0.5:
        options["weight"] = positive(classes)
    x = values(*shape, scale=rng.choice([1, 4]))
    wanted = shape[:1] + shape[2:] if len(shape) > 1 else []
    y = torch.randint(0, classes, wanted)
    constant = ()
    if target is nn.CrossEntropyLoss:
        options["label_smoothing"] = rng.choice([0.0, 0.1, 0.5])
        if index % 6 == 4:
            y = torch.softmax(values(*shape), 1).mul(64).round().div(64)
    else:
        x = -positive(*shape)
    if y.dtype == torch.int64 and rng.random() < 0.5 and len(shape) > 1 and shape[0] > 1:
        options["ignore_index"] = rng.choice([-100, 0])
        y[0] = options["ignore_index"]
    return Call(target, options, x, y, constant=constant)


@call("MultiMarginLoss", "MultiLabelMarginLoss", count=3)
def margin_loss(target, rng, index):
    classes = size(rng, 2, 5)
    lead = [[3], [], [4]][index % 3]
    options = reductions(rng)
    x = values(*lead, classes)
    if target is nn.MultiMarginLoss:
        options.update(p=rng.choice([1, 2]), margin=rng.choice([1.0, 0.4]))
        if rng.random() < 0.5:
            options["weight"] = positive(classes)
        return Call(target, options, x, torch.randint(0, classes, lead))
    y = torch.full([*lead, classes], -1)
    flat = y.reshape(-1, classes)
    for row in flat:
        picked = torch.randperm(classes)[: rng.randint(0, classes)]
        row[: len(picked)] = picked
    return Call(target, options, x, y)


@call("TripletMarginLoss", "TripletMarginWithDistanceLoss", count=3)
def triplet(target, rng, index):
    options = {**reductions(rng), "margin": rng.choice([1.0, 2.5]), "swap": rng.random() < 0.5}
    if target is nn.TripletMarginLoss:
        options.update(p=rng.choice([2.0, 1.0, 3.0]), eps=rng.choice([1e-6, 1e-3]))
    shape = [[4, 3], [3], [5, 2]][index % 3]
    return Call(target, options, values(*shape), values(*shape), values(*shape))


@call("CosineEmbeddingLoss", "MarginRankingLoss", count=3)
def ranking(target, rng, index):
    options = {**reductions(rng), "margin": rng.choice([0.0, 0.25])}
    if target is nn.CosineEmbeddingLoss:
        shape = [[4, 3], [3], [5, 2]][index % 3]
        return Call(target, options, values(*shape), values(*shape), signs(*shape[:-1]), constant=(2,))
    shape = [[4], [3, 2], [5]][index % 3]
    return Call(target, options, values(*shape), values(*shape), signs(*shape), constant=(2,))


@call("GaussianNLLLoss", count=4)
def gaussian(target, rng, index):
    options = {**reductions(rng), "full": rng.random() < 0.5, "eps": rng.choice([1e-6, 0.5])}
    shape = [[4, 3], [3], [2, 3, 2], [4, 3]][index % 4]
    variance = positive(*(shape if index % 2 == 0 else shape[:-1] + [1]))
    return Call(target, options, values(*shape), values(*shape), variance)


@call("CTCLoss", count=4)
def ctc(target, rng, index):
    classes, n, t = size(rng, 3, 5), size(rng, 1, 3), size(rng, 5, 8)
    options = {**reductions(rng), "blank": rng.choice([0, classes - 1]), "zero_infinity": rng.random() < 0.5}
    labels = [label for label in range(classes) if label != options["blank"]]
    lengths = [rng.randint(0 if index % 2 else 1, 3) for _ in range(n)]
    x = torch.log_softmax(values(t, n, classes), 2)
    x = x.mul(64).round().div(64)
    widest = max(lengths + [1])
    y = torch.tensor([[rng.choice(labels) for _ in range(widest)] for _ in range(n)])
    if index % 3 == 1:
        y = torch.cat([row[:length] for row, length in zip(y, lengths)])
    given = [rng.randint(5 if not options["zero_infinity"] else 3, t) for _ in range(n)]
    if index % 4 == 3:
        return Call(target, options, x[:, 0], y[0][: lengths[0]] if y.dim() == 2 else y[: lengths[0]], torch.tensor(given[0]), torch.tensor(lengths[0]))
    return Call(target, options, x, y, torch.tensor(given), torch.tensor(lengths))


@call("AdaptiveLogSoftmaxWithLoss", count=3)
def adaptive_softmax(target, rng, index):
    options = {"in_features": 6, "n_classes": 9, "cutoffs": rng.choice([[3], [2, 5]]), "div_value": rng.choice([4.0, 2.0, 1.5]), "head_bias": rng.random() < 0.5}
    lead = [] if index % 3 == 2 else [5]
    return Call(target, options, values(*lead, 6), torch.randint(0, 9, lead))


@call("LinearCrossEntropyLoss", count=3)
def linear_cross_entropy(target, rng, index):
    options = {"in_features": 4, "num_classes": 5, "bias": rng.random() < 0.5, **reductions(rng), "label_smoothing": rng.choice([0.0, 0.1])}
    if rng.random() < 0.4:
        options["weight"] = positive(5)
    lead = [[3], [4], [6]][index % 3]
    return Call(target, options, values(*lead, 4), torch.randint(0, 5, lead))
