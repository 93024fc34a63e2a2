"""Prints what real PyTorch's modules warn of, as JSON: name -> text. tests/nn/warnings.test.ts does the same. Made with PyTorch 2.14:

python scripts/golden/nn_warnings.py > tests/golden/nn-warnings.json
"""

import warnings

import torch
from scenarios import observed, print_texts, register
from torch import nn
from torch.nn import init
from torch.nn.modules import module as global_hooks

ones = torch.ones


def warned(name, body):
    def run():
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            observed(body)
        return "; ".join(f"{w.category.__name__}: {w.message}" for w in seen)

    register(name, run)


class Echo(nn.Module):
    def forward(self, x):
        if x == "fail":
            raise ValueError("failed")
        return x


def fails(*args):
    raise ValueError("hook failed")


def always(register_hook):
    def run():
        echo = Echo()
        handle = register_hook(echo)
        try:
            echo("fail")
        finally:
            handle.remove()

    return run


def watched(value):
    def run():
        echo = Echo()
        echo.register_full_backward_hook(lambda *args: None)
        echo(value)

    return run


warned("a linear layer", lambda: nn.Linear(2, 3)(ones(1, 2)))
warned("a linear layer of no inputs", lambda: nn.Linear(0, 3))
warned("a lazy layer of no inputs", lambda: nn.LazyLinear(3)(ones(2, 0)))
warned("kaiming_uniform_ of nothing", lambda: init.kaiming_uniform_(ones(0, 2)))
warned("kaiming_normal_ of nothing", lambda: init.kaiming_normal_(ones(2, 0)))
warned("trunc_normal_ far from its range", lambda: init.trunc_normal_(ones(3), mean=9.0))
warned("trunc_normal_ near its range", lambda: init.trunc_normal_(ones(3), mean=4.0))
warned("an instance norm of another size", lambda: nn.InstanceNorm1d(5)(ones(2, 3, 4)))
warned("an instance norm of another size, without a batch", lambda: nn.InstanceNorm1d(5)(ones(3, 4)))
warned("an instance norm of its size", lambda: nn.InstanceNorm1d(3)(ones(2, 3, 4)))
warned("a hook that is always called fails", always(lambda m: m.register_forward_hook(fails, always_call=True)))
warned("a global hook that is always called fails", always(lambda m: global_hooks.register_module_forward_hook(fails, always_call=True)))
warned("backward hooks and a result that is no tensor", watched(5))
warned("backward hooks and a tensor", watched(ones(1, requires_grad=True)))
warned("values loaded into meta", lambda: nn.Linear(2, 1, device="meta").load_state_dict(nn.Linear(2, 1).state_dict()))
warned("values assigned over meta", lambda: nn.Linear(2, 1, device="meta").load_state_dict(nn.Linear(2, 1).state_dict(), assign=True))
warned("meta loaded into meta", lambda: nn.Linear(2, 1, device="meta").load_state_dict(nn.Linear(2, 1, device="meta").state_dict()))
warned("a module made complex", lambda: nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 2)).to(torch.complex64))
warned("a module made double", lambda: nn.Linear(2, 1).to(torch.float64))
print_texts()
