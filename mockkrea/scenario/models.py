"""The models of a scenario: Krea's with other facts, further ones, and ones that end on a date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from mockkrea.core.catalogue import Catalogue, Category
from mockkrea.core.clock import day_of
from mockkrea.core.errors import Finding
from mockkrea.core.fields import NotationError
from mockkrea.core.hints import clause, shortened
from mockkrea.scenario.format import MODEL_ID
from mockkrea.scenario.shapes import Findings, must
from mockkrea.scenario.source import Path

Facts = Mapping[str, Any]


def catalogue_of(
    changes: Mapping[str, Facts], read_facts: Callable[[], dict[str, Any]] | None, findings: Findings
) -> Catalogue | None:
    """The catalogue with these changes; None if there are none, or what is wrong was noted.

    Args:
        read_facts: the facts of the catalogue that the package ships; None if the models are a document's.
    """
    if not any(changes.values()):
        return None
    if read_facts is None:
        message = "the server's models come from its --spec and cannot be changed."
        findings.append(Finding(("models",), message))
        return None
    facts = read_facts()
    models = dict(facts["models"])
    for path, id, change in _changes(changes):
        _note_wrong_names(path, id, change, models, findings)
        if findings:
            continue
        changed = {**models[change.get("like", id)], **_without(change, "like")}
        try:
            Catalogue.read({**facts, "models": {id: changed}})
        except NotationError as error:
            findings.append(Finding(path, error.reason))
        except ValueError as error:
            findings.append(Finding(path, str(error)))
        models[id] = changed
    return None if findings else Catalogue.read({**facts, "models": models})


def _changes(changes: Mapping[str, Facts]) -> Iterator[tuple[Path, str, Facts]]:
    for kind in ("override", "add", "deprecate"):
        for id, change in changes.get(kind, {}).items():
            yield ("models", kind, id), id, change


def _note_wrong_names(path: Path, id: str, change: Facts, models: Facts, findings: Findings) -> None:
    if "like" in change:
        _note_new_name(path, id, models, findings)
        if change["like"] not in models:
            findings.append(Finding((*path, "like"), _unknown(change["like"], models)))
    elif id not in models:
        findings.append(Finding(path, _unknown(id, models), at_key=True))
    replacement = change.get("replacement")
    if replacement is not None and replacement not in models:
        findings.append(Finding((*path, "replacement"), _unknown(replacement, models)))
    if "sunset" in change:
        try:
            day_of(change["sunset"])
        except ValueError:
            wanted = f"be a date such as 2026-12-31; it is {change['sunset']!r}."
            findings.append(must((*path, "sunset"), wanted))


def _note_new_name(path: Path, id: str, models: Facts, findings: Findings) -> None:
    if not re.fullmatch(MODEL_ID, id):
        wanted = f"be an id such as image/acme/dreamer, beginning with one of {', '.join(Category)}."
        findings.append(must(path, wanted)._replace(at_key=True))
    if id in models:
        findings.append(
            Finding(path, f'there is a model "{id}" already; "override" changes it.', at_key=True)
        )


def _unknown(id: str, models: Facts) -> str:
    return f'there is no model "{shortened(id)}"' + clause(id, models)


def _without(facts: Facts, key: str) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name != key}
