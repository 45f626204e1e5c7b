"""What happened in a world, in lines for whoever wonders why a test failed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

from mockkrea.adapters.routing import Routes
from mockkrea.core.errors import UnknownModel
from mockkrea.core.hints import nearest_word
from mockkrea.core.jobs import Job, Status
from mockkrea.core.ledger import Entry, EntryKind, Meter
from mockkrea.core.matching import GENERATE_PATH
from mockkrea.core.money import Unit, in_words
from mockkrea.core.state import State
from mockkrea.core.timetable import caught_up
from mockkrea.testing.reach import Reach
from mockkrea.verification import Seen, is_status, request_head

REQUESTS_SHOWN = 10
JOBS_SHOWN = 10
ID_LENGTH_SHOWN = 4

# How what is said of an answer is written: behind the request, or below it.
LINE_LENGTH = 110
TOLD_WIDTH = 100
TOLD_LINES = 12
TOLD_INDENT = " " * 6

# What a path has in the place of an id: a UUID, a short id, a name with a digit in it.
ID_LIKE = re.compile(r"(?=[^/]*\d)[^/]{6,}")
PLACEHOLDER = re.compile(r"\{[^}]*\}")

# How the report calls what moved; holds show as what is held now.
MOVED = {
    EntryKind.CAPTURE: "spent",
    EntryKind.RELEASE: "given back",
    EntryKind.GRANT: "granted",
    EntryKind.ADJUST: "adjusted",
    EntryKind.EXPIRE: "expired",
}


class Beginning(NamedTuple):
    """Where the ledger stood when the test began, and the log of the world at the root of its server."""

    seq: int
    strays: int


def beginning(reach: Reach) -> Beginning:
    """How things are now."""

    async def look() -> Beginning:
        seq = await reach.tenant.query(lambda state: state.ledger.seq)
        at_root = reach.thread.worlds.default.requests.exchanges()
        return Beginning(seq, at_root[-1].number if at_root else 0)

    return reach.run(look())


def report(reach: Reach, *, since: Beginning) -> list[str]:
    """Last requests with near-misses, open jobs, and what moved in the ledger since the beginning."""

    async def write() -> list[str]:
        log = _log(reach)
        jobs_and_money = await reach.tenant.query(lambda state: [*_open_jobs(state), *_ledger(state, since)])
        return [*_requests(reach, log), *_strays(reach, since), *jobs_and_money]

    return reach.run(write())


def tally(reach: Reach, *, since: Beginning) -> str:
    """How many requests and jobs there were, and what moved in the ledger since the beginning."""

    def count(state: State) -> str:
        jobs = [caught_up(job, state.settled_us) for job in state.jobs.values()]
        counts = [(sum(job.status is status for job in jobs), status) for status in Status]
        states = ", ".join(f"{number} {status}" for number, status in counts if number)
        money = "; ".join(line.strip() for line in _moved(state, since))
        told = [f"{_number(len(jobs), 'job')} ({states})" if jobs else "no jobs", money or "no money moved"]
        return ", ".join(told)

    async def write() -> str:
        requests = _number(len(_log(reach)), "request")
        return f"{requests}, {await reach.tenant.query(count)}"

    return reach.run(write())


def answered(
    reach: Reach, statuses: Collection[str], *, besides: Collection[int | str], since: Beginning
) -> list[str]:
    """The requests that were answered one of these statuses and did not ask for it, each as `_lines`."""

    async def look() -> list[str]:
        return [
            line
            for seen in [*_log(reach), *_stray_log(reach, since)]
            if not seen.is_provoked
            and not any(is_status(each, seen.status) for each in besides)
            and any(is_status(pattern, seen.status) for pattern in statuses)
            for line in _lines(reach, seen)
        ]

    return reach.run(look())


def _log(reach: Reach) -> list[Seen]:
    return [Seen.of(exchange) for exchange in reach.tenant.requests.exchanges()]


def _requests(reach: Reach, log: Sequence[Seen]) -> Iterator[str]:
    hidden = len(log) - REQUESTS_SHOWN
    last = f", the last {REQUESTS_SHOWN}:" if hidden > 0 else ""
    yield f'{_number(len(log), "request")} in world "{reach.tenant.name}"{last}'
    first: dict[tuple[str, str, str], int] = {}
    for seen in log:
        number = first.setdefault((seen.method, seen.path, repr(seen.body)), seen.number)
        if seen.number <= log[-1].number - REQUESTS_SHOWN:
            continue
        is_again = number != seen.number and seen.body is not None
        again = f"  (same body as {number})" if is_again else ""
        first_line, *others = _lines(reach, seen)
        yield f"  {seen.number}  {first_line}{again}"
        yield from (f"  {line}" for line in others)


def _strays(reach: Reach, since: Beginning) -> Iterator[str]:
    strays = _stray_log(reach, since)
    if strays:
        yield f"{_number(len(strays), 'request')} past this world's url and key, to the one at the root:"
        for seen in strays[-REQUESTS_SHOWN:]:
            yield from (f"  {line}" for line in _lines(reach, seen))


def _stray_log(reach: Reach, since: Beginning) -> list[Seen]:
    """What a client asked that does not use the URL or the key that the test has for it."""
    at_root = reach.thread.worlds.default
    if at_root is reach.tenant:
        return []
    return [Seen.of(each) for each in at_root.requests.exchanges() if each.number > since.strays]


def _lines(reach: Reach, seen: Seen) -> list[str]:
    """A request: what is to be said of its answer stands behind it if there is room, else below, in full."""
    line = request_head(seen)
    why = seen.why if seen.status else ""
    told = [text for text in (_near_miss(reach, seen) or seen.sentence, why) if text]
    if told and len(line) + len(told[0]) <= LINE_LENGTH:
        line = f"{line}  {told.pop(0)}"
    return [line, *(part for text in told for part in _wrapped(text))]


def _wrapped(text: str) -> list[str]:
    return wrap(
        text,
        TOLD_WIDTH,
        initial_indent=TOLD_INDENT,
        subsequent_indent=TOLD_INDENT,
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=TOLD_LINES,
        placeholder=" …",
    )


def _near_miss(reach: Reach, seen: Seen) -> str:
    """What was probably meant by a path that leads nowhere; where something is, its answer says more."""
    if seen.status != 404 or seen.is_provoked:
        return ""
    if seen.path.startswith(GENERATE_PATH):
        try:
            reach.tenant.catalogue.find(seen.path.removeprefix(GENERATE_PATH))
        except UnknownModel as refusal:
            return str(refusal)
    methods, _ = Routes(reach.thread.app.routes).at(seen.path)
    if methods:
        return ""
    if path := _near_generate_path(reach, seen.path):
        return f"there is no such path; did you mean {path}?"
    shapes = {
        PLACEHOLDER.sub("{}", route): route for route in reach.thread.app.routes if GENERATE_PATH not in route
    }
    asked = "/".join(ID_LIKE.sub("{}", part) for part in seen.path.split("/"))
    near = nearest_word(asked, shapes)
    return f"there is no such path; did you mean {shapes[near]}?" if near else "there is no such path"


def _near_generate_path(reach: Reach, path: str) -> str | None:
    """The path of a model, or of all models, where something before or in `/generate/` is wrong."""
    parts = path[1:].split("/")
    for number, part in enumerate(parts[:-1]):
        if nearest_word(part, [GENERATE_PATH.strip("/")]):
            try:
                return GENERATE_PATH + reach.tenant.catalogue.find("/".join(parts[number + 1 :])).id
            except UnknownModel as refusal:
                return GENERATE_PATH + (refusal.nearest or "{model}")
    return None


def _open_jobs(state: State) -> Iterator[str]:
    open_jobs = [caught_up(job, state.settled_us) for job in state.jobs.values() if not job.is_terminal]
    if not open_jobs:
        return
    yield f"{_number(len(open_jobs), 'job')} open"
    yield from (f"  {_job(job)}" for job in open_jobs[:JOBS_SHOWN])
    if len(open_jobs) > JOBS_SHOWN:
        yield "  …"


def _job(job: Job) -> str:
    return f"{job.id[:ID_LENGTH_SHOWN]}…  {job.status}  {job.order.model}"


def _ledger(state: State, since: Beginning) -> Iterator[str]:
    moved = list(_moved(state, since))
    yield "ledger" if moved else "ledger unchanged"
    yield from moved


def _moved(state: State, since: Beginning) -> Iterator[str]:
    for workspace_id in state.directory.workspaces:
        rows = [
            row
            for row in state.ledger.entries_at(workspace_id, at_us=state.settled_us)
            if row.seq > since.seq
        ]
        for unit in Unit:
            if of_unit := [row for row in rows if row.unit is unit]:
                balance = state.ledger.balance(Meter(workspace_id, unit), at_us=state.settled_us)
                parts = [*_sums(of_unit), f"{in_words(unit, balance.available)} left"]
                if balance.held:
                    parts.insert(0, f"{in_words(unit, balance.held)} held")
                yield f"  {workspace_id}: {', '.join(parts)}"


def _sums(rows: Sequence[Entry]) -> Iterator[str]:
    for kind, word in MOVED.items():
        amounts = [row.amount for row in rows if row.kind is kind]
        if amounts:
            yield f"{in_words(rows[0].unit, sum(amounts))} {word}"


def _number(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
