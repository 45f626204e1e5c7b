"""What scenario files say of themselves, without reading them as scenarios."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import yaml


class Summary(NamedTuple):
    """A scenario's name and what it is for."""

    name: str
    description: str


def summaries(files: Iterable[Path]) -> list[Summary]:
    """What each of these files says of itself; its name is the one that it is found by."""
    return [Summary(path.stem, _description(path)) for path in files]


def _description(path: Path) -> str:
    tree = yaml.load(path.read_bytes(), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    return str(tree.get("description", "")).strip()
