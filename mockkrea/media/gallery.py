"""Rendered pictures, drawn when somebody first looks.

Drawing takes milliseconds to seconds, so it happens in a thread. Two clients who ask for one
picture at once wait for one drawing; a picture that was drawn stays within a budget of bytes, the
one looked at longest ago going first. Large ones are drawn one at a time: each needs a byte of
memory per pixel and more.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import blake2b

from mockkrea.media.picture import Picture
from mockkrea.media.size import LARGE_PX

BYTES_MAX = 64_000_000


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture's file. `etag` names these very bytes."""

    content: bytes
    etag: str


class Gallery:
    """The renderings of one process.

    Args:
        bytes_max: how many bytes of renderings are kept.
    """

    def __init__(self, *, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._kept: OrderedDict[Picture, Rendering] = OrderedDict()
        self._drawing: dict[Picture, asyncio.Task[Rendering]] = {}
        self._one_large = asyncio.Lock()

    async def show(self, picture: Picture) -> Rendering:
        """The picture's file, drawn now if nobody has looked at it lately."""
        if picture in self._kept:
            self._kept.move_to_end(picture)
            return self._kept[picture]
        if picture not in self._drawing:
            task = asyncio.create_task(self._draw(picture))
            task.add_done_callback(lambda task: self._drawing.pop(picture))
            self._drawing[picture] = task
        # A client that goes away must not stop the drawing that another one waits for.
        return await asyncio.shield(self._drawing[picture])

    async def _draw(self, picture: Picture) -> Rendering:
        async with AsyncExitStack() as turn:
            if picture.width * picture.height > LARGE_PX:
                await turn.enter_async_context(self._one_large)
            rendering = await asyncio.to_thread(_rendered, picture)
        self._keep(picture, rendering)
        return rendering

    def _keep(self, picture: Picture, rendering: Rendering) -> None:
        self._kept[picture] = rendering
        self._bytes += len(rendering.content)
        while self._bytes > self._bytes_max:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.content)


def _rendered(picture: Picture) -> Rendering:
    # Pillow costs a tenth of a second to import; a server that nobody asks for a picture never does.
    from mockkrea.media.draw import render

    content = render(picture)
    return Rendering(content, blake2b(content, digest_size=16).hexdigest())
