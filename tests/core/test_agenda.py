from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.agenda import Agenda, Due

times = st.integers(0, 200_000)


def taken(agenda: Agenda, until_us: int) -> list[Due]:
    plans = []
    while (plan := agenda.take(until_us)) is not None:
        plans.append(plan)
    return plans


@given(st.lists(times), times)
def test_plans_come_out_in_the_order_of_time_and_then_of_planning(due: list[int], until_us: int) -> None:
    agenda = Agenda()
    for n, due_us in enumerate(due):
        agenda.add(due_us, f"j{n}")

    early, late = taken(agenda, until_us), taken(agenda, 10**9)

    assert [*early, *late] == sorted((due_us, n + 1, f"j{n}") for n, due_us in enumerate(due))
    assert all(plan[0] <= until_us for plan in early)
    assert all(plan[0] > until_us for plan in late)
    assert (agenda.size, agenda.plans, agenda.slots) == (0, {}, [])


@given(st.lists(st.tuples(times, times), max_size=30))
def test_a_plan_made_while_others_are_taken_out_still_comes_in_its_turn(pairs: list[tuple[int, int]]) -> None:
    agenda = Agenda()
    for due_us, _ in pairs:
        agenda.add(due_us, "first")
    waits_us = [wait_us for _, wait_us in pairs]
    seen = []

    while (plan := agenda.take(10**9)) is not None:
        seen.append(plan[0])
        if plan[2] == "first":
            agenda.add(plan[0] + waits_us.pop(), "then")

    assert seen == sorted(seen)
    assert len(seen) == 2 * len(pairs)


@given(st.lists(times, min_size=1))
def test_looking_at_the_next_plan_leaves_it_where_it_is(due: list[int]) -> None:
    agenda = Agenda()
    for due_us in due:
        agenda.add(due_us, "j")

    assert agenda.next() == agenda.next() == min(agenda.all())
    assert agenda.size == len(due)


def test_dropping_plans_keeps_the_wanted_ones_as_they_were() -> None:
    agenda = Agenda()
    for n in range(10):
        agenda.add(100_000 - n, f"j{n}")

    agenda.keep(lambda job_id: job_id in ("j3", "j7"))

    assert taken(agenda, 10**9) == [(99_993, 8, "j7"), (99_997, 4, "j3")]
