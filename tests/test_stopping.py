"""The end of the process, for work that runs in threads: it heeds a stop, since the process waits for it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import SimpleNamespace

import pytest

from mockkrea.core.errors import ServerStops
from mockkrea.stopping import Shutdown

BEGUN_LATER = """
import signals
import mockkrea_first_half
signals.stop()
import mockkrea_second_half
"""


class _Noting(MetaPathFinder):
    """Finds nothing, and takes down for what it was asked."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: object = None) -> None:
        self._asked.append(fullname)


@pytest.fixture
def shutdown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shutdown:
    """One that begins while the module `mockkrea_whole` is imported, between its two halves."""
    (tmp_path / "mockkrea_whole.py").write_text(BEGUN_LATER, encoding="utf-8")
    for half in ("first", "second"):
        (tmp_path / f"mockkrea_{half}_half.py").touch()
    shutdown = Shutdown()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(sys.modules, "signals", SimpleNamespace(stop=shutdown.begin))
    for name in ("mockkrea_whole", "mockkrea_first_half", "mockkrea_second_half"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return shutdown


def test_a_stop_ends_an_import_before_its_next_module(shutdown: Shutdown) -> None:
    with pytest.raises(ServerStops), shutdown.ends_imports():
        __import__("mockkrea_whole")

    assert "mockkrea_first_half" in sys.modules
    assert not {"mockkrea_whole", "mockkrea_second_half"} & set(sys.modules)


def test_an_import_that_is_under_way_elsewhere_misses_no_finder(
    shutdown: Shutdown, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving = ExitStack()

    class Leaves:
        """Is asked for a module, and the block in the other thread ends."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            if name == "mockkrea_first_half":
                leaving.close()

    monkeypatch.setattr(sys, "meta_path", [Leaves, *sys.meta_path])
    leaving.enter_context(shutdown.ends_imports())
    # What is asked right after it would be skipped if the list became shorter under it.
    found: list[str] = []
    sys.meta_path.insert(2, _Noting(found))
    with ThreadPoolExecutor(1) as beside:
        beside.submit(__import__, "mockkrea_first_half").result()

    assert found == ["mockkrea_first_half"]


def test_what_is_imported_elsewhere_or_later_is_not_ended(shutdown: Shutdown) -> None:
    finders = list(sys.meta_path)
    shutdown.begin()

    with shutdown.ends_imports(), ThreadPoolExecutor(1) as beside:
        beside.submit(__import__, "mockkrea_first_half").result()
    __import__("mockkrea_second_half")

    assert sys.meta_path == finders
