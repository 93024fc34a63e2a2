"""Golden values of metrics: torchmetrics over whole data, which Lazuli must reach batch by batch.

    python scripts/golden/metrics.py > tests/golden/metrics.json

Needs torch, torchmetrics and scipy. torchmetrics divides counts in float32; what it computes in float64, and what is
computed here from ranks, is marked exact.
"""

import json


import numpy as np
import torch
import torchmetrics.functional as F
import torchmetrics.functional.classification as C
import torchmetrics.functional.regression as R
import torchmetrics.functional.segmentation  # noqa: F401  (fails early where torchmetrics is too old)
from scipy import stats
from torchmetrics.functional.classification import exact_match

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20)
AVERAGES = ["macro", "micro", "weighted", "none"]


def normal(*shape):
    return torch.randn(*shape, generator=generator)


def integers(high, *shape):
    return torch.randint(0, high, shape, generator=generator)


def plain(value):
    return value.tolist() if isinstance(value, torch.Tensor) else float(value)


def without_nan(value):
    """NaN as null, which JSON has."""
    if isinstance(value, dict):
        return {name: without_nan(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and np.isnan(value) else value


def area(scores, yes):
    """Mann and Whitney's U over pairs: the exact area."""
    ranks = stats.rankdata(scores.numpy())
    n, m = int(yes.sum()), int((~yes).sum())
    return (ranks[yes.numpy()].sum() - n * (n + 1) / 2) / (n * m) if n and m else float("nan")


def precision_area(scores, yes):
    order = np.unique(scores.numpy())[::-1]
    if not yes.any():
        return float("nan")
    total, last = 0.0, 0
    for threshold in order:
        chosen = scores >= threshold
        hits = int((chosen & yes).sum())
        total += (hits - last) * hits / int(chosen.sum())
        last = hits
    return total / int(yes.sum())


def by_average(values, weights):
    known = ~np.isnan(values)
    return {
        "macro": values[known].mean(),
        "weighted": (values * weights)[known].sum() / weights[known].sum(),
        "none": values.tolist(),
    }


def ranking(name, measure, scores, yes):
    """`scores` and `yes` [columns, places]."""
    values = np.array([measure(s, y) for s, y in zip(scores, yes)])
    found = by_average(values, yes.sum(1).numpy())
    found["micro"] = measure(scores.reshape(-1), yes.reshape(-1))
    return {f"{name}(average={how})": [value, True] for how, value in found.items()}


def classes(scores, target, ignore=None):
    count = scores.shape[1]
    options = {"num_classes": count, "ignore_index": ignore}
    expected = {}
    for how in AVERAGES:
        pick = {**options, "average": None if how == "none" else how}
        for name, measure in {
            "precision": C.multiclass_precision,
            "recall": C.multiclass_recall,
            "f1": C.multiclass_f1_score,
            "specificity": C.multiclass_specificity,
            "jaccard": C.multiclass_jaccard_index,
        }.items():
            expected[f"{name}(average={how})"] = [plain(measure(scores, target, **pick)), False]
        value = C.multiclass_fbeta_score(scores, target, beta=0.5, **pick)
        expected[f"fbeta(beta=0.5, average={how})"] = [plain(value), False]
        expected[f"dice(average={how})"] = expected[f"f1(average={how})"]
    probabilities = scores.softmax(1)
    flat = probabilities.movedim(1, 0).reshape(count, -1)
    wanted = target.reshape(-1)
    kept = wanted != ignore if ignore is not None else torch.ones_like(wanted, dtype=torch.bool)
    flat, wanted = flat[:, kept], wanted[kept]
    yes = wanted[None] == torch.arange(count)[:, None]
    own = flat.gather(0, wanted[None])[0]
    top = (flat > own).sum(0)
    hinge = []
    for p, t in zip(scores.movedim(1, 0).reshape(count, -1)[:, kept].T, wanted):
        others = torch.cat([p[:t], p[t + 1 :]])
        hinge.append(max(0.0, 1 - float(p[t] - others.max())))
    total = C.multiclass_accuracy(scores, target, average="micro", **options)
    present = yes.sum(1) > 0
    recall = C.multiclass_recall(scores, target, average=None, **options)
    expected |= {
        "accuracy": [plain(total), False],
        "top_k_accuracy(k=2)": [float((top < 2).double().mean()), True],
        "top_3_accuracy": [float((top < 3).double().mean()), True],
        "balanced_accuracy": [float(recall[present].mean()), False],
        "cohen_kappa": [plain(C.multiclass_cohen_kappa(scores, target, **options)), False],
        "matthews_corrcoef": [plain(C.multiclass_matthews_corrcoef(scores, target, **options)), False],
        "confusion_matrix": [plain(C.multiclass_confusion_matrix(scores, target, **options)), True],
        "log_loss": [float(-own.clamp(2**-52).log().mean()), True],
        "hinge_loss": [float(np.mean(hinge)), True],
        **ranking("auroc", area, flat, yes),
        **ranking("average_precision", precision_area, flat, yes),
    }
    for norm in ["l1", "l2", "max"]:
        value = C.multiclass_calibration_error(scores, target, n_bins=10, norm=norm, **options)
        expected[f"calibration_error(n_bins=10, norm={norm})"] = [plain(value), False]
    return expected


def labels(scores, target):
    """Scores as logits, [N] or [N, L]."""
    probabilities = scores.sigmoid()
    one = scores.reshape(scores.shape[0], -1).shape[1] == 1
    expected = {}
    table = {
        "precision": (C.binary_precision, C.multilabel_precision),
        "recall": (C.binary_recall, C.multilabel_recall),
        "f1": (C.binary_f1_score, C.multilabel_f1_score),
        "specificity": (C.binary_specificity, C.multilabel_specificity),
        "jaccard": (C.binary_jaccard_index, C.multilabel_jaccard_index),
    }
    flat = probabilities.reshape(scores.shape[0], -1)
    wanted = target.reshape(flat.shape)
    count = flat.shape[1]
    for how in ["macro"] if one else AVERAGES:
        pick = {"num_labels": count, "average": None if how == "none" else how}
        for name, (binary, several) in table.items():
            value = binary(flat, wanted) if one else several(flat, wanted, **pick)
            expected[f"{name}(average={how})"] = [plain(value), False]
    yes = wanted.T.bool()
    kappa = [plain(C.binary_cohen_kappa(flat[:, at], wanted[:, at])) for at in range(count)]
    mcc = [plain(C.binary_matthews_corrcoef(flat[:, at], wanted[:, at])) for at in range(count)]
    answers = flat > 0.5
    sign = wanted * 2 - 1
    each = [plain(C.binary_recall(flat[:, at], wanted[:, at])) for at in range(count)]
    other = [plain(C.binary_specificity(flat[:, at], wanted[:, at])) for at in range(count)]
    ranks = {**ranking("auroc", area, flat.T, yes), **ranking("average_precision", precision_area, flat.T, yes)}
    expected |= {
        "accuracy": [float((answers == wanted.bool()).double().mean()), True],
        "exact_match": [float((answers == wanted.bool()).all(1).double().mean()), True],
        "balanced_accuracy": [float(np.mean(each + other)), False],
        "cohen_kappa": [float(np.mean(kappa)), False],
        "matthews_corrcoef": [float(np.mean(mcc)), False],
        "confusion_matrix": [plain(C.binary_confusion_matrix(flat.reshape(-1), wanted.reshape(-1))), True],
        "log_loss": [plain(torch.nn.functional.binary_cross_entropy(flat, wanted.double())), True],
        "hinge_loss": [float((1 - sign * scores.reshape(flat.shape)).clamp(0).mean()), True],
        "calibration_error(n_bins=10)": [
            plain(C.binary_calibration_error(flat.reshape(-1), wanted.reshape(-1), n_bins=10)),
            False,
        ],
        **ranks,
    }
    return expected


def numbers(output, target):
    flat = [x.reshape(x.shape[0], -1) for x in (output, target)]
    columns = list(zip(flat[0].T, flat[1].T))

    def mean(measure):
        return float(np.mean([float(measure(p, t)) for p, t in columns]))

    p, t = (x.contiguous() for x in flat)
    spearman = [stats.spearmanr(a.numpy(), b.numpy()).statistic for a, b in columns]
    return {
        "mean_absolute_error": [plain(R.mean_absolute_error(p, t)), True],
        "mean_squared_error": [plain(R.mean_squared_error(p, t)), True],
        "root_mean_squared_error": [plain(R.mean_squared_error(p, t, squared=False)), True],
        "mean_absolute_percentage_error": [plain(R.mean_absolute_percentage_error(p, t)), True],
        "symmetric_mean_absolute_percentage_error": [
            plain(R.symmetric_mean_absolute_percentage_error(p, t)),
            True,
        ],
        "r2_score": [mean(R.r2_score), True],
        "explained_variance": [mean(R.explained_variance), True],
        "pearson_corrcoef": [mean(R.pearson_corrcoef), True],
        "spearman_corrcoef": [float(np.mean(spearman)), True],
    }


def without_jaccard(expected):
    """torchmetrics' alone of all takes answers of the ignored class away too."""
    return {name: value for name, value in expected.items() if not name.startswith("jaccard")}


def counted(expected):
    """Without what depends on whether two softmaxes of tied scores are equal to the last bit."""
    return {
        name: value
        for name, value in expected.items()
        if not name.startswith(("auroc", "average_precision", "calibration"))
    }


def ranked_classes(scores, target):
    yes = target[None] == torch.arange(scores.shape[1])[:, None]
    columns = scores.T.contiguous()
    return {**ranking("auroc", area, columns, yes), **ranking("average_precision", precision_area, columns, yes)}


def case(loss, output, target, expected, kind="value", params=None):
    return {
        "loss": loss,
        "params": params or {},
        "kind": kind,
        "output": output.tolist(),
        "target": target.tolist(),
        "expected": {name: {"value": value, "exact": exact} for name, (value, exact) in expected.items()},
    }


scores, target = normal(37, 5), integers(4, 37)
# Nobody is of the last class, and nobody is taken for it.
scores[:, 4] -= 9
ties, tied = (normal(43, 3) * 4).round() / 4, integers(3, 43)
pixels, places = normal(4, 3, 5, 7), integers(3, 4, 5, 7)
logits, answers = normal(41), integers(2, 41)
several, sets = (normal(29, 4) * 4).round() / 4, integers(2, 29, 4)
output, numbers_target = normal(33, 3), normal(33, 3)
numbers_target += output * 0.7 + 100
steps = (normal(40) * 2).round() / 2
near = (steps + normal(40)).round()

cases = {
    "classes": case("cross_entropy", scores, target, classes(scores, target), "class"),
    "tied classes": case("cross_entropy", ties, tied, counted(classes(ties, tied)), "class"),
    "tied scores": case("multi_margin", ties, tied, ranked_classes(ties, tied), "class"),
    "an ignored class": case(
        "cross_entropy", scores, target, without_jaccard(classes(scores, target, 2)), "class", {"ignore_index": 2}
    ),
    "pixels": case("cross_entropy", pixels, places, classes(pixels, places), "class"),
    "log probabilities": case(
        "nll", pixels.log_softmax(1), places, classes(pixels.log_softmax(1), places), "class"
    ),
    "yes or no": case("bce_with_logits", logits, answers, labels(logits, answers)),
    "yes or no in a column": case("bce_with_logits", logits[:, None], answers, labels(logits, answers)),
    "labels": case("bce_with_logits", several, sets, labels(several, sets)),
    "numbers": case("mse", output, numbers_target, numbers(output, numbers_target)),
    "tied numbers": case("l1", steps, near, numbers(steps, near)),
}
print(json.dumps(without_nan(cases)))
