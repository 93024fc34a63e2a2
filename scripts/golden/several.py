"""Writes tests/golden/several.json: real PyTorch (2.13, CPU) training with several inputs, outputs and losses.

Run: python scripts/golden/several.py
Each case: a table of columns, a model of torch.manual_seed(0) in float64, its losses over all rows as one batch, and five steps of
SGD(lr=0.1, momentum=0.9). Kept: the table, the loss (and each part of it) before each step, and the weights at the end.
"""

import json
import os

import torch
from torch import nn
from torch.nn import functional as F

FILE = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "several.json")
STEPS = 5
ROWS = 12


def numbers(salt, width):
    return [[((i * 7 + j * 3 + salt * 5) % 13) / 8 - 0.75 for j in range(width)] for i in range(ROWS)]


def column(make):
    return [[make(i)] for i in range(ROWS)]


def encoder(width):
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, width))


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.score, self.size = nn.Linear(5, 4), nn.Linear(4, 3), nn.Linear(4, 1)

    def losses(self, t):
        hidden = torch.tanh(self.fc(torch.cat([t["a"], t["b"]], 1)))
        kind = t["kind"][:, 0].long()
        return [F.cross_entropy(self.score(hidden), kind), 0.5 * F.mse_loss(self.size(hidden), t["size"])]


class Siamese(nn.Module):
    def __init__(self, width, loss):
        super().__init__()
        self.enc, self.loss = encoder(width), loss

    def losses(self, t):
        return [self.loss(*[self.enc(t[name]) for name in ("a", "b", "c") if name in t], *([t["same"]] if "same" in t else []))]


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean, self.spread = nn.Linear(3, 2), nn.Linear(3, 2)

    def losses(self, t):
        return [F.gaussian_nll_loss(self.mean(t["a"]), t["y"], F.softplus(self.spread(t["a"])), full=True)]


class Speech(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, 4)

    def losses(self, t):
        scores = F.log_softmax(self.fc(t["a"].reshape(ROWS, 5, 2)), -1).permute(1, 0, 2)
        lengths = [t[name][:, 0].long() for name in ("steps", "count")]
        return [F.ctc_loss(scores, t["labels"].long(), *lengths)]


class Rebuilt(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.back = nn.Linear(3, 2), nn.Linear(2, 3)

    def losses(self, t):
        return [F.mse_loss(self.back(torch.tanh(self.fc(t["a"]))), t["a"])]


def signs(loss, *, squeeze=True):
    """Of classes 0 and 1, as -1 and 1."""
    return lambda *given: loss(*given[:-1], (given[-1][:, 0] if squeeze else given[-1]) * 2 - 1)


SAME = column(lambda i: (i * 5 + 1) % 3 % 2)
PAIR = {"a": numbers(0, 3), "b": numbers(1, 3), "same": SAME}
TRIPLET = {"a": numbers(0, 3), "b": numbers(1, 3), "c": numbers(2, 3)}
CASES = {
    "two outputs": (Two, {"a": numbers(0, 2), "b": numbers(1, 3), "kind": column(lambda i: (i * 2 + 1) % 3), "size": numbers(4, 1)}),
    "cosine_embedding": (lambda: Siamese(2, signs(nn.CosineEmbeddingLoss(margin=0.1))), PAIR),
    "margin_ranking": (lambda: Siamese(1, signs(nn.MarginRankingLoss(margin=0.2), squeeze=False)), PAIR),
    "hinge_embedding": (lambda: Siamese(2, signs(lambda a, b, y: F.hinge_embedding_loss(F.pairwise_distance(a, b), y))), PAIR),
    "triplet_margin": (lambda: Siamese(2, nn.TripletMarginLoss(swap=True)), TRIPLET),
    "triplet_margin_with_distance": (lambda: Siamese(2, nn.TripletMarginWithDistanceLoss(margin=0.5)), TRIPLET),
    "gaussian_nll": (Gaussian, {"a": numbers(0, 3), "y": numbers(3, 2)}),
    "ctc": (Speech, {"a": numbers(0, 10), "labels": [[1 + i % 3, 1 + (i + 1) % 3] for i in range(ROWS)], "steps": column(lambda i: 4 + i % 2), "count": column(lambda i: 1 + i % 2)}),
    "input as target": (Rebuilt, {"a": numbers(0, 3)}),
}


def run(make, table):
    torch.manual_seed(0)
    model = make()
    tensors = {name: torch.tensor(rows, dtype=torch.float64) for name, rows in table.items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses, parts = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        found = model.losses(tensors)
        loss = sum(found)
        loss.backward()
        losses.append(loss.item())
        parts.append([part.item() for part in found])
        optimizer.step()
    weights = {name: value.flatten().tolist() for name, value in model.state_dict().items()}
    return {"table": table, "losses": losses, "parts": parts, "weights": weights}


torch.set_default_dtype(torch.float64)
answers = {name: run(*case) for name, case in CASES.items()}
with open(FILE, "w") as file:
    json.dump({"steps": STEPS, "answers": answers}, file)
    file.write("\n")
