"""Parts of a scenario as it is written, right or wrong, by their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mockkrea.scenario.shapes import Facts
from mockkrea.scenario.source import Path


def part_at(written: Any, path: Path) -> object:  # noqa: ANN401 - any JSON
    """What stands at this path; None if nothing does."""
    for step in path:
        try:
            written = written[step]
        except (LookupError, TypeError):
            return None
    return written


def placed(listed: Sequence[Facts], path: Path, key: str) -> list[tuple[Path, str]]:
    """The values of a key in a list of mappings that stands at this path, each with its own path."""
    return [((*path, index, key), each[key]) for index, each in enumerate(listed) if key in each]


def texts_at(paths: Iterable[Path], written: object) -> frozenset[str]:
    """Every text in what stands at these paths, keys too, and every number as a text."""
    return frozenset(text for path in paths for text in _texts_in(part_at(written, path)))


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
    elif value is not None:
        yield str(value)
