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

# Acts that are about a job or a session that is there already, and acts whose answer may be one.
OF_JOBS, JOB_MAKERS = ("poll", "wait", "cancel"), ("submit", "call", "request")
OF_SESSIONS, SESSION_MAKERS = ("refresh", "expire", "revoke"), ("sign_in", "request")

Facts = Mapping[str, Any]


def note_wrong_steps(steps: Sequence[Facts], names: Names, findings: Findings) -> None:
    """Note whatever steps name that is not there."""
    # What is perhaps kept may be a job or a session, as what a request keeps.
    made_by = {**dict.fromkeys(names.perhaps_kept, "request"), **dict.fromkeys(names.sessions, "sign_in")}
    for number, step in enumerate(steps):
        for act, facts in step.items():
            path: Path = ("steps", number, act)
            _note_not_kept(path, facts, made_by, findings)
            if isinstance(facts, Mapping):
                _note_wrong_names(path, facts, names, findings)
                made_by |= {facts["as"]: act} if "as" in facts else {}


def _note_not_kept(path: Path, facts: object, made_by: Mapping[str, str], findings: Findings) -> None:
    """Note what no step above has kept."""
    names_kept = path[-1] in OF_JOBS + OF_SESSIONS
    for where, name in references(facts):
        # Such a name is judged below, and has no dollar.
        is_name = names_kept and where in ((), ("job",), ("session",))
        if name not in made_by and not is_name:
            hint = clause(name, made_by, '; a step keeps its answer with "as".')
            findings.append(Finding((*path, *where), f'nothing above is kept as "{shortened(name)}"{hint}'))
    for acts, key, note in (
        (OF_JOBS, "job", _note_unknown_job),
        (OF_SESSIONS, "session", _note_unknown_session),
    ):
        if path[-1] not in acts:
            continue
        if isinstance(facts, str):
            note(path, facts, made_by, findings)
        elif isinstance(facts, Mapping) and key in facts:
            note((*path, key), facts[key], made_by, findings)


def _note_unknown_job(path: Path, name: str, made_by: Mapping[str, str], findings: Findings) -> None:
    known = [each for each, act in made_by.items() if act in JOB_MAKERS]
    known += [IDLE] if path[-1] == "wait" else []
    if name not in known:
        hint = clause(name, known, '; a submit names its job with "as".')
        findings.append(Finding(path, f'no submit above names a job "{shortened(name)}"{hint}'))


def _note_unknown_session(path: Path, name: str, made_by: Mapping[str, str], findings: Findings) -> None:
    known = [each for each, act in made_by.items() if act in SESSION_MAKERS]
    if name not in known:
        hint = clause(name, known, '; a sign_in names its session with "as".')
        findings.append(Finding(path, f'no sign_in above names a session "{shortened(name)}"{hint}'))


def _note_wrong_names(path: Path, facts: Facts, names: Names, findings: Findings) -> None:
    act, key = path[-1], facts.get("key", "$")
    if act == "sign_in":
        names.note_seat(facts, path, findings)
    if act == "submit" and "model" in facts:
        names.note_model(facts["model"], (*path, "model"), findings)
    # Whoever wants to be refused may ask with any key.
    if not key.startswith("$") and facts.get("status") != UNAUTHORIZED:
        names.note_key(key, (*path, "key"), findings)
