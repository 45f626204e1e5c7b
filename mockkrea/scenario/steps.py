"""What the steps of a scenario name: models, tokens, people, and what steps above them kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.errors import Finding
from mockkrea.core.hints import clause, shortened
from mockkrea.core.initial_state import Setup
from mockkrea.scenario.kept import references
from mockkrea.scenario.people import no_model
from mockkrea.scenario.sessions import note_wrong_seat
from mockkrea.scenario.shapes import Findings
from mockkrea.scenario.source import Path
from mockkrea.scenario.step_format import IDLE

UNAUTHORIZED = 401

# Acts that are about a job or a session that is there already, and acts whose answer may be one.
OF_JOBS, JOB_MAKERS = ("poll", "wait", "cancel"), ("submit", "call", "request")
OF_SESSIONS, SESSION_MAKERS = ("refresh", "expire", "revoke"), ("sign_in", "request")

Facts = Mapping[str, Any]


def note_wrong_steps(
    steps: Sequence[Facts], sessions: Iterable[str], setup: Setup, catalogue: Catalogue, findings: Findings
) -> None:
    """Note whatever steps name that is not there; `sessions` are those that are there at the beginning."""
    made_by = dict.fromkeys(sessions, "sign_in")
    for number, step in enumerate(steps):
        [(act, facts)] = step.items()
        path: Path = ("steps", number, act)
        for where, name in references(facts):
            if name not in made_by:
                hint = clause(name, made_by, '; a step keeps its answer with "as".')
                findings.append(
                    Finding((*path, *where), f'nothing above is kept as "{shortened(name)}"{hint}')
                )
        if act in OF_JOBS:
            _note_unknown_job(path, facts if isinstance(facts, str) else facts["job"], made_by, findings)
        if act in OF_SESSIONS:
            _note_unknown_session(
                path, facts if isinstance(facts, str) else facts["session"], made_by, findings
            )
        if not isinstance(facts, Mapping):
            continue
        if act == "sign_in":
            note_wrong_seat(path, facts, setup, findings)
        if act == "submit" and facts["model"] not in {model.id for model in catalogue.models}:
            findings.append(Finding((*path, "model"), no_model(facts["model"], catalogue)))
        _note_unknown_key(facts, path, setup, findings)
        if "as" in facts:
            made_by[facts["as"]] = act


def _note_unknown_job(path: Path, name: str, made_by: Mapping[str, str], findings: Findings) -> None:
    known = [each for each, act in made_by.items() if act in JOB_MAKERS]
    if name not in known and (path[-1], name) != ("wait", IDLE):
        hint = clause(name, known, '; a submit names its job with "as".')
        findings.append(Finding(path, f'no submit above names a job "{shortened(name)}"{hint}'))


def _note_unknown_session(path: Path, name: str, made_by: Mapping[str, str], findings: Findings) -> None:
    known = [each for each, act in made_by.items() if act in SESSION_MAKERS]
    if name not in known:
        hint = clause(name, known, '; a sign_in names its session with "as".')
        findings.append(Finding(path, f'no sign_in above names a session "{shortened(name)}"{hint}'))


def _note_unknown_key(facts: Facts, path: Path, setup: Setup, findings: Findings) -> None:
    key = facts.get("key", "$")
    known = [*setup.tokens, *(session.access_token for session in setup.sessions)]
    # Whoever wants to be refused may ask with any key.
    if not key.startswith("$") and key not in known and facts.get("status") != UNAUTHORIZED:
        message = f'no workspace has the token "{shortened(key)}"{clause(key, known)}'
        findings.append(Finding((*path, "key"), message))
