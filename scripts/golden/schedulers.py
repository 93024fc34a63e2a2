"""Writes tests/golden/catalogue-schedulers.json: learning rates and momenta of real torch.optim.lr_scheduler (2.13), in double.

Called by catalogue.py for requests of kind scheduler. Arrays are base64 of little-endian float64, a number per group and step.
"""

import ast
import base64
import math
import struct

import torch

START = 0.05


def encode(numbers):
    return base64.b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()


def keywords_of(params):
    """Keywords without the schedulers inside; a formula becomes the function that PyTorch takes."""
    names = {name: value for name, value in vars(math).items() if name != "pow"}
    given = {key: value for key, value in params.items() if key != "schedulers"}
    if "lr_lambda" in given:
        texts = parts_of(given["lr_lambda"])
        functions = [eval(text if text.startswith("lambda") else f"lambda epoch: {text}", {"math": math, **names}) for text in texts]
        given["lr_lambda"] = functions if len(functions) > 1 else functions[0]
    return given


def parts_of(text):
    """The formulas of a text: those of Python's list, or one."""
    tree = ast.parse(text.strip(), mode="eval").body
    return [ast.unparse(item) for item in tree.elts] if isinstance(tree, ast.List) else [text]


def create(request, optimizer):
    name = request["torch"].split(".")[-1]
    params = keywords_of(request["params"])
    parts = [create(part, optimizer) for part in request["params"].get("schedulers", [])]
    target = getattr(torch.optim.lr_scheduler, name)
    if name == "ChainedScheduler":
        return target(parts, optimizer=optimizer)
    return target(optimizer, *([parts] if parts else []), **params)


def scheduler(request):
    """The rate and momentum before each of the steps; metrics[i] is what a watching scheduler is told after step i."""
    parameters = [{"params": [torch.zeros(1, requires_grad=True)], "lr": START * share} for share in request.get("groups", [1])]
    if request["optimizer"] == "adam":
        optimizer = torch.optim.Adam(parameters, lr=START, betas=(0.9, 0.999))
    else:
        optimizer = torch.optim.SGD(parameters, lr=START, momentum=0.9)
    schedule = create(request, optimizer)
    rates, momenta = [], []
    for metric in request["metrics"]:
        for group in optimizer.param_groups:
            rates.append(group["lr"])
            momenta.append(group["betas"][0] if "betas" in group else group["momentum"])
        optimizer.step()
        if isinstance(schedule, torch.optim.lr_scheduler.ReduceLROnPlateau):
            schedule.step(metric)
        else:
            schedule.step()
    return {"fingerprint": request["fingerprint"], "lr": encode(rates), "momentum": encode(momenta)}
