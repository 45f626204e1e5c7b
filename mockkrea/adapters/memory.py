"""How much of the process's memory the bodies of requests may take, all clients together."""

from __future__ import annotations

import asyncio

from mockkrea.core.errors import ServerBusy

# Four of the largest bodies: our own limit, Krea has none of this kind.
BODIES_BYTES_MAX = 420_000_000
RETRY_AFTER_S = 1

# Each takes three times its size while it is parsed.
PARSED_AT_ONCE_MAX = 2


class Bodies:
    """What the bodies of one process may take: bytes held at once, and how many are parsed at once.

    A body that came in one piece is not counted: it takes a few kilobytes, and most do.
    """

    def __init__(self, *, bytes_max: int = BODIES_BYTES_MAX) -> None:
        self.parsing = asyncio.Semaphore(PARSED_AT_ONCE_MAX)
        self.held_bytes = 0
        self._bytes_max = bytes_max

    def hold(self, size_bytes: int) -> None:
        """Count so many bytes more.

        Raises:
            ServerBusy: they would be too many.
        """
        if self.held_bytes + size_bytes > self._bytes_max:
            sentence = (
                f"The bodies of other requests take the {self._bytes_max:,} bytes that there are for them"
            )
            raise ServerBusy(f"{sentence}; try again.", retry_after_s=RETRY_AFTER_S)
        self.held_bytes += size_bytes

    def release(self, size_bytes: int) -> None:
        """Count so many bytes less."""
        self.held_bytes -= size_bytes
