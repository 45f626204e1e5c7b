import random
from dataclasses import astuple

import pytest

from mockkrea.core import codec
from mockkrea.core.clock import DAY_US
from mockkrea.core.errors import InsufficientBalance, InvalidChange
from mockkrea.core.ledger import Account, Balance, Entry, EntryKind, Ledger, Meter
from mockkrea.core.money import AMOUNT_MAX, Unit, in_words, parts_of

USD = Meter("w", Unit.USD)
UNITS = Meter("w", Unit.COMPUTE_UNITS)

NOON = DAY_US // 2


def funded(amount: int) -> Ledger:
    ledger = Ledger()
    ledger.open("w", at_us=0)
    ledger.grant(USD, amount, at_us=0)
    return ledger


def added_up(rows: list[Entry], unit: Unit) -> Balance:
    balance = Balance()
    for entry in rows:
        if entry.unit is unit:
            balance.move(entry.amount, entry.source, entry.target)
    return balance


def test_a_hold_takes_money_out_of_what_is_available() -> None:
    ledger = funded(10)

    ledger.hold(USD, 4, at_us=1, job_id="j1")

    assert ledger.balance(USD, at_us=0) == Balance(funding=-10, available=6, held=4)


def test_a_completed_job_turns_its_hold_into_revenue() -> None:
    ledger = funded(10)
    ledger.hold(USD, 4, at_us=1, job_id="j1")

    ledger.capture("j1", at_us=2)

    assert ledger.balance(USD, at_us=0) == Balance(funding=-10, available=6, revenue=4)


def test_a_failed_job_gives_its_money_back() -> None:
    ledger = funded(10)
    ledger.hold(USD, 4, at_us=1, job_id="j1")

    ledger.release("j1", at_us=2)

    assert ledger.balance(USD, at_us=0) == Balance(funding=-10, available=10)


@pytest.mark.parametrize("first", ["capture", "release"])
@pytest.mark.parametrize("second", ["capture", "release"])
def test_a_hold_ends_exactly_once(first: str, second: str) -> None:
    ledger = funded(10)
    ledger.hold(USD, 4, at_us=1, job_id="j1")
    getattr(ledger, first)("j1", at_us=2)

    with pytest.raises(AssertionError, match="no open hold"):
        getattr(ledger, second)("j1", at_us=3)


def test_refusing_a_hold_says_both_numbers_and_changes_nothing() -> None:
    ledger = funded(3_000)
    before = codec.to_bytes(ledger)

    with pytest.raises(InsufficientBalance, match=r"costs 0\.004 USD and the workspace has 0\.003 USD") as it:
        ledger.check(USD, 4_000, at_us=0)

    assert (it.value.unit, it.value.needed, it.value.available) == ("usd", 4_000, 3_000)
    assert codec.to_bytes(ledger) == before


def test_the_two_meters_of_a_workspace_are_never_mixed() -> None:
    ledger = funded(10)

    with pytest.raises(InsufficientBalance):
        ledger.check(UNITS, 1, at_us=0)

    assert ledger.balance(UNITS, at_us=0) == Balance()


def test_a_balance_can_be_set_up_and_down_and_the_book_shows_it() -> None:
    ledger = funded(10)
    ledger.hold(USD, 4, at_us=1, job_id="j1")

    ledger.set_balance(USD, 20, at_us=2)
    ledger.set_balance(USD, 4, at_us=3)
    ledger.set_balance(USD, 4, at_us=4)

    assert ledger.balance(USD, at_us=0) == Balance(funding=-4, available=0, held=4)
    assert [(row.kind, row.amount, row.source) for row in ledger.entries_at("w", at_us=0)[2:]] == [
        (EntryKind.ADJUST, 10, Account.FUNDING),
        (EntryKind.ADJUST, 16, Account.AVAILABLE),
    ]


def test_a_balance_below_what_is_held_is_refused_and_changes_nothing() -> None:
    ledger = funded(10_000)
    ledger.hold(USD, 4_000, at_us=1, job_id="j1")
    before = codec.to_bytes(ledger)

    with pytest.raises(InvalidChange, match=r"cannot be 0\.003 USD: unfinished jobs hold 0\.004 USD"):
        ledger.set_balance(USD, 3_000, at_us=2)

    assert codec.to_bytes(ledger) == before


def test_a_grant_beyond_what_can_be_kept_is_refused_in_one_sentence() -> None:
    ledger = funded(1)

    with pytest.raises(InvalidChange, match=r"at most 9007199254\.740991 USD"):
        ledger.grant(USD, AMOUNT_MAX, at_us=1)
    with pytest.raises(InvalidChange, match="cannot be negative"):
        ledger.grant(USD, -1, at_us=1)

    assert ledger.balance(USD, at_us=0).available == 1


def test_folding_finished_jobs_keeps_every_account_as_it_was() -> None:
    ledger = funded(100)
    for n in range(4):
        ledger.hold(USD, 10 + n, at_us=n, job_id=f"j{n}")
        (ledger.release if n == 1 else ledger.capture)(f"j{n}", at_us=n)
    before = astuple(ledger.balance(USD, at_us=0))

    for n in (0, 2, 1):
        ledger.carry_forward(f"j{n}")

    rows = ledger.entries_at("w", at_us=0)
    assert [row.kind for row in rows] == [
        EntryKind.GRANT,
        EntryKind.CARRIED_FORWARD,
        EntryKind.HOLD,
        EntryKind.CAPTURE,
    ]
    assert rows[1].amount == 10 + 12
    assert astuple(ledger.balance(USD, at_us=0)) == before == astuple(added_up(rows, Unit.USD))


@pytest.mark.parametrize("seed", range(20))
def test_no_money_appears_or_vanishes_in_a_random_day(seed: int) -> None:
    """Walk at random, folding now and then: the cached totals are what the rows add up to."""
    dice, ledger = random.Random(seed), funded(100)
    running: list[str] = []
    finished: list[str] = []
    for step in range(300):
        chance = dice.random()
        if running and chance < 0.4:
            job_id = running.pop(dice.randrange(len(running)))
            dice.choice([ledger.capture, ledger.release])(job_id, at_us=step)
            finished.append(job_id)
        elif finished and chance < 0.6:
            ledger.carry_forward(finished.pop(dice.randrange(len(finished))))
        elif chance < 0.7:
            ledger.set_balance(USD, ledger.balance(USD, at_us=0).held + dice.randint(0, 100), at_us=step)
        else:
            price = dice.randint(0, min(30, ledger.balance(USD, at_us=0).available))
            ledger.hold(USD, price, at_us=step, job_id=f"j{step}")
            running.append(f"j{step}")

        balance = ledger.balance(USD, at_us=0)
        assert balance == added_up(ledger.entries_at("w", at_us=0), Unit.USD)
        assert sum(astuple(balance)) == 0
        assert balance.held == sum(bill.amount for bill in ledger.charges.values() if bill.end is None)


def with_free_units(daily: int) -> Ledger:
    ledger = Ledger()
    ledger.open("w", at_us=NOON, daily_cu_thousandths=daily)
    return ledger


def units_at(ledger: Ledger, at_us: int) -> int:
    balance = ledger.balance(UNITS, at_us=at_us)
    assert added_up(ledger.entries_at("w", at_us=at_us), Unit.COMPUTE_UNITS) == balance
    return balance.available


def test_free_units_are_there_every_day_anew_and_nobody_books_them_at_midnight() -> None:
    ledger = with_free_units(100)
    before = codec.to_bytes(ledger)

    assert [units_at(ledger, NOON + day * DAY_US) for day in (0, 1, 2, 365)] == [100] * 4

    assert codec.to_bytes(ledger) == before


def test_the_first_entry_of_a_day_writes_down_what_expired_and_what_came() -> None:
    ledger = with_free_units(100)
    ledger.hold(UNITS, 30, at_us=NOON, job_id="j1")
    ledger.capture("j1", at_us=NOON + 1)

    ledger.hold(UNITS, 10, at_us=NOON + 3 * DAY_US, job_id="j2")

    assert [
        (row.seq, row.at_us, row.kind, row.amount) for row in ledger.entries_at("w", at_us=NOON + 3 * DAY_US)
    ] == [
        (1, NOON, EntryKind.GRANT, 100),
        (2, NOON, EntryKind.HOLD, 30),
        (3, NOON + 1, EntryKind.CAPTURE, 30),
        (4, 3 * DAY_US, EntryKind.EXPIRE, 70),
        (5, 3 * DAY_US, EntryKind.GRANT, 100),
        (6, NOON + 3 * DAY_US, EntryKind.HOLD, 10),
    ]
    assert units_at(ledger, NOON + 3 * DAY_US) == 90


def test_a_day_is_spent_up_at_its_end_and_pays_again_after_midnight() -> None:
    ledger = with_free_units(100)
    ledger.hold(UNITS, 100, at_us=NOON, job_id="j1")

    with pytest.raises(InsufficientBalance):
        ledger.check(UNITS, 1, at_us=DAY_US - 1)
    ledger.check(UNITS, 100, at_us=DAY_US)


def test_bought_units_are_spent_after_the_free_ones_and_do_not_expire() -> None:
    ledger = with_free_units(100)
    ledger.grant(UNITS, 50, at_us=NOON)

    ledger.hold(UNITS, 120, at_us=NOON, job_id="j1")

    assert units_at(ledger, NOON) == 30
    assert units_at(ledger, NOON + DAY_US) == 130


def test_what_a_failed_job_gives_back_is_free_again_today_and_gone_tomorrow() -> None:
    today, tomorrow = with_free_units(100), with_free_units(100)
    for ledger in (today, tomorrow):
        ledger.grant(UNITS, 50, at_us=NOON)
        ledger.hold(UNITS, 120, at_us=NOON, job_id="j1")

    today.release("j1", at_us=DAY_US - 1)
    tomorrow.release("j1", at_us=DAY_US)

    assert units_at(today, DAY_US - 1) == 150
    assert units_at(today, DAY_US) == 150
    assert units_at(tomorrow, DAY_US) == 150
    assert [row.kind for row in tomorrow.entries_at("w", at_us=DAY_US)][-2:] == [
        EntryKind.RELEASE,
        EntryKind.EXPIRE,
    ]


def test_a_balance_set_below_the_free_units_takes_them_away_for_the_day() -> None:
    ledger = with_free_units(100)

    ledger.set_balance(UNITS, 40, at_us=NOON)

    assert units_at(ledger, NOON) == 40
    assert units_at(ledger, DAY_US) == 100


def test_usd_has_no_free_part() -> None:
    assert with_free_units(100).balance(USD, at_us=NOON) == Balance()


@pytest.mark.parametrize(
    ("unit", "text", "parts"),
    [
        (Unit.USD, "0.007", 7_000),
        (Unit.USD, "1e2", 10**8),
        (Unit.COMPUTE_UNITS, "687", 687_000),
        (Unit.USD, "-1", -(10**6)),
    ],
)
def test_a_decimal_number_is_read_exactly(unit: Unit, text: str, parts: int) -> None:
    assert parts_of(unit, text) == parts


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("0.0000001", "too fine; the smallest amount is 0.000001 USD"),
        ("NaN", "beyond"),
        ("Infinity", "beyond"),
        ("1e400", "beyond"),
        ("ten", "is no amount of USD"),
    ],
)
def test_what_cannot_be_kept_exactly_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidChange, match=reason):
        parts_of(Unit.USD, text)


@pytest.mark.parametrize(
    ("unit", "amount", "words"),
    [
        (Unit.USD, 30_000, "0.03 USD"),
        (Unit.USD, -1_500_000, "-1.5 USD"),
        (Unit.COMPUTE_UNITS, 16_400, "16.4 compute units"),
        (Unit.COMPUTE_UNITS, 0, "0 compute units"),
    ],
)
def test_an_amount_reads_as_a_person_would_write_it(unit: Unit, amount: int, words: str) -> None:
    assert in_words(unit, amount) == words
