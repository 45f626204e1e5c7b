"""The signals that end a process: it ends as by an exception, so that what it has made is cleared away."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

# What shells add to the number of the signal that ended a command.
SIGNALLED = 128

# Ctrl-C, the end that others ask for, and a terminal that is closed; not every system has all of them.
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def end_by_exception() -> None:
    """From here on a signal that ends this process raises SystemExit in its main thread, 128 and its number.

    What is ignored, as under nohup, stays so.
    """
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _exit)


@contextmanager
def held_back() -> Iterator[None]:
    """While the block runs, no signal ends this thread; one that comes does so after it.

    For what must not be left half done, such as a folder that is there and not yet to be cleared away.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(SIGNALLED + number)
