"""Who may start: concurrency and backlog of every workspace.

A workspace runs as many jobs at once as its limits say; the next ones wait, first in, first out,
and when that line is full too, submitting is refused. (Concurrency, backlog and the refusal are
documented, their numbers are not: see the plans in `fixtures/world.yaml`, ASSUMED.)

The queue knows jobs by number and id only. Numbers grow with every job of the world, so a line is
always sorted and a place in it is found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from mockkrea.core.errors import TooManyJobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a workspace may do at once; None is no limit."""

    concurrency: int | None = None
    backlog: int | None = None
    requests_per_minute: int | None = None


@dataclass(slots=True)
class Queue:
    """The running and the waiting jobs of one world, by workspace id."""

    running: dict[str, int] = field(default_factory=dict)
    waiting: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    # How many unfinished jobs a workspace has of each model that limits them.
    unfinished: dict[str, dict[str, int]] = field(default_factory=dict)

    def has_room(self, workspace_id: str, limits: Limits) -> bool:
        """Whether one more job would start at once; False if it would have to wait.

        Raises:
            TooManyJobs: all slots are taken and the backlog is full.
        """
        waiting = len(self.waiting.get(workspace_id, ()))
        has_slot = self._has_slot(workspace_id, limits)
        if limits.backlog is not None and not has_slot and waiting >= limits.backlog:
            running = self.running.get(workspace_id, 0)
            raise TooManyJobs(
                f"The queue is full: {running} of {limits.concurrency} jobs run"
                f" and {waiting} of {limits.backlog} wait."
            )
        return has_slot and not waiting

    def check_model(self, workspace_id: str, model: str, unfinished_max: int) -> None:
        """Raise unless one more unfinished job of this model is allowed; changes nothing.

        Raises:
            TooManyJobs: the workspace has that many already.
        """
        unfinished = self.unfinished.get(workspace_id, {}).get(model, 0)
        if unfinished >= unfinished_max:
            raise TooManyJobs(
                f"The workspace has {unfinished} of {unfinished_max} unfinished jobs of {model}."
            )

    def join(self, workspace_id: str, number: int, job_id: str) -> None:
        """Stand at the end of the line."""
        self.waiting.setdefault(workspace_id, []).append((number, job_id))

    def next_ready(self, workspace_id: str, limits: Limits) -> str | None:
        """Take the first of the line, if there is one and a slot is free, and give it the slot."""
        line = self.waiting.get(workspace_id)
        if not line or not self._has_slot(workspace_id, limits):
            return None
        self.take_slot(workspace_id)
        return line.pop(0)[1]

    def take_slot(self, workspace_id: str) -> None:
        """Run one job more, whatever the limits say."""
        self.running[workspace_id] = self.running.get(workspace_id, 0) + 1

    def leave_line(self, workspace_id: str, number: int) -> None:
        """Go away before having started."""
        del self.waiting[workspace_id][self.position(workspace_id, number) - 1]

    def free_slot(self, workspace_id: str) -> None:
        """Stop running."""
        assert self.running[workspace_id] > 0, "only a running job has a slot"
        self.running[workspace_id] -= 1

    def position(self, workspace_id: str, number: int) -> int:
        """The place in the line of a job that waits; 1 is the next to start."""
        line = self.waiting[workspace_id]
        index = bisect_left(line, (number,))
        assert line[index][0] == number, "only a waiting job has a position"
        return index + 1

    def count_unfinished(self, workspace_id: str, model: str, change: int) -> None:
        """Count one more or one fewer unfinished job of a model that limits them."""
        counts = self.unfinished.setdefault(workspace_id, {})
        counts[model] = counts.get(model, 0) + change

    def _has_slot(self, workspace_id: str, limits: Limits) -> bool:
        return limits.concurrency is None or self.running.get(workspace_id, 0) < limits.concurrency
