"""The models of a scenario: Krea's with other facts, further ones, and ones that end on a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from mockkrea.core.catalogue import Catalogue, Category
from mockkrea.core.clock import day_of
from mockkrea.core.errors import Finding
from mockkrea.core.fields import NotationError
from mockkrea.core.hints import clause, shortened, shown
from mockkrea.scenario.format import MODEL_ID
from mockkrea.scenario.shapes import Facts, Findings, must
from mockkrea.scenario.source import Path
from mockkrea.validation import mistake_in


def changed_facts(
    changes: Mapping[str, Facts], read_facts: Callable[[], dict[str, Any]] | None, findings: Findings
) -> dict[str, Any] | None:
    """What `Catalogue.read` makes the catalogue with these changes of, unless something was noted.

    Args:
        read_facts: the facts of the catalogue that the package ships; None if the models are a document's.

    Returns:
        None if there are no changes, or no facts to change.
    """
    if not any(changes.values()):
        return None
    if read_facts is None:
        message = "the server's models come from its --spec and cannot be changed."
        findings.append(Finding(("models",), message))
        return None
    facts = read_facts()
    models = dict(facts["models"])
    so_far, in_the_end = set(models), {*models, *changes.get("add", {})}
    for kind in ("override", "add", "deprecate"):
        for id, change in changes.get(kind, {}).items():
            path: Path = ("models", kind, id)
            if kind == "add":
                _note_wrong_id(path, models, findings)
                _note_unknown(path, "like", change, so_far, findings)
                so_far.add(id)
            elif id not in so_far:
                findings.append(Finding(path, _unknown(id, so_far), at_key=True))
            _note_unknown(path, "replacement", change, in_the_end, findings)
            _note_no_date(path, change, findings)
            base = models.get(change.get("like", "") if kind == "add" else id)
            if base is not None and re.fullmatch(MODEL_ID, id):
                models[id] = _changed(path, base, change, facts, findings)
    return {**facts, "models": models}


def _changed(path: Path, base: Facts, change: Facts, facts: Facts, findings: Findings) -> Facts:
    """The facts of a model with this change; as they were if it was noted that they cannot be so."""
    changes = {name: value for name, value in change.items() if name != "like"}
    before = len(findings)
    for name, value in changes.items():
        _note_unreadable((*path, name), {**base, name: value}, facts, findings)
    if len(findings) == before:
        _note_unreadable(path, {**base, **changes}, facts, findings)
    return {**base, **changes} if len(findings) == before else base


def _note_unreadable(path: Path, model: Facts, facts: Facts, findings: Findings) -> None:
    id = path[2]
    try:
        [read] = Catalogue.read({**facts, "models": {id: model}}).models
        if mistake := mistake_in(read.input_schema):
            findings.append(Finding(path, mistake))
    except NotationError as error:
        findings.append(Finding(path, error.reason))
    except ValueError as error:
        findings.append(Finding(path, str(error)))


def _note_unknown(path: Path, key: str, change: Facts, known: Collection[str], findings: Findings) -> None:
    if key in change and change[key] not in known:
        findings.append(Finding((*path, key), _unknown(change[key], known)))


def _note_no_date(path: Path, change: Facts, findings: Findings) -> None:
    if "sunset" in change:
        try:
            day_of(change["sunset"])
        except ValueError:
            date = shown(change["sunset"])
            wanted = f"be a date such as 2026-12-31; it is {date} (the calendar has no such day)."
            findings.append(must((*path, "sunset"), wanted))


def _note_wrong_id(path: Path, models: Facts, findings: Findings) -> None:
    id = str(path[-1])
    if not re.fullmatch(MODEL_ID, id):
        wanted = f"be an id such as image/acme/dreamer, beginning with one of {', '.join(Category)}."
        findings.append(must(path, wanted)._replace(at_key=True))
    if id in models:
        findings.append(
            Finding(path, f'there is a model "{id}" already; "override" changes it.', at_key=True)
        )


def _unknown(id: str, models: Iterable[str]) -> str:
    return f'there is no model "{shortened(id)}"' + clause(id, models)
