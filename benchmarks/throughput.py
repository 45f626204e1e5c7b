"""How many requests a second, beside the reference in the same minute.

POST: a job's whole life is inside the figure. mockkrea settles what is due when it is next asked, so
each round pays for the steps and the bills of jobs of earlier rounds, and, from 10,000 finished jobs
on, for forgetting the oldest. Rounds before any job has come to its end are not counted.
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from pathlib import Path

from client import GENERATE, WORKSPACE, Client
from figures import Figure, Goal, NotMeasurable
from load import CONNECTIONS, Load, load
from servers import mockkrea, reference

BODY = {
    "prompt": "a lighthouse on a cliff at dawn, oil painting",
    "width": 1024,
    "height": 1024,
    "steps": 28,
    "seed": 7,
}
PRICE_USD = Decimal("0.007")  # of this body, by the catalogue

JOB_S_MAX = 7.2  # the longest that it takes

POST_GOAL = Goal("≥", 0.6, of_ratio=True)
GET_GOAL = Goal("≥", 0.55, of_ratio=True)

# Half of the polled jobs have ended, the others are on their way.
POLLED_OF_EACH = 50


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: int

    @property
    def uncounted(self) -> int:
        """How many rounds go by until the first jobs have ended; two servers take turns."""
        return ceil(JOB_S_MAX / (2 * self.seconds))


def measure_posts(effort: Effort, folder: Path) -> list[Figure]:
    """Submitting: checked against the model's schema, billed and recorded.

    Raises:
        NotMeasurable: some answer was no 2xx, or the books do not add up afterwards.
    """
    body = json.dumps(BODY)
    ours: list[Load] = []
    theirs: list[Load] = []
    with ExitStack() as stack:
        mock = stack.enter_context(mockkrea(folder))
        client = stack.enter_context(mock.client())
        client.grant()
        for _ in range(effort.uncounted + effort.rounds):
            # A new one each time: it keeps everything, and must not suffer from that.
            with reference(folder) as other:
                theirs.append(load(other, ["/items"], body=body, seconds=effort.seconds))
            ours.append(load(mock, [GENERATE], body=body, seconds=effort.seconds))
        books = _audit(client, sum(round.answered for round in ours), rounds=len(ours))
    counted = slice(effort.uncounted, None)
    return _figures("POST generate", ours[counted], theirs[counted], POST_GOAL, {"ledger": books})


def measure_gets(effort: Effort, folder: Path) -> list[Figure]:
    """Polling a hundred jobs in turn, half of them finished, half of them on their way.

    Raises:
        NotMeasurable: some answer was no 2xx.
    """
    ours: list[Load] = []
    theirs: list[Load] = []
    with ExitStack() as stack:
        mock, other = stack.enter_context(mockkrea(folder)), stack.enter_context(reference(folder))
        client = stack.enter_context(mock.client())
        other_client = stack.enter_context(other.client())
        client.grant()
        ended = client.submit(BODY, POLLED_OF_EACH)
        client.let_all_end()
        items = [other_client.post("/items", BODY)["job_id"] for _ in range(2 * POLLED_OF_EACH)]
        for _ in range(1 + effort.rounds):
            theirs.append(load(other, [f"/items/{id}" for id in items], seconds=effort.seconds))
            jobs = ended + client.submit(BODY, POLLED_OF_EACH)
            ours.append(load(mock, [f"/jobs/{id}" for id in jobs], seconds=effort.seconds))
    return _figures("GET job", ours[1:], theirs[1:], GET_GOAL, {})


def _figures(
    name: str, ours: list[Load], theirs: list[Load], goal: Goal, more: dict[str, object]
) -> list[Figure]:
    latencies = {
        side: [{"p50": each.p50_ms, "p99": each.p99_ms, "longest": each.longest_ms} for each in loads]
        for side, loads in (("mockkrea_ms", ours), ("reference_ms", theirs))
    }
    rate = Figure(
        name=name,
        unit="/s",
        ours=tuple(each.answered_per_s for each in ours),
        theirs=tuple(each.answered_per_s for each in theirs),
        goal=goal,
        more=latencies | more,
    )
    costs = [tuple(each.cpu_us for each in loads if each.cpu_us is not None) for loads in (ours, theirs)]
    if not all(costs):
        return [rate]
    return [rate, Figure(name="  server's CPU time", unit="µs", ours=costs[0], theirs=costs[1])]


def _audit(client: Client, answered: int, *, rounds: int) -> dict[str, object]:
    """Add up the books: captured + held + available = granted, and every answered job was paid for once."""
    client.post("/__mockkrea/clock", {"action": "freeze"})
    [workspace] = [each for each in client.get("/__mockkrea/workspaces")["items"] if each["is_default"]]
    held, available = Decimal(workspace["usd"]["held"]), Decimal(workspace["usd"]["available"])
    totals = dict.fromkeys(("grant", "hold", "capture", "carried_forward"), Decimal(0))
    for row in client.get(f"{WORKSPACE}/ledger")["items"]:
        if row["unit"] == "usd":
            totals[row["kind"]] += row["amount"]
    captured = totals["capture"] + totals["carried_forward"]
    jobs = (captured + held) / PRICE_USD
    if captured + held + available != totals["grant"]:
        raise NotMeasurable(
            f"The books do not add up: {captured} + {held} + {available} ≠ {totals['grant']}."
        )
    # wrk hangs up on requests that are under way when its time is over.
    if not answered <= jobs <= answered + CONNECTIONS * rounds:
        raise NotMeasurable(f"{answered} submissions were answered and {jobs} jobs paid for.")
    amounts = {"granted": totals["grant"], "captured": captured, "held": held, "available": available}
    return {"jobs": int(jobs), "answered": answered, **{name: float(usd) for name, usd in amounts.items()}}
