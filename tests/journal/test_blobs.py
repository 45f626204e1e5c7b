"""Bytes on disk, one copy of each, for as long as some world wants them."""

from __future__ import annotations

import gc
import os
from hashlib import sha256
from pathlib import Path

import pytest

from mockkrea.core.errors import NotFound
from mockkrea.journal.blobs import Blobs, BlobStore


def write(blobs: Blobs, *chunks: bytes) -> str:
    with blobs.writer() as writer:
        for chunk in chunks:
            writer.write(chunk)
    return writer.sha256


def files(store: BlobStore) -> list[Path]:
    return sorted(store.directory.iterdir())


def test_what_was_written_in_chunks_is_read_back_and_named_by_its_hash() -> None:
    blobs = Blobs(BlobStore())

    with blobs.writer() as writer:
        writer.write(b"light")
        writer.write(memoryview(b"a house")[2:])
        assert writer.rewound().read() == b"lighthouse"

    assert writer.sha256 == sha256(b"lighthouse").hexdigest()
    assert writer.size_bytes == 10
    assert blobs.open(writer.sha256).content() == b"lighthouse"
    assert blobs.open(writer.sha256).read(5, 3) == b"hou"


def test_two_worlds_with_the_same_bytes_share_one_file_until_the_second_lets_go() -> None:
    store = BlobStore()
    first, second = Blobs(store), Blobs(store)
    blob = write(first, b"a fox")
    assert write(second, b"a ", b"fox") == blob
    [file] = files(store)

    first.release(blob)
    assert second.open(blob).content() == b"a fox"

    second.clear()
    assert not file.exists()


def test_a_blob_that_a_world_wrote_twice_stays_until_it_was_released_twice() -> None:
    store = BlobStore()
    blobs = Blobs(store)
    blob = write(blobs, b"a fox")
    write(blobs, b"a fox")

    blobs.release(blob)
    assert blobs.open(blob).content() == b"a fox"

    blobs.release(blob)
    assert files(store) == []


def test_a_world_reads_no_blob_that_only_another_world_holds() -> None:
    store = BlobStore()
    blob = write(Blobs(store), b"a fox")

    with pytest.raises(NotFound):
        Blobs(store).open(blob)


def test_an_open_blob_can_be_read_after_its_world_let_go_of_it_and_is_closed_with_its_last_reference() -> (
    None
):
    blobs = Blobs(BlobStore())
    opened = blobs.open(write(blobs, b"a fox"))

    blobs.clear()

    assert opened.content() == b"a fox"
    descriptor = opened._descriptor
    del opened
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_blob_whose_writing_failed_leaves_nothing_behind() -> None:
    store = BlobStore()
    blobs = Blobs(store)

    with pytest.raises(ValueError, match="cut off"), blobs.writer() as writer:
        writer.write(b"half a fox")
        raise ValueError("cut off")

    assert files(store) == []
    with pytest.raises(NotFound):
        blobs.open(writer.sha256)


def test_clearing_one_world_leaves_the_blobs_of_the_others() -> None:
    store = BlobStore()
    mine, theirs = Blobs(store), Blobs(store)
    for text in (b"a", b"b", b"b"):
        write(mine, text)
    kept = write(theirs, b"b")

    mine.clear()

    assert [file.name for file in files(store)] == [kept]


def test_the_directory_is_made_for_the_first_blob_and_goes_with_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store = BlobStore()
    blobs = Blobs(store)
    assert list(tmp_path.iterdir()) == []

    write(blobs, b"a fox")
    assert len(list(tmp_path.iterdir())) == 1

    del blobs, store
    gc.collect()
    assert list(tmp_path.iterdir()) == []
