"""What the steps of a scenario name: models, tokens, people, and what steps above them kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockkrea.core.errors import Finding
from mockkrea.core.hints import clause, shortened
from mockkrea.scenario.kept import references
from mockkrea.scenario.names import Names
from mockkrea.scenario.shapes import Facts, Findings
from mockkrea.scenario.source import Path
from mockkrea.scenario.step_format import IDLE

UNAUTHORIZED = 401

# With these a step may want to be refused.
REFUSALS = frozenset({"status", "error", "answer"})


class Subject(NamedTuple):
    """What an act is about that a step above kept.

    `key` names it, `keeper` is the act that is meant to keep one; `others` may keep one too.
    """

    key: str
    keeper: str
    others: tuple[str, ...]


SUBJECTS: Mapping[str, Subject] = {
    **dict.fromkeys(("poll", "wait", "cancel"), Subject("job", "submit", ("call", "request"))),
    **dict.fromkeys(("refresh", "expire", "revoke"), Subject("session", "sign_in", ("request",))),
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
    subject = _subject(act, facts)
    if subject is not None:
        place, name = subject
        _note_no_subject((*path, *place), name, act, kept_by, findings)
    for where, name in references(facts):
        # A subject's name has no dollar; that was just said of one that has.
        is_subject = subject is not None and where == subject[0]
        if name not in kept_by and not is_subject:
            hint = clause(name, kept_by, '; a step keeps its answer with "as".')
            findings.append(Finding((*path, *where), f'nothing above is kept as "{shortened(name)}"{hint}'))


def _subject(act: str, facts: str | Facts) -> tuple[Path, str] | None:
    """Where in its facts an act names what it is about, and that name; None if it names nothing."""
    if act not in SUBJECTS:
        return None
    if isinstance(facts, str):
        return (), facts
    key = SUBJECTS[act].key
    return ((key,), facts[key]) if key in facts else None


def _note_no_subject(path: Path, name: str, act: str, kept_by: Mapping[str, str], findings: Findings) -> None:
    key, meant_keeper, others = SUBJECTS[act]
    known = [each for each, keeper in kept_by.items() if keeper in (meant_keeper, *others)]
    known += [IDLE] if act == "wait" else []
    if name not in known:
        hint = clause(name, known, f'; a {meant_keeper} names its {key} with "as".')
        findings.append(Finding(path, f'no {meant_keeper} above names a {key} "{shortened(name)}"{hint}'))


def _note_not_there(path: Path, facts: Facts, names: Names, findings: Findings) -> None:
    """Note a model, person, workspace or key that the world does not have."""
    act, key = path[-1], facts.get("key", "$")
    if act == "sign_in":
        names.note_seat(facts, path, findings)
    if act == "call" and "tool" in facts and not facts.keys() & REFUSALS:
        names.note_tool(facts["tool"], (*path, "tool"), findings)
    if act == "submit" and "model" in facts:
        names.note_model(facts["model"], (*path, "model"), findings)
    # Whoever wants to be refused may ask with any key.
    if not key.startswith("$") and facts.get("status") != UNAUTHORIZED:
        names.note_key(key, (*path, "key"), findings)
