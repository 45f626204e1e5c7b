import pytest

from mockkrea.core import codec
from mockkrea.core.errors import TooManyJobs
from mockkrea.core.queue import Limits, Queue

TWO_AND_TWO = Limits(concurrency=2, backlog=2)


def a_queue(*, running: int, waiting: int) -> Queue:
    queue = Queue()
    for number in range(1, running + waiting + 1):
        queue.join("w", number, f"j{number}")
        if number <= running:
            queue.next_ready("w", Limits())
    return queue


def test_jobs_start_in_the_order_in_which_they_came() -> None:
    queue = a_queue(running=2, waiting=2)
    assert queue.next_ready("w", TWO_AND_TWO) is None

    queue.free_slot("w")

    assert queue.next_ready("w", TWO_AND_TWO) == "j3"
    assert queue.next_ready("w", TWO_AND_TWO) is None


def test_one_job_more_than_slots_and_backlog_hold_is_refused_with_the_numbers() -> None:
    queue = a_queue(running=2, waiting=2)
    before = codec.to_bytes(queue)

    with pytest.raises(TooManyJobs, match="The queue is full: 2 of 2 jobs run and 2 of 2 wait"):
        queue.has_room("w", TWO_AND_TWO)

    assert codec.to_bytes(queue) == before


@pytest.mark.parametrize(
    ("running", "waiting", "starts"), [(0, 0, True), (1, 0, True), (2, 0, False), (2, 1, False)]
)
def test_one_more_job_starts_while_a_slot_is_free_and_else_waits(
    running: int, waiting: int, starts: bool
) -> None:
    assert a_queue(running=running, waiting=waiting).has_room("w", TWO_AND_TWO) is starts


def test_a_free_slot_is_room_even_when_the_backlog_may_hold_nothing() -> None:
    assert a_queue(running=1, waiting=0).has_room("w", Limits(concurrency=2, backlog=0))


def test_without_limits_any_number_may_run() -> None:
    queue = a_queue(running=1_000, waiting=0)

    assert queue.has_room("w", Limits())
    assert queue.running["w"] == 1_000


def test_a_job_that_leaves_the_line_moves_the_ones_behind_it_up() -> None:
    queue = a_queue(running=0, waiting=4)

    queue.leave_line("w", 2)

    assert [queue.position("w", number) for number in (1, 3, 4)] == [1, 2, 3]


def test_only_a_waiting_job_has_a_position() -> None:
    with pytest.raises(AssertionError, match="only a waiting job"):
        a_queue(running=1, waiting=2).position("w", 1)


def test_workspaces_never_stand_in_each_others_line() -> None:
    queue = a_queue(running=2, waiting=2)

    assert queue.has_room("other", TWO_AND_TWO)
    queue.join("other", 9, "j9")

    assert queue.position("other", 9) == 1


def test_the_limit_of_a_model_counts_unfinished_jobs_of_that_model_only() -> None:
    queue = Queue()
    for _ in range(12):
        queue.count_unfinished("w", "seedance", +1)

    with pytest.raises(TooManyJobs, match="12 of 12 unfinished jobs of seedance"):
        queue.check_model("w", "seedance", 12)
    queue.check_model("w", "other model", 12)
    queue.check_model("other", "seedance", 12)
