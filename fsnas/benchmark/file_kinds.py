"""What a file of accuracies really is, by its first bytes: so that a wrong one is refused with what to do about it."""

import os
from collections.abc import Collection
from pathlib import Path

from fsnas.errors import DataError

HEAD = 4096  # bytes that are looked at
SIGNATURES = {
    b"PK\x03\x04": "zip",
    b"\x80": "pickle",
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"\x89HDF\r\n": "hdf5",
    b"PAR1": "parquet",
    b"SQLite format 3": "sqlite",
    b"\xd0\xcf\x11\xe0": "spreadsheet",
    b"version https://git-lfs": "pointer",
}
WRITE_A_CSV = (
    "write a CSV of it (truth.source csv): a line for each architecture, with its string and its test accuracy in "
    "percent"
)
KINDS = {  # what it is, and what to do
    "folder": ("a folder", "give the file in it, or " + WRITE_A_CSV),
    "nats-bench": ("a folder of NATS-Bench", "set truth.source to natsbench"),
    "nats-bench file": (
        "a file of NATS-Bench",
        "take its archive of small files, NATS-tss-v1_0-3ffb9-simple, and set truth.source to natsbench",
    ),
    "zip": ("a zip archive", "unpack it, and give the file in it"),
    "7z": ("a 7z archive", "unpack it"),
    "tar": ("a tar archive", "set truth.source to natsbench if it is one of NATS-Bench, else unpack it"),
    "hdf5": ("an HDF5 file", WRITE_A_CSV),
    "parquet": ("a Parquet file", WRITE_A_CSV),
    "sqlite": ("an SQLite database", WRITE_A_CSV),
    "json": ("a JSON file", "set truth.source to json if it is a table of accuracies"),
    "spreadsheet": ("a spreadsheet", "save it as CSV, in UTF-8 and with commas between the fields"),
    "pointer": ("a pointer of Git LFS, not the file itself", "fetch the file: git lfs pull"),
    "web page": ("a web page, perhaps the one in front of a download", "download the file again"),
    "pickle": (
        "a pickle",
        "if it is the official NAS-Bench-201 file, set truth.source to nasbench201; else " + WRITE_A_CSV,
    ),
    "text": ("text", "if it is a CSV, set truth.source to csv"),
}
UNPACK = {"gzip": "gunzip", "bzip2": "bunzip2", "xz": "unxz", "zstd": "unzstd"}
KINDS |= {kind: (f"compressed by {kind}", f"unpack it ({command})") for kind, command in UNPACK.items()}


def check_kind(path: str | Path, kinds: Collection[str], expected: str) -> None:
    """Raise `DataError` if the file at ``path`` is plainly of none of the ``kinds``, where there are some.

    A file that is not there, or of a kind that is not known, is for the reader.
    """
    kind = kind_of(path)
    if kind and kinds and kind not in kinds:
        found, remedy = KINDS[kind]
        raise DataError(f"{path}: is {found}, expected {expected}; {remedy}, or correct truth.file")


def kind_of(path: str | Path) -> str:
    """Return which of `KINDS` a file or folder seems to be; nothing for others, and what is empty or cannot be read."""
    try:
        if os.path.isdir(path):
            return "nats-bench" if any(name.endswith(".pickle.pbz2") for name in os.listdir(path)) else "folder"
        if not os.path.isfile(path):  # a pipe might never end
            return ""
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError:
        return ""
    kind = next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), "")
    if kind == "zip":
        return _kind_of_zip(head)
    if kind == "bzip2" and str(path).endswith(".pbz2"):
        return "nats-bench file"
    if not kind and head[257:262] == b"ustar":
        return "tar"
    return kind or _kind_of_text(head)


def _kind_of_zip(head: bytes) -> str:
    if b"data.pkl" in head:  # torch.save
        return "pickle"
    return "spreadsheet" if b"[Content_Types]" in head or b"opendocument" in head else "zip"


def _kind_of_text(head: bytes) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "web page"
    if start.startswith((b"{", b"[")):
        return "json"
    return "text" if start and b"\0" not in head else ""
