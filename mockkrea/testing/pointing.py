"""Refusals that point at the line of the test, not at where the mock found out."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import ParamSpec, TypeVar

from mockkrea.core.errors import MockKreaError

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C")

# Special methods that ask a world.
ASKING = ("__enter__", "__iter__", "__len__")


class MockIsClosed(RuntimeError):
    """The mock does not serve any more."""


def pointing_at_the_test(cls: type[C]) -> type[C]:
    """The class; the traceback of what its public methods and properties refuse ends with their caller."""
    for name, each in list(vars(cls).items()):
        if name.startswith("_") and name not in ASKING:
            continue
        if isinstance(each, FunctionType):
            setattr(cls, name, _without_our_frames(each))
        elif isinstance(each, property) and each.fget is not None:
            setattr(cls, name, property(_without_our_frames(each.fget)))
    return cls


def _without_our_frames(method: Callable[P, R]) -> Callable[P, R]:
    @wraps(method)
    def call(*args: P.args, **named: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return method(*args, **named)
        except (MockKreaError, MockIsClosed, OSError) as refusal:
            raise refusal.with_traceback(None) from None

    return call
