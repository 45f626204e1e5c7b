"""Lists in a scenario in which a name may stand only once."""

from __future__ import annotations

from collections.abc import Iterable

from mockkrea.core.errors import Finding
from mockkrea.core.hints import shortened
from mockkrea.scenario.shapes import Findings
from mockkrea.scenario.source import Path


def note_repeated(named: Iterable[tuple[Path, str]], sentence: str, findings: Findings) -> None:
    """Note every name that stands there again; `{}` in the sentence is the name."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            findings.append(Finding(path, sentence.format(f'"{shortened(name)}"')))
        seen.add(name)
