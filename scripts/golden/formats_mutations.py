"""Writes tests/golden/formats_mutations.json: pickles of golden files, damaged at random, and what `torch.load` says of each by default.

Run: python scripts/golden/formats_mutations.py [FILE [COUNT [SEED]]] (needs torch; 240 of seed 0 unless named). A longer list is compared with
LAZULI_MUTATIONS=FILE npx vitest run tests/formats/mutations.test.ts. `pickle` is base64; the other records are the golden file's.
"""

import base64
import importlib.util
import json
import os
import random
import sys
import tempfile
import zipfile

FOLDER = os.path.dirname(__file__)
spec = importlib.util.spec_from_file_location("formats_verdicts", os.path.join(FOLDER, "formats_verdicts.py"))
verdicts = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verdicts)
GOLDEN = os.path.join(FOLDER, "..", "..", "tests", "golden", "formats_wide")
LARGEST = 1500
OPCODES = b"().BCGJKMNQRTUX]abcehjqrstu}\x81\x85\x86\x87\x88\x89\x8a\x8e\x93\x94\x95"


def damaged(data, chance):
    """One to four changes: a byte, an opcode, a bit, a piece moved, inserted, left out or doubled."""
    data = bytearray(data)
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3, 4])):
        at, other, length = chance.randrange(len(data)), chance.randrange(len(data)), chance.randint(1, 12)
        kind = chance.randrange(7)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            data[at] = chance.choice(OPCODES)
        elif kind == 2:
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 3:
            data[at : at + length] = data[other : other + length]
        elif kind == 4:
            data[at:at] = bytes([chance.choice(OPCODES)])
        elif kind == 5 and len(data) > 30:
            del data[at : at + length]
        else:
            data[at:at] = data[other : other + length]
    return bytes(data)


def main():
    target = sys.argv[1] if len(sys.argv) > 1 else os.path.join(GOLDEN, "..", "formats_mutations.json")
    count, seed = (int(text) for text in (sys.argv[2:] + ["240", "0"][max(len(sys.argv) - 2, 0) :])[:2])
    chance = random.Random(seed)
    seeds = []
    for name in sorted(os.listdir(GOLDEN)):
        path = os.path.join(GOLDEN, name)
        if name.endswith(".pt") and zipfile.is_zipfile(path) and not name.startswith(("script", "no_crc")):
            with zipfile.ZipFile(path) as archive:
                records = {entry: archive.read(entry) for entry in archive.namelist()}
            pickle = next(entry for entry in records if entry.endswith("/data.pkl"))
            if len(records[pickle]) <= LARGEST:
                seeds.append((name, records, pickle))
    large = [seed for seed in seeds if len(seed[1][seed[2]]) > 150]
    cases, paths = [], []
    with tempfile.TemporaryDirectory() as folder:
        for index in range(count):
            name, records, pickle = chance.choice(large if chance.random() < 0.8 else seeds)
            data = damaged(records[pickle], chance)
            paths.append(os.path.join(folder, f"{index}.pt"))
            with zipfile.ZipFile(paths[-1], "w") as archive:
                for entry, content in records.items():
                    archive.writestr(zipfile.ZipInfo(entry), data if entry == pickle else content)
            cases.append({"file": name, "pickle": base64.b64encode(data).decode()})
        for case, text in zip(cases, verdicts.ask(paths)):
            case["torch"] = text[:160]
    with open(target, "w", encoding="utf-8") as file:
        json.dump({"torch": verdicts.torch.__version__.split("+")[0], "cases": cases}, file, indent=1)
        file.write("\n")
    print(f"{len(cases)} damaged pickles, {sum(case['torch'] == 'opens' for case in cases)} open")


if __name__ == "__main__":
    main()
