"""The bytes of uploads: files on disk, known by the SHA-256 of what is in them.

One store per process serves all worlds, so bytes that two of them have lie there once. Each world
holds its blobs through a `Blobs` of its own, and what no world holds any more is deleted. The files
lie in a temporary directory that is made for the first of them and removed with the store.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import BinaryIO

from mockkrea.core.errors import NotFound
from mockkrea.signals import held_back


class BlobStore:
    """All blobs of one process, and how often each of them is held."""

    def __init__(self) -> None:
        self._holds = Counter[str]()
        self._unfinished = count()
        self._directory: Path | None = None

    def path(self, blob: str) -> Path:
        """Where a blob lies, or would lie."""
        return self.directory / blob

    @property
    def directory(self) -> Path:
        """Where the files are; made when it is first asked for."""
        if self._directory is None:
            with held_back():
                self._directory = Path(tempfile.mkdtemp(prefix="mockkrea-blobs-"))
                # Also at the end of the process, where nobody is left to close anything.
                weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        return self._directory

    def unfinished_path(self) -> Path:
        """Where something can be written that is no blob yet."""
        return self.directory / f"unfinished-{next(self._unfinished)}"

    def hold(self, blob: str, written: Path) -> None:
        """Count one hold more, and take over the file in which the blob was written if it is the first."""
        if blob not in self._holds:
            written.replace(self.path(blob))
        self._holds[blob] += 1

    def release(self, blob: str, *, times: int = 1) -> None:
        """Count so many holds less; nobody can read the blob after the last one."""
        assert self._holds[blob] >= times, "a blob is released as often as it was held"
        self._holds[blob] -= times
        if not self._holds[blob]:
            del self._holds[blob]
            self.path(blob).unlink()


class BlobWriter:
    """A blob that is being written.

    Args:
        file: empty, open for writing and reading.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = sha256()
        self.size_bytes = 0

    def write(self, chunk: bytes | memoryview) -> None:
        """Add these bytes."""
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    @property
    def sha256(self) -> str:
        """The hash of all bytes so far, in hexadecimal digits: the blob's name."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Nothing more will be written: no open file stays behind, however long the blob is not held yet."""
        self._file.close()

    def rewound(self) -> BinaryIO:
        """The bytes so far as a file at its beginning, for reading; nothing can be written after that."""
        self._file.seek(0)
        return self._file


class OpenBlob:
    """A blob for reading, in any thread, also when no world holds it any more.

    It is closed when nobody has it any more: an answer with a blob may never come to be sent.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._descriptor)

    def read(self, first: int, size_bytes: int) -> bytes:
        """Its bytes from the first one on: so many, or fewer where it ends before."""
        return os.pread(self._descriptor, size_bytes, first)

    def content(self) -> bytes:
        """All its bytes."""
        return self.read(0, os.fstat(self._descriptor).st_size)


class Blobs:
    """The blobs that one world holds, each as often as it was written and not released."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._held = Counter[str]()

    @contextmanager
    def writer(self) -> Iterator[BlobWriter]:
        """A new blob. Whoever leaves the context holds it; an exception leaves nothing behind."""
        path = self._store.unfinished_path()
        try:
            with path.open("w+b") as file:
                writer = BlobWriter(file)
                yield writer
            self._store.hold(writer.sha256, path)
            self._held[writer.sha256] += 1
        finally:
            path.unlink(missing_ok=True)

    def hold(self, blob: str) -> None:
        """Hold once more a blob that this world holds already."""
        assert blob in self._held, "a world holds again what it holds"
        self._store.hold(blob, self._store.path(blob))
        self._held[blob] += 1

    def __contains__(self, blob: str) -> bool:
        """Whether this world holds a blob."""
        return blob in self._held

    def open(self, blob: str) -> OpenBlob:
        """A blob that this world holds.

        Raises:
            NotFound: it does not, or no longer: a world can restart between a question and this.
        """
        if blob not in self._held:
            raise NotFound("file", blob)
        return OpenBlob(self._store.path(blob))

    def release(self, blob: str) -> None:
        """Hold a blob once less."""
        self._store.release(blob)
        self._held[blob] -= 1
        if not self._held[blob]:
            del self._held[blob]

    def clear(self) -> None:
        """Release everything."""
        for blob, times in self._held.items():
            self._store.release(blob, times=times)
        self._held.clear()
