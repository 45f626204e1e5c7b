"""The names that one part of a scenario has for what is in another, and which of them mean nothing.

A part that is wrong still declares names. Texts that stand where something is wrong count as names of
anything, so that no finding follows from another one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Finding
from mockkrea.core.globs import fits
from mockkrea.core.hints import clause, shortened
from mockkrea.core.initial_state import Setup
from mockkrea.core.meant import mistake_in_model, mistake_in_workspace
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.scenario.people import bare_setup
from mockkrea.scenario.shapes import Findings
from mockkrea.scenario.source import Path

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What may be named.

    `members` has the people of each workspace, `sessions` what steps call the sessions that are there.
    `doubtful` are texts that stand where something is wrong and names might be, `perhaps_kept` those and the
    ones in wrong steps.
    """

    models: Collection[str]
    members: Mapping[str, Collection[str]]
    people: Collection[str]
    api_tokens: Collection[str]
    access_tokens: Collection[str]
    sessions: Collection[str]
    doubtful: Collection[str]
    perhaps_kept: Collection[str]

    def note_model(self, id: str, path: Path, findings: Findings) -> None:
        """Note that there is no model with this id."""
        if id not in self.models and id not in self.doubtful:
            findings.append(Finding(path, f'there is no model "{shortened(id)}"{clause(id, self.models)}'))

    def note_models(self, glob: str, path: Path, findings: Findings) -> None:
        """Note that there is no model that this glob means."""
        if not any(fits(glob, each) for each in chain(self.models, self.doubtful)):
            self.note_model(glob, path, findings)

    def note_makers(self, glob: str, path: Path, findings: Findings) -> None:
        """The same, where trainings and node apps count as models."""
        if mistake_in_model(glob, self.doubtful) and (mistake := mistake_in_model(glob, self.models)):
            findings.append(Finding(path, mistake))

    def note_workspace(self, id: str, path: Path, findings: Findings) -> None:
        """Note that there is no workspace with this id."""
        mistake = mistake_in_workspace(id, self.members)
        if mistake and id not in self.doubtful:
            findings.append(Finding(path, mistake))

    def note_key(self, key: str, path: Path, findings: Findings) -> None:
        """Note that no workspace has this token; that of a world by its name always leads there."""
        known = (*self.api_tokens, *self.access_tokens)
        if not key.startswith(KEY_MARK) and key not in (*known, *self.doubtful):
            message = f'no workspace has the token "{shortened(key)}"{clause(key, known)}'
            findings.append(Finding(path, message))

    def note_seat(self, facts: Facts, path: Path, findings: Findings) -> None:
        """Note a person or a workspace that is not there, and a person who is no member of the workspace."""
        person, workspace = facts.get("person"), facts.get("workspace")
        if person is not None and person not in self.people and person not in self.doubtful:
            message = f'there is no person "{shortened(person)}"{clause(person, self.people)}'
            findings.append(Finding((*path, "person"), message))
        elif person not in (None, *self.doubtful, *self.members.get(workspace or "", (person,))):
            message = f'"{shortened(str(person))}" is no member of {shortened(str(workspace))}.'
            findings.append(Finding((*path, "workspace"), message))
        if workspace is None:
            return
        self.note_workspace(workspace, (*path, "workspace"), findings)
        if facts.get("legacy"):
            message = "a legacy session is bound to no workspace; leave workspace or legacy out."
            findings.append(Finding((*path, "workspace"), message))


def names_in(
    values: Facts,
    fresh: Setup,
    catalogue: Catalogue,
    *,
    doubtful: Collection[str],
    perhaps_kept: Collection[str],
) -> Names:
    """The names that a scenario with these values may use; what is wrong with the values does not matter."""
    setup = bare_setup(values.get("workspaces", ()), fresh, catalogue)
    sessions = values.get("oauth", {}).get("sessions", ())
    return Names(
        models={*(model.id for model in catalogue.models), *values.get("models", {}).get("add", {})},
        members={id: tuple(each.roles) for id, each in setup.workspaces.items()},
        people=tuple(setup.people),
        api_tokens=tuple(setup.tokens),
        access_tokens=[each["access_token"] for each in sessions if "access_token" in each],
        sessions=[each["as"] for each in sessions if "as" in each],
        doubtful=doubtful,
        perhaps_kept={*doubtful, *perhaps_kept},
    )


def placed(listed: Sequence[Facts], path: Path, key: str) -> list[tuple[Path, str]]:
    """The values of a key in a list of mappings that stands at this path, each with its own path."""
    return [((*path, index, key), each[key]) for index, each in enumerate(listed) if key in each]


def note_repeated(named: Iterable[tuple[Path, str]], sentence: str, findings: Findings) -> None:
    """Note every name that stands there again; `{}` in the sentence is the name."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            findings.append(Finding(path, sentence.format(f'"{shortened(name)}"')))
        seen.add(name)


def texts_at(paths: Iterable[Path], written: object) -> frozenset[str]:
    """Every text in what stands at these paths, keys too, and every number as a text."""
    return frozenset(text for path in paths for text in _texts_in(part_at(written, path)))


def part_at(written: Any, path: Path) -> object:  # noqa: ANN401 - any JSON
    """What stands at this path; None if nothing does."""
    for step in path:
        try:
            written = written[step]
        except (LookupError, TypeError):
            return None
    return written


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _texts_in(each)
    elif value is not None:
        yield str(value)
