"""The life of a job, and every rule about it.

Rule 1: `TRANSITIONS` says which moves there are, and `advance` makes one of them. `timetable.py` makes
several at once along a job's usual life; a test holds that life against the table.
Rule 2: this file knows no HTTP, no money and no clock. It is told `at_us`.

Orders, tickets and jobs are named tuples rather than dataclasses: a world makes five of them in the
life of each job, and a frozen dataclass takes three times as long to make.

Names of the states: Krea's job-lifecycle page and the enum of `GET /jobs/{id}` (documented).
Arrows between them: ASSUMED, no source gives them. The page names only `queued` and `processing`
as cancellable, the MCP page any non-terminal state; mockkrea follows the MCP page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core.assets import MediaInput
from mockkrea.core.errors import IllegalMove
from mockkrea.core.matching import Adapter
from mockkrea.core.money import Unit
from mockkrea.core.outcomes import Outcome
from mockkrea.core.randomness import draw, short_id
from mockkrea.core.webhooks import Webhook


class Status(StrEnum):
    """Where a job is. The words are Krea's."""

    BACKLOGGED = "backlogged"
    QUEUED = "queued"
    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    SAMPLING = "sampling"
    INTERMEDIATE_COMPLETE = "intermediate-complete"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Event(StrEnum):
    """What can happen to a job."""

    ADMIT = "be admitted"
    SCHEDULE = "be scheduled"
    START = "start"
    SAMPLE = "sample"
    PREVIEW = "show a preview"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "be cancelled"


# Each row lists the moves out of one state. A row without moves is an ending.
TRANSITIONS: dict[Status, dict[Event, Status]] = {
    Status.BACKLOGGED: {Event.ADMIT: Status.QUEUED, Event.CANCEL: Status.CANCELLED},
    Status.QUEUED: {
        Event.SCHEDULE: Status.SCHEDULED,
        Event.FAIL: Status.FAILED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.SCHEDULED: {
        Event.START: Status.PROCESSING,
        Event.FAIL: Status.FAILED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.PROCESSING: {
        Event.SAMPLE: Status.SAMPLING,
        Event.FAIL: Status.FAILED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.SAMPLING: {
        Event.PREVIEW: Status.INTERMEDIATE_COMPLETE,
        Event.FINISH: Status.COMPLETED,
        Event.FAIL: Status.FAILED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.INTERMEDIATE_COMPLETE: {
        Event.FINISH: Status.COMPLETED,
        Event.FAIL: Status.FAILED,
        Event.CANCEL: Status.CANCELLED,
    },
    Status.COMPLETED: {},
    Status.FAILED: {},
    Status.CANCELLED: {},
}

TERMINAL = frozenset(status for status, moves in TRANSITIONS.items() if not moves)

# The usual life of an admitted job: an event, and the part of the job's duration after which it is
# due, in hundredths. ASSUMED: Krea publishes whole durations only.
Life = tuple[tuple[Event, int], ...]
USUAL_LIFE: Life = (
    (Event.SCHEDULE, 5),
    (Event.START, 10),
    (Event.SAMPLE, 25),
    (Event.FINISH, 100),
)

# The life of a job that has a preview to show, as 3D models have. ASSUMED: documented is only that
# previews may appear before the end, and that `intermediate-complete` is a state.
LIFE_WITH_PREVIEW: Life = (*USUAL_LIFE[:-1], (Event.PREVIEW, 75), USUAL_LIFE[-1])


class Progression(StrEnum):
    """What moves a job from step to step."""

    TIME = "time"
    IMMEDIATE = "immediate"
    MANUAL = "manual"


class FileRole(StrEnum):
    """What a file is to its job. A result's URLs name the roles of a 3D job's files (documented)."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "model"
    PREVIEW = "preview"


TOLD_ROLES = frozenset({FileRole.MODEL, FileRole.PREVIEW})


class Output(NamedTuple):
    """One of the results of a node app: the name it goes by, where it will lie, and its pixels."""

    name: str
    path: str
    width: int
    height: int


class Order(NamedTuple):
    """What was asked for: everything about a job that is known before it has an id.

    `model` is a model's id; of a training it is `styles/train/` and the base model, of a node app
    `node-apps/` and the version. A job that `trains` ends in a style, one with `outputs` in a file for
    each of them, every other job in its `files`.
    `input` is the normalised body, with defaults; its own media URLs are paths, and data URIs the SHA-256
    of their bytes. `media` are those of its media that were measured.
    `usd_micros` and `cu_thousandths` are its price on both meters; `unit` says which one pays.
    `duration_us` is the shortest and the longest time from admission to completion.
    `files` says where its result will lie, with `{id}` for the job's id: paths, never a host.
    `side_step`: the model's sides are multiples of it, in pixels. `has_sound`: its videos have sound
    though the input does not say so.
    A job that would take longer than `timeout_us` fails then. `webhook` is told when the job has ended.
    `outcome` is the end that it was given in place of its usual one; `speed` divides how long that takes.
    `adapter` is where it came in.
    """

    workspace_id: str
    person_id: str
    model: str
    job_type: str
    input: Mapping[str, object]
    unit: Unit
    usd_micros: int
    cu_thousandths: int
    progression: Progression
    duration_us: tuple[int, int]
    files: Mapping[FileRole, str]
    side_step: int = 1
    has_sound: bool = False
    polls_per_step: int = 1
    unfinished_max: int | None = None
    media: tuple[MediaInput, ...] = ()
    trains: bool = False
    outputs: tuple[Output, ...] = ()
    timeout_us: int | None = None
    webhook: Webhook | None = None
    speed: float = 1.0
    outcome: Outcome | None = None
    adapter: Adapter = Adapter.REST

    @property
    def amount(self) -> int:
        """The price in the smallest parts of the unit that pays."""
        return self.usd_micros if self.unit is Unit.USD else self.cu_thousandths


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed. Codes seen: safety_filter, nsfw, ip_detected, content_policy (recorded)."""

    code: str
    message: str | None = None


class Ticket(NamedTuple):
    """What a job has from its first moment to its last.

    `number` counts the world's jobs from 1. `duration_us` passes between its admission and its end.
    `seed` is what a picture is made from when the input names none. A job that `hangs` fails at its end.
    """

    id: str
    number: int
    order: Order
    created_at_us: int
    duration_us: int
    seed: int
    hangs: bool = False


class Job(NamedTuple):
    """One generation, at one moment of its life.

    `moves` tells when it came into each state after the first, `backlogged`, in which every job is
    made; steps that nobody has looked at may be missing from it, see `timetable.py`.
    `given_result` is what a test gave it in place of its file. `listed`: not deleted.
    """

    ticket: Ticket
    moves: tuple[tuple[Status, int], ...] = ()
    polls: int = 0
    given_result: Mapping[str, object] | None = None
    error: JobError | None = None
    listed: bool = True

    @property
    def id(self) -> str:
        """A UUID."""
        return self.ticket.id

    @property
    def order(self) -> Order:
        """What was asked for."""
        return self.ticket.order

    @property
    def status(self) -> Status:
        """Where it is now."""
        return self.moves[-1][0] if self.moves else Status.BACKLOGGED

    @property
    def is_terminal(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.status in TERMINAL

    @property
    def result(self) -> Mapping[str, object] | None:
        """What Krea would answer, with paths for our own files; None while there is nothing to see."""
        if self.status is Status.COMPLETED:
            if self.given_result is not None:
                return self.given_result
            if self.order.trains:
                return {"style_id": self.style_id}
            if self.order.outputs:
                return {"urls": {output.name: output.path for output in self.outputs}}
        elif self.status is not Status.INTERMEDIATE_COMPLETE:
            return None
        return {"urls": [_told(role, path) for role, path in self.files_shown.items()]}

    @property
    def style_id(self) -> str:
        """The id of the style that a training makes: a short text (recorded), known from the job alone."""
        return short_id(draw(self.ticket.seed, "style", self.ticket.number))

    @property
    def has_made(self) -> bool:
        """Whether it came to its own end, not to a result that a test gave it: then its files are there."""
        return self.status is Status.COMPLETED and self.given_result is None

    @property
    def makes_style(self) -> bool:
        """Whether it is a training that came to its own end."""
        return self.order.trains and self.has_made

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What a node app gives, and where."""
        return tuple(each._replace(path=each.path.format(id=self.id)) for each in self.order.outputs)

    @property
    def files(self) -> Mapping[FileRole, str]:
        """Where the parts of its result lie, or would lie."""
        return {role: path.format(id=self.id) for role, path in self.order.files.items()}

    @property
    def files_shown(self) -> Mapping[FileRole, str]:
        """Those of them that are there by now: a preview before the end, all once it has made them."""
        if self.has_made:
            return self.files
        if self.status is Status.INTERMEDIATE_COMPLETE:
            return {FileRole.PREVIEW: self.files[FileRole.PREVIEW]}
        return {}

    @property
    def was_admitted(self) -> bool:
        """Whether it has, or had, a slot to run in."""
        return bool(self.moves) and self.moves[0][0] is Status.QUEUED

    @property
    def ended_at_us(self) -> int | None:
        """When it came into a terminal state; None before that."""
        return self.moves[-1][1] if self.is_terminal else None

    @property
    def steps_taken(self) -> int:
        """How many steps of the usual life lie behind an admitted job that has not ended."""
        assert self.was_admitted
        return len(self.moves) - 1

    @property
    def next_step(self) -> Event:
        """What comes next in the usual life of an admitted job that has not ended."""
        life = LIFE_WITH_PREVIEW if FileRole.PREVIEW in self.order.files else USUAL_LIFE
        return life[self.steps_taken][0]


def _told(role: FileRole, path: str) -> str | Mapping[str, str]:
    return {"type": role.value, "url": path} if role in TOLD_ROLES else path


def advance(job: Job, event: Event, *, at_us: int) -> Job:
    """The job after `event`; the job passed in stays as it was.

    Raises:
        IllegalMove: the job's state does not take `event`.
    """
    assert at_us >= job.ticket.created_at_us, "a job cannot move before it was made"
    try:
        status = TRANSITIONS[job.status][event]
    except KeyError:
        raise IllegalMove(f"Job {job.id} is {job.status} and cannot {event}.") from None
    return moved(job, (status, at_us))


def moved(job: Job, *moves: tuple[Status, int]) -> Job:
    """The job after these moves, unchecked: a test holds those of `timetable.py` against the table."""
    return Job(job.ticket, (*job.moves, *moves), job.polls, job.given_result, job.error, job.listed)
