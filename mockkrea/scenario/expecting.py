"""Whether what a scenario expects came true: requests, jobs, money, webhooks. Looks, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockkrea.core.clock import SECOND_US
from mockkrea.core.globs import fits
from mockkrea.core.jobs import Job, Status
from mockkrea.core.ledger import EntryKind, Meter
from mockkrea.core.money import UNIT_NAMES, Unit, in_whole_units
from mockkrea.core.state import State
from mockkrea.core.timetable import caught_up
from mockkrea.scenario.deliveries import judged_webhooks
from mockkrea.scenario.step_format import AMOUNTS
from mockkrea.verification import Count, Question, Seen, verify

IDS_SHOWN = 4
ID_LENGTH_SHOWN = 4


def unmet_expectations(
    expected: Sequence[Mapping[str, Any]], state: State, log: Sequence[Seen]
) -> list[list[str]]:
    """What did not come true, each as a line and further ones that explain it; empty if all did."""
    return [lines for each in expected for lines in _judged(each, state, log)]


def _judged(expected: Mapping[str, Any], state: State, log: Sequence[Seen]) -> Iterator[list[str]]:
    [(kind, facts)] = expected.items()
    if kind == "requests":
        verdict = verify(Question.read(facts), log)
        if not verdict.holds:
            first, *others = verdict.lines()
            yield [f"requests: {first}", *others]
    elif kind == "jobs":
        yield from _judged_jobs(facts, state)
    elif kind == "webhooks":
        yield from judged_webhooks(facts, state)
    else:
        yield from _judged_ledger(facts, state)


def _judged_jobs(facts: Mapping[str, Any], state: State) -> Iterator[list[str]]:
    count = Count.read(facts)
    jobs = [caught_up(job, state.settled_us) for job in state.jobs.values()]
    found = [job for job in jobs if _is_meant(job, facts)]
    if count.holds(len(found)):
        return
    kinds = [str(facts[key]) for key in ("status", "model", "workspace", "error") if key in facts]
    line = f"jobs: expected {count} {' '.join(kinds) or 'of any kind'}, found {len(found)}"
    if found:
        line += f" ({_ids(found)})"
    if count.is_exceeded_by(len(found)):
        line += _same_twice(found)
    elif others := [job for job in jobs if job not in found]:
        line += f"; others are {_states(others)}"
    yield [line]


def _is_meant(job: Job, facts: Mapping[str, Any]) -> bool:
    return (
        facts.get("status") in (None, job.status)
        and ("model" not in facts or fits(facts["model"], job.order.model))
        and facts.get("workspace") in (None, job.order.workspace_id)
        and ("error" not in facts or (job.error is not None and job.error.code == facts["error"]))
    )


def _same_twice(jobs: Sequence[Job]) -> str:
    """The most common reason of too many jobs: the same was asked for again."""
    for number, job in enumerate(jobs):
        for again in jobs[number + 1 :]:
            if (job.order.model, job.order.input) == (again.order.model, again.order.input):
                apart_s = (again.ticket.created_at_us - job.ticket.created_at_us) / SECOND_US
                return f": submitted twice with the same body, {apart_s:.1f} s apart"
    return ""


def _states(jobs: Sequence[Job]) -> str:
    counts = [(sum(job.status is status for job in jobs), status) for status in Status]
    return ", ".join(f"{number} {status}" for number, status in counts if number)


def _ids(jobs: Sequence[Job]) -> str:
    ids = [f"{job.id[:ID_LENGTH_SHOWN]}…" for job in jobs[:IDS_SHOWN]]
    return ", ".join([*ids, *(["…"] if len(jobs) > IDS_SHOWN else [])])


def _judged_ledger(facts: Mapping[str, Any], state: State) -> Iterator[list[str]]:
    workspace = facts["workspace"]
    for key, expected in facts.items():
        what, _, unit = key.partition("_")
        if what not in AMOUNTS:
            continue
        meter = Meter(workspace, Unit(unit))
        actual = _amount(what, state, meter)
        if actual != expected:
            wanted = f"{_written(meter.unit, expected)} {UNIT_NAMES[meter.unit]}"
            line = f"ledger {workspace}: expected {wanted} {what}, found {_written(meter.unit, actual)}"
            yield [line]


def _written(unit: Unit, amount: int) -> str:
    return f"{in_whole_units(unit, amount)}"


def _amount(what: str, state: State, meter: Meter) -> int:
    if what in ("held", "balance"):
        balance = state.ledger.balance(meter, at_us=state.settled_us)
        return balance.held if what == "held" else balance.available + balance.held
    kind = EntryKind.CAPTURE if what == "captured" else EntryKind.RELEASE
    rows = state.ledger.entries_at(meter.workspace_id, at_us=state.settled_us)
    return sum(row.amount for row in rows if row.kind is kind and row.unit is meter.unit)
