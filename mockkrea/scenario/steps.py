"""What the steps of a scenario name: models, tokens, people, and what steps above them kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mockkrea.core.errors import Finding
from mockkrea.core.hints import clause, shortened
from mockkrea.scenario.kept import references
from mockkrea.scenario.names import Names
from mockkrea.scenario.shapes import Findings
from mockkrea.scenario.source import Path
from mockkrea.scenario.step_format import IDLE

UNAUTHORIZED = 401

Facts = Mapping[str, Any]


# What an act is about that a step above kept: the key that names it, and the acts that keep one. The first of
# these is meant to; what a request keeps may be anything.
SUBJECTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    **dict.fromkeys(("poll", "wait", "cancel"), ("job", ("submit", "call", "request"))),
    **dict.fromkeys(("refresh", "expire", "revoke"), ("session", ("sign_in", "request"))),
}


def note_wrong_steps(steps: Sequence[Facts], names: Names, findings: Findings) -> None:
    """Note whatever steps name that is not there."""
    # What wrong parts and steps would have kept may be a job or a session, as what a request keeps.
    perhaps = (*names.texts_of_wrong_parts, *names.texts_of_wrong_steps)
    kept_by = {**dict.fromkeys(perhaps, "request"), **dict.fromkeys(names.sessions, "sign_in")}
    for number, step in enumerate(steps):
        for act, facts in step.items():
            path: Path = ("steps", number, act)
            _note_not_kept(path, facts, kept_by, findings)
            if isinstance(facts, Mapping):
                _note_not_there(path, facts, names, findings)
                kept_by |= {facts["as"]: act} if "as" in facts else {}


def _note_not_kept(path: Path, facts: str | Facts, kept_by: Mapping[str, str], findings: Findings) -> None:
    """Note what no step above has kept: what the act is about, and every other name with its dollar."""
    act = str(path[-1])
    place: Path | None = None
    if act in SUBJECTS:
        key, _ = SUBJECTS[act]
        place = () if isinstance(facts, str) else (key,)
        name = facts if isinstance(facts, str) else facts.get(key)
        if name is not None:
            _note_no_subject((*path, *place), name, act, kept_by, findings)
    for where, name in references(facts):
        # A subject's name has no dollar; that was just said of one that has.
        if name not in kept_by and where != place:
            hint = clause(name, kept_by, '; a step keeps its answer with "as".')
            findings.append(Finding((*path, *where), f'nothing above is kept as "{shortened(name)}"{hint}'))


def _note_no_subject(path: Path, name: str, act: str, kept_by: Mapping[str, str], findings: Findings) -> None:
    key, keepers = SUBJECTS[act]
    known = [each for each, keeper in kept_by.items() if keeper in keepers]
    known += [IDLE] if act == "wait" else []
    if name not in known:
        hint = clause(name, known, f'; a {keepers[0]} names its {key} with "as".')
        findings.append(Finding(path, f'no {keepers[0]} above names a {key} "{shortened(name)}"{hint}'))


def _note_not_there(path: Path, facts: Facts, names: Names, findings: Findings) -> None:
    """Note a model, person, workspace or key that the world does not have."""
    act, key = path[-1], facts.get("key", "$")
    if act == "sign_in":
        names.note_seat(facts, path, findings)
    if act == "submit" and "model" in facts:
        names.note_model(facts["model"], (*path, "model"), findings)
    # Whoever wants to be refused may ask with any key.
    if not key.startswith("$") and facts.get("status") != UNAUTHORIZED:
        names.note_key(key, (*path, "key"), findings)
