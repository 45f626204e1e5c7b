"""What a scenario expects of webhooks: how many deliveries, of which jobs, how they went, in which order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockkrea.core.clock import SECOND_US
from mockkrea.core.globs import fits
from mockkrea.core.hints import shortened
from mockkrea.core.outbox import Delivery
from mockkrea.core.state import State
from mockkrea.scenario.shapes import Facts
from mockkrea.verification import Count

SHOWN_MAX = 4


def judged_webhooks(facts: Facts, state: State) -> Iterator[list[str]]:
    """What did not come true of it; deliveries are in the order in which they first went out."""
    deliveries = sorted(state.outbox.deliveries.values(), key=_began_us)
    if "in_order" in facts:
        yield from _judged_order(facts["in_order"], deliveries)
        return
    count = Count.read(facts)
    found = [each for each in deliveries if _is_meant(each, facts)]
    if not count.holds(len(found)):
        line = f"webhooks: expected {count} {_named(facts)}, found {len(found) or 'none'}"
        yield [line, *map(_line, (found or deliveries)[:SHOWN_MAX])]


def _judged_order(wanted: Sequence[Facts], deliveries: Sequence[Delivery]) -> Iterator[list[str]]:
    rest = iter(deliveries)
    for number, facts in enumerate(wanted, 1):
        if not any(_is_meant(each, facts) for each in rest):
            line = f"webhooks: expected {_named(facts)} ({number} of {len(wanted)} in order), found none"
            yield [line, *map(_line, deliveries[:SHOWN_MAX])]
            return


def _is_meant(delivery: Delivery, facts: Facts) -> bool:
    job = delivery.job
    return (
        facts.get("job") in (None, job.ticket.number)
        and facts.get("status") in (None, job.status)
        and ("model" not in facts or fits(facts["model"], job.order.model))
        and facts.get("workspace") in (None, job.order.workspace_id)
        and facts.get("outcome") in (None, delivery.status)
        and facts.get("attempts") in (None, len(delivery.attempts))
        and _began_us(delivery) - delivery.created_at_us >= facts.get("late", 0)
    )


def _began_us(delivery: Delivery) -> int:
    """When it went out first, or will."""
    at_us = delivery.attempts[0].at_us if delivery.attempts else delivery.due_us
    assert at_us is not None, "what is not due was tried"
    return at_us


def _named(facts: Facts) -> str:
    said = [str(facts[key]) for key in ("outcome", "status", "model", "workspace") if key in facts]
    said += [f"of job {facts['job']}"] if "job" in facts else []
    said += [f"with {facts['attempts']} attempts"] if "attempts" in facts else []
    said += [f"{facts['late'] / SECOND_US:g} s late"] if "late" in facts else []
    return " ".join(said) or "of any kind"


def _line(delivery: Delivery) -> str:
    job, late_s = delivery.job, (_began_us(delivery) - delivery.created_at_us) / SECOND_US
    tried = ", ".join(str(each.status or each.error) for each in delivery.attempts) or "not tried yet"
    return (
        f"  job {job.ticket.number} {job.status} → {shortened(delivery.webhook.url)}"
        f"  {delivery.status} ({tried}), {late_s:g} s after its end"
    )
