"""The page about time: the clock, how to move it, and what comes next."""

from __future__ import annotations

from heapq import nsmallest
from operator import attrgetter

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import ago, decimals_between, moment
from mockkrea.core.clock import iso_exact
from mockkrea.core.coming import Kind, coming
from mockkrea.core.jobs import Progression
from mockkrea.core.state import State

EVENTS_SHOWN = 12
JUMPS = ((1, "1 s"), (10, "10 s"), (60, "1 min"), (3_600, "1 h"), (86_400, "1 day"))

SENTENCES = {
    Kind.STEP: "{model} becomes {status}",
    Kind.END: "{model} ends",
    Kind.WEBHOOK: "an attempt at a webhook",
}


async def time_page(look: Look) -> Facts:
    """The clock and the next events."""
    events = await look.ask(lambda state: _events(look, state))
    return {"events": events, "jumps": JUMPS, "progressions": [each.value for each in Progression]}


def _events(look: Look, state: State) -> list[Facts]:
    first = nsmallest(EVENTS_SHOWN, coming(state), key=attrgetter("at_us"))
    decimals = decimals_between(look.now_us, *(each.at_us for each in first))
    return [
        {
            "time": moment(each.at_us, decimals),
            "until": iso_exact(each.at_us),
            "in": ago(each.at_us, look.now_us),
            "what": SENTENCES[each.kind].format(model=each.job.order.model, status=each.status),
            "job": each.job.id[:8],
            "job_url": f"{look.ui}/jobs/{each.job.id}",
        }
        for each in first
    ]
