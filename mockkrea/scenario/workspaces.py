"""What contradicts itself in the workspaces of a scenario."""

from __future__ import annotations

from collections.abc import Sequence

from mockkrea.core.errors import Finding
from mockkrea.core.hints import clause, shortened
from mockkrea.scenario.names import Names
from mockkrea.scenario.parts import placed
from mockkrea.scenario.repeats import note_repeated
from mockkrea.scenario.shapes import Facts, Findings
from mockkrea.scenario.source import Path


def note_wrong_workspaces(listed: Sequence[Facts], names: Names, findings: Findings) -> None:
    """Note what is there twice, tokens of strangers, and models that are left out in vain."""
    note_repeated(placed(listed, ("workspaces",), "id"), "there are two workspaces {}.", findings)
    secrets: list[tuple[Path, str]] = []
    for number, facts in enumerate(listed):
        path: Path = ("workspaces", number)
        note_repeated(
            placed(facts.get("members", ()), (*path, "members"), "person"),
            "{} is a member already.",
            findings,
        )
        secrets += placed(facts.get("tokens", ()), (*path, "tokens"), "secret")
        _note_strangers(facts, path, names, findings)
        for index, glob in enumerate(facts.get("excluded_models", ())):
            names.note_models(glob, (*path, "excluded_models", index), findings)
    note_repeated(secrets, "the token {} is given twice.", findings)


def _note_strangers(facts: Facts, path: Path, names: Names, findings: Findings) -> None:
    listed = [each["person"] for each in facts.get("members", ()) if "person" in each]
    known = listed or names.members.get(facts.get("id", ""), ())
    for where, person in placed(facts.get("tokens", ()), (*path, "tokens"), "person"):
        if known and person not in (*known, *names.texts_of_wrong_parts):
            hint = clause(person, known, f"; known: {shortened(', '.join(known))}.")
            workspace = shortened(facts.get("id", "this workspace"))
            message = f'"{shortened(person)}" is no member of {workspace}{hint}'
            findings.append(Finding(where, message))
