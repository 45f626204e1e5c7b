"""The models of a scenario: Krea's with other facts, further ones, and ones that end on a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockkrea.core.catalogue import Catalogue, Category
from mockkrea.core.clock import day_of
from mockkrea.core.fields import NotationError
from mockkrea.scenario.format import MODEL_ID
from mockkrea.scenario.shapes import Note, Notes, nearest
from mockkrea.scenario.source import Path

Facts = Mapping[str, Any]


def catalogue_of(
    changes: Mapping[str, Facts], read_facts: Callable[[], dict[str, Any]] | None, notes: Notes
) -> Catalogue | None:
    """The catalogue with these changes; None if there are none, or what is wrong was noted.

    Args:
        read_facts: the facts of the catalogue that the package ships; None if the models are a document's.
    """
    if not any(changes.values()):
        return None
    if read_facts is None:
        notes.append(Note(("models",), "the server's models come from its --spec and cannot be changed."))
        return None
    facts = read_facts()
    models = dict(facts["models"])
    for path, id, change in _changes(changes):
        _note_wrong_names(path, id, change, models, notes)
        if notes:
            continue
        changed = {**models[change.get("like", id)], **_without(change, "like")}
        try:
            Catalogue.read({**facts, "models": {id: changed}})
        except (NotationError, ValueError) as error:
            notes.append(Note(path, str(error).removeprefix(f"{id}: ")))
        models[id] = changed
    return None if notes else Catalogue.read({**facts, "models": models})


def _changes(changes: Mapping[str, Facts]) -> Iterator[tuple[Path, str, Facts]]:
    for kind in ("override", "add", "deprecate"):
        for id, change in changes.get(kind, {}).items():
            yield ("models", kind, id), id, change


def _note_wrong_names(path: Path, id: str, change: Facts, models: Facts, notes: Notes) -> None:
    if "like" in change:
        _note_new_name(path, id, models, notes)
        if change["like"] not in models:
            notes.append(Note((*path, "like"), _unknown(change["like"], models)))
    elif id not in models:
        notes.append(Note(path, _unknown(id, models), at_key=True))
    replacement = change.get("replacement")
    if replacement is not None and replacement not in models:
        notes.append(Note((*path, "replacement"), _unknown(replacement, models)))
    if "sunset" in change:
        try:
            day_of(change["sunset"])
        except ValueError:
            message = f"must be a date such as 2026-12-31; it is {change['sunset']!r}."
            notes.append(Note((*path, "sunset"), message))


def _note_new_name(path: Path, id: str, models: Facts, notes: Notes) -> None:
    if not re.fullmatch(MODEL_ID, id):
        message = f"must be an id such as image/acme/dreamer, beginning with one of {', '.join(Category)}."
        notes.append(Note(path, message, at_key=True))
    if id in models:
        notes.append(Note(path, f'there is a model "{id}" already; "override" changes it.', at_key=True))


def _unknown(id: str, models: Facts) -> str:
    near = nearest(id, models)
    return f'there is no model "{id[:80]}"' + (f'; did you mean "{near}"?' if near else ".")


def _without(facts: Facts, key: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != key}
