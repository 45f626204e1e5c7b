"""The keys of `steps` and of `expect`, and of what the control API takes to verify requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockkrea.core.jobs import Status
from mockkrea.core.matching import Adapter
from mockkrea.core.meant import contradictions
from mockkrea.core.money import Unit
from mockkrea.core.outbox import DeliveryStatus
from mockkrea.core.paths import mistake_in_any_path, mistake_in_method, mistake_in_path
from mockkrea.core.rule_keys import METHODS
from mockkrea.core.tools import TOOLS, mistake_in_tool
from mockkrea.scenario.counting import Counted, Either, StatusOrKind, alone
from mockkrea.scenario.shapes import (
    Anything,
    Duration,
    Flag,
    Glob,
    JsonObject,
    Key,
    ListOf,
    Money,
    Short,
    Table,
    Text,
    Whole,
    Word,
)
from mockkrea.verification import ADAPTERS

ID = r"[A-Za-z0-9_.-]{1,64}"
NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
SECRET = r"[!-~]{1,256}"
STATUS_LOW, STATUS_HIGH = 100, 599

# Where a request comes in, by the log's word for it; presigned uploads come in over REST.
ADAPTER_OF = {word: (Adapter.REST if word == "upload" else Adapter(word),) for word in ADAPTERS}

# What of a meter can be expected.
AMOUNTS = ("captured", "balance", "held", "released")

# What can be waited for besides a job.
IDLE = "idle"


def step_table() -> Table:
    """One step."""
    job = Key(Text("the name of a job"), required=True)
    session = Text("the name of a session")
    return Table(
        {
            "submit": Key(_submit(), "POST /generate/…"),
            "call": Key(_call(), "Call an MCP tool."),
            "poll": Key(Short("job", _act({"job": job, "times": Key(Whole(1, 1_000)), **_answered()}))),
            "wait": Key(Text(f'the name of a job, or "{IDLE}"'), "Move the clock until it has ended."),
            "cancel": Key(Short("job", _act({"job": job, **_answered()})), "DELETE /jobs/…"),
            "upload": Key(_upload(), "A small picture, by POST /assets or to a presigned URL."),
            "advance": Key(Duration(), "Move the clock forward."),
            "sign_in": Key(_sign_in(), "Tokens as a person's consent gives them."),
            "refresh": Key(Short("session", _refresh()), "Present the session's refresh token."),
            "expire": Key(session, "Let the session's access tokens end now."),
            "revoke": Key(session, "End the session with all its tokens."),
            "request": Key(_request(), "Any other request."),
        },
        needs_one=True,
    )


def expectation_table() -> Table:
    """One expectation."""
    return Table(
        {
            "requests": Key(match_shape(), "Requests that clients made."),
            "jobs": Key(_jobs_expected()),
            "ledger": Key(_ledger_expected()),
            "webhooks": Key(_webhooks_expected(), "Deliveries to webhooks, one for each time a job is sent."),
        },
        needs_one=True,
    )


def match_shape() -> Counted:
    """Which requests are meant, and how many of them there must be."""
    served, any_path = (
        replace(_table({**match.keys, **_count_keys()}), contradictions=match.contradictions)
        for match in (_served_match(), _any_match())
    )
    return Counted(Either(served, any_path, expects_none))


def question_shape() -> Counted:
    """The same with the match under a key of its own, as the control API takes it."""
    served, any_path = (
        _table({"match": Key(match), **_count_keys()}) for match in (_served_match(), _any_match())
    )
    return Counted(Either(served, any_path, expects_none))


def asked_table() -> Table:
    """A match alone, of requests that may be there or not."""
    return _any_match()


def _table(keys: Mapping[str, Key]) -> Table:
    """What is counted or in an order, never both."""
    return Table(keys, one_of=alone(keys))


def expects_none(facts: Mapping[str, object]) -> bool:
    """Whether requests of the kind must not come: then they may be ones that nobody serves."""
    return facts.get("none") is True or 0 in (facts.get("times"), facts.get("at_most"))


def _submit() -> Table:
    return _act(
        {
            "model": Key(Text("the id of a model"), required=True),
            "body": Key(JsonObject(), "Its input."),
            "times": Key(Whole(1, 1_000), "How many of the same, one after the other."),
            "webhook": Key(Text(), "Where it is told of the end, the header X-Webhook-URL."),
            **_answered(),
        }
    )


def _call() -> Table:
    return _act(
        {
            "tool": Key(Word(tuple(TOOLS), "the name of an MCP tool"), required=True),
            "arguments": Key(JsonObject()),
            "times": Key(Whole(1, 1_000), "How many of the same, one after the other."),
            **_answered(),
        }
    )


def _upload() -> Table:
    return _act({"to": Key(Text("a URL such as $place"), "A presigned URL."), **_answered()})


def _sign_in() -> Table:
    return Table(
        {
            "person": Key(Text("a person's id such as ada", ID), "The owner of the workspace if not given."),
            "workspace": Key(Text("the id of a workspace", ID), "The person's default one if not given."),
            "legacy": Key(Flag(), "Bound to no workspace, as sessions from before Krea's picker are."),
            "expires_in": Key(Duration(), "The access token's life."),
            "as": _as(),
        }
    )


def _refresh() -> Table:
    answered = _answered()
    return _act(
        {
            "session": Key(
                Text("the name of a session"), "It has the new tokens from then on.", required=True
            ),
            **{key: answered[key] for key in ("status", "error", "answer", "lost")},
        }
    )


def _request() -> Table:
    return _act(
        {
            "method": Key(Word(("GET", "POST", "PATCH", "DELETE"))),
            "path": Key(
                Text("a path such as /jobs", r"[/$].*"),
                "A path, or a URL that a world gave: $fox.result.urls.0.",
                required=True,
            ),
            "body": Key(Anything()),
            **_answered(),
        }
    )


def _as() -> Key:
    return Key(
        Text("a name such as fox", NAME),
        "Keeps the answer: in later steps $name is its job, URL or token, and $name.key any part of it.",
    )


def _act(keys: Mapping[str, Key]) -> Table:
    """A step that is answered as it says."""
    return Table(keys, contradictions=_of_lost_answers)


def _of_lost_answers(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in ("status", "error", "answer"):
        if values.get("lost") and key in values:
            yield key, f"{key} contradicts lost: true; nothing is answered."


def _answered() -> dict[str, Key]:
    return {
        "key": Key(
            Text("an API token, or the access token of a session", SECRET),
            "Who asks; the world's default key if not given.",
        ),
        "as": _as(),
        "status": Key(Whole(STATUS_LOW, STATUS_HIGH), "What must be answered; any success if not given."),
        "error": Key(Text(), "A text that the refusal must have: INSUFFICIENT_BALANCE, invalid_grant."),
        "answer": Key(JsonObject(), "Parts that the answer must have; further keys are not looked at."),
        "lost": Key(Flag(), "Whether the connection must break without an answer."),
    }


def _jobs_expected() -> Counted:
    keys = {
        "status": Key(Word(tuple(Status))),
        "model": Key(Text(), "A glob: image/**."),
        "workspace": Key(Text("the id of a workspace", ID)),
        "error": Key(Text(), "The code with which it failed."),
        **_numbers_of_jobs(),
    }
    return Counted(_table(keys))


def _webhooks_expected() -> Counted:
    meant = {
        "job": Key(Whole(1), "The number of the job: 1 is the first that was submitted."),
        "status": Key(Word(tuple(Status)), "The state of the job that is told."),
        "model": Key(Text(), "A glob: image/**."),
        "workspace": Key(Text("the id of a workspace", ID)),
        "outcome": Key(Word(tuple(DeliveryStatus)), "What became of the delivery."),
        "attempts": Key(Whole(), "How often it was sent."),
        "late": Key(Duration(), "It first went out so long after the job's end, or later."),
    }
    in_order = ListOf(Table(meant), "delivery", low=1)
    about = "These went out, in this order, others between them."
    return Counted(_table({**meant, **_numbers_of_jobs(), "in_order": Key(in_order, about)}))


def _numbers_of_jobs() -> dict[str, Key]:
    return {
        "count": Key(Whole(), "Exactly so many."),
        "at_least": Key(Whole()),
        "at_most": Key(Whole()),
        "none": Key(Flag(), "Not one."),
    }


def _ledger_expected() -> Table:
    amounts = {f"{what}_{unit}": Key(Money(unit)) for what in AMOUNTS for unit in Unit}
    workspace = Key(Text("the id of a workspace", ID), required=True)
    return Table({"workspace": workspace, **amounts}, needs_any=tuple(amounts))


def _served_match(way_out: str = "; with none: true it may be any path") -> Table:
    """Requests that are served."""

    def mistake_in(glob: str) -> str:
        mistake = mistake_in_path(glob)
        is_unserved = mistake and not mistake_in_any_path(glob)
        return f"{mistake}{way_out}" if is_unserved else mistake

    return Table(_match_keys(mistake_in), contradictions=_of_served_requests)


def _any_match() -> Table:
    """Requests, served or not."""
    return Table(_match_keys(mistake_in_any_path), contradictions=_of_requests)


def _of_requests(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    named = {key: values.get(key) for key in ("path", "tool", "model")}
    yield from contradictions(adapters=_adapters_of(values), **named)


def _of_served_requests(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from _of_requests(values)
    if "method" in values:
        mistake = mistake_in_method(values["method"], values.get("path"), _adapters_of(values))
        if mistake:
            yield "method", mistake


def _adapters_of(values: Mapping[str, Any]) -> tuple[Adapter, ...]:
    return ADAPTER_OF.get(values.get("adapter", ""), ())


def _match_keys(mistake_in: Callable[[str], str]) -> dict[str, Key]:
    return {
        "method": Key(Word(METHODS)),
        "path": Key(
            Glob("a glob such as /generate/**", mistake_in),
            "A glob: /generate/**; * stands for a part without /.",
        ),
        "adapter": Key(Word(ADAPTERS)),
        "model": Key(Text(), "A glob: image/**."),
        "tool": Key(
            Glob("the name of an MCP tool, or a glob", mistake_in_tool),
            "The MCP tool that was called; a glob.",
        ),
        "status": Key(StatusOrKind(), 'One, or several: "4xx".'),
        "body": Key(Anything(), "Parts that the body has; further keys are not looked at."),
    }


def _count_keys() -> dict[str, Key]:
    in_order = ListOf(_served_match(way_out=""), "request", low=1)
    return {
        "times": Key(Whole(), "Exactly so many requests."),
        "at_least": Key(Whole()),
        "at_most": Key(Whole()),
        "none": Key(Flag(), "No request at all."),
        "in_order": Key(in_order, "These requests came, in this order, others between them."),
    }
