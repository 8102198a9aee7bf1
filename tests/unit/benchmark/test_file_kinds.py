"""What a file of accuracies is by its first bytes, and what the message about a wrong one says to do."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import tarfile
import zipfile

import h5py
import pytest
import torch

from fsnas.benchmark import sources
from fsnas.benchmark.file_kinds import KINDS, kind_of
from fsnas.benchmark.sources import check_file
from fsnas.errors import DataError

TEXT = b"ArchitectureString,test_acc\n"


def zipped(name: str) -> bytes:
    with zipfile.ZipFile(made := io.BytesIO(), "w") as archive:
        archive.writestr(name, TEXT)
    return made.getvalue()


def tarred() -> bytes:
    with tarfile.open(fileobj=(made := io.BytesIO()), mode="w") as archive:
        archive.addfile(tarfile.TarInfo("truth.csv"))
    return made.getvalue()


def saved(**how) -> bytes:
    torch.save({"meta_archs": []}, made := io.BytesIO(), **how)
    return made.getvalue()


def hdf5() -> bytes:
    h5py.File(made := io.BytesIO(), "w").close()
    return made.getvalue()


CONTENTS = {
    "zip": zipped("truth.csv"),
    "pickle": saved(),
    "old pickle": saved(_use_new_zipfile_serialization=False),
    "plain pickle": pickle.dumps({"a": 1}),
    "gzip": gzip.compress(TEXT),
    "bzip2": bz2.compress(TEXT),
    "xz": lzma.compress(TEXT),
    "tar": tarred(),
    "hdf5": hdf5(),
    "json": json.dumps([{"a": 1}]).encode(),
    "json object": b'\n{"a": 1}',
    "spreadsheet": zipped("[Content_Types].xml"),
    "web page": b"<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning",
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
    "text": TEXT,
}
KIND = {"old pickle": "pickle", "plain pickle": "pickle", "json object": "json"}


@pytest.mark.parametrize(("name", "content"), CONTENTS.items(), ids=CONTENTS)
def test_a_file_is_known_by_its_first_bytes(name, content, tmp_path):
    path, kind = tmp_path / "file", KIND.get(name, name)
    path.write_bytes(content)
    assert kind_of(path) == kind
    what, remedy = KINDS[kind]
    for source, taken in (("csv", "text"), ("json", "json"), ("nasbench201", "pickle"), ("natsbench", "tar")):
        if kind == taken:
            check_file(source, path)
            continue
        with pytest.raises(DataError) as raised:
            check_file(source, path)
        assert f"file: is {what}, expected " in str(raised.value) and remedy in str(raised.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_csv_in_any_encoding_is_left_to_its_reader(encoding, tmp_path):
    (tmp_path / "a.csv").write_bytes("Name,é\n".encode(encoding))
    check_file("csv", tmp_path / "a.csv")


def test_what_is_not_there_or_empty_is_left_to_the_reader(tmp_path):
    (tmp_path / "empty").touch()
    for name in ("empty", "missing"):
        for source in sources.known():
            check_file(source, tmp_path / name)


def test_folders_and_files_of_nats_bench_are_named(tmp_path):
    assert kind_of(tmp_path) == "folder"
    (tmp_path / "meta.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps({})))
    assert kind_of(tmp_path) == "nats-bench"
    assert kind_of(tmp_path / "meta.pickle.pbz2") == "nats-bench file"
    with pytest.raises(DataError, match=r"a folder of NATS-Bench, expected a CSV; set truth.source to natsbench"):
        check_file("csv", tmp_path)
    check_file("natsbench", tmp_path)
    with pytest.raises(
        DataError, match=r"file of NATS-Bench, expected the topology .*; take .*, NATS-tss-v1_0-3ffb9-si"
    ):
        check_file("natsbench", tmp_path / "meta.pickle.pbz2")
