"""Golden values of metrics beside losses that compare more than an output and a target, from PyTorch's own distances and
plain definitions over whole data; sequences are decoded with itertools and compared by the usual recursion.

    python scripts/golden/metrics_compared.py > tests/golden/metrics-compared.json

Needs torch (2.13). `given` are the slots of the loss in order; `axis` is the axis of the samples in each.
"""

import functools
import itertools
import json

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(7)


def values(*shape):
    return torch.randint(-64, 65, shape).double() / 32


def signs(*shape):
    return torch.randint(0, 2, shape).double() * 2 - 1


def distance(a, b):
    """Of two label lists, Levenshtein's."""

    @functools.cache
    def least(i, j):
        if i == 0 or j == 0:
            return i + j
        return min(least(i - 1, j) + 1, least(i, j - 1) + 1, least(i - 1, j - 1) + (a[i - 1] != b[j - 1]))

    return least(len(a), len(b))


def read(scores, steps, blank):
    best = scores[:steps].argmax(1).tolist()
    return [label for label, _ in itertools.groupby(best) if label != blank]


def triplets(params):
    a, b, c = values(20, 3), values(20, 3), values(20, 3)
    near, far = F.pairwise_distance(a, b, **params), F.pairwise_distance(a, c, **params)
    return {"loss": "triplet_margin", "params": params, "given": [a, b, c], "axis": [0, 0, 0], "expected": {"ordering_accuracy": (near < far).double().mean()}}


def swapped():
    a, b, c = values(20, 3), values(20, 3), values(20, 3)
    near, far = F.pairwise_distance(a, b), torch.minimum(F.pairwise_distance(a, c), F.pairwise_distance(b, c))
    return {"loss": "triplet_margin_with_distance", "params": {"swap": True}, "given": [a, b, c], "axis": [0, 0, 0], "expected": {"triplet_accuracy": (near < far).double().mean()}}


def ranks():
    a, b, y = values(30), values(30), signs(30)
    a[3] = b[3]
    return {"loss": "margin_ranking", "params": {}, "given": [a, b, y], "axis": [0, 0, 0], "expected": {"ranking_accuracy": (y * (a - b) > 0).double().mean()}}


def pairs():
    a, b, y = values(24, 4), values(24, 4), signs(24)
    b[:8] = a[:8] + values(8, 4) / 8
    cosine = F.cosine_similarity(a, b)
    told = {f"likeness_accuracy(threshold={t})": ((cosine > t) == (y > 0)).double().mean() for t in (0, 0.25)}
    return {"loss": "cosine_embedding", "params": {"margin": 0.2}, "given": [a, b, y], "axis": [0, 0, 0], "expected": {**told, "likeness_accuracy": ((cosine > 0.5) == (y > 0)).double().mean()}}


def sequences(blank, listed):
    classes, count, time = 4, 12, 9
    labels = [label for label in range(classes) if label != blank]
    x = torch.log_softmax(values(time, count, classes), 2)
    steps = torch.randint(1, time + 1, [count])
    lengths = torch.randint(0, 6, [count])
    wanted = torch.tensor(labels)[torch.randint(0, len(labels), [count, 5])]
    for n in range(0, count, 3):
        found = read(x[:, n], steps[n], blank)[:5]
        wanted[n, : len(found)] = torch.tensor(found, dtype=torch.int64)
        lengths[n] = len(found)
    rows = [wanted[n, : lengths[n]].tolist() for n in range(count)]
    edits = [distance(tuple(read(x[:, n], steps[n], blank)), tuple(rows[n])) for n in range(count)]
    expected = {
        "label_error_rate": torch.tensor(sum(edits) / int(lengths.sum())),
        "sequence_accuracy": torch.tensor(sum(each == 0 for each in edits) / count),
    }
    given = torch.tensor([label for row in rows for label in row]) if listed else wanted
    return {"loss": "ctc", "params": {"blank": blank}, "given": [x, given, steps, lengths], "axis": [1, None if listed else 0, 0, 0], "expected": expected}


CASES = {
    "triplets": triplets({}),
    "triplets by another norm": triplets({"p": 1.0, "eps": 0.001}),
    "triplets, swapped": swapped(),
    "ranks": ranks(),
    "pairs": pairs(),
    "sequences": sequences(0, False),
    "sequences, the last class blank": sequences(3, False),
    "sequences in one list": sequences(0, True),
}


def plain(value):
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


print(json.dumps(plain(CASES)))
