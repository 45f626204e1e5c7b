"""The keys of a scenario: one table for reading, for the JSON Schema and for what an editor shows."""

from __future__ import annotations

from typing import Any

from mockkrea.core.catalogue import Hosting
from mockkrea.core.money import Unit
from mockkrea.core.randomness import SEED_MAX
from mockkrea.core.workspaces import Role, TokenKind
from mockkrea.scenario.rules import fault_shape, outcome_shape, webhook_fault_shape
from mockkrea.scenario.sessions import LIVES
from mockkrea.scenario.shapes import (
    Anything,
    Duration,
    Findings,
    Flag,
    Key,
    ListOf,
    MapOf,
    Moment,
    Money,
    Schema,
    Short,
    Table,
    Text,
    Whole,
    Word,
)
from mockkrea.scenario.source import Path
from mockkrea.scenario.step_format import ID, NAME, SECRET, STATUS_HIGH, expectation_table, step_table
from mockkrea.settings import VALUES, Settings

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"


MODEL_ID = r"(image|video|enhance|audio|3d)/[a-z0-9_.-]+/[a-z0-9_./-]+"

PLANS = ("free", "pro", "enterprise")

# The lowest status that ends a request.
ANSWER_LOW = 200


class SettingsShape:
    """Settings by their names. Only the schema is told here: `Settings` itself reads and judges them."""

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        """The settings as they were given."""
        return MapOf(Anything()).read(value, path, findings)

    def schema(self) -> Schema:
        """Every setting with what its values are and its default."""
        usual = Settings().as_data()
        described = {
            name: {**value.schema, "description": value.expected, "default": usual[name]}
            for name, value in VALUES.items()
        }
        return {"type": "object", "properties": described, "additionalProperties": False}


def scenario_table() -> Table:
    """All keys of a scenario."""
    return Table(
        {
            "name": Key(Text("a name such as answer-lost-after-charge", ID), "What summaries call it."),
            "description": Key(Text(), "What it reproduces, and which part of a client it tests."),
            "seed": Key(Whole(-SEED_MAX, SEED_MAX), "Decides every id and every jitter; 0 if not given."),
            "clock": Key(_clock()),
            "settings": Key(SettingsShape(), "Settings by the names that `serve --set` takes."),
            "workspaces": Key(ListOf(_workspace(), "workspace", low=1), "All workspaces that there are."),
            "models": Key(_models()),
            "jobs": Key(ListOf(outcome_shape(), "rule"), "How jobs end that match a rule."),
            "faults": Key(
                ListOf(fault_shape(), "rule"),
                "What goes wrong with requests that match a rule.",
            ),
            "webhooks": Key(_webhooks(), "How webhooks are sent again, and what goes wrong on their way."),
            "oauth": Key(_oauth(), "Consent, how long tokens live, and sessions that are there."),
            "steps": Key(
                ListOf(step_table(), "step"),
                "What a well-behaved client does; `exec -- CMD` takes its place.",
            ),
            "expect": Key(ListOf(expectation_table(), "expectation"), "What must be true in the end."),
        }
    )


def json_schema() -> Schema:
    """The format as JSON Schema 2020-12."""
    return {"$schema": SCHEMA_ID, "title": "A scenario of mockkrea", **scenario_table().schema()}


def _clock() -> Table:
    return Table(
        {
            "mode": Key(Word(("real", "frozen")), "Whether time passes by itself."),
            "at": Key(Moment(), "When the world begins; the real present if not given."),
        }
    )


def _workspace() -> Table:
    return Table(
        {
            "id": Key(Text("an id such as studio", ID), required=True),
            "name": Key(Text()),
            "plan": Key(Word(PLANS)),
            "usd": Key(
                Money(Unit.USD),
                "The API balance, which pays for calls with an API token.",
                also=("api_balance", "balance", "dollars"),
            ),
            "compute_units": Key(
                Money(Unit.COMPUTE_UNITS),
                "What pays for OAuth sessions over MCP.",
                also=("units", "cu", "credits"),
            ),
            "members": Key(
                ListOf(Short("person", _member()), "member", low=1), "Who is in it, the owner first."
            ),
            "tokens": Key(ListOf(Short("secret", _token()), "token"), "API tokens that act for it."),
            "limits": Key(_limits(), "Those of the plan for what is not given; null is no limit."),
            "excluded_models": Key(
                ListOf(Text(), "model"), "Models that its plan lacks, as globs: video/**."
            ),
        }
    )


def _member() -> Table:
    return Table(
        {
            "person": Key(Text("a person's id such as ada", ID), required=True),
            "role": Key(Word(tuple(Role))),
            "name": Key(Text()),
        }
    )


def _token() -> Table:
    return Table(
        {
            "secret": Key(Text("an API token such as mockkrea:dev", SECRET), required=True),
            "person": Key(Text("the id of a member", ID)),
            "kind": Key(Word(tuple(TokenKind))),
        }
    )


def _limits() -> Table:
    number = Whole(or_none=True)
    return Table({name: Key(number) for name in ("concurrency", "backlog", "requests_per_minute")})


def _models() -> Table:
    facts = {
        "name": Key(Text()),
        "about": Key(Text()),
        "usd": Key(Anything(), "The price, as in the catalogue: 0.03, 0.5/s, or a table."),
        "compute_units": Key(Anything()),
        "seconds": Key(Anything(), "How long a job takes: 8, or 30..40."),
        "hosting": Key(Word(tuple(Hosting))),
        "unfinished_max": Key(Whole(1)),
        "sunset": Key(Text("a date such as 2026-12-31", r"\d{4}-\d\d-\d\d")),
        "replacement": Key(Text("the id of a model", MODEL_ID)),
        "fields": Key(Anything(), "The body's fields in the notation of the catalogue."),
    }
    ending = {"sunset": Key(facts["sunset"].shape, required=True), "replacement": facts["replacement"]}
    like = Key(
        Text("the id of a model", MODEL_ID), "Whose facts it has but for those given here.", required=True
    )
    return Table(
        {
            "override": Key(MapOf(Table(facts)), "Other facts of models that there are, by their ids."),
            "add": Key(MapOf(Table({"like": like, **facts})), "Models that Krea does not have."),
            "deprecate": Key(MapOf(Table(ending)), "Models that end on a date."),
        }
    )


def _webhooks() -> Table:
    about = "After each failed attempt, how long until the next; empty for no second attempt."
    receiver = ListOf(Whole(ANSWER_LOW, STATUS_HIGH), "status", low=1)
    return Table(
        {
            "retry_after": Key(ListOf(Duration(), "wait"), about, also=("retries", "retry", "backoff")),
            "receiver": Key(
                receiver,
                "While the steps are played nothing is sent: these are the answers, one for each attempt, the"
                " last of them for all further ones; 200 if not given.",
            ),
            "faults": Key(ListOf(webhook_fault_shape(), "rule"), "What goes wrong on the way."),
        }
    )


def _oauth() -> Table:
    session = {
        "as": Key(Text("a name such as old", NAME), "What steps call it."),
        "access_token": Key(Text("a text without spaces", SECRET), "What its client sends.", required=True),
        "refresh_token": Key(Text("a text without spaces", SECRET), "Without one it cannot be refreshed."),
        "person": Key(Text("a person's id such as ada", ID), "The owner of the workspace if not given."),
        "workspace": Key(Text("the id of a workspace", ID), "The person's default one if not given."),
        "legacy": Key(Flag(), "Bound to no workspace, as sessions from before Krea's picker are."),
        "expired": Key(Flag(), "Whether the access token has ended already."),
    }
    lives = {key: Key(Duration()) for key in LIVES}
    return Table(
        {
            "auto_approve": Key(
                Text('"default", "off" or the id of a workspace', ID), "Allow clients without asking anybody."
            ),
            **lives,
            "sessions": Key(ListOf(Table(session), "session"), "Who is signed in when the world begins."),
        }
    )
