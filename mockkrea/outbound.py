"""Which places outside this process it has begun to connect to, for whoever wants proof that there are none.

Python tells an audit hook of each `socket.connect`. Connections of uvloop are made in C and not told, so
whoever makes one says so itself, by the event `CONNECT`. A hook stays until the process ends.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

# Raised with host and port by whatever connects on purpose.
CONNECT = "mockkrea.connect"
BY_PYTHON = ("socket.connect", "socket.sendto", "socket.sendmsg")

PLACES_MAX = 100


class Contact(NamedTuple):
    """Where a connection went, and whether on purpose."""

    host: str
    port: int
    on_purpose: bool


class Outbound:
    """The places that connections of this process went to since `watch`, each once; the first hundred."""

    def __init__(self) -> None:
        self.is_watching = False
        self._places: dict[tuple[str, int], Contact] = {}

    def watch(self) -> None:
        """Take down connections from now on, to the end of the process."""
        sys.addaudithook(self.hear)
        self.is_watching = True

    def places(self) -> list[Contact]:
        """Where they went, in the order in which they began."""
        return list(self._places.values())

    def hear(self, event: str, args: tuple[object, ...]) -> None:
        """The audit hook: called for everything that Python does, so it has to be quick."""
        if event == CONNECT:
            self._take_down(args, on_purpose=True)
        elif event in BY_PYTHON and isinstance(args[1], tuple):
            # The address of a socket to another program of this machine is a path, no tuple.
            self._take_down(args[1], on_purpose=False)

    def _take_down(self, address: tuple[object, ...], *, on_purpose: bool) -> None:
        host, port = str(address[0]), int(str(address[1]))
        if len(self._places) < PLACES_MAX:
            self._places.setdefault((host, port), Contact(host, port, on_purpose))
