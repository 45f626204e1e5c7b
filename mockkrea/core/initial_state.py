"""How a world begins: who is there, and what they have before the first request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from mockkrea.core.clock import moment_of
from mockkrea.core.consent import Lives, Session
from mockkrea.core.ledger import Meter
from mockkrea.core.money import Unit, parts_of
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.styles import Moodboard, Style, cover_path
from mockkrea.core.workspaces import ApiToken, Person, Plan, Role, TokenKind, Workspace

Facts = Mapping[str, object]

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Everything a fresh world begins with. `grants` is by workspace id, in smallest parts."""

    people: Mapping[str, Person]
    workspaces: Mapping[str, Workspace]
    tokens: Mapping[str, ApiToken]
    grants: Mapping[str, Mapping[Unit, int]]
    styles: Mapping[str, Style] = field(default_factory=dict)
    moodboards: Mapping[str, Moodboard] = field(default_factory=dict)
    lives: Lives = field(default_factory=Lives)
    sessions: tuple[Session, ...] = ()

    @property
    def default_key(self) -> str:
        """The API token that documentation and clients use when nothing else is said."""
        return next(iter(self.tokens))

    @classmethod
    def read(cls, facts: Facts) -> Setup:
        """The setup that `fixtures/world.yaml` describes; every scalar is the text in the file."""
        plans = {id: _plan(id, each) for id, each in _items(facts["plans"])}
        return cls(
            people={id: _person(id, each) for id, each in _items(facts["people"])},
            workspaces={id: _workspace(id, each, plans) for id, each in _items(facts["workspaces"])},
            tokens={secret: _token(secret, each) for secret, each in _items(facts["tokens"])},
            grants={id: _grants(each) for id, each in _items(facts["workspaces"])},
            styles={each.id: each for each in _numbered(_style, facts.get("styles", {}))},
            moodboards={each.id: each for each in _numbered(_moodboard, facts.get("moodboards", {}))},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InitialConditions:
    """What differs between two worlds of one setup."""

    seed: int
    at_us: int
    frozen: bool
    jobs_kept: int


def fresh_state(setup: Setup, conditions: InitialConditions) -> State:
    """A world in its first moment."""
    at_us = conditions.at_us
    state = State(
        seed=conditions.seed,
        now_us=at_us,
        settled_us=at_us,
        frozen=conditions.frozen,
        jobs_kept=conditions.jobs_kept,
    )
    state.directory.people.update(setup.people)
    state.directory.workspaces.update(setup.workspaces)
    state.directory.tokens.update(setup.tokens)
    consents = state.directory.consents
    consents.lives = setup.lives
    for session in setup.sessions:
        consents.resume(state.seed, session, at_us=at_us)
    state.library.styles.update(setup.styles)
    state.library.styles_made = len(setup.styles)
    state.library.moodboards.update(setup.moodboards)
    state.library.moodboards_made = len(setup.moodboards)
    for workspace_id, workspace in setup.workspaces.items():
        state.ledger.open(workspace_id, at_us=at_us, daily_cu_thousandths=workspace.plan.daily_cu_thousandths)
        for unit, amount in setup.grants[workspace_id].items():
            meter = Meter(workspace_id, unit)
            state.ledger.grant(meter, amount, at_us=at_us, memo="what the world began with")
    return state


def _plan(id: str, facts: Facts) -> Plan:
    daily_cu_thousandths = parts_of(Unit.COMPUTE_UNITS, str(facts.get("daily_compute_units", 0)))
    return Plan(
        id=id,
        name=str(facts["name"]),
        limits=_limits(facts["limits"]),
        daily_cu_thousandths=daily_cu_thousandths,
    )


def _person(id: str, facts: Facts) -> Person:
    return Person(
        id=id,
        name=str(facts["name"]),
        email=str(facts["email"]),
        default_workspace_id=str(facts["default_workspace"]),
    )


def _workspace(id: str, facts: Facts, plans: Mapping[str, Plan]) -> Workspace:
    plan = plans[str(facts["plan"])]
    return Workspace(
        id=id,
        name=str(facts["name"]),
        plan=plan,
        roles={person: Role(str(role)) for person, role in _items(facts["members"])},
        limits=_limits(facts["limits"]) if "limits" in facts else plan.limits,
    )


def _token(secret: str, facts: Facts) -> ApiToken:
    return ApiToken(
        secret=secret,
        workspace_id=str(facts["workspace"]),
        person_id=str(facts["person"]),
        kind=TokenKind(str(facts.get("kind", TokenKind.ORDINARY))),
    )


def _style(id: str, facts: Facts, number: int) -> Style:
    return Style(
        id=id,
        number=number,
        title=str(facts["title"]),
        owner_id=_optional(facts, "owner"),
        base_models=tuple(str(facts["models"]).split()),
        created_at_us=moment_of(str(facts["created"])),
        prompt=str(facts.get("prompt", "")),
        public=True,
        like_count=int(str(facts.get("likes", 0))),
        urls=(cover_path(id),),
        cover_url=cover_path(id),
    )


def _moodboard(id: str, facts: Facts, number: int) -> Moodboard:
    return Moodboard(
        id=id,
        number=number,
        name=str(facts["name"]),
        workspace_id=_optional(facts, "workspace"),
        image_urls=tuple(str(facts.get("images", "")).split()),
        created_at_us=moment_of(str(facts["created"])),
    )


def _grants(facts: Facts) -> dict[Unit, int]:
    return {unit: parts_of(unit, str(facts[unit])) for unit in Unit if unit in facts}


def _limits(facts: object) -> Limits:
    return Limits(**{name: int(str(number)) for name, number in _items(facts)})


def _numbered(read: Callable[[str, Facts, int], Thing], facts: object) -> list[Thing]:
    return [read(id, each, number) for number, (id, each) in enumerate(_items(facts), 1)]


def _optional(facts: Facts, key: str) -> str | None:
    return str(facts[key]) if key in facts else None


def _items(facts: object) -> Iterable[tuple[str, Any]]:
    assert isinstance(facts, Mapping), f"{facts!r} is no mapping"
    return facts.items()
