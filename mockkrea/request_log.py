"""What clients asked the worlds, and what they got: for tests and people to look at, no part of any world.

The logs of all worlds share one budget of bytes, and the request that was logged longest ago makes room.
Bytes are kept as they came; whoever asks for them decodes them. So to log a request costs next to nothing.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple, Protocol

BODY_BYTES_KEPT = 65_536
BUDGET_BYTES = 16_000_000

# What a logged request takes besides its texts and bodies, measured with tracemalloc.
ENTRY_BYTES = 600

# Why a request has no status, where no rule asked for that.
PENDING = "pending"
ABANDONED = "the client went away before the answer"


class Exchange(NamedTuple):
    """One request and its answer.

    `number` counts the requests of a world by their arrival, which was at `at_us`, mock time.
    `path` is decoded and seen from inside the world, `authorization` the whole header. Of bodies the
    first 64 KB are kept, of media nothing; the `…_bytes` are their true sizes. `is_provoked`: a rule or a
    magic word asked for this answer. `why` says more of a refusal than its answer does.
    Where nothing was answered, `status` is 0 and `why` the `Connection` that a rule asked for, `PENDING`,
    or `ABANDONED`.
    `fault_id`: the fault rule that fired for it; a magic word has none. `lost_job_id`: the job that the
    answer would have told of, had a fault not kept it back. `webhook`: the header X-Webhook-URL.
    """

    number: int
    at_us: int
    id: bytes
    method: str
    path: str
    query: bytes
    authorization: bytes
    status: int
    seconds: float
    request: bytes
    request_bytes: int
    answer: bytes
    answer_bytes: int
    is_provoked: bool = False
    why: str = ""
    fault_id: str = ""
    lost_job_id: str = ""
    webhook: bytes = b""


# An exchange as it is kept: made in a fraction of the time that a NamedTuple takes.
Kept = tuple[
    int, int, bytes, str, str, bytes, bytes, int, float, bytes, int, bytes, int, bool, str, str, str, bytes
]


class Unanswered(Protocol):
    """A request that came and waits for its answer."""

    def pending(self) -> Kept:
        """What is known of it so far."""


class RequestBudget:
    """The bytes that all request logs of a process may take together.

    Args:
        budget_bytes: how many; with 0 nothing is kept.
    """

    def __init__(self, budget_bytes: int = BUDGET_BYTES) -> None:
        self._left_bytes = budget_bytes
        # Whose the kept requests are, the one that was logged longest ago first.
        self._owners: deque[RequestLog] = deque()

    def spend(self, owner: RequestLog, size_bytes: int) -> None:
        """Count one request more, and let go of the oldest where that is too much."""
        self._owners.append(owner)
        self._left_bytes -= size_bytes
        while self._left_bytes < 0:
            self._left_bytes += self._owners.popleft().drop_oldest()

    def give_back(self, owner: RequestLog, size_bytes: int) -> None:
        """Count nothing more for this owner, whose requests took so many bytes."""
        self._left_bytes += size_bytes
        self._owners = deque(each for each in self._owners if each is not owner)


class RequestLog:
    """The requests of one world. `dropped` tells how many went because the budget was spent."""

    def __init__(self, budget: RequestBudget) -> None:
        self._budget = budget
        self._kept: deque[Kept] = deque()
        self._unanswered: set[Unanswered] = set()
        self._arrived = 0
        self.dropped = 0

    @property
    def mark(self) -> tuple[int, int, int]:
        """Something else whenever a request came, was answered or forgotten."""
        return len(self._unanswered), len(self._kept), self._kept[-1][0] if self._kept else 0

    def next_number(self) -> int:
        """The number of a request that just came."""
        self._arrived += 1
        return self._arrived

    def begin(self, request: Unanswered) -> None:
        """Show a request from now on, until `end`; it takes nothing of the budget yet."""
        self._unanswered.add(request)

    def keep(self, request: Unanswered, exchange: Kept) -> None:
        """Log a request that was answered, unless it was forgotten before."""
        if request in self._unanswered:
            self._unanswered.discard(request)
            self._kept.append(exchange)
            self._budget.spend(self, _size_bytes(exchange))

    def end(self, request: Unanswered) -> None:
        """Show it no longer, unless it was kept."""
        self._unanswered.discard(request)

    def drop_oldest(self) -> int:
        """Let go of the request that was logged longest ago; the bytes that it took."""
        self.dropped += 1
        return _size_bytes(self._kept.popleft())

    def exchanges(self) -> list[Exchange]:
        """All that are kept and all that wait for their answer, in the order of arrival."""
        waiting = [each.pending() for each in self._unanswered]
        return [Exchange(*each) for each in sorted([*self._kept, *waiting])]

    def clear(self) -> int:
        """Forget all of it; how many requests these were."""
        count = len(self._kept) + len(self._unanswered)
        if self._kept:
            self._budget.give_back(self, sum(map(_size_bytes, self._kept)))
            self._kept.clear()
        self._unanswered.clear()
        self.dropped = 0
        return count

    def start_over(self) -> None:
        """Forget all of it, and count from 1 again."""
        self.clear()
        self._arrived = 0


def _size_bytes(exchange: Kept) -> int:
    path, query, body, answer, webhook = exchange[4], exchange[5], exchange[9], exchange[11], exchange[17]
    return ENTRY_BYTES + len(path) + len(query) + len(body) + len(answer) + len(webhook)
