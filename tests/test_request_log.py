"""The logs of requests share one budget, and each world looks at its own."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mockkrea.request_log import ENTRY_BYTES, PENDING, Kept, RequestBudget, RequestLog


def ask(log: RequestLog, *, body: bytes = b"", path: str = "") -> int:
    """Log a request with this body; its number."""
    request = begin(log, body=body, path=path)
    request.answer()
    return request.number


def begin(log: RequestLog, *, body: bytes = b"", path: str = "") -> Asking:
    """Let a request come that waits for its answer."""
    request = Asking(log, path, body)
    log.begin(request)
    return request


class Asking:
    """A request that comes to a log."""

    def __init__(self, log: RequestLog, path: str, body: bytes) -> None:
        self.log = log
        self.number = log.next_number()
        self.path = path
        self.body = body

    def pending(self) -> Kept:
        return self._entry(0, PENDING)

    def answer(self) -> None:
        """Be answered 200."""
        self.log.keep(self, self._entry(200, ""))
        self.log.end(self)

    def _entry(self, status: int, why: str) -> Kept:
        size = len(self.body)
        return (
            *(self.number, 0, b"", "GET", self.path, b"", b""),
            *(status, 0.001, self.body, size, b"", 0, False, why, "", "", b""),
        )


def numbers(log: RequestLog) -> list[int]:
    return [each.number for each in log.exchanges()]


def test_the_request_that_was_logged_longest_ago_makes_room_whatever_its_world() -> None:
    budget = RequestBudget(4 * ENTRY_BYTES)
    ours, theirs = RequestLog(budget), RequestLog(budget)
    ask(ours)
    ask(theirs)
    ask(ours)

    ask(ours)
    ask(theirs)

    assert (numbers(ours), ours.dropped) == ([2, 3], 1)
    assert (numbers(theirs), theirs.dropped) == ([1, 2], 0)


def test_bodies_and_paths_count_against_the_budget() -> None:
    log = RequestLog(RequestBudget(3 * ENTRY_BYTES))
    ask(log)

    ask(log, body=b"x" * ENTRY_BYTES)
    assert numbers(log) == [1, 2]

    ask(log, path="/" * ENTRY_BYTES)
    assert numbers(log) == [3]


def test_requests_are_in_the_order_of_their_arrival_not_of_their_answers() -> None:
    log = RequestLog(RequestBudget())
    first, second = begin(log), begin(log)
    second.answer()

    assert [(each.number, each.status, each.why) for each in log.exchanges()] == [
        (1, 0, PENDING),
        (2, 200, ""),
    ]
    first.answer()
    assert [(each.number, each.status) for each in log.exchanges()] == [(1, 200), (2, 200)]


def test_a_request_that_ends_without_an_answer_is_shown_no_longer() -> None:
    log = RequestLog(RequestBudget())
    before, request = log.mark, begin(log)

    during = log.mark
    log.end(request)

    assert numbers(log) == []
    assert during != before == log.mark


@pytest.mark.parametrize("forget", [RequestLog.clear, RequestLog.start_over])
def test_a_request_that_was_forgotten_while_it_waited_is_not_logged_when_it_is_answered(
    forget: Callable[[RequestLog], object],
) -> None:
    log = RequestLog(RequestBudget())
    request = begin(log)

    forget(log)
    assert numbers(log) == []

    new = begin(log)
    request.answer()
    assert numbers(log) == [new.number]


def test_what_a_cleared_log_took_is_there_for_others() -> None:
    budget = RequestBudget(2 * ENTRY_BYTES)
    ours, theirs = RequestLog(budget), RequestLog(budget)
    ask(ours)
    ask(theirs)

    assert ours.clear() == 1
    ask(theirs)

    assert (numbers(ours), numbers(theirs), theirs.dropped) == ([], [1, 2], 0)
    assert ours.next_number() == 2


def test_without_a_budget_nothing_is_kept() -> None:
    log = RequestLog(RequestBudget(0))

    ask(log)

    assert (numbers(log), log.dropped) == ([], 1)
