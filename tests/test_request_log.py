"""The logs of requests share one budget, and each world looks at its own."""

from __future__ import annotations

from mockkrea.request_log import ENTRY_BYTES, RequestBudget, RequestLog


def ask(log: RequestLog, *, body: bytes = b"", path: str = "") -> int:
    """Log a request with this body; its number."""
    number = log.arrival()
    log.keep(
        (number, 0, b"", "GET", path, b"", b"", 200, 0.001, body, len(body), b"", 0, False, "", "", "", b"")
    )
    return number


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
    first, second = log.arrival(), log.arrival()
    for number in (second, first):
        log.keep((number, 0, b"", "GET", "", b"", b"", 200, 0.0, b"", 0, b"", 0, False, "", "", "", b""))

    assert numbers(log) == [first, second]


def test_what_a_cleared_log_took_is_there_for_others() -> None:
    budget = RequestBudget(2 * ENTRY_BYTES)
    ours, theirs = RequestLog(budget), RequestLog(budget)
    ask(ours)
    ask(theirs)

    assert ours.clear() == 1
    ask(theirs)

    assert (numbers(ours), numbers(theirs), theirs.dropped) == ([], [1, 2], 0)
    assert ours.arrival() == 2


def test_without_a_budget_nothing_is_kept() -> None:
    log = RequestLog(RequestBudget(0))

    ask(log)

    assert (numbers(log), log.dropped) == ([], 1)
