"""OAuth in a scenario: who is approved without being asked, how long tokens live, and who is signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from mockkrea.core.consent import Consent, Lives, Session
from mockkrea.core.errors import Finding
from mockkrea.core.hints import clause, shortened
from mockkrea.core.initial_state import Setup
from mockkrea.scenario.people import no_workspace
from mockkrea.scenario.shapes import Findings
from mockkrea.scenario.source import Path
from mockkrea.settings import APPROVE_DEFAULT, APPROVE_NOBODY

Facts = Mapping[str, Any]

# Keys that say how long something lives, and what that is in `Lives`.
LIVES = {"code_life": "code_us", "access_token_life": "access_us", "refresh_token_life": "refresh_us"}


def with_oauth(facts: Facts, setup: Setup, findings: Findings) -> Setup:
    """The setup with the sessions and lives of `oauth`; notes what contradicts itself."""
    approved = facts.get("auto_approve", APPROVE_NOBODY)
    if approved not in (APPROVE_NOBODY, APPROVE_DEFAULT, *setup.workspaces):
        findings.append(Finding(("oauth", "auto_approve"), no_workspace(approved, setup)))
    listed = facts.get("sessions", ())
    _note_contradictions(listed, setup, findings)
    if findings:
        return setup
    lives = Lives(**{LIVES[key]: life_us for key, life_us in facts.items() if key in LIVES})
    return replace(setup, lives=lives, sessions=tuple(_session(each, setup) for each in listed))


def kept_by_clients(facts: Facts) -> dict[str, dict[str, str]]:
    """The tokens of the sessions that steps call by a name."""
    return {
        each["as"]: {key: each[key] for key in ("access_token", "refresh_token") if key in each}
        for each in facts.get("sessions", ())
        if "as" in each
    }


def person_of(facts: Facts, setup: Setup) -> str:
    """Whose session it is: who is said, else the first member of its workspace, else the first person."""
    if "person" in facts:
        return str(facts["person"])
    workspace = setup.workspaces.get(facts.get("workspace", ""))
    return next(iter(setup.people if workspace is None else workspace.roles))


def note_wrong_seat(path: Path, facts: Facts, setup: Setup, findings: Findings) -> None:
    """Note a person or a workspace that is not there, and a person who is no member of the workspace."""
    person, workspace = person_of(facts, setup), facts.get("workspace")
    if person not in setup.people:
        message = f'there is no person "{person}"{clause(person, setup.people)}'
        findings.append(Finding((*path, "person"), message))
    elif workspace is not None and workspace not in setup.workspaces:
        findings.append(Finding((*path, "workspace"), no_workspace(workspace, setup)))
    elif workspace is not None and person not in setup.workspaces[workspace].roles:
        findings.append(Finding((*path, "workspace"), f'"{person}" is no member of {workspace}.'))
    if workspace is not None and facts.get("legacy"):
        message = "a legacy session is bound to no workspace; leave workspace or legacy out."
        findings.append(Finding((*path, "workspace"), message))


def _note_contradictions(listed: list[Facts], setup: Setup, findings: Findings) -> None:
    names: set[str] = set()
    secrets = set(setup.tokens)
    for number, facts in enumerate(listed):
        path: Path = ("oauth", "sessions", number)
        note_wrong_seat(path, facts, setup, findings)
        for key in ("access_token", "refresh_token"):
            if key in facts and facts[key] in secrets:
                findings.append(Finding((*path, key), f'the token "{shortened(facts[key])}" is given twice.'))
            secrets.add(facts.get(key, ""))
        if facts.get("as") in names:
            findings.append(Finding((*path, "as"), f'there are two sessions "{facts["as"]}".'))
        names |= {facts["as"]} if "as" in facts else set()


def _session(facts: Facts, setup: Setup) -> Session:
    person = person_of(facts, setup)
    bound_to = facts.get("workspace", setup.people[person].default_workspace_id)
    return Session(
        consent=Consent(
            client_id=None, person_id=person, workspace_id=None if facts.get("legacy") else bound_to
        ),
        access_token=facts["access_token"],
        refresh_token=facts.get("refresh_token"),
        expired=facts.get("expired", False),
    )
