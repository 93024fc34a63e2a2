"""Writes examples/pairs/pairs.npz: pairs of handwritten digits and whether both show the same one, half of them yes.

Run: python -P scripts/make-pairs.py
The pictures are those of examples/digits/digits.csv.gz, their 16 shades as 0 to 255: `left` and `right` uint8 [1600, 1, 8, 8], `same` uint8 [1600] of 0 and 1.
"""

import os

import numpy

FOLDER = os.path.join(os.path.dirname(__file__), "..", "examples")
PAIRS = 1600

table = numpy.loadtxt(os.path.join(FOLDER, "digits", "digits.csv.gz"), delimiter=",")
pictures, digits = numpy.minimum(table[:, :64] * 16, 255).astype(numpy.uint8).reshape(-1, 1, 8, 8), table[:, 64].astype(int)
random = numpy.random.default_rng(0)
same = numpy.arange(PAIRS) % 2
left = random.integers(len(digits), size=PAIRS)
right = [
    random.choice(numpy.flatnonzero((digits == digits[at]) == bool(alike))) for at, alike in zip(left, same)
]
numpy.savez_compressed(
    os.path.join(FOLDER, "pairs", "pairs.npz"),
    left=pictures[left], right=pictures[right], same=same.astype(numpy.uint8),
)
