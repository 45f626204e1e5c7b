"""Which handlers a path has: a table of patterns, looked up by the first part and the number of parts.

A pattern is a path in which `{name}` stands for any one part that is not empty, and `{name...}`, at the
end, for all that follows. What stood there is `Request.args`, in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mockkrea.adapters.http_answers import Handler

Methods = Mapping[str, Handler]


class Routes:
    """Handlers by pattern and method.

    Args:
        table: pattern → method → handler. `GET` answers HEAD as well.
    """

    def __init__(self, table: Mapping[str, Methods]) -> None:
        self._open: dict[str, Methods] = {}
        self._by_shape: dict[tuple[str, int], list[_Pattern]] = {}
        for pattern, methods in table.items():
            parts = pattern[1:].split("/")
            if parts[-1].endswith("...}"):
                assert len(parts) == 2, f"{pattern}: only what follows the first part can be left open"
                self._open[parts[0]] = methods
            else:
                self._by_shape.setdefault((parts[0], len(parts)), []).append(_Pattern.of(parts, methods))

    def at(self, path: str) -> tuple[Methods, tuple[str, ...]]:
        """The handlers of this path, none where the table has no such path, and its `args`."""
        parts = path[1:].split("/")
        first = parts[0]
        if first in self._open and len(parts) > 1 and path[len(first) + 2 :]:
            return self._open[first], (path[len(first) + 2 :],)
        for pattern in self._by_shape.get((first, len(parts)), ()):
            for place, text in pattern.texts:
                if parts[place] != text:
                    break
            else:
                args = tuple([parts[place] for place in pattern.placeholders])
                if all(args):
                    return pattern.methods, args
        return {}, ()


class _Pattern(NamedTuple):
    texts: tuple[tuple[int, str], ...]
    placeholders: tuple[int, ...]
    methods: Methods

    @classmethod
    def of(cls, parts: list[str], methods: Methods) -> _Pattern:
        numbered = list(enumerate(parts))
        return cls(
            tuple((place, part) for place, part in numbered[1:] if not part.startswith("{")),
            tuple(place for place, part in numbered if part.startswith("{")),
            methods,
        )
