"""The worker of torch_peer.py with grouped 3x3 convolutions added, for kernels.mjs.

    python3 grouped_peer.py PATH/torch_peer.py --worker
"""

import importlib.util
import sys

import torch

path = sys.argv.pop(1)
spec = importlib.util.spec_from_file_location("torch_peer", path)
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)

GROUPED = [(32, 64, 64, 28, 64), (32, 64, 64, 28, 8)]


def add(n, channels, rows, size, groups, is_last):
    suffix = f"{'cl_' if is_last else ''}{n}x{channels}->{rows}x{size}g{groups}"
    form = torch.channels_last if is_last else torch.contiguous_format

    def tensors():
        x = torch.randn(n, channels, size, size).to(memory_format=form)
        w = torch.randn(rows, channels // groups, 3, 3).to(memory_format=form)
        y = torch.randn(n, rows, size, size).to(memory_format=form)
        return x, w, y

    def forward():
        x, w, _ = tensors()
        bias = torch.randn(rows)
        return lambda: torch.nn.functional.conv2d(x, w, bias, padding=1, groups=groups)

    def backward(mask):
        def make():
            x, w, y = tensors()
            return lambda: torch.ops.aten.convolution_backward(
                y, x, w, [rows], [1, 1], [1, 1], [1, 1], False, [0, 0], groups, mask
            )

        return make

    peer.case("conv_fwd_" + suffix)(forward)
    peer.case("conv_bwd_data_" + suffix)(backward([True, False, False]))
    peer.case("conv_bwd_wei_" + suffix)(backward([False, True, False]))


for sizes in GROUPED:
    for is_last in (False, True):
        add(*sizes, is_last)
peer.main()
