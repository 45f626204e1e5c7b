"""The files of jobs, made when somebody first looks.

Making one takes milliseconds to seconds, so it happens in a thread, a few at a time: the other threads
are there for who asks for less. Videos and sound, which take longest, have turns of their own, so that no
picture waits for them. Two clients who ask for one file at once wait for one making; a
file that was made stays within a budget of bytes, the one looked at longest ago going first. Large
pictures are drawn one at a time: each needs a byte of memory per pixel and more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import blake2b

from mockkrea.media.media_file import Check, MediaFile, unchecked
from mockkrea.media.media_files import render
from mockkrea.media.size import LARGE_PX

FindSource = Callable[[], Awaitable[bytes | None]]

BYTES_MAX = 64_000_000
QUICK_AT_ONCE = 2
LONG_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Rendering:
    """A file. `etag` names these very bytes."""

    content: bytes
    etag: str


Render = Callable[[MediaFile, bytes | None], Rendering]
Run = Callable[[Render, MediaFile, bytes | None], Awaitable[Rendering]]


async def _none() -> None:
    """No source: most files need nothing but their description."""


class RenderCache:
    """The renderings of one process.

    Args:
        bytes_max: how many bytes of renderings are kept.
        run: calls a function with its arguments off the event loop.
        check: raises if nothing shall be made any more; what it raises ends what is under way.
    """

    def __init__(
        self, *, bytes_max: int = BYTES_MAX, run: Run = asyncio.to_thread, check: Check = unchecked
    ) -> None:
        self._run = run
        self._check = check
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[MediaFile, Rendering] = OrderedDict()
        self._making: dict[MediaFile, asyncio.Task[Rendering]] = {}
        self._one_large = asyncio.Lock()
        self._quick_turns = asyncio.Semaphore(QUICK_AT_ONCE)
        self._long_turns = asyncio.Semaphore(LONG_AT_ONCE)

    async def get(self, file: MediaFile, find_source: FindSource = _none) -> Rendering:
        """The rendering of this file, made now if nobody has looked at it lately.

        Args:
            find_source: returns the file that an enlargement enlarges, None if it is gone.
        """
        if file in self._kept:
            self._kept.move_to_end(file)
            return self._kept[file]
        if file not in self._making:
            task = asyncio.create_task(self._make(file, find_source))
            task.add_done_callback(lambda task: self._making.pop(file))
            self._making[file] = task
        # A client that goes away must not stop the making that another one waits for.
        return await asyncio.shield(self._making[file])

    async def _make(self, file: MediaFile, find_source: FindSource) -> Rendering:
        # Before its turn: the source may be another file, which wants a turn as well.
        source = await find_source()
        async with AsyncExitStack() as turn:
            if file.area_px > LARGE_PX:
                await turn.enter_async_context(self._one_large)
            await turn.enter_async_context(self._long_turns if file.takes_long else self._quick_turns)
            rendering = await self._run(self._rendered, file, source)
        self._keep(file, rendering)
        return rendering

    def _keep(self, file: MediaFile, rendering: Rendering) -> None:
        self._kept[file] = rendering
        self._bytes += len(rendering.content)
        while self._bytes > self._bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.content)

    def _rendered(self, file: MediaFile, source: bytes | None) -> Rendering:
        self._check()
        content = render(file, source, self._check)
        return Rendering(content, blake2b(content, digest_size=16).hexdigest())
