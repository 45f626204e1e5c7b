"""The keys of a scenario: one table for reading, for the JSON Schema and for what an editor shows."""

from __future__ import annotations

from mockkrea.core.jobs import Status
from mockkrea.core.money import Unit
from mockkrea.core.workspaces import Role, TokenKind
from mockkrea.scenario.rules import fault_shape, outcome_shape
from mockkrea.scenario.shapes import (
    Anything,
    Duration,
    Flag,
    JsonObject,
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

SCHEMA_ID = "https://json-schema.org/draft/2020-12/schema"
SEED_MAX = 2**53 - 1

ID = r"[A-Za-z0-9_.-]{1,64}"
SECRET = r"[!-~]{1,256}"
STATUS_LOW, STATUS_HIGH = 100, 599
MODEL_ID = r"(image|video|enhance|audio|3d)/[a-z0-9_.-]+/[a-z0-9_./-]+"

ADAPTERS = ("rest", "mcp", "oauth", "files", "upload")
PLANS = ("free", "pro", "enterprise")
COUNTS = ("times", "at_least", "at_most", "none")

METERS = {Unit.USD: "usd", Unit.COMPUTE_UNITS: "compute_units"}


def scenario_table() -> Table:
    """All keys of a scenario."""
    return Table(
        {
            "name": Key(Text("a name such as answer-lost-after-charge", ID), "What summaries call it."),
            "description": Key(Text(), "What it reproduces, and which part of a client it tests."),
            "seed": Key(Whole(-SEED_MAX, SEED_MAX), "Decides every id and every jitter; 0 if not given."),
            "clock": Key(_clock()),
            "settings": Key(MapOf(Anything()), "Settings by the names that `serve --set` takes."),
            "workspaces": Key(ListOf(_workspace(), low=1), "All workspaces that there are."),
            "models": Key(_models()),
            "jobs": Key(ListOf(outcome_shape()), "How jobs end that match a rule."),
            "faults": Key(ListOf(fault_shape()), "What goes wrong with requests that match a rule."),
            "steps": Key(ListOf(_step()), "What a well-behaved client does; `exec -- CMD` takes its place."),
            "expect": Key(ListOf(_expectation()), "What must be true in the end."),
        }
    )


def json_schema() -> Schema:
    """The format as JSON Schema 2020-12."""
    return {"$schema": SCHEMA_ID, "title": "A scenario of mockkrea", **scenario_table().schema()}


def match_table() -> Table:
    """Which requests are meant, and how many of them there must be."""
    return Table({**_match_keys(), **_count_keys()}, one_of=(COUNTS,))


def question_table() -> Table:
    """The same with the match under a key of its own, as the control API takes it."""
    return Table({"match": Key(Table(_match_keys())), **_count_keys()}, one_of=(COUNTS,))


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
            "members": Key(ListOf(Short("person", _member()), low=1), "Who is in it, the owner first."),
            "tokens": Key(ListOf(Short("secret", _token())), "API tokens that act for it."),
            "limits": Key(_limits(), "Those of the plan for what is not given; null is no limit."),
            "excluded_models": Key(ListOf(Text()), "Models that its plan lacks, as globs: video/**."),
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
        "hosting": Key(Word(("krea", "external"))),
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


def _step() -> Table:
    job = Key(Text("the name of a job"), required=True)
    return Table(
        {
            "submit": Key(_submit(), "POST /generate/…"),
            "poll": Key(Short("job", Table({"job": job, "times": Key(Whole(1, 1_000)), **_answered()}))),
            "wait": Key(Text('the name of a job, or "idle"'), "Move the clock until it has ended."),
            "cancel": Key(Short("job", Table({"job": job, **_answered()})), "DELETE /jobs/…"),
            "upload": Key(Table({"as": Key(Text()), **_answered()}), "POST /assets, a small picture."),
            "advance": Key(Duration(), "Move the clock forward."),
            "request": Key(_request(), "Any other request."),
        },
        needs_one=True,
    )


def _submit() -> Table:
    return Table(
        {
            "model": Key(Text("the id of a model"), required=True),
            "body": Key(JsonObject(), 'Its input; "$name" stands for the URL of an upload.'),
            "times": Key(Whole(1, 1_000), "How many of the same, one after the other."),
            "as": Key(Text(), "What later steps call the job."),
            "webhook": Key(Text(), "Where it is told of the end, the header X-Webhook-URL."),
            **_answered(),
        }
    )


def _request() -> Table:
    return Table(
        {
            "method": Key(Word(("GET", "POST", "PATCH", "DELETE"))),
            "path": Key(Text("a path such as /jobs", r"/.*"), required=True),
            "body": Key(Anything()),
            **_answered(),
        }
    )


def _answered() -> dict[str, Key]:
    return {
        "key": Key(Text("an API token", SECRET), "Who asks; the world's default key if not given."),
        "status": Key(Whole(STATUS_LOW, STATUS_HIGH), "What must be answered; any success if not given."),
        "lost": Key(Flag(), "Whether the connection must break without an answer."),
    }


def _expectation() -> Table:
    return Table(
        {
            "requests": Key(match_table(), "Requests that clients made."),
            "jobs": Key(_jobs_expected()),
            "ledger": Key(_ledger_expected()),
        },
        needs_one=True,
    )


def _jobs_expected() -> Table:
    return Table(
        {
            "status": Key(Word(tuple(Status))),
            "model": Key(Text(), "A glob: image/**."),
            "workspace": Key(Text("the id of a workspace", ID)),
            "error": Key(Text(), "The code with which it failed."),
            "count": Key(Whole()),
            "at_least": Key(Whole()),
            "at_most": Key(Whole()),
        },
        one_of=(("count", "at_least", "at_most"),),
    )


def _ledger_expected() -> Table:
    amounts = {
        f"{what}_{meter}": Key(Money(unit))
        for what in ("captured", "balance", "held", "released")
        for unit, meter in METERS.items()
    }
    return Table({"workspace": Key(Text("the id of a workspace", ID), required=True), **amounts})


def _match_keys() -> dict[str, Key]:
    return {
        "method": Key(Word(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))),
        "path": Key(Text(), "A glob: /generate/**; * stands for a part without /."),
        "adapter": Key(Word(ADAPTERS)),
        "model": Key(Text(), "A glob: image/**."),
        "tool": Key(Text(), "The MCP tool that was called; a glob."),
        "status": Key(Whole(STATUS_LOW, STATUS_HIGH)),
        "body": Key(Anything(), "Parts that the body has; further keys are not looked at."),
    }


def _count_keys() -> dict[str, Key]:
    in_order = ListOf(Table(_match_keys()), low=1)
    return {
        "times": Key(Whole(), "Exactly so many requests."),
        "at_least": Key(Whole()),
        "at_most": Key(Whole()),
        "none": Key(Flag(), "No request at all."),
        "in_order": Key(in_order, "These requests came, in this order, others between them."),
    }
