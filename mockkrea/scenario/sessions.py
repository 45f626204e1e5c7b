"""OAuth in a scenario: who is approved without being asked, how long tokens live, and who is signed in."""

from __future__ import annotations

from dataclasses import replace

from mockkrea.core.consent import Consent, Lives, Session
from mockkrea.core.initial_state import Setup
from mockkrea.scenario.names import Names
from mockkrea.scenario.parts import placed
from mockkrea.scenario.repeats import note_repeated
from mockkrea.scenario.shapes import Facts, Findings
from mockkrea.scenario.source import Path
from mockkrea.settings import APPROVE_DEFAULT, APPROVE_NOBODY

# Keys that say how long something lives, and what that is in `Lives`.
LIVES = {"code_life": "code_us", "access_token_life": "access_us", "refresh_token_life": "refresh_us"}


def note_wrong_oauth(facts: Facts, names: Names, findings: Findings) -> None:
    """Note what of `oauth` names nothing, and what is there twice."""
    note_approved(facts.get("auto_approve", APPROVE_NOBODY), ("oauth", "auto_approve"), names, findings)
    listed, path = facts.get("sessions", ()), ("oauth", "sessions")
    for number, each in enumerate(listed):
        names.note_seat(each, (*path, number), findings)
    note_repeated(placed(listed, path, "as"), "there are two sessions {}.", findings)
    secrets = [*placed(listed, path, "access_token"), *placed(listed, path, "refresh_token")]
    taken: list[tuple[Path, str]] = [((), token) for token in names.api_tokens]
    note_repeated([*taken, *sorted(secrets)], "the token {} is given twice.", findings)


def note_approved(approved: str, path: Path, names: Names, findings: Findings) -> None:
    """Note that clients would be allowed for a workspace that is not there."""
    if approved not in (APPROVE_NOBODY, APPROVE_DEFAULT):
        names.note_workspace(approved, path, findings)


def with_oauth(facts: Facts, setup: Setup) -> Setup:
    """The setup with the sessions and lives of `oauth`."""
    lives = Lives(**{LIVES[key]: life_us for key, life_us in facts.items() if key in LIVES})
    return replace(
        setup, lives=lives, sessions=tuple(_session(each, setup) for each in facts.get("sessions", ()))
    )


def kept_by_clients(facts: Facts) -> dict[str, dict[str, str]]:
    """The tokens of the sessions that steps call by a name."""
    return {
        each["as"]: {key: each[key] for key in ("access_token", "refresh_token") if key in each}
        for each in facts.get("sessions", ())
        if "as" in each
    }


def _person_of(facts: Facts, setup: Setup) -> str:
    """Whose session it is: who is said, else the first member of its workspace, else the first person."""
    if "person" in facts:
        return str(facts["person"])
    workspace = setup.workspaces.get(facts.get("workspace", ""))
    return next(iter(setup.people if workspace is None else workspace.roles))


def _session(facts: Facts, setup: Setup) -> Session:
    person = _person_of(facts, setup)
    bound_to = facts.get("workspace", setup.people[person].default_workspace_id)
    return Session(
        consent=Consent(
            client_id=None, person_id=person, workspace_id=None if facts.get("legacy") else bound_to
        ),
        access_token=facts["access_token"],
        refresh_token=facts.get("refresh_token"),
        expired=facts.get("expired", False),
    )
