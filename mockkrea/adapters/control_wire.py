"""How the control API shows a world, and how it refuses (RFC 9457); beside `wire.py`."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from mockkrea import __version__
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.refusal_wire import STATUS_OF, methods_in_words
from mockkrea.core import errors
from mockkrea.core.clock import SECOND_US, iso
from mockkrea.core.ledger import Entry, Meter
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace
from mockkrea.scenario.reading import Scenario
from mockkrea.tenant import DEFAULT, Tenant


def problem(status: int, detail: str) -> Answer:
    """An error of the control API, as RFC 9457 wants it."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    headers = ((b"www-authenticate", b"Bearer"),) if status == 401 else ()
    return Answer(status, json_answer(body).body, b"application/problem+json", headers)


def refused_control(refusal: errors.MockKreaError) -> Answer:
    """What the control API answers to a refusal."""
    return problem(STATUS_OF[type(refusal)], str(refusal))


def scenario_body(scenario: Scenario | None) -> dict[str, object]:
    """What a world began with, as it was written."""
    if scenario is None:
        return {"name": "", "description": "", "files": [], "scenario": {}}
    return {
        "name": scenario.name,
        "description": scenario.description,
        "files": list(scenario.files),
        "scenario": scenario.source,
    }


def not_allowed_control(methods: Iterable[str]) -> Answer:
    """What the control API answers to a method that a path does not take."""
    allowed = methods_in_words(methods)
    refused = problem(405, f"This path takes {allowed}.")
    return refused._replace(headers=((b"allow", allowed.encode()),))


def health_body(tenant: Tenant) -> dict[str, object]:
    """That the mock answers, and which one it is."""
    return {
        "status": "ok",
        "version": __version__,
        "world": tenant.name,
        "seed": tenant.seed,
        "models": len(tenant.catalogue.models),
        "catalogue": tenant.catalogue.edition,
    }


def world_body(tenant: Tenant, origin: str, idle_us: int = 0) -> dict[str, object]:
    """A world as the control API lists it: where a client finds it, by path or by key alone."""
    return {
        "name": tenant.name,
        "url": origin if tenant.name == DEFAULT else f"{origin}/w/{tenant.name}",
        "api_key": tenant.api_key,
        "seed": tenant.seed,
        "idle_seconds": idle_us // SECOND_US,
    }


def workspace_body(state: State, workspace: Workspace) -> dict[str, object]:
    """A workspace as the control API shows it; money in whole units."""
    return {
        "id": workspace.id,
        "name": workspace.name,
        "plan": workspace.plan.id,
        "is_default": workspace.id == state.directory.first_person.default_workspace_id,
        **{unit.value: _meter_body(state, Meter(workspace.id, unit)) for unit in Unit},
    }


def limits_body(limits: Limits) -> dict[str, object]:
    """A workspace's limits; null is no limit."""
    return {
        "concurrency": limits.concurrency,
        "backlog": limits.backlog,
        "requests_per_minute": limits.requests_per_minute,
    }


def entry_body(entry: Entry) -> dict[str, object]:
    """One movement in the ledger."""
    return {
        "seq": entry.seq,
        "at": iso(entry.at_us),
        "kind": entry.kind.value,
        "unit": entry.unit.value,
        "amount": in_whole_units(entry.unit, entry.amount),
        "from": entry.source.value,
        "to": entry.target.value,
        "job_id": entry.job_id,
        "memo": entry.memo,
    }


def number(value: float) -> int | float:
    """A number as a person would write it: 10, not 10.0."""
    return int(value) if value.is_integer() else value


def _meter_body(state: State, meter: Meter) -> dict[str, object]:
    balance = state.ledger.balance(meter, at_us=state.settled_us)
    parts = {
        "balance": balance.available + balance.held,
        "held": balance.held,
        "available": balance.available,
    }
    return {name: in_whole_units(meter.unit, amount) for name, amount in parts.items()}
