import re
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from mockkrea.core.randomness import DEAL_BYTES, between, deal, uuid_of


def test_the_same_seed_purpose_and_counter_deal_the_same_bytes() -> None:
    assert deal(7, "job", 3) == deal(7, "job", 3)
    assert len(deal(7, "job", 3)) == DEAL_BYTES


def test_another_seed_purpose_or_counter_deals_other_bytes() -> None:
    deals = {deal(seed, purpose, n) for seed in (0, 1) for purpose in ("a", "b") for n in (1, 2)}

    assert len(deals) == 8


@given(st.binary(min_size=16, max_size=32))
def test_every_deal_makes_a_version_4_uuid(dealt: bytes) -> None:
    id = UUID(uuid_of(dealt))

    assert id.version == 4
    assert id.variant == "specified in RFC 4122"
    assert re.fullmatch(r"[0-9a-f-]{36}", uuid_of(dealt))


@given(st.binary(min_size=8, max_size=8), st.integers(), st.integers(0, 10**6))
def test_a_number_dealt_between_two_bounds_lies_between_them(dealt: bytes, low: int, span: int) -> None:
    assert low <= between(dealt, low, low + span) <= low + span


def test_both_bounds_can_be_dealt() -> None:
    numbers = {between(deal(0, "die", n), 1, 6) for n in range(200)}

    assert numbers == {1, 2, 3, 4, 5, 6}
