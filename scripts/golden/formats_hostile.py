"""Writes the hostile corpus of tests/fixtures/hostile: small damaged or malicious files of every format read here.

Run: python scripts/golden/formats_hostile.py (Python's own library only). `expected.json` gives for each file a
part of the message it must be refused with, or `{"opens": ...}` for what must open as harmless data.
"""

import gzip
import json
import os
import pickle
import shutil
import struct
import zlib

FOLDER = os.path.join(os.path.dirname(__file__), "..", "..", "tests", "fixtures", "hostile")
EXPECTED = {}


def write(name, data, expected):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    assert name not in EXPECTED, name
    with open(path, "wb") as file:
        file.write(data)
    EXPECTED[name] = expected


# --- zip ------------------------------------------------------------------------------------------------------------

def u16(*values):
    return struct.pack(f"<{len(values)}H", *values)


def u32(*values):
    return struct.pack(f"<{len(values)}I", *values)


def u64(*values):
    return struct.pack(f"<{len(values)}Q", *values)


class Entry:
    """One zip entry; keywords named `local_*` and `central_*` falsify that header's field only."""

    def __init__(self, name, data, method=0, **fields):
        self.raw_name = name.encode() if isinstance(name, str) else name
        self.data = data
        if method == 8:
            packer = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.packed = packer.compress(data) + packer.flush()
        else:
            self.packed = data
        self.packed = fields.pop("packed", self.packed)
        self.common = {"flags": 0x0800, "method": method, "crc": zlib.crc32(data), "packed_size": len(self.packed),
                       "size": len(data), "name": self.raw_name, "extra": b"", **{
                           key: value for key, value in fields.items() if not key.startswith(("local_", "central_"))}}
        self.local = {**self.common, **{k[6:]: v for k, v in fields.items() if k.startswith("local_")}}
        self.central = {**self.common, **{k[8:]: v for k, v in fields.items() if k.startswith("central_")}}
        self.after = self.common.get("after", b"")
        self.before = self.common.get("before", b"")

    def header(self):
        f = self.local
        return (f.get("signature", b"PK\3\4") + u16(f.get("needed", 20), f["flags"], f["method"], f.get("time", 0), f.get("date", 0))
                + u32(f["crc"], f["packed_size"], f["size"]) + u16(len(f["name"]), len(f["extra"])) + f["name"] + f["extra"])

    def directory(self, offset):
        f = self.central
        comment = f.get("comment", b"")
        return (f.get("signature", b"PK\1\2") + u16(f.get("made", 20), f.get("needed", 20), f["flags"], f["method"], 0, 0)
                + u32(f["crc"], f["packed_size"], f["size"])
                + u16(len(f["name"]), f.get("extra_length", len(f["extra"])), len(comment), f.get("disk", 0), f.get("internal", 0))
                + u32(f.get("attributes", 0), f.get("offset", offset)) + f["name"] + f["extra"] + comment)


def make_zip(entries, *, prefix=b"", between=b"", suffix=b"", comment=b"", zip64=None, order=None, **end):
    out = prefix
    central = []
    for entry in entries:
        out += entry.before
        central.append(entry.directory(len(out)))
        out += entry.header() + entry.packed + entry.after
    out += between
    start = len(out)
    directory = b"".join(central if order is None else [central[index] for index in order])
    out += directory + end.get("after_directory", b"")
    if zip64 is not None:
        out += zip64(start, len(directory), len(entries), len(out))
    count = end.get("count", len(central))
    out += end.get("signature", b"PK\5\6") + u16(end.get("disk", 0), end.get("directory_disk", 0), end.get("disk_count", count), count)
    out += u32(end.get("directory_size", len(directory)), end.get("start", start)) + u16(end.get("comment_length", len(comment))) + comment
    return out + suffix


def zip64_end(**change):
    def build(start, size, count, at):
        record = (change.get("signature", b"PK\6\6") + u64(change.get("length", 44)) + u16(change.get("made", 45), change.get("needed", 45)) + u32(0, change.get("disk", 0))
                  + u64(change.get("disk_count", count), change.get("count", count), change.get("size", size), change.get("start", start)))
        locator = b"PK\6\7" + u32(0) + u64(change.get("at", at)) + u32(1)
        return record + locator
    return build


# --- pickle ---------------------------------------------------------------------------------------------------------

PROTO = b"\x80\x02"
MARK, STOP, TUPLE, REDUCE, BUILD, NONE, EMPTY_TUPLE, EMPTY_DICT, EMPTY_LIST = b"(", b".", b"t", b"R", b"b", b"N", b")", b"}", b"]"
TRUE, FALSE, PERSID, SETITEM, SETITEMS, APPEND, APPENDS, NEWOBJ = b"\x88", b"\x89", b"Q", b"s", b"u", b"a", b"e", b"\x81"


def text(value):
    raw = value if isinstance(value, bytes) else value.encode()
    return b"X" + u32(len(raw)) + raw


def integer(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(raw)]) + raw


def name(module, item):
    return b"c" + module.encode() + b"\n" + item.encode() + b"\n"


def tuple_of(*items):
    return MARK + b"".join(items) + TUPLE


def ints(*values):
    return tuple_of(*map(integer, values))


ORDERED = name("collections", "OrderedDict") + EMPTY_TUPLE + REDUCE


def storage(kind="FloatStorage", key="0", count=4, module="torch", location="cpu", head="storage", extra=b""):
    return tuple_of(text(head), name(module, kind), text(key), text(location), count if isinstance(count, bytes) else integer(count), extra) + PERSID


def tensor(source=None, offset=0, size=(4,), stride=(1,), grad=FALSE, hooks=ORDERED, function="_rebuild_tensor_v2", tail=b""):
    def part(value):
        return value if isinstance(value, bytes) else ints(*value)
    at = offset if isinstance(offset, bytes) else integer(offset)
    return (name("torch._utils", function) + tuple_of(source or storage(), at, part(size), part(stride), grad, hooks, tail) + REDUCE)


def dict_of(*pairs):
    return EMPTY_DICT + MARK + b"".join(text(key) + value for key, value in pairs) + SETITEMS


def torch_records(body, data=None, *, version=b"3\n", byteorder=b"little", directory="archive", complete=False):
    stream = body if complete else PROTO + body + STOP
    records = [Entry(f"{directory}/data.pkl", stream)]
    if byteorder is not None:
        records.append(Entry(f"{directory}/byteorder", byteorder))
    for key, raw in ({"0": bytes(16)} if data is None else data).items():
        records.append(Entry(f"{directory}/data/{key}", raw))
    if version is not None:
        records.append(Entry(f"{directory}/version", version))
    return records


def torch_file(body, data=None, **options):
    return make_zip(torch_records(body, data, **options))


GOOD = dict_of(("w", tensor()))


# --- the corpus -----------------------------------------------------------------------------------------------------

def zip_files():
    def case(label, data, expected):
        write(f"zip/{label}.pt", data, expected)

    good = torch_records(GOOD)
    whole = make_zip(good)
    case("empty_zip", make_zip([]), "the zip is empty")
    case("cut_half", whole[: len(whole) // 2], "no end record")
    case("cut_1", whole[:-1], "no end record")
    case("cut_end", whole[:-22], "no end record")
    case("only_magic", b"PK\3\4", "past its end|no end record")
    case("only_end", b"PK\5\6" + bytes(17), "no end record")
    case("prefix", make_zip(good, prefix=b"#!/bin/sh\n"), "of no known kind|a script")
    case("prefix_pk", b"PK" + make_zip(good, prefix=b""), "does not end where the end record begins")
    case("prefix_shifted", make_zip(good, prefix=b"PK\3\4"), "bytes precede the zip")
    case("suffix", whole + b"junk", "after its end record")
    case("suffix_zip", whole + whole, "not end where the end record begins|more than one end record|bytes precede")
    case("comment", make_zip(good, comment=b"hello"), "comment or bytes after")
    case("comment_hides_end", make_zip(good, comment=b"PK\5\6" + bytes(18)), "more than one end record")
    case("comment_length", make_zip(good, comment_length=9), "after its end record")
    case("two_ends", make_zip(good, after_directory=b"PK\5\6" + bytes(16) + u16(22)), "more than one end record|does not end where")
    case("gap_before_directory", make_zip(good, between=b"hidden"), "hides bytes between")
    hidden = torch_records(GOOD)
    hidden[1].before = b"secret payload"
    case("gap_between_entries", make_zip(hidden), "hides bytes between")
    case("after_directory", make_zip(good, after_directory=b"xxxx"), "does not end where the end record begins")
    case("count_more", make_zip(good, count=5), "malformed")
    case("count_less", make_zip(good, count=3), "more bytes than its entries")
    case("count_huge", make_zip(good, count=60000), "too small for its entry count")
    case("count_two", make_zip(good, disk_count=1), "two different entry counts")
    case("disk", make_zip(good, disk=1), "split over several disks")
    case("directory_disk", make_zip(good, directory_disk=1), "split over several disks")
    case("directory_offset", make_zip(good, start=1), "does not end where the end record begins")
    case("directory_offset_huge", make_zip(good, start=0xFFFFFFF0), "does not end where the end record begins")
    case("directory_size", make_zip(good, directory_size=3), "does not end where the end record begins")
    case("zip64_missing", make_zip(good, start=0xFFFFFFFF), "zip64 end record is missing")
    case("zip64_count", make_zip(good, zip64=zip64_end(count=9, disk_count=9)), "disagrees with the end record")
    case("zip64_disks", make_zip(good, zip64=zip64_end(disk_count=1)), "impossible values")
    case("zip64_disk", make_zip(good, zip64=zip64_end(disk=7)), "impossible values")
    case("zip64_size", make_zip(good, zip64=zip64_end(size=1)), "disagrees with the end record")
    case("zip64_start", make_zip(good, zip64=zip64_end(start=2**63), start=0xFFFFFFFF), "impossible values")
    case("zip64_at", make_zip(good, zip64=zip64_end(at=0)), "does not point at the record before it")
    case("zip64_at_huge", make_zip(good, zip64=zip64_end(at=2**60)), "does not point at the record before it")
    case("zip64_length", make_zip(good, zip64=zip64_end(length=80)), "zip64 end record is malformed")
    case("zip64_signature", make_zip(good, zip64=zip64_end(signature=b"XXXX")), "zip64 end record is malformed")

    def with_first(expected, label, **fields):
        records = torch_records(GOOD)
        old = records[0]
        records[0] = Entry(fields.pop("name", old.raw_name), old.data, **fields)
        case(label, make_zip(records), expected)

    with_first("local and central names differ", "local_name", local_name=b"archive/data.pkx")
    with_first("local and central names differ", "local_name_length", local_name=b"archive/data.pk")
    with_first("local and central sizes differ", "local_size", local_size=7)
    with_first("local and central sizes differ", "local_packed_size", local_packed_size=7)
    with_first("local and central CRCs differ", "local_crc", local_crc=7)
    with_first("local and central flags differ", "local_flags", local_flags=0)
    with_first("local and central compression methods differ", "local_method", local_method=8)
    with_first("is stored but has two sizes", "central_size", central_size=7, local_size=7)
    with_first("are damaged", "crc", crc=7)
    with_first("encrypted or patched", "encrypted", flags=0x0801)
    with_first("encrypted or patched", "strong_encryption", flags=0x0841)
    with_first("encrypted or patched", "patched", flags=0x0820)
    with_first("encrypted or patched", "masked_headers", flags=0x2800)
    for method in (1, 6, 9, 12, 14, 93, 95, 99):
        with_first(f"compression method {method}", f"method_{method}", method=method)
    with_first("does not start with a local header|of no known kind", "local_signature", local_signature=b"XXXX")
    records = torch_records(GOOD)
    records[1].local["signature"] = b"XXXX"
    case("local_signature_second", make_zip(records), "does not start with a local header")
    with_first("malformed", "central_signature", central_signature=b"XXXX")
    with_first("bytes precede|hides bytes|overlap", "central_offset", central_offset=5)
    with_first("hides bytes|overlap|bytes precede|past its end|does not start", "central_offset_far", central_offset=0x7FFFFFFF)
    with_first("split over several disks", "entry_disk", central_disk=3)
    with_first("extra field is malformed", "extra_short", central_extra=b"\1\0\x20\0")
    with_first("runs past the central directory|malformed|more bytes", "extra_length", central_extra_length=60000)
    with_first("lacks a usable zip64 size", "zip64_absent", central_size=0xFFFFFFFF)
    with_first("lacks a usable zip64 size", "zip64_short", central_size=0xFFFFFFFF, central_extra=u16(1, 4) + u32(5))
    with_first("lacks a usable zip64 size", "zip64_2_63", central_size=0xFFFFFFFF, central_extra=u16(1, 8) + u64(2**63))
    with_first("two zip64 fields", "zip64_twice", central_extra=u16(1, 8) + u64(5) + u16(1, 8) + u64(6))
    with_first("data descriptor does not match", "descriptor_missing", flags=0x0808, crc=0, local_size=0, local_packed_size=0)
    with_first("data descriptor does not match", "descriptor_wrong", flags=0x0808, local_crc=0, local_size=0,
               local_packed_size=0, after=b"PK\7\x08" + u32(1, 2, 3))
    for label, evil in (("absolute", "/etc/passwd"), ("dotdot", "archive/../../evil"), ("dotdot_end", "archive/.."),
                        ("backslash", "archive\\..\\evil"), ("drive", "C:/evil"), ("nul", "archive/data.pkl\0.txt"),
                        ("newline", "archive/a\nb"), ("dot", "./data.pkl"), ("escape", "archive/\x1b[2Jx")):
        records = torch_records(GOOD) + [Entry(evil, b"x")]
        case(f"slip_{label}", make_zip(records), "unsafe name")
    for label, evil in (("data", "archive/DATA/0"), ("pickle", "archive/Data.pkl")):
        case(f"duplicate_case_{label}", make_zip(good + [Entry(evil, bytes(16))]), "two entries named")
    case("directory_with_data", make_zip(good + [Entry("archive/folder/", b"x")]), "a folder with data")
    with_first("needs a newer zip program", "needs_version", local_needed=70, central_needed=70)
    with_first("local and central times differ", "local_time", local_time=1)
    with_first("local and central times differ", "local_date", local_date=33)
    with_first("another name beside its own", "unicode_path", central_extra=u16(0x7075, 15) + b"\1" + u32(0) + b"other/name")
    with_first("is a link or device", "symbolic_link", central_made=0x0314, central_attributes=0o120777 << 16)
    with_first("is a link or device", "device", central_made=0x0314, central_attributes=0o020666 << 16)
    for bit in (4, 7, 10, 12, 14, 15):
        with_first("has reserved bits set", f"flag_{bit}", flags=0x0800 | 1 << bit)
    with_first("has reserved bits set", "internal_attributes", central_internal=0x8002)
    with_first("needs a newer zip program", "made_by", central_made=70)
    with_first("local and central versions differ", "local_version", local_needed=45)
    with_first("zip64 sizes it does not refer to", "zip64_unused", central_extra=u16(1, 8) + u64(5))
    size = len(torch_records(GOOD)[0].data)
    with_first("zip64 sizes it does not refer to", "zip64_slack", size=0xFFFFFFFF, local_size=size, central_extra=u16(1, 16) + u64(size, 2**60))
    for label, change in {"version_low": {"needed": 20}, "version_high": {"needed": 70}, "made_high": {"made": 70}}.items():
        case(f"zip64_{label}", make_zip(good, zip64=zip64_end(**change)), "impossible version")
    case("empty_with_crc", make_zip(good + [Entry("archive/empty", b"", crc=7)]), "emptier than it says")
    case("beside_directory", make_zip(good + [Entry("README.txt", b"hello")]), "in more than one directory")
    case("name_empty", make_zip(good + [Entry("", b"x")]), "unsafe name")
    case("name_bad_utf8", make_zip(good + [Entry(b"archive/\xff\xfe", b"x")]), "not valid UTF-8")
    case("duplicate_pickle", make_zip(good + [Entry("archive/data.pkl", PROTO + NONE + STOP)]), "two entries named 'archive/data.pkl'")
    case("duplicate_data", make_zip(good + [Entry("archive/data/0", bytes(16))]), "two entries named 'archive/data/0'")
    overlapping = torch_records(GOOD)
    overlapping[2].central["offset"] = 0
    case("overlap_same_offset", make_zip(overlapping), "overlap|differ|hides")
    longer = torch_records(GOOD)
    longer[0].central["size"] = longer[0].central["packed_size"] = longer[0].local["size"] = longer[0].local["packed_size"] = 400
    case("overlap_long", make_zip(longer), "overlap|hides|does not start")
    data = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = data.compress(bytes(1_000_000)) + data.flush()

    def bomb(label, expected, **fields):
        records = torch_records(GOOD, {})
        records.insert(1, Entry("archive/data/0", bytes(16), method=8, **fields))
        case(label, make_zip(records), expected)

    bomb("deflate_too_long", "does not inflate to its stated size", packed=packed)
    bomb("deflate_too_short", "does not inflate to its stated size|storage '0' has the wrong size", size=17, crc=0)
    bomb("deflate_garbage", "are damaged", packed=b"\xff" * 20)
    bomb("deflate_cut", "are damaged|stated size", packed=packed[:20])
    small = zlib.compressobj(9, zlib.DEFLATED, -15)
    tight = small.compress(bytes(16)) + small.flush()
    bomb("deflate_trailing", "bytes after its deflate stream", packed=tight + b"hidden")
    bomb("deflate_trailing_1", "bytes after its deflate stream", packed=tight + b"\0")
    bomb("deflate_good", {"opens": ["w"]}, packed=tight)
    bomb("deflate_empty", "emptier than it says", packed=b"")
    bomb("deflate_crc", "are damaged", crc=1)
    bomb("bomb_ratio", "impossible size", size=2**31, packed=packed)
    bomb("bomb_4gib", "impossible size", size=0xFFFFFFFE, packed=packed)
    inner = make_zip([Entry("archive/data.pkl", PROTO + NONE + STOP)])
    case("inner_zip", make_zip([Entry("model.zip", inner)]), "zip of another kind")
    case("docx", make_zip([Entry("[Content_Types].xml", b"<?xml"), Entry("word/document.xml", b"<w/>")]), "zip of another kind")
    case("keras", make_zip([Entry("config.json", b"{}"), Entry("model.weights.h5", b"\x89HDF")]), "zip of another kind")


def pickle_files():
    def case(label, body, expected, data=None, **options):
        write(f"pt/{label}.pt", torch_file(body, data, **options), expected)

    call = tuple_of(text("touch lazuli-pwned"))
    for label, module, item in (
            ("os_system", "os", "system"), ("posix_system", "posix", "system"), ("nt_system", "nt", "system"),
            ("subprocess_popen", "subprocess", "Popen"), ("eval", "builtins", "eval"), ("exec", "__builtin__", "exec"),
            ("compile", "builtins", "compile"), ("open", "builtins", "open"), ("import", "builtins", "__import__"),
            ("breakpoint", "builtins", "breakpoint"), ("runpy", "runpy", "run_path"), ("pty", "pty", "spawn"),
            ("socket", "socket", "create_connection"), ("shutil", "shutil", "rmtree"), ("importlib", "importlib", "import_module"),
            ("ctypes", "ctypes", "CDLL"), ("pickle_loads", "pickle", "loads"), ("sys", "sys", "exit"), ("webbrowser", "webbrowser", "open"),
            ("code", "code", "interact"), ("timeit", "timeit", "timeit"), ("pip", "pip", "main"), ("urllib", "urllib.request", "urlopen"),
            ("marshal", "marshal", "loads"), ("pdb", "pdb", "run")):
        case(f"exec_{label}", name(module, item) + call + REDUCE, "which runs code")
    case("exec_beside_weights", dict_of(("w", tensor()), ("x", name("os", "system") + call + REDUCE)), "which runs code")
    case("exec_stack_global", b"\x80\x04" + text("posix") + text("system") + b"\x93" + call + REDUCE + STOP, "which runs code", complete=True)
    case("exec_newobj", name("subprocess", "Popen") + call + NEWOBJ, "which runs code")
    case("exec_never_called", dict_of(("f", name("os", "system"))), "which runs code")
    case("exec_build", EMPTY_DICT + name("os", "system") + BUILD, "which runs code")
    case("exec_dotted", name("builtins", "eval.__call__") + call + REDUCE, "which runs code")
    case("opaque_getattr", dict_of(("w", tensor()), ("x", name("builtins", "getattr") + tuple_of(NONE, text("x")) + REDUCE)),
         {"opens": ["w"], "globals": ["builtins.getattr"]})
    case("opaque_class", dict_of(("w", tensor()), ("x", name("evil.module", "Class") + EMPTY_TUPLE + NEWOBJ + dict_of(("t", tensor())) + BUILD)),
         {"opens": ["w", "x.t"], "globals": ["evil.module.Class"]})
    case("opaque_call_of_call", name("a", "b") + call + REDUCE + call + REDUCE, {"opens": [], "globals": ["a.b"]})
    case("opaque_numpy", dict_of(("w", tensor()), ("n", name("numpy.core.multiarray", "scalar") + tuple_of(integer(1)) + REDUCE)),
         {"opens": ["w"], "globals": ["numpy.core.multiarray.scalar"]})

    for label, raw in (("pop", b"N0"), ("pop_mark", b"(1"), ("dup", b"N2"), ("int_text", b"I1\n"), ("long_text", b"L1L\n"),
                       ("float_text", b"F1.0\n"), ("string_text", b"S'a'\n"), ("unicode_text", b"Va\n"), ("dict", b"(d"),
                       ("list", b"(l"), ("get_text", b"g0\n"), ("put_text", b"Np0\n"), ("inst", b"(ios\nsystem\n"),
                       ("obj", b"(No"), ("persid_text", b"P0\n"), ("ext1", b"\x82\1"), ("ext2", b"\x83\1\0"),
                       ("ext4", b"\x84\1\0\0\0"), ("next_buffer", b"\x97"), ("readonly_buffer", b"\x98"), ("unknown", b"\xf0"), ("nul", b"\0")):
        case(f"opcode_{label}", raw, "uses the opcode")
    case("no_proto", NONE + STOP, "does not start with a protocol number", complete=True)
    case("empty_pickle", b"", "cut short", complete=True)
    for version in (0, 1, 6, 255):
        case(f"proto_{version}", b"\x80" + bytes([version]) + NONE + STOP, f"has protocol {version}", complete=True)
    case("no_stop", PROTO + NONE, "cut short", complete=True)
    case("only_proto", PROTO, "cut short", complete=True)
    case("after_stop", PROTO + NONE + STOP + b"x", "goes on after its pickle ends", complete=True)
    case("two_pickles", PROTO + NONE + STOP + PROTO + NONE + STOP, "goes on after its pickle ends", complete=True)
    case("stack_empty", b"", "empty stack")
    case("stack_left", NONE + NONE, "leaves values on its stack")
    case("mark_left", MARK + NONE, "leaves values on its stack")
    case("tuple_no_mark", NONE + TUPLE, "closes a list it never opened")
    case("tuple2_short", NONE + b"\x86", "empty stack")
    case("reduce_short", NONE + REDUCE, "empty stack")
    case("memo_missing", b"h\5", "recalls a value it never stored")
    case("memo_missing_long", b"j\xff\xff\xff\xff", "recalls a value it never stored")
    case("memo_of_nothing", b"q\0", "empty stack")
    case("text_cut", PROTO + b"X" + u32(100) + b"abc", "cut short", complete=True)
    case("text_4gib", PROTO + b"X" + u32(0xFFFFFFFF) + b"abc", "cut short", complete=True)
    case("text_2_63", PROTO + b"\x8d" + u64(2**63) + b"abc", "length above 2^53", complete=True)
    case("bytes8_huge", PROTO + b"\x8e" + u64(2**40) + b"abc", "cut short", complete=True)
    case("text_bad_utf8", text(b"\xff\xfe"), "not valid UTF-8")
    case("frame_huge", b"\x80\x04\x95" + u64(2**40) + NONE + STOP, "cut short", complete=True)
    case("long_huge", PROTO + b"\x8b" + u32(5000) + bytes(5000) + STOP, "absurdly long integer", complete=True)
    case("global_no_newline", PROTO + b"c" + b"a" * 3000, "more than 1024 bytes|cut short", complete=True)
    case("global_cut", PROTO + b"ctorch\n", "cut short", complete=True)
    case("stack_global_types", b"\x80\x04" + NONE + NONE + b"\x93" + STOP, "not text", complete=True)

    one = tensor()
    case("setitem_list", EMPTY_LIST + text("a") + NONE + SETITEM, "SETITEM has the wrong target")
    case("setitem_tensor", one + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitem_storage", storage() + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitem_text", text("x") + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitem_tuple", EMPTY_TUPLE + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitem_global", name("torch", "float32") + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitem_size", name("torch", "Size") + tuple_of(ints(1)) + REDUCE + integer(0) + integer(1) + SETITEM, "SETITEM has the wrong target")
    case("setitems_odd", EMPTY_DICT + MARK + text("a") + SETITEMS, "key without a value")
    case("setitem_list_key", EMPTY_DICT + EMPTY_LIST + NONE + SETITEM, "as a key that cannot be one")
    case("setitem_dict_key", EMPTY_DICT + EMPTY_DICT + NONE + SETITEM, "as a key that cannot be one")
    case("setitem_storage_key", EMPTY_DICT + storage() + NONE + SETITEM, "as a key that cannot be one")
    case("append_dict", EMPTY_DICT + NONE + APPEND, "APPEND has the wrong target")
    case("append_tensor", one + NONE + APPEND, "APPEND has the wrong target")
    case("append_ordered", ORDERED + NONE + APPEND, "APPEND has the wrong target")
    case("appends_tuple", EMPTY_TUPLE + MARK + NONE + APPENDS, "APPEND has the wrong target")
    case("build_dict", EMPTY_DICT + EMPTY_DICT + BUILD, "BUILD has the wrong target")
    case("build_tensor", one + EMPTY_DICT + BUILD, "BUILD has the wrong target")
    case("build_list", EMPTY_LIST + EMPTY_DICT + BUILD, "BUILD has the wrong target")
    case("build_global", name("torch.nn", "Linear") + EMPTY_DICT + BUILD, "BUILD has the wrong target")
    case("build_ordered_list", ORDERED + EMPTY_LIST + BUILD, "state that is not a dict")
    case("build_twice", ORDERED + EMPTY_DICT + BUILD + EMPTY_DICT + BUILD, "twice")
    case("reduce_text", text("os.system") + EMPTY_TUPLE + REDUCE, "REDUCE has the wrong target")
    case("reduce_no_tuple", name("torch", "Size") + NONE + REDUCE, "REDUCE has the wrong target")
    case("reduce_tensor", one + EMPTY_TUPLE + REDUCE, "REDUCE has the wrong target")
    case("newobj_text", text("x") + EMPTY_TUPLE + NEWOBJ, "NEWOBJ has the wrong target")
    case("newobj_ex_known", b"\x80\x04" + name("torch", "Size") + EMPTY_TUPLE + EMPTY_DICT + b"\x92" + STOP, "named arguments", complete=True)
    case("additems_list", b"\x80\x04" + EMPTY_LIST + MARK + NONE + b"\x90" + STOP, "ADDITEMS has the wrong target", complete=True)
    case("additems_frozen", b"\x80\x04" + MARK + NONE + b"\x91" + MARK + NONE + b"\x90" + STOP, "ADDITEMS has the wrong target", complete=True)
    case("persid_text_id", text("storage") + PERSID, "not a storage")
    case("persid_int", integer(5) + PERSID, "not a storage")
    case("persid_empty", EMPTY_TUPLE + PERSID, "not a storage")
    case("persid_other", tuple_of(text("file"), text("/etc/passwd")) + PERSID, "not a storage")
    case("key_twice", dict_of(("a", integer(1)), ("a", integer(2))), "key 'a' twice")
    case("self_list", EMPTY_LIST + b"q\0" + b"h\0" + APPEND, {"opens": []})
    case("self_dict", EMPTY_DICT + b"q\0" + text("a") + b"h\0" + SETITEM, {"opens": []})
    nest = b"".join(EMPTY_DICT + text("a") for _ in range(2000)) + NONE + SETITEM * 2000
    case("deep_dict", nest, "nested too deeply")
    case("deep_list", EMPTY_LIST * 3000 + APPEND * 2999, "nested too deeply")
    case("deep_tuple", NONE + b"\x85" * 5000, "nested too deeply")
    case("deep_mark", MARK * 20000, "nested too deeply")
    laughs = MARK + EMPTY_LIST + b"q\0" + tensor() + APPEND
    for level in range(1, 60):
        laughs += EMPTY_LIST + b"q" + bytes([level]) + MARK + (b"h" + bytes([level - 1])) * 10 + APPENDS
    case("billion_laughs", laughs + TUPLE, "far too often")
    bomb = NONE + b"\x85q\0"
    for level in range(60):
        bomb += b"h\0h\0\x86q\0"

    def packed(label, body, expected):
        """Of many bytes that are alike: deflated."""
        records = torch_records(body)
        records[0] = Entry("archive/data.pkl", records[0].data, method=8)
        write(f"pt/{label}.pt", make_zip(records), expected)

    def shared(value, use, count):
        """A list of `count` uses of one value."""
        return EMPTY_LIST + value + b"q\0" + APPEND + MARK + use * count + APPENDS

    numbers = MARK + integer(1) * 100_000 + TUPLE
    packed("bomb_of_names", EMPTY_LIST + text("k" * 100_000) + b"q\0" + APPEND + MARK + (EMPTY_DICT + b"h\0" + NONE + SETITEM) * 2000 + APPENDS, "far longer than the file")
    packed("bomb_of_lists", shared(numbers, b"h\0", 100_000), "far too often")
    packed("bomb_of_sizes", shared(numbers, name("torch", "Size") + b"h\0\x85" + REDUCE, 20_000), "far too often")
    packed("bomb_of_sets", shared(EMPTY_LIST + MARK + integer(1) * 100_000 + APPENDS, name("builtins", "set") + b"h\0\x85" + REDUCE, 20_000), "far too often")
    wrap = name("torch._utils", "_rebuild_parameter")
    chain = wrap * 2000 + tensor() + (FALSE + ORDERED + b"\x87" + REDUCE) * 2000
    packed("parameter_chain", dict_of(("w", chain)), "wrapped in parameters far too often")
    attributes = name("torch._tensor", "_rebuild_from_type_v2")
    packed("subclass_chain", dict_of(("w", (MARK + b"") * 0 + attributes + MARK + wrap + name("torch", "Tensor") + (wrap * 50 + tensor() + (FALSE + ORDERED + b"\x87" + REDUCE) * 50) + FALSE + ORDERED + b"\x87" + EMPTY_DICT + TUPLE + REDUCE)),
           "wrapped in parameters far too often")
    case("key_bomb", EMPTY_DICT + bomb + integer(1) + SETITEM, "SETITEM has the wrong target|empty stack|leaves values")
    keys = EMPTY_DICT + NONE + b"\x85" + b"q\0" + (b"h\0\x86q\0" * 0) + integer(1) + SETITEM
    case("tuple_key", keys, {"opens": []})


def tensor_files():
    def case(label, body, expected, data=None, **options):
        write(f"pt/{label}.pt", torch_file(dict_of(("w", body)), data, **options), expected)

    case("storage_short", tensor(), "has the wrong size", {"0": bytes(12)})
    case("storage_long", tensor(), "has the wrong size", {"0": bytes(20)})
    case("storage_missing", tensor(), "'data/0' is missing", {})
    case("storage_other_key", tensor(storage(key="../../etc/passwd")), "is missing")
    case("storage_key_huge", tensor(storage(key="9" * 5000)), "is missing")
    case("storage_key_int", tensor(tuple_of(text("storage"), name("torch", "FloatStorage"), integer(0), text("cpu"), integer(4)) + PERSID), "malformed")
    case("storage_count_negative", tensor(storage(count=-4)), "malformed")
    case("storage_count_huge", tensor(storage(count=2**62)), "malformed")
    case("storage_count_wraps", tensor(storage(count=2**62 + 4)), "malformed")
    case("storage_count_2_64", tensor(storage(count=2**64 + 4)), "malformed")
    case("storage_count_text", tensor(storage(count=text("4"))), "malformed")
    case("storage_count_float", tensor(storage(count=b"G" + struct.pack(">d", 4.0))), "malformed")
    case("storage_count_bool", tensor(storage(count=TRUE)), "malformed")
    case("storage_class_text", tensor(tuple_of(text("storage"), text("FloatStorage"), text("0"), text("cpu"), integer(4)) + PERSID), "malformed")
    case("storage_class_unknown", tensor(storage(kind="EvilStorage")), "unknown storage class")
    case("storage_class_tensor", tensor(storage(kind="FloatTensor")), "unknown storage class")
    case("storage_short_id", tensor(tuple_of(text("storage"), name("torch", "FloatStorage")) + PERSID), "malformed")
    case("storage_module_id", tensor(tuple_of(text("module"), name("a", "b"), text("f"), text("s")) + PERSID), "malformed")
    case("storage_double_of_float", tensor(storage(kind="DoubleStorage")), "has the wrong size")
    two = dict_of(("a", tensor()), ("b", tensor(storage(kind="IntStorage"))))
    write("pt/storage_two_types.pt", torch_file(two), "two sizes or types")
    two = dict_of(("a", tensor()), ("b", tensor(storage(count=2))))
    write("pt/storage_two_sizes.pt", torch_file(two), "two sizes or types")

    case("tensor_size_past", tensor(size=(5,)), "reaches past its storage")
    case("tensor_offset_past", tensor(offset=1), "reaches past its storage")
    case("tensor_offset_far", tensor(offset=2**40, size=(1,)), "reaches past its storage")
    case("tensor_offset_negative", tensor(offset=-1), "impossible offset")
    case("tensor_offset_2_63", tensor(offset=2**63), "impossible offset")
    case("tensor_offset_text", tensor(offset=text("0")), "with the wrong arguments")
    case("tensor_stride_past", tensor(stride=(2,)), "reaches past its storage")
    case("tensor_stride_negative", tensor(offset=3, stride=(-1,)), "impossible stride")
    case("tensor_stride_huge", tensor(size=(2,), stride=(2**52,)), "reaches past its storage")
    case("tensor_stride_wraps", tensor(size=(2**32,), stride=(2**32,)), "reaches past its storage")
    case("tensor_size_negative", tensor(size=(-4,)), "impossible size")
    case("tensor_size_2_63", tensor(size=(2**63,)), "impossible size")
    case("tensor_size_float", tensor(size=tuple_of(b"G" + struct.pack(">d", 4.0))), "impossible size")
    case("tensor_size_none", tensor(size=NONE), "with the wrong arguments")
    case("tensor_size_nested", tensor(size=tuple_of(ints(4))), "impossible size")
    case("tensor_rank_huge", tensor(size=(1,) * 65, stride=(1,) * 65), "impossible size")
    case("tensor_ranks_differ", tensor(size=(2, 2), stride=(1,)), "another number of strides")
    case("tensor_expanded_bomb", tensor(size=(2**30,), stride=(0,)), "far more bytes than the file has")
    case("tensor_expanded_wraps", tensor(size=(2**32, 2**32), stride=(0, 0)), "far more bytes than the file has")
    case("tensor_overlap_bomb", tensor(size=(2, 2**29), stride=(1, 0)), "far more bytes than the file has")
    case("tensor_grad_int", tensor(grad=integer(1)), "with the wrong arguments")
    case("tensor_no_storage", tensor(source=text("x")), "with the wrong arguments")
    case("tensor_storage_tuple", tensor(source=tuple_of(text("storage"))), "with the wrong arguments")
    case("tensor_few_args", name("torch._utils", "_rebuild_tensor_v2") + tuple_of(storage()) + REDUCE, "with the wrong arguments")
    case("tensor_many_args", tensor(tail=NONE * 5), "with the wrong arguments")
    case("tensor_metadata_list", tensor(tail=EMPTY_LIST), "with the wrong arguments")
    untyped = storage("UntypedStorage", module="torch.storage", count=16)
    case("tensor_untyped_v2", tensor(source=untyped), {"opens": ["w"]})
    case("tensor_untyped_v2_past", tensor(source=untyped, size=(17,)), "reaches past its storage")
    case("tensor_v3_dtype", tensor(source=untyped, function="_rebuild_tensor_v3", tail=name("torch", "evil8")), "dtype Lazuli does not know")
    case("tensor_v3_dtype_text", tensor(source=untyped, function="_rebuild_tensor_v3", tail=text("torch.uint16")), "with the wrong arguments")
    case("tensor_v3_past", tensor(source=untyped, size=(9,), function="_rebuild_tensor_v3", tail=name("torch", "uint16")), "reaches past its storage")
    case("tensor_v3_subbyte", tensor(source=untyped, function="_rebuild_tensor_v3", tail=name("torch", "uint4")), "dtype Lazuli does not know")
    case("qtensor_past", name("torch._utils", "_rebuild_qtensor") + tuple_of(
        storage("QInt8Storage", count=16), integer(0), ints(17), ints(1), tuple_of(name("torch", "per_tensor_affine"), b"G" + struct.pack(">d", 1.0), integer(0)), FALSE, ORDERED) + REDUCE,
         "reaches past its storage")
    case("qtensor_args", name("torch._utils", "_rebuild_qtensor") + tuple_of(storage("QInt8Storage", count=16)) + REDUCE, "wrong arguments")
    case("parameter_of_text", name("torch._utils", "_rebuild_parameter") + tuple_of(text("x"), TRUE, ORDERED) + REDUCE, "with the wrong arguments")
    case("parameter_of_past", name("torch._utils", "_rebuild_parameter") + tuple_of(tensor(size=(5,)), TRUE, ORDERED) + REDUCE, "reaches past its storage")
    case("parameter_grad", name("torch._utils", "_rebuild_parameter") + tuple_of(tensor(), integer(3), ORDERED) + REDUCE, "with the wrong arguments")
    case("subclass_unknown", name("torch._tensor", "_rebuild_from_type_v2") + tuple_of(
        name("evil", "rebuild"), name("torch", "Tensor"), EMPTY_TUPLE, EMPTY_DICT) + REDUCE, {"opens": [], "globals": ["evil.rebuild"]})
    itself = name("torch._tensor", "_rebuild_from_type_v2")
    inner = tensor()
    for _ in range(10):
        inner = itself + tuple_of(itself, name("torch", "Tensor"), tuple_of(name("torch._utils", "_rebuild_tensor_v2")), EMPTY_DICT) + REDUCE
    case("subclass_nested", inner, "rebuilt in an unknown way")
    case("uninitialized_grad", name("torch.nn.parameter", "UninitializedParameter") + tuple_of(text("x")) + REDUCE, "with the wrong arguments")

    def call(module, item, *args):
        return name(module, item) + tuple_of(*args) + REDUCE

    def number(value):
        return b"G" + struct.pack(">d", value)

    wrong = "with the wrong arguments"
    for label, body in {
        "ordered_dict": call("collections", "OrderedDict", integer(3)), "counter": call("collections", "Counter", text("abc")), "size": call("torch", "Size", tuple_of(number(1.0))),
        "size_two": call("torch", "Size", ints(1), ints(2)), "device": call("torch", "device", text("toaster")), "device_path": call("torch", "device", text("/dev/sda")),
        "layout": call("torch.serialization", "_get_layout", text("torch.evil")), "encode": call("_codecs", "encode", ints(1)), "set": call("__builtin__", "set", integer(1)),
        "set_of_lists": call("__builtin__", "set", EMPTY_LIST + EMPTY_LIST + APPEND), "frozenset_of_dicts": call("__builtin__", "frozenset", EMPTY_LIST + EMPTY_DICT + APPEND),
        "bytearray": call("__builtin__", "bytearray", integer(2**40)), "bytes": call("__builtin__", "bytes", integer(2**40)), "complex": call("__builtin__", "complex", text("1")),
        "parameter_hooks": call("torch._utils", "_rebuild_parameter", tensor(), TRUE, integer(1)), "parameter_two": call("torch._utils", "_rebuild_parameter", tensor(), TRUE),
        "parameter_state": call("torch._utils", "_rebuild_parameter_with_state", tensor(), TRUE, ORDERED, EMPTY_DICT + integer(1) + NONE + SETITEM),
        "sparse_one": call("torch._utils", "_rebuild_sparse_tensor", integer(0)), "meta_text": call("torch._utils", "_rebuild_meta_tensor_no_storage", text("float32"), ints(1), ints(1), FALSE),
        "nested_texts": call("torch._utils", "_rebuild_nested_tensor", *[text("x")] * 4), "type_of_data": call("torch._tensor", "_rebuild_from_type_v2", name("torch", "float32"), name("torch", "Tensor"), EMPTY_TUPLE, EMPTY_DICT),
        "type_into_function": call("torch._tensor", "_rebuild_from_type_v2", name("torch._utils", "_rebuild_tensor_v2"), name("torch._utils", "_rebuild_tensor_v2"), EMPTY_TUPLE, EMPTY_DICT),
        "hooks": tensor(hooks=call("torch", "Size", ints(1))), "uninitialized_three": call("torch.nn.parameter", "UninitializedBuffer", FALSE, NONE, NONE)}.items():
        case(f"call_{label}", body, wrong)
    for label, body in {
        "storage": call("torch", "FloatStorage", integer(2**40)), "tensor": call("torch", "Tensor", ints(2**30)), "legacy_tensor": call("torch", "FloatTensor", integer(2**40)),
        "untyped": call("torch.storage", "UntypedStorage", integer(2**40)), "dtype": call("torch", "float32"), "scheme": call("torch", "per_tensor_affine"),
        "new_function": name("torch._utils", "_rebuild_parameter") + tuple_of(tensor(), TRUE, ORDERED) + NEWOBJ}.items():
        case(f"call_of_{label}", body, "which is no")
    case("storage_location", tensor(storage(location="toaster")), "device that is not known")
    case("storage_location_path", tensor(storage(location="/dev/null")), "device that is not known")
    case("storage_location_empty", tensor(storage(location="")), "device that is not known")
    case("storage_location_cuda", tensor(storage(location="cuda:3")), {"opens": ["w"]})
    flag = EMPTY_DICT + text("conj") + FALSE + SETITEM
    case("tensor_metadata_false", tensor(tail=flag), "not of names that are True")
    case("tensor_metadata_key", tensor(tail=EMPTY_DICT + integer(1) + TRUE + SETITEM), "not of names that are True")
    integers = storage("LongStorage", count=2)
    case("tensor_grad_long", tensor(integers, size=(2,), grad=TRUE), "requires a gradient")
    case("parameter_grad_long", call("torch._utils", "_rebuild_parameter", tensor(integers, size=(2,)), TRUE, ORDERED), "requires a gradient")

    def quantized(*scheme, kind="QInt8Storage", count=16, size=(4, 4), stride=(4, 1)):
        return call("torch._utils", "_rebuild_qtensor", storage(kind, count=count), integer(0), ints(*size), ints(*stride), tuple_of(*scheme), FALSE, ORDERED)

    affine, channel = name("torch", "per_tensor_affine"), name("torch", "per_channel_affine")
    case("qtensor_good", quantized(affine, number(0.5), integer(1)), {"opens": ["w"], "warning": "qint8"})
    for label, body in {"no_scheme": quantized(), "scheme_text": quantized(text("per_tensor_affine"), number(1.0), integer(0)), "scheme_dtype": quantized(name("torch", "float32"), number(1.0), integer(0)),
                        "scale_text": quantized(affine, text("1"), integer(0)), "zero_float": quantized(affine, number(1.0), number(0.0)), "of_floats": quantized(affine, number(1.0), integer(0), kind="FloatStorage", count=4, size=(4,), stride=(1,)),
                        "channel_numbers": quantized(channel, number(1.0), integer(0), integer(0)), "channel_axis": quantized(channel, EMPTY_LIST, EMPTY_LIST, integer(2)),
                        "channel_lengths": quantized(channel, EMPTY_LIST, EMPTY_LIST, integer(0))}.items():
        case(f"qtensor_{label}", body, "scheme that does not fit")
    layout = call("torch.serialization", "_get_layout", text("torch.sparse_coo"))
    compressed = call("torch.serialization", "_get_layout", text("torch.sparse_csr"))

    def part(key, kind, size, stride, count):
        return tensor(storage(kind, key=key, count=count), size=size, stride=stride)

    def sparse(*parts, layout=layout):
        return call("torch._utils", "_rebuild_sparse_tensor", layout, tuple_of(*parts))

    places, values = part("0", "LongStorage", (2, 3), (3, 1), 6), part("1", "FloatStorage", (3,), (1,), 3)
    data = {"0": bytes(48), "1": bytes(12)}
    case("sparse_good", sparse(places, values, ints(4, 4), FALSE), {"opens": ["w.indices", "w.values"], "warning": "sparse"}, data)
    for label, body in {"floats": sparse(values, values, ints(4, 4)), "count": sparse(part("0", "LongStorage", (2, 2), (3, 1), 6), values, ints(4, 4)), "rank": sparse(places, values, ints(4)),
                        "no_size": sparse(places, values), "size_negative": sparse(places, values, ints(-4, 4)), "no_values": sparse(places, NONE, ints(4, 4)), "nothing": sparse(),
                        "csr_rank": sparse(part("0", "LongStorage", (3,), (1,), 6), part("0", "LongStorage", (3,), (1,), 6), values, ints(4), layout=compressed),
                        "csr_count": sparse(part("0", "LongStorage", (3,), (1,), 6), part("0", "LongStorage", (2,), (1,), 6), values, ints(2, 4), layout=compressed)}.items():
        case(f"sparse_{label}", body, "parts that do not fit", data)
    case("sparse_past", sparse(part("0", "LongStorage", (2, 4), (3, 1), 6), values, ints(4, 4)), "reaches past its storage", data)
    meta = "torch._utils", "_rebuild_meta_tensor_no_storage"
    case("meta_good", call(*meta, name("torch", "float32"), ints(2**20, 2**20), ints(2**20, 1), FALSE), {"opens": [], "warning": "meta tensor"})
    case("meta_dtype", call(*meta, name("torch", "evil32"), ints(1), ints(1), FALSE), "impossible dtype|wrong arguments")
    case("meta_ranks", call(*meta, name("torch", "float32"), ints(1), EMPTY_TUPLE, FALSE), "impossible dtype")
    case("meta_negative", call(*meta, name("torch", "float32"), ints(-1), ints(1), FALSE), "impossible size")
    case("meta_wraps", call(*meta, name("torch", "float32"), ints(2**40, 2**40), ints(2**40, 1), FALSE), "impossible dtype")
    for label, first, second in (("true", integer(1), TRUE), ("float", integer(1), number(1.0)), ("zero", integer(0), FALSE)):
        write(f"pt/key_twice_{label}.pt", torch_file(EMPTY_DICT + MARK + first + NONE + second + NONE + SETITEMS), "twice")

    def container(label, expected, **options):
        write(f"pt/{label}.pt", torch_file(GOOD, **options), expected)

    container("version_missing", "'version' is missing", version=None)
    container("version_11", "unknown format version", version=b"11\n")
    container("version_0", "unknown format version", version=b"0")
    container("version_text", "unknown format version", version=b"three")
    container("version_negative", "unknown format version", version=b"-3")
    container("version_long", "too large", version=b"3" * 5000)
    container("version_empty", "unknown format version", version=b"")
    container("byteorder_middle", "unknown byte order", byteorder=b"middle")
    container("byteorder_empty", "unknown byte order", byteorder=b"")
    records = torch_records(GOOD)
    write("pt/no_directory.pt", make_zip([Entry(r.raw_name.split(b"/", 1)[1], r.data) for r in records]), "not in a directory")
    write("pt/two_directories.pt", make_zip([Entry("other/version", b"3\n")] + records), "in more than one directory")
    for label, version in {"space": b" 3", "sign": b"+3", "after": b"3x"}.items():
        container(f"version_{label}", {"opens": ["w"]}, version=version)
    both = torch_records(GOOD, version=b"11")
    write("pt/version_hidden.pt", make_zip(both + [Entry("archive/.data/version", b"3\n")]), {"opens": ["w"]})
    write("pt/version_hidden_11.pt", make_zip(torch_records(GOOD) + [Entry("archive/.data/version", b"11")]), "unknown format version")
    upper = [Entry(record.raw_name.decode().replace("archive/", "Ar/").upper().replace("AR/", "Ar/"), record.data) for record in records]
    write("pt/upper_case.pt", make_zip(upper), {"opens": ["w"]})
    script = torch_records(GOOD) + [Entry("archive/constants.pkl", PROTO + EMPTY_TUPLE + STOP), Entry("archive/code/a.py", b"import os")]
    write("pt/torchscript.pt", make_zip(script), {"opens": ["w"], "warning": "TorchScript"})


def legacy_files():
    def stack(*parts):
        return b"".join(PROTO + part + STOP for part in parts)

    magic = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e")
    system = dict_of(("protocol_version", integer(1001)), ("little_endian", TRUE), ("type_sizes", EMPTY_DICT))
    keys = EMPTY_LIST + text("7") + APPEND

    def body(storage_id=None, size=(4,), offset=0):
        return dict_of(("w", tensor(storage_id or storage(key="7", extra=NONE), size=size, offset=offset)))

    def case(label, data, expected):
        write(f"legacy/{label}.pt", data, expected)

    tail = u64(4) + bytes(16)

    def legacy(protocol=integer(1001), info=system, value=None, names=keys, raw=tail):
        return magic + stack(protocol, info, value or body(), names) + raw

    case("good", legacy(), {"opens": ["w"]})
    case("magic_only", magic, "cut short")
    case("protocol", legacy(protocol=integer(1002)), "unknown protocol version")
    case("protocol_text", legacy(protocol=text("1001")), "unknown protocol version")
    case("big_endian", legacy(info=dict_of(("little_endian", FALSE))), {"opens": ["w"]})
    case("system_list", legacy(info=EMPTY_LIST), "does not say its byte order")
    case("system_text", legacy(info=dict_of(("little_endian", text("yes")))), "does not say its byte order")
    case("keys_dict", legacy(names=EMPTY_DICT), "list of storage keys is malformed")
    case("keys_twice", legacy(names=EMPTY_LIST + MARK + text("7") + text("7") + APPENDS), "list of storage keys is malformed")
    case("keys_int", legacy(names=EMPTY_LIST + integer(7) + APPEND), "list of storage keys is malformed")
    case("keys_unused", legacy(names=EMPTY_LIST + text("8") + APPEND), "storage no tensor uses")
    case("keys_missing", legacy(names=EMPTY_LIST, raw=b""), "storage '7' is missing")
    case("count", legacy(raw=u64(5) + bytes(20)), "another size than its tensors say")
    case("count_huge", legacy(raw=u64(2**63) + bytes(16)), "another size than its tensors say")
    case("cut_data", legacy(raw=u64(4) + bytes(9)), "another size than its tensors say")
    case("cut_count", legacy(raw=b"\4\0"), "past its end")
    case("cut_pickle", legacy()[:60], "cut short")
    case("trailing", legacy(raw=tail + b"more"), "goes on after its last storage")
    case("exec", legacy(value=name("os", "system") + tuple_of(text("id")) + REDUCE), "which runs code")
    case("exec_keys", legacy(names=name("os", "system") + tuple_of(text("id")) + REDUCE), "which runs code")
    case("past", legacy(value=body(size=(5,))), "reaches past its storage")
    view = tuple_of(text("v"), integer(2), integer(9))
    case("view_past", legacy(value=body(storage(key="7", extra=view), size=(1,))), "view lies outside its storage")
    case("view_malformed", legacy(value=body(storage(key="7", extra=integer(3)))), "malformed")
    view = tuple_of(text("v"), integer(2), integer(2))
    case("view_tensor_past", legacy(value=body(storage(key="7", extra=view), size=(3,))), "reaches past its storage")


def other_containers():
    def case(label, data, expected):
        write(f"other/{label}", data, expected)

    case("empty.pt", b"", "an empty file")
    case("empty.safetensors", b"", "an empty file")
    case("one_byte.pt", b"x", "of no known kind")
    case("zeros.pt", bytes(4096), "a file of zeros")
    case("html.pt", b"<!DOCTYPE html><html><body>Sign in</body></html>", "an HTML page")
    case("html_lower.bin", b"\n <html><head></head></html>", "an HTML page")
    case("xml_error.pt", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an HTML page")
    case("git_lfs.pt", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "a git-lfs pointer")
    case("git_lfs.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "a git-lfs pointer")
    case("git_media.pt", b"version https://hawser.github.com/spec/v1\noid sha256:00\nsize 5\n", "a git-lfs pointer")
    case("html_comment.pt", b"\xef\xbb\xbf<!-- saved from url -->\n<html>", "an HTML page")
    case("html_script.pt", b"<script>alert(1)</script>" + b"\xc3" * 60, "an HTML page")
    case("zlib.pt", b"\x78\x9c\x4b\x4c\0", "a zlib stream")
    case("lz4.pt", b"\x04\x22\x4d\x18\x64", "an lz4 file")
    case("lzma.pt", b"\x5d\0\0\x80\0", "an lzma file")
    case("sqlite.pt", b"SQLite format 3\0", "an SQLite database")
    case("pickle_text.pt", pickle.dumps({"a": 1}, 0), "a bare Python pickle")
    case("pickle_text_exec.pt", b"cos\nsystem\n(S'id'\ntR.", "a bare Python pickle")
    case("model.onnx", b"\x08\x08\x12\x07pytorch", "an ONNX model")
    case("7z.pt", b"7z\xbc\xaf\x27\x1c\0\4", "a 7z archive")
    case("gzip.pt", gzip.compress(b"hello", mtime=0), "a gzip file")
    case("bzip2.pt", b"BZh91AY", "a bzip2 file")
    case("xz.pt", b"\xfd7zXZ\0", "an xz file")
    case("zstd.pt", b"\x28\xb5\x2f\xfd\0\0", "a zstd file")
    case("rar.pt", b"Rar!\x1a\7\0", "a RAR archive")
    case("hdf5.pt", b"\x89HDF\r\n\x1a\n", "an HDF5 file")
    case("gguf.pt", b"GGUF\3\0\0\0", "a GGUF file")
    case("png.pt", b"\x89PNG\r\n\x1a\n", "a PNG image")
    case("jpeg.npy", b"\xff\xd8\xff\xe0", "a JPEG image")
    case("pdf.pt", b"%PDF-1.7", "a PDF document")
    case("elf.pt", b"\x7fELF\2\1\1", "a program")
    case("exe.pt", b"MZ\x90\0", "a program")
    case("tar.pt", b"storages".ljust(257, b"\0") + b"ustar\x0000" + bytes(247), "a tar archive")
    case("json.pt", b'{"model": 1}', "a JSON text")
    case("script.pt", b"#!/usr/bin/env python3\nprint(1)\n", "a script")
    case("bare_pickle.pt", pickle.dumps({"a": 1}, 2), "a bare Python pickle")
    case("bare_pickle_exec.pt", PROTO + name("os", "system") + tuple_of(text("id")) + REDUCE + STOP, "a bare Python pickle")
    case("text.pt", b"just some words, nothing else", "of no known kind")


def safetensors_files():
    def case(label, data, expected):
        write(f"safetensors/{label}.safetensors", data, expected)

    def build(header, data=bytes(16), length=None):
        raw = header if isinstance(header, bytes) else header.encode() if isinstance(header, str) else json.dumps(header).encode()
        return u64(len(raw) if length is None else length) + raw + data

    def one(dtype="F32", shape=(4,), offsets=(0, 16), **more):
        return {"w": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets), **more}}

    case("cut_length", b"\1\2\3", "of no known kind|too short")
    case("length_0", u64(0) + b"{}", "header length is impossible")
    case("length_1", u64(1) + b"{}", "header length is impossible")
    case("length_past", build(one(), length=10_000), "header length is impossible")
    case("length_100_mb", build(one(), length=100_000_001), "header length is impossible")
    case("length_2_53", build(one(), length=2**53), "header length is impossible")
    case("length_2_64", build(one(), length=2**64 - 1), "header length is impossible")
    case("leading_space", build(b" " + json.dumps(one()).encode()), "does not start with '{'")
    case("leading_newline", build(b"\n" + json.dumps(one()).encode()), "does not start with '{'")
    case("bad_utf8", build(b'{"\xff":1}'), "not valid UTF-8")
    case("array", build("[]      "), "of no known kind|does not start with|JSON")
    case("not_json", build("{w:1}"), "text in double quotes")
    case("cut_json", build('{"w":{"dtype":"F32"'), "lacks")
    case("after_json", build(json.dumps(one()) + " x"), "goes on after its end")
    case("comma", build('{"w":1,}'), "text in double quotes")
    case("surrogate_name", build(json.dumps(one()).replace('"w"', '"\\ud800"')), "malformed text")
    case("minus_zero", build(json.dumps(one()).replace("[0,", "[-0,").replace("[0, 16]", "[-0, 16]")), "not an integer")
    case("deep", build('{"a":' + "[" * 5000 + "]" * 5000 + "}"), "levels deep")
    case("duplicate", build('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'), "\"w\" twice")
    case("duplicate_escaped", build('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"\\u0077":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'), "\"w\" twice")
    case("duplicate_field", build('{"w":{"dtype":"F32","dtype":"F64","shape":[4],"data_offsets":[0,16]}}'), "\"dtype\" twice")
    case("duplicate_metadata", build('{"__metadata__":{},"__metadata__":{}}', b""), "twice")
    case("float_offset", build('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0.0,16]}}'), "not an integer")
    case("exponent_offset", build('{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,1.6e1]}}'), "not an integer")
    case("float_shape", build('{"w":{"dtype":"F32","shape":[4.0],"data_offsets":[0,16]}}'), "not an integer")
    case("leading_zero", build('{"w":{"dtype":"F32","shape":[04],"data_offsets":[0,16]}}'), "not an integer")
    case("infinity", build('{"w":{"dtype":"F32","shape":[Infinity],"data_offsets":[0,16]}}'), "lacks a value")
    case("string_offset", build(one(offsets=("0", "16"))), "impossible offsets")
    case("above_2_53", build(one(offsets=(0, 2**53 + 2))), "above 2^53")
    case("negative_offset", build(one(offsets=(-16, 0))), "impossible offsets")
    case("negative_shape", build(one(shape=(-4,))), "impossible shape")
    case("offsets_reversed", build(one(offsets=(16, 0))), "impossible offsets")
    case("offsets_past", build(one(offsets=(0, 20), shape=(5,))), "impossible offsets")
    case("offsets_one", build(one(offsets=(0,))), "impossible offsets")
    case("offsets_three", build(one(offsets=(0, 8, 16))), "impossible offsets")
    case("shape_product", build(one(shape=(5,))), "shape and offsets disagree")
    case("shape_wraps", build(one(shape=(2**32, 2**32, 2**32))), "shape and offsets disagree")
    case("shape_wraps_to_4", build(one(shape=(2**62 // 2**10, 2**12))), "shape and offsets disagree")
    case("shape_text", build(one(shape="4")), "impossible shape")
    case("shape_nested", build(one(shape=[[4]])), "impossible shape")
    case("shape_long", build(one(shape=[1] * 65)), "impossible shape")
    case("shape_absent", build({"w": {"dtype": "F32", "data_offsets": [0, 16]}}), "impossible shape")
    case("dtype_unknown", build(one(dtype="F33")), "dtype Lazuli does not know")
    case("dtype_lower", build(one(dtype="f32")), "dtype Lazuli does not know")
    case("dtype_proto", build(one(dtype="__proto__")), "dtype Lazuli does not know")
    case("dtype_number", build(one(dtype=5)), "dtype Lazuli does not know")
    case("dtype_f6", build(one(dtype="F6_E2M3", shape=(32,))), "dtype Lazuli does not know")
    case("f4_odd", build(one(dtype="F4", shape=(31,))), "half a byte")
    case("f4_scalar", build(one(dtype="F4", shape=())), "half a byte")
    case("f4_size", build(one(dtype="F4", shape=(34,))), "disagree")
    case("field_unknown", build(one(evil=1)), "unknown field 'evil'")
    case("tensor_list", build({"w": []}, b""), "not described by an object")
    case("tensor_null", build({"w": None}, b""), "not described by an object")
    case("overlap", build({"a": one()["w"], "b": one()["w"]}), "overlap")
    case("overlap_part", build({"a": one()["w"], "b": one(offsets=(8, 24))["w"]}, bytes(24)), "overlap")
    case("hole", build({"a": one()["w"], "b": one(offsets=(20, 36))["w"]}, bytes(36)), "a hole before a tensor")
    case("hole_first", build(one(offsets=(4, 20)), bytes(20)), "a hole before a tensor")
    case("trailing", build(one(), bytes(17)), "goes on after its last tensor")
    case("trailing_empty", build({}, b"x"), "goes on after its last tensor")
    case("cut", build(one(), bytes(15)), "impossible offsets")
    case("metadata_number", build({"__metadata__": {"a": 1}}, b""), "not text by text")
    case("metadata_list", build({"__metadata__": []}, b""), "not text by text")
    case("metadata_nested", build({"__metadata__": {"a": {"b": "c"}}}, b""), "not text by text")
    case("proto_name", build('{"__proto__":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}'), {"opens": ["__proto__"]})
    case("proto_metadata", build('{"__metadata__":{"__proto__":"x"}}', b""), {"opens": []})
    case("control_name", build(json.dumps({"a\x1b[2J\u202e": {"dtype": "F33", "shape": [], "data_offsets": [0, 4]}})), "'a\\u{1b}[2J\\u{202e}'")


def numpy_files():
    def array(header, data=bytes(24), version=(1, 0), length=None):
        raw = header if isinstance(header, bytes) else header.encode("latin1")
        size = len(raw) if length is None else length
        return b"\x93NUMPY" + bytes(version) + (u16(size & 0xFFFF) if version[0] == 1 else u32(size)) + raw + data

    def case(label, data, expected):
        write(f"npy/{label}.npy", data, expected)

    def head(descr="'<f4'", fortran="False", shape="(2, 3)", more=""):
        return f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, {more}}}\n"

    case("magic_only", b"\x93NUMPY", "does not start with the NumPy magic")
    case("cut_version", b"\x93NUMPY\1\0", "does not start with the NumPy magic")
    case("version_4", array(head(), version=(4, 0)), "unknown format version")
    case("version_0", array(head(), version=(0, 0)), "unknown format version")
    case("version_minor", array(head(), version=(1, 9)), "unknown format version")
    case("header_past", array(head(), length=5000), "impossible header length")
    case("header_4gib", array(head(), version=(2, 0), length=0xFFFFFFFF), "impossible header length")
    case("header_dos", array(head()[:-1] + " " * 20000 + "\n", version=(2, 0)), "impossible header length")
    case("object", array(head("'|O'"), bytes(48)), "Python objects")
    case("object_pickle", array(head("'|O'", shape="(1,)"), pickle.dumps([1], 2)), "Python objects")
    case("unicode", array(head("'<U4'")), "holds texts")
    case("bytes", array(head("'|S4'")), "byte strings")
    case("void", array(head("'|V4'")), "raw records")
    case("datetime", array(head("'<M8'")), "dates")
    case("structured", array(head("[('a', '<f4')]")), "records with fields")
    case("float128", array(head("'<f16'"), bytes(96)), "long doubles")
    case("descr_evil", array(head("'__import__(\"os\")'")), "unknown type")
    case("descr_call", array("{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (2, 3), }"), "malformed")
    case("descr_number", array(head("4")), "malformed")
    case("order_bar", array(head("'|f4'")), "unknown type")
    case("fortran_number", array(head(fortran="1")), "malformed")
    case("fortran_text", array(head(fortran="'False'")), "malformed")
    case("shape_negative", array(head(shape="(-2, 3)")), "malformed")
    case("shape_float", array(head(shape="(2.0, 3)")), "malformed")
    case("shape_list", array(head(shape="[2, 3]")), "malformed")
    case("shape_not_tuple", array(head(shape="(6)")), "not a tuple")
    case("shape_expression", array(head(shape="(2*3,)")), "malformed|not a tuple")
    case("shape_no_comma", array(head(shape="(2 3)")), "malformed|not a tuple")
    case("shape_huge", array(head(shape="(99999999999999999999,)")), "malformed|above 2^53|not a tuple")
    case("shape_2_63", array(head(shape="(9223372036854775808,)")), "above 2^53")
    case("shape_wraps", array(head(shape="(4294967296, 4294967296)")), "wrong size")
    case("shape_rank", array(head(shape="(" + "1, " * 65 + ")")), "more than 64 sizes")
    case("missing_shape", array("{'descr': '<f4', 'fortran_order': False, }"), "lacks descr")
    case("key_twice", array(head(more="'descr': '<f4', ")), "twice or without meaning")
    case("key_unknown", array(head(more="'evil': True, ")), "twice or without meaning")
    case("key_no_quotes", array("{descr: '<f4', 'fortran_order': False, 'shape': (2, 3)}"), "malformed")
    case("after_header", array(head() + "import os\n"), "goes on after its end")
    case("no_brace", array(head()[1:]), "malformed")
    case("not_closed", array(head()[:-2]), "malformed")
    case("empty_header", array(""), "malformed")
    case("deep_parentheses", array("(" * 9000), "malformed")
    case("data_short", array(head(), bytes(23)), "wrong size")
    case("data_long", array(head(), bytes(25)), "wrong size")
    case("data_none", array(head(), b""), "wrong size")
    good = array(head())
    write("npy/npz_text.npz", make_zip([Entry("a.npy", good), Entry("readme.txt", b"hello")]), "zip of another kind")
    write("npy/npz_bad_magic.npz", make_zip([Entry("a.npy", b"nothing at all")]), "does not start with the NumPy magic")
    write("npy/npz_object.npz", make_zip([Entry("a.npy", array(head("'|O'")))]), "Python objects")
    write("npy/npz_short.npz", make_zip([Entry("a.npy", good[:-1])]), "wrong size")
    write("npy/npz_slip.npz", make_zip([Entry("../a.npy", good)]), "unsafe name")
    write("npy/npz_twice.npz", make_zip([Entry("a.npy", good), Entry("a.npy", good)]), "two entries named")
    write("npy/npz_crc.npz", make_zip([Entry("a.npy", good, crc=1)]), "are damaged")
    write("npy/npz_bomb.npz", make_zip([Entry("a.npy", good, method=8, size=2**31)]), "impossible size")


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    for part in (zip_files, pickle_files, tensor_files, legacy_files, other_containers, safetensors_files, numpy_files):
        part()
    with open(os.path.join(FOLDER, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(EXPECTED, file, indent=1, sort_keys=True)
        file.write("\n")
    print(len(EXPECTED), "files")


main()
