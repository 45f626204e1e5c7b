"""The pages about jobs: all of them, and one with everything that is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice

from mockkrea.adapters import wire
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.requests import request_facts
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.webhooks import delivery_facts
from mockkrea.adapters.dashboard.words import ago, clock_time, moment, money, shown_json, span
from mockkrea.adapters.request_wire import job_id_of
from mockkrea.calls import JobView
from mockkrea.core.clock import DAY_US
from mockkrea.core.jobs import TERMINAL, FileRole, Job, Status
from mockkrea.core.state import State
from mockkrea.core.timetable import caught_up, end_at_us, history

JOBS_A_PAGE = 50
PROMPT_SHOWN = 240
PROMPT_SHOWN_WHOLE = 4_000
REQUESTS_SHOWN = 20

# How a list of jobs can be narrowed, and which states that takes.
GROUPS = {
    "running": frozenset(Status) - TERMINAL,
    "completed": frozenset({Status.COMPLETED}),
    "failed": frozenset({Status.FAILED}),
    "cancelled": frozenset({Status.CANCELLED}),
}

TONES = {
    Status.BACKLOGGED: Tone.WAIT,
    Status.QUEUED: Tone.WAIT,
    Status.SCHEDULED: Tone.BUSY,
    Status.PROCESSING: Tone.BUSY,
    Status.SAMPLING: Tone.BUSY,
    Status.INTERMEDIATE_COMPLETE: Tone.BUSY,
    Status.COMPLETED: Tone.GOOD,
    Status.FAILED: Tone.BAD,
    Status.CANCELLED: Tone.PAST,
}

# What Krea's failed jobs have been seen to say (recorded), and the one that says nothing.
CAUSES = ("nsfw", "safety_filter", "ip_detected", "content_policy", "provider_error", "timeout", "")

# What is shown in the place of a picture.
GLYPHS = {FileRole.VIDEO: "video", FileRole.AUDIO: "audio", FileRole.MODEL: "model"}


async def jobs_page(look: Look) -> Facts:
    """All jobs, newest first."""
    group = look.request.query.get("state", "")
    group = group if group in GROUPS else ""
    before = look.before
    search = look.request.query.get("search", "").strip()

    def page(state: State) -> Facts:
        fitting = _fitting(state, search)
        counts = Counter(job.status for job in fitting)
        found = _newest(fitting, group, before)
        jobs = [caught_up(job, state.settled_us) for job in islice(found, JOBS_A_PAGE + 1)]
        return {
            "jobs": [_row(look, state, job) for job in jobs[:JOBS_A_PAGE]],
            "groups": _groups(look, counts, group),
            "older": look.here(before=jobs[JOBS_A_PAGE - 1].ticket.number)
            if len(jobs) > JOBS_A_PAGE
            else None,
            "newest": None if before is None else look.here(before=None),
            "total": len(state.jobs),
            "found": sum(counts[status] for status in GROUPS.get(group, Status)),
            "group": group,
            "search": search,
            "everything": look.here(search=None, before=None),
        }

    return await look.ask(page)


async def job_page(look: Look) -> Facts:
    """One job.

    Raises:
        NotFound: there is none with this id.
    """
    job_id = look.request.args[0]
    named = job_id.encode()
    exchanges = [
        each
        for each in look.tenant.requests.exchanges()
        if (named in each.answer or each.lost_job_id) and job_id_of(each) == job_id
    ]

    def page(state: State) -> Facts:
        job = state.any_job(job_id)
        view = JobView(job, state.position(job))
        deliveries = [each for each in state.outbox.deliveries.values() if each.job.id == job_id]
        return {
            **_row(look, state, job),
            "prompt": _prompt(job, PROMPT_SHOWN_WHOLE),
            "media": _media(look, job),
            "timeline": _timeline(job),
            "ends_in": _ends_in(look, job),
            "input": shown_json(job.order.input),
            "answer": shown_json(wire.job_body(view, look.request.base_url)),
            "job_type": job.order.job_type,
            "created": moment(job.ticket.created_at_us),
            "duration": span(job.ticket.duration_us),
            "seed_dealt": job.ticket.seed,
            "person": state.directory.people[job.order.person_id].name,
            "listed": job.listed,
            "error": job.error,
            "deliveries": [delivery_facts(look, each) for each in deliveries],
            "webhook": job.order.webhook.url if job.order.webhook else None,
            "requests": [request_facts(look, each) for each in exchanges[-REQUESTS_SHOWN:]],
            "causes": CAUSES,
        }

    return await look.ask(page)


def _fitting(state: State, search: str) -> list[Job]:
    """The jobs that have each word of the search in what their row shows, or in their id; oldest first."""
    words = search.lower().split()
    jobs = state.jobs.values()
    return [job for job in jobs if _fits(state, job, words)] if words else [*jobs]


def _fits(state: State, job: Job, words: list[str]) -> bool:
    status = caught_up(job, state.settled_us).status
    order = job.order
    workspace = state.directory.workspaces[order.workspace_id].name
    text = f"{job.id} {order.model} {status} {workspace} {order.adapter} {_whole_prompt(job)}".lower()
    return all(word in text for word in words)


def _newest(jobs: list[Job], group: str, before: int | None) -> Iterator[Job]:
    for job in reversed(jobs):
        if before is not None and job.ticket.number >= before:
            continue
        if not group or job.status in GROUPS[group]:
            yield job


def _groups(look: Look, counts: Counter[Status], chosen: str) -> list[Facts]:
    all_of = {"": sum(counts.values())} | {
        name: sum(counts[status] for status in states) for name, states in GROUPS.items()
    }
    return [
        {
            "name": name or "all",
            "count": count,
            "chosen": name == chosen,
            "url": look.here(state=name, before=None),
        }
        for name, count in all_of.items()
    ]


def _row(look: Look, state: State, job: Job) -> Facts:
    order = job.order
    position = state.position(job)
    return {
        "id": job.id,
        "short_id": job.id[:8],
        "url": f"{look.ui}/jobs/{job.id}",
        "status": job.status.value,
        "tone": TONES[job.status],
        "is_terminal": job.is_terminal,
        "position": position or None,
        "model": order.model,
        "prompt": _prompt(job, PROMPT_SHOWN),
        "workspace": state.directory.workspaces[order.workspace_id].name,
        "adapter": order.adapter.value.upper(),
        "cost": money(order.unit, order.amount),
        "billed": _billed(job.status),
        "is_given_back": job.is_terminal and job.status is not Status.COMPLETED,
        "age": ago(job.ticket.created_at_us, look.now_us),
        "created_ms": job.ticket.created_at_us // 1000,
        "picture": _picture(look, job),
        "glyph": next((GLYPHS[role] for role in order.files if role in GLYPHS), "image"),
        "cause": None if job.error is None else job.error.code,
    }


def _billed(status: Status) -> str:
    if status is Status.COMPLETED:
        return "billed"
    return "given back" if status in TERMINAL else "held"


def _whole_prompt(job: Job) -> str:
    prompt = job.order.input.get("prompt")
    return prompt if isinstance(prompt, str) else ""


def _prompt(job: Job, shown: int) -> str:
    prompt = _whole_prompt(job)
    return prompt if len(prompt) <= shown else f"{prompt[:shown]}…"


def _picture(look: Look, job: Job) -> str | None:
    """Where its thumbnail lies, if it has one: a picture, or the preview of a model."""
    files = job.files_shown
    for role in (FileRole.IMAGE, FileRole.PREVIEW):
        if role in files:
            return look.file(files[role])
    outputs = job.outputs if job.status is Status.COMPLETED else ()
    return look.file(outputs[0].path) if outputs else None


def _media(look: Look, job: Job) -> list[Facts]:
    """What there is to see and hear of its result."""
    if job.given_result is not None:
        return []
    shown: list[Facts] = [
        {"role": role.value, "url": look.file(path), "name": ""} for role, path in job.files_shown.items()
    ]
    if job.status is Status.COMPLETED:
        shown += [{"role": "image", "url": look.file(each.path), "name": each.name} for each in job.outputs]
    return shown


def _timeline(job: Job) -> list[Facts]:
    moves = [(Status.BACKLOGGED, job.ticket.created_at_us), *history(job)]
    if len(moves) > 1 and moves[1] == (Status.QUEUED, moves[0][1]):
        # It never waited for a slot.
        moves = moves[1:]
    is_of_one_day = moves[0][1] // DAY_US == moves[-1][1] // DAY_US
    return [
        {
            "status": status.value,
            "tone": TONES[status],
            "time": clock_time(at_us) if is_of_one_day else moment(at_us),
            "after": f"+{span(at_us - moves[0][1])}",
        }
        for status, at_us in moves
    ]


def _ends_in(look: Look, job: Job) -> str | None:
    ends_us = end_at_us(job)
    return None if ends_us is None else span(max(0, ends_us - look.now_us))
