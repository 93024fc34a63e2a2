"""Writes tests/golden/formats/zip64.json: everything but the data of a file beyond 4 GiB that real PyTorch wrote.

Run: python scripts/golden/formats_zip64.py FILE, where FILE is scratch space of 4.3 GB (needs torch and 5 GB of memory).
"""

import json
import os
import sys
import zipfile
from collections import OrderedDict

import torch

SIZE = 2**32 + 100
OUT = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "golden", "formats", "zip64.json")

path = sys.argv[1]
if not os.path.exists(path):
    large = torch.zeros(SIZE, dtype=torch.uint8)
    torch.save(OrderedDict(a=large, b=torch.arange(5.0), c=torch.ones(3)), path)
with zipfile.ZipFile(path) as archive:
    record = next(entry for entry in archive.infolist() if entry.filename.endswith("/data/0"))
with open(path, "rb") as file:
    file.seek(record.header_offset)
    header = file.read(30)
    start = record.header_offset + 30 + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    file.seek(0)
    head = file.read(start)
    file.seek(start + SIZE)
    tail = file.read()
with open(OUT, "w", encoding="utf-8") as file:
    directory = os.path.basename(path).rsplit(".", 1)[0]
    json.dump({"directory": directory, "size": SIZE, "crc": record.CRC, "head": head.hex(), "tail": tail.hex()}, file, indent=1)
    file.write("\n")
