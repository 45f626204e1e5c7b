"""Reading a scenario again whenever one of its files changes.

The files are looked at, not listened to, so this works in containers and over network drives too. A scenario
that is wrong changes nothing: the worlds keep the last good one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.source import InvalidScenario

Stamp = tuple[int, int, int] | None

_log = logging.getLogger("mockkrea")


class Watch:
    """Looks after the files of a scenario.

    Args:
        files: which ones.
        load: reads them again; raises `InvalidScenario` or `OSError`.
        adopt: told the new scenario.
    """

    def __init__(
        self, files: Sequence[Path], load: Callable[[], Scenario], adopt: Callable[[Scenario], None]
    ) -> None:
        self._files = files
        self._load = load
        self._adopt = adopt
        self._seen = self._stamps()
        self._contents = self._read()

    async def look(self) -> None:
        """Read the scenario again if a file has other words than at the last look; log what came of it."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        before, self._contents = self._contents, self._read()
        if self._contents == before:
            return
        try:
            scenario = await asyncio.to_thread(self._load)
        except (InvalidScenario, OSError) as reason:
            _log.error("The scenario was changed and is wrong; the one before stays.\n%s", reason)
            return
        self._adopt(scenario)
        _log.warning("The scenario was changed; its worlds start over with %s.", ", ".join(scenario.files))

    def _read(self) -> list[bytes | None]:
        return [_content(path) for path in self._files]

    def _stamps(self) -> list[Stamp]:
        return [_stamp(path) for path in self._files]


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _stamp(path: Path) -> Stamp:
    try:
        facts = path.stat()
    except OSError:
        # An editor may take it away for a moment while it saves.
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
