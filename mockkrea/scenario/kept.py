"""What steps keep for later ones: after `as: fox`, `$fox` in any text is what that answer is about.

`$fox` is the first of `MAIN` that the answer has, `$fox.key` any part of it, `$$` a dollar. A text that is
nothing but such a name becomes the part itself, which need not be text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockkrea.scenario.source import Path

# What an answer is about: a job, a file, a place for one, a session.
MAIN = ("job_id", "image_url", "upload_url", "access_token", "id")

REFERENCE = re.compile(r"\$(?:\$|([A-Za-z][A-Za-z0-9_-]*)((?:\.[A-Za-z0-9_-]+)*))")


class Missing(Exception):
    """A name stands for nothing; the message says why."""


def filled(value: Any, kept: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    """The value with what was kept in the place of its names.

    Raises:
        Missing: nothing was kept under a name, or it has no such part.
    """
    if isinstance(value, Mapping):
        return {key: filled(each, kept) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, kept) for each in value]
    if not isinstance(value, str):
        return value
    if (whole := REFERENCE.fullmatch(value)) and whole[1]:
        return _part(whole, kept)
    return REFERENCE.sub(lambda found: str(_part(found, kept)) if found[1] else "$", value)


def references(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every name in the value, and where it stands."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from references(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from references(each, (*path, index))
    elif isinstance(value, str):
        yield from ((path, found[1]) for found in REFERENCE.finditer(value) if found[1])


def _part(found: re.Match[str], kept: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    name, steps = found[1], found[2].split(".")[1:]
    if name not in kept:
        raise Missing(f'nothing was kept as "{name}": its step was refused, or its answer lost.')
    value = kept[name]
    if not steps:
        main = next((key for key in MAIN if isinstance(value, Mapping) and key in value), None)
        return value if main is None else value[main]
    for step in steps:
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (LookupError, TypeError, ValueError):
            raise Missing(f'what was kept as "{name}" has no part {".".join(steps)}.') from None
    return value
