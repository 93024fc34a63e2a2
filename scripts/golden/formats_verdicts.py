"""Writes tests/golden/formats_verdicts.json: what `torch.load` says by default to every file of tests/fixtures/hostile that ends in .pt, and which
names it allows.

Run: python scripts/golden/formats_verdicts.py (needs torch). The files are loaded in a process with 6 GB of memory, 30 seconds each at most. The
value is `opens`, or the first 300 characters of the error.
"""

import json
import multiprocessing
import os
import re
import resource
import warnings

import torch

ROOT = os.path.join(os.path.dirname(__file__), "..", "..", "tests")
CORPUS = os.path.join(ROOT, "fixtures", "hostile")


def load_all(paths, answers):
    resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
    warnings.simplefilter("ignore")
    for path in paths:
        try:
            torch.load(path)
            text = "opens"
        except BaseException as error:
            text = f"{type(error).__name__}: {error}"
        answers.send(text.replace("\n", " "))


def ask(paths):
    """A verdict for each path; what kills the process, or takes too long, is the verdict on the file it came to."""
    texts = []
    while len(texts) < len(paths):
        mine, theirs = multiprocessing.Pipe()
        process = multiprocessing.Process(target=load_all, args=(paths[len(texts) :], theirs))
        process.start()
        theirs.close()
        try:
            while len(texts) < len(paths):
                if not mine.poll(30):
                    texts.append("no answer in 30 s")
                    break
                texts.append(mine.recv())
        except EOFError:
            texts.append("the process died")
        process.kill()
        process.join()
    return [shorten(text) for text in texts]


def shorten(text):
    # What surrounds every refusal of the unpickler, advice, addresses in memory and places in torch's source are left out.
    _, _, unpickler = text.partition("WeightsUnpickler error: ")
    _, _, blocked = text.partition("if you got the file from a trusted source.")
    text = re.sub(r"0x[0-9a-f]+", "0x0", unpickler or blocked or text).strip()
    text = re.sub(r"\[enforce fail at [^]]*\] *\.? *", "", text)
    return re.sub(r" *Check the documentation of torch\.load.*| *Please file an issue.*", "", text)[:300]


def main():
    names = [os.path.relpath(os.path.join(folder, name), CORPUS) for folder, _, names in os.walk(CORPUS) for name in names if name.endswith(".pt")]
    verdicts = dict(zip(sorted(names), ask([os.path.join(CORPUS, name) for name in sorted(names)])))
    with open(os.path.join(ROOT, "golden", "formats_verdicts.json"), "w", encoding="utf-8") as file:
        json.dump({"torch": torch.__version__.split("+")[0], "allowed": sorted(torch._weights_only_unpickler._get_allowed_globals()), "files": verdicts}, file, indent=1)
        file.write("\n")
    print(f"{len(verdicts)} files, {sum(text == 'opens' for text in verdicts.values())} open")


if __name__ == "__main__":
    main()
