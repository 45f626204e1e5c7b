"""Globs over paths and ids: `*` is anything within a part, `**` anything at all, `?` one character."""

from __future__ import annotations

import re
from functools import lru_cache

WILD = {"**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits(glob: str, text: str) -> bool:
    """Whether the whole text is what the glob describes."""
    return _pattern(glob).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _pattern(glob: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*|\?)", glob)
    return re.compile("".join(WILD.get(part) or re.escape(part) for part in parts), re.DOTALL)
