"""CIFAR from a small archive served on this machine; torchvision's own code downloads, checks and unpacks it."""

import hashlib
import io
import pickle
import tarfile
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from fsnas.data.sources import _cifar
from fsnas.errors import DataError
from tests.support.damage import Trap
from tests.support.data import made


def md5(content):
    return hashlib.md5(content).hexdigest()


def pickled_batch(count, classes, rng, key):
    images = rng.integers(256, size=(count, 3072), dtype=np.uint8)
    return pickle.dumps({"data": images, key: [i % classes for i in range(count)]})


class Cifar:
    """A CIFAR of 50 training and 10 test images: its files and its archive, whose checksums torchvision now expects."""

    def __init__(self, source, patch, served):
        from torchvision.datasets import CIFAR10, CIFAR100

        self.source, self.patch, self.served = source, patch, served
        self.kind = {"cifar10": CIFAR10, "cifar100": CIFAR100}[source]
        rng = np.random.default_rng(0)
        key = "labels" if source == "cifar10" else "fine_labels"
        names = [name for name, _ in self.kind.train_list]
        self.files = {name: pickled_batch(50 // len(names), 10, rng, key) for name in names}
        self.files |= {name: pickled_batch(10, 10, rng, key) for name, _ in self.kind.test_list}
        self.files[self.kind.meta["filename"]] = pickle.dumps(
            {self.kind.meta["key"]: [f"class {i}" for i in range(10)]}
        )
        sums = {name: md5(content) for name, content in self.files.items()}
        patch.setattr(self.kind, "train_list", [[name, sums[name]] for name in names])
        patch.setattr(self.kind, "test_list", [[name, sums[name]] for name, _ in self.kind.test_list])
        meta = self.kind.meta["filename"]
        patch.setattr(self.kind, "meta", {**self.kind.meta, "md5": sums[meta]})
        self.serve(self.archive(), trusted=True)

    def archive(self, **changes):
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
            for name, content in (self.files | changes).items():
                entry = tarfile.TarInfo(f"{self.kind.base_folder}/{name}")
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
        return buffer.getvalue()

    def serve(self, content, *, trusted=False):
        (self.served / self.kind.filename).write_bytes(content)
        if trusted:
            self.patch.setattr(self.kind, "tgz_md5", md5(content))

    def unpack(self, folder, **changes):
        (folder / self.kind.base_folder).mkdir(parents=True)
        for name, content in (self.files | changes).items():
            (folder / self.kind.base_folder / name).write_bytes(content)

    def read(self, folder, *, download):
        return made(self.source, folder=str(folder), download=download)


@pytest.fixture(params=["cifar10", "cifar100"])
def cifar(request, monkeypatch, tmp_path):
    served = tmp_path / "served"
    served.mkdir()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    found = Cifar(request.param, monkeypatch, served)
    monkeypatch.setattr(SimpleHTTPRequestHandler, "log_message", lambda *_: None)
    with serving(partial(SimpleHTTPRequestHandler, directory=str(served))) as address:
        monkeypatch.setattr(found.kind, "url", f"{address}/{found.kind.filename}")
        yield found


class serving:  # noqa: N801 - reads as a function
    """Serve with ``handler`` on a free port of this machine while the block runs."""

    def __init__(self, handler):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def assert_is(dataset, cifar):
    batches = [pickle.loads(cifar.files[name]) for name, _ in [*cifar.kind.train_list, *cifar.kind.test_list]]
    np.testing.assert_array_equal(dataset.images.reshape(60, 3072), np.concatenate([b["data"] for b in batches]))
    np.testing.assert_array_equal(dataset.labels, np.arange(60) % 10)
    np.testing.assert_array_equal(dataset.splits["test"], np.arange(50, 60))
    assert dataset.images.shape == (60, 3, 32, 32) and dataset.images.flags.c_contiguous
    assert dataset.classes == tuple(f"class {i}" for i in range(10))
    assert len(dataset.splits["valid"]) == 20 and len(dataset.splits["train"]) == 30


def tree(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_cifar_is_downloaded_once(cifar, tmp_path):
    folder = tmp_path / "images"
    assert_is(cifar.read(folder, download=True), cifar)
    assert tree(folder) == sorted(f"{cifar.kind.base_folder}/{name}" for name in cifar.files)
    (cifar.served / cifar.kind.filename).unlink()
    assert_is(cifar.read(folder, download=True), cifar)
    assert_is(cifar.read(folder, download=False), cifar)


def test_an_archive_that_lies_there_is_enough(cifar, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / cifar.kind.filename).write_bytes(cifar.archive())
    cifar.patch.setattr(cifar.kind, "tgz_md5", md5((folder / cifar.kind.filename).read_bytes()))
    assert_is(cifar.read(folder, download=False), cifar)
    assert tree(folder) == [cifar.kind.filename]


def test_a_damaged_file_is_named_and_a_download_repairs_it(cifar, tmp_path):
    folder = tmp_path / "images"
    name = cifar.kind.test_list[0][0]
    cifar.unpack(folder, **{name: cifar.files[name][:-1]}, notes=b"mine")
    with pytest.raises(DataError, match=f"{name}: damaged, its md5 is .*, expected .*; remove .* data.download"):
        cifar.read(folder, download=False)
    assert_is(cifar.read(folder, download=True), cifar)
    assert (folder / cifar.kind.base_folder / "notes").read_bytes() == b"mine"


def test_a_missing_file_is_named(cifar, tmp_path):
    cifar.unpack(tmp_path)
    (tmp_path / cifar.kind.base_folder / cifar.kind.meta["filename"]).unlink()
    with pytest.raises(DataError, match=f"{cifar.kind.meta['filename']}: missing"):
        cifar.read(tmp_path, download=False)


def test_a_damaged_archive_is_named(cifar, tmp_path):
    (tmp_path / cifar.kind.filename).write_bytes(cifar.archive()[:-100])
    with pytest.raises(
        DataError, match=f"{cifar.kind.filename}: damaged, its md5 is .*, expected {cifar.kind.tgz_md5}"
    ):
        cifar.read(tmp_path, download=False)


def test_a_folder_without_cifar_says_what_belongs_there(cifar, tmp_path):
    with pytest.raises(DataError, match=r"nowhere: no such folder; .*set data\.download to true, or set data\.folder"):
        cifar.read(tmp_path / "nowhere", download=False)
    with pytest.raises(DataError, match=f"holds neither {cifar.kind.base_folder}/ nor {cifar.kind.filename}"):
        cifar.read(tmp_path, download=False)


def test_a_file_in_the_place_of_the_folder_is_an_error(cifar, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file: .* cannot be read or written there .*set data\.folder"):
        cifar.read(tmp_path / "file", download=True)


def failing_downloads():
    def absent(cifar, trap):
        (cifar.served / cifar.kind.filename).unlink()

    def other(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.test_list[0][0]: trap}))

    def other_file(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.test_list[0][0]: trap}), trusted=True)

    def other_meta(cifar, trap):
        cifar.serve(cifar.archive(**{cifar.kind.meta["filename"]: trap}), trusted=True)

    def no_archive(cifar, trap):
        cifar.serve(b"<html>Log in to this network</html>", trusted=True)

    def no_server(cifar, trap):
        cifar.patch.setattr(cifar.kind, "url", f"http://127.0.0.1:1/{cifar.kind.filename}")

    return [absent, other, other_file, other_meta, no_archive, no_server]


@pytest.mark.parametrize("failure", failing_downloads(), ids=lambda failure: failure.__name__)
def test_a_failed_download_leaves_nothing_and_runs_nothing(failure, cifar, tmp_path):
    folder, trap = tmp_path / "images", tmp_path / "trapped"
    failure(cifar, pickle.dumps(Trap(trap)))
    with pytest.raises(DataError, match=r"could not be downloaded from http://.* into .*images .*; nothing was kept"):
        cifar.read(folder, download=True)
    assert list(folder.iterdir()) == [] and not trap.exists()
    cifar.serve(cifar.archive(), trusted=True)
    if failure.__name__ != "no_server":
        assert_is(cifar.read(folder, download=True), cifar)


@pytest.mark.parametrize("cifar", ["cifar10"], indirect=True)
def test_a_stalled_download_ends(cifar, tmp_path, monkeypatch):
    released = threading.Event()

    class Stalled(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802 - the name that http.server calls
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            released.wait(20)

        def log_message(self, *_):
            pass

    monkeypatch.setattr(_cifar, "STALLED", 0.2)
    with serving(Stalled) as address:
        monkeypatch.setattr(cifar.kind, "url", f"{address}/{cifar.kind.filename}")
        with pytest.raises(DataError, match="could not be downloaded .*timed out"):
            cifar.read(tmp_path / "images", download=True)
        released.set()
    assert list((tmp_path / "images").iterdir()) == []


@pytest.mark.parametrize("way", ["lies there", "is downloaded"])
def test_no_member_of_an_archive_leaves_its_folder(way, cifar, tmp_path):
    """Even one whose checksum is the expected one: MD5 can be forged."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        member = tarfile.TarInfo("../escaped.txt")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    folder = tmp_path / "data"
    folder.mkdir()
    if way == "lies there":
        (folder / cifar.kind.filename).write_bytes(content.getvalue())
        cifar.patch.setattr(cifar.kind, "tgz_md5", md5(content.getvalue()))
    else:
        cifar.serve(content.getvalue(), trusted=True)
    with pytest.raises(DataError, match="outside the destination"):
        cifar.read(folder, download=way == "is downloaded")
    assert not list(tmp_path.rglob("escaped.txt"))
