import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.randomness import DRAWN_BYTES, between, draw, uuid_of


def test_the_same_seed_purpose_and_counter_deal_the_same_bytes() -> None:
    assert draw(7, "job", 3) == draw(7, "job", 3)
    assert len(draw(7, "job", 3)) == DRAWN_BYTES


def test_another_seed_purpose_or_counter_deals_other_bytes() -> None:
    deals = {draw(seed, purpose, n) for seed in (0, 1) for purpose in ("a", "b") for n in (1, 2)}

    assert len(deals) == 8


@given(st.binary(min_size=16, max_size=32))
def test_every_deal_makes_a_version_4_uuid(drawn: bytes) -> None:
    id = UUID(uuid_of(drawn))

    assert id.version == 4
    assert id.variant == "specified in RFC 4122"
    assert re.fullmatch(r"[0-9a-f-]{36}", uuid_of(drawn))


@given(st.binary(min_size=8, max_size=8), st.integers(), st.integers(0, 10**6))
def test_a_number_dealt_between_two_bounds_lies_between_them(drawn: bytes, low: int, span: int) -> None:
    assert low <= between(drawn, low, low + span) <= low + span


def test_both_bounds_can_be_dealt() -> None:
    numbers = {between(draw(0, "die", n), 1, 6) for n in range(200)}

    assert numbers == {1, 2, 3, 4, 5, 6}
