"""Scenarios that PyTorch and a test both run: what the golden scripts of the parameter system share.

A text is what the body returns, or "Class: message" of the error it raises.
"""
import json
import re
import warnings

import torch

warnings.simplefilter("ignore")
SCENARIOS = {}


def register(name, body):
    assert name not in SCENARIOS, name
    SCENARIOS[name] = body


def scenario(name):
    def keep(body):
        register(name, body)
        return body

    return keep


def names(pairs):
    return ",".join(name for name, _ in pairs)


def observed(body):
    try:
        return str(body())
    except Exception as error:
        text = error.args[0] if isinstance(error, KeyError) else str(error)
        return f"{type(error).__name__}: {text}"


def plain(text):
    text = re.sub(r"<function ([\w.]+) at 0x[0-9a-f]+>", r"<function \1>", text)
    return re.sub(r" at 0x[0-9a-f]+>", ">", text).replace("__main__.", "")


def print_texts():
    texts = {name: plain(observed(body)) for name, body in SCENARIOS.items()}
    print(json.dumps({"torch": torch.__version__.split("+")[0], "texts": texts}, indent=1))
