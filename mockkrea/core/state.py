"""Everything that a world is at one moment, and the questions one can ask it.

A `State` is data: dictionaries of frozen facts. Whoever wants to change it makes a command
(`commands.py`); what a change does to jobs and money is written in `engine.py`. So a copy costs a
few dictionary copies, and two states are equal if they are equal as JSON, byte for byte.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from mockkrea.core import codec
from mockkrea.core.agenda import Agenda
from mockkrea.core.assets import Asset
from mockkrea.core.errors import NotFound
from mockkrea.core.faults import RuleBook
from mockkrea.core.jobs import FileRole, Job, Output, Status
from mockkrea.core.ledger import Ledger
from mockkrea.core.outbox import Outbox
from mockkrea.core.queue import Queue
from mockkrea.core.styles import Library
from mockkrea.core.timetable import caught_up
from mockkrea.core.workspaces import Directory

JOBS_KEPT = 10_000

# The position of a job that has left the line and not begun. ASSUMED.
QUEUED_POSITION = 0


@dataclass(slots=True, kw_only=True)
class State:
    """One world. Times are microseconds since the epoch.

    `now_us` is the time of the last command, `settled_us` the time by which everything due has been
    done, `frozen` whether the clock stands still.
    `jobs` is by id, oldest first. `finished` are the ids of the jobs that have ended, in that order, of
    which `jobs_kept` stay. `agenda` has the ends of running jobs. `assets` is by id, oldest first,
    `library` the styles and moodboards. `rules` say what goes wrong.
    `settings` are names and values that adapters gave; core keeps them and reads none.
    """

    seed: int
    now_us: int
    settled_us: int
    frozen: bool = False
    directory: Directory = field(default_factory=Directory)
    ledger: Ledger = field(default_factory=Ledger)
    queue: Queue = field(default_factory=Queue)
    jobs: dict[str, Job] = field(default_factory=dict)
    finished: deque[str] = field(default_factory=deque)
    agenda: Agenda = field(default_factory=Agenda)
    library: Library = field(default_factory=Library)
    # When each workspace with a request rate asked in the last minute.
    asked_at_us: dict[str, list[int]] = field(default_factory=dict)
    jobs_made: int = 0
    jobs_kept: int = JOBS_KEPT
    assets: dict[str, Asset] = field(default_factory=dict)
    assets_made: int = 0
    rules: RuleBook = field(default_factory=RuleBook)
    outbox: Outbox = field(default_factory=Outbox)
    settings: dict[str, object] = field(default_factory=dict)

    @property
    def has_ends_due_now(self) -> bool:
        """Whether the last command planned ends for its own moment that nobody has seen yet."""
        plan = self.agenda.next()
        return plan is not None and plan[0] <= self.now_us

    @property
    def webhook_due_us(self) -> int | None:
        """When a webhook may have to be sent: one is due then, or the next job ends and may have one."""
        due = self.outbox.agenda.next()
        end = self.agenda.next() if self.outbox.expected else None
        if due is None or end is None:
            plan = due or end
            return None if plan is None else plan[0]
        return min(due[0], end[0])

    @property
    def has_due_webhooks(self) -> bool:
        """Whether a webhook is due by now and nobody has taken it."""
        plan = self.outbox.agenda.next()
        return plan is not None and plan[0] <= self.settled_us

    @property
    def is_idle(self) -> bool:
        """Whether no job waits or runs."""
        return len(self.finished) == len(self.jobs)

    def job(self, workspace_id: str, job_id: str) -> Job:
        """The workspace's job with this id, deleted or not.

        Raises:
            NotFound: no such job, or it is another workspace's.
        """
        job = self.jobs.get(job_id)
        if job is None or job.order.workspace_id != workspace_id:
            raise NotFound("job", job_id)
        return caught_up(job, self.settled_us)

    def any_job(self, job_id: str) -> Job:
        """The job with this id, whosever it is.

        Raises:
            NotFound: no such job.
        """
        try:
            return caught_up(self.jobs[job_id], self.settled_us)
        except KeyError:
            raise NotFound("job", job_id) from None

    def is_unfinished(self, job_id: str) -> bool:
        """Whether there is such a job and it has not ended."""
        job = self.jobs.get(job_id)
        return job is not None and not job.is_terminal

    def file_at(self, path: str) -> tuple[Job, FileRole]:
        """The job whose result or preview lies at this path, and which part of it that is.

        Raises:
            NotFound: nothing lies there, or not yet.
        """
        job = self.jobs.get(_id_in(path))
        if job is not None:
            for role, its_path in caught_up(job, self.settled_us).files_shown.items():
                if its_path == path:
                    return job, role
        raise NotFound("file", path)

    def output_at(self, path: str) -> tuple[Job, Output]:
        """The node app job that came to its own end, one of whose outputs lies at this path, and that output.

        Raises:
            NotFound: nothing lies there, or not yet.
        """
        job = self.jobs.get(_id_in(path))
        if job is not None and job.has_made:
            for output in job.outputs:
                if output.path == path:
                    return job, output
        raise NotFound("file", path)

    def newest_jobs(self, workspace_id: str) -> Iterator[Job]:
        """The workspace's jobs that were not deleted, newest first."""
        for job in reversed(self.jobs.values()):
            if job.listed and job.order.workspace_id == workspace_id:
                yield caught_up(job, self.settled_us)

    def billed_jobs(self, workspace_id: str, from_us: int, to_us: int) -> list[Job]:
        """The workspace's jobs, deleted or not, that completed from one moment on and before another.

        They are oldest first.
        """
        return [
            job
            for job in self.jobs.values()
            if job.order.workspace_id == workspace_id
            and job.status is Status.COMPLETED
            and from_us <= job.moves[-1][1] < to_us
        ]

    def asset(self, workspace_id: str, asset_id: str) -> Asset:
        """The workspace's asset with this id.

        Raises:
            NotFound: no such asset, or it is another workspace's, or it was deleted.
        """
        asset = self.assets.get(asset_id)
        if asset is None or asset.workspace_id != workspace_id:
            raise NotFound("asset", asset_id)
        return asset

    def asset_of_file(self, path: str) -> Asset:
        """The asset whose file lies at this path.

        Raises:
            NotFound: nothing lies there.
        """
        asset = self.assets.get(_id_in(path))
        if asset is None or asset.path != path:
            raise NotFound("file", path)
        return asset

    def newest_assets(self, workspace_id: str) -> Iterator[Asset]:
        """The workspace's assets, newest first."""
        for asset in reversed(self.assets.values()):
            if asset.workspace_id == workspace_id:
                yield asset

    def position(self, job: Job) -> int | None:
        """A waiting job's place in the line (1 is next), 0 for a queued one, None once it has begun.

        The field is recorded, its numbers are ASSUMED.
        """
        if job.status is Status.BACKLOGGED:
            return self.queue.position(job.order.workspace_id, job.ticket.number)
        return QUEUED_POSITION if job.status is Status.QUEUED else None

    def as_bytes(self) -> bytes:
        """The whole state as JSON; equal states give equal bytes, however they came about."""
        copy = codec.copy(self)
        copy.agenda = self.agenda.in_order()
        copy.outbox.agenda = self.outbox.agenda.in_order()
        return codec.to_bytes(copy)


def _id_in(path: str) -> str:
    """What a path such as /files/ID.png, or /files/ID.name.png, is named after."""
    return path.rpartition("/")[2].partition(".")[0]
