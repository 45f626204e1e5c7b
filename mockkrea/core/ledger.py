"""Who owns how much: an append-only, double-entry book for every workspace.

An entry moves an amount from one account to another, so each unit's accounts always sum to zero.
Money goes one way: funding -> available -> held -> revenue. A job's price is held when it is
submitted, and the hold ends exactly once: captured when the job completes, released when it fails
or is cancelled. (Only completed jobs are billed: documented. Holds are ASSUMED: they are what keeps
a balance from being spent twice.)

A plan may give compute units each day (the free one does: documented). They are not booked by
anybody at midnight: whoever asks is told what the date makes of the book, and the first entry of a
day writes down that yesterday's rest expired and today's units came. Jobs spend them before bought
units, and what a job gives back after its day is gone (both ASSUMED).

Amounts are whole numbers of the unit's smallest part: micro-dollars, thousandths of a compute unit.
Running totals are cached; `tests/core/test_ledger.py` adds the entries up again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core.clock import DAY_US
from mockkrea.core.errors import InsufficientBalance, InvalidChange
from mockkrea.core.money import AMOUNT_MAX, Unit, in_words


class Meter(NamedTuple):
    """One of a workspace's two meters."""

    workspace_id: str
    unit: Unit


class Account(StrEnum):
    """The four accounts of a meter."""

    FUNDING = "funding"
    AVAILABLE = "available"
    HELD = "held"
    REVENUE = "revenue"


class EntryKind(StrEnum):
    """What an entry is for."""

    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUST = "adjust"
    EXPIRE = "expire"
    CARRIED_FORWARD = "carried_forward"


# From which account to which an entry moves its amount. An adjustment may also go the other way.
ROUTES = {
    EntryKind.GRANT: (Account.FUNDING, Account.AVAILABLE),
    EntryKind.HOLD: (Account.AVAILABLE, Account.HELD),
    EntryKind.CAPTURE: (Account.HELD, Account.REVENUE),
    EntryKind.RELEASE: (Account.HELD, Account.AVAILABLE),
    EntryKind.ADJUST: (Account.FUNDING, Account.AVAILABLE),
    EntryKind.EXPIRE: (Account.AVAILABLE, Account.FUNDING),
    EntryKind.CARRIED_FORWARD: (Account.AVAILABLE, Account.REVENUE),
}


class Entry(NamedTuple):
    """One movement. `amount` is never negative; `seq` counts the world's entries from 1."""

    seq: int
    at_us: int
    kind: EntryKind
    unit: Unit
    amount: int
    source: Account
    target: Account
    job_id: str | None = None
    memo: str = ""


class JobCharge(NamedTuple):
    """A job's two entries in short: `seq` and `at_us` of its hold, and how, when and under which number
    the hold ended."""

    workspace_id: str
    unit: Unit
    amount: int
    seq: int
    at_us: int
    end: EntryKind | None = None
    end_seq: int = 0
    end_at_us: int = 0

    def entries(self, job_id: str) -> list[Entry]:
        """The hold, and what ended it."""
        hold = Entry(
            self.seq, self.at_us, EntryKind.HOLD, self.unit, self.amount, *ROUTES[EntryKind.HOLD], job_id
        )
        if self.end is None:
            return [hold]
        return [
            hold,
            Entry(self.end_seq, self.end_at_us, self.end, self.unit, self.amount, *ROUTES[self.end], job_id),
        ]


@dataclass(slots=True)
class Balance:
    """The running totals of one meter. They sum to zero; `funding` is what came in, negated."""

    funding: int = 0
    available: int = 0
    held: int = 0
    revenue: int = 0

    def move(self, amount: int, source: Account, target: Account) -> None:
        """Take `amount` from one account and put it into another."""
        setattr(self, source, getattr(self, source) - amount)
        setattr(self, target, getattr(self, target) + amount)
        assert self.available >= 0 <= self.held, "more was spent than there was"


@dataclass(slots=True)
class Carried:
    """What a workspace's forgotten jobs were billed on one meter, and the last of their entries."""

    amount: int = 0
    seq: int = 0
    at_us: int = 0


@dataclass(slots=True)
class Allowance:
    """The compute units that a workspace's plan gives each day (UTC).

    `day` is the last one that the book knows of, counted from the epoch, and `remaining` what is free of its
    units. `held_by_job` says of which day's units an unfinished job holds how many.
    """

    daily_cu_thousandths: int
    since_us: int
    day: int = -1
    remaining: int = 0
    held_by_job: dict[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """The book of one world.

    By workspace id: `entries` that are no job's, and what was `carried` forward. By job id: `charges`.
    """

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    carried: dict[str, dict[Unit, Carried]] = field(default_factory=dict)
    balances: dict[str, dict[Unit, Balance]] = field(default_factory=dict)
    allowances: dict[str, Allowance] = field(default_factory=dict)
    charges: dict[str, JobCharge] = field(default_factory=dict)
    seq: int = 0

    def open(self, workspace_id: str, *, at_us: int, daily_cu_thousandths: int = 0) -> None:
        """Begin the accounts of a workspace, all at zero but for the day's free compute units."""
        assert workspace_id not in self.balances
        self.entries[workspace_id] = []
        self.carried[workspace_id] = {}
        self.balances[workspace_id] = {unit: Balance() for unit in Unit}
        if daily_cu_thousandths:
            self.allowances[workspace_id] = Allowance(daily_cu_thousandths, since_us=at_us)

    def balance(self, meter: Meter, *, at_us: int) -> Balance:
        """The totals of one meter at this time. They are for reading only."""
        balance = self.balances[meter.workspace_id][meter.unit]
        if meter.unit is Unit.USD:
            return balance
        if due := self._daily_entries(meter.workspace_id, at_us):
            balance = replace(balance)
            for entry in due:
                if entry.unit is meter.unit:
                    balance.move(entry.amount, entry.source, entry.target)
        return balance

    def entries_at(self, workspace_id: str, *, at_us: int) -> list[Entry]:
        """The workspace's entries at this time, oldest first; what was carried forward stands where its last
        entry stood, and what only the date has brought so far stands at the end."""
        kind = EntryKind.CARRIED_FORWARD
        carried = [
            Entry(each.seq, each.at_us, kind, unit, each.amount, *ROUTES[kind], memo="jobs no longer kept")
            for unit, each in self.carried[workspace_id].items()
        ]
        of_jobs = [
            entry
            for job_id, charge in self.charges.items()
            if charge.workspace_id == workspace_id
            for entry in charge.entries(job_id)
        ]
        booked = sorted([*self.entries[workspace_id], *carried, *of_jobs], key=lambda entry: entry.seq)
        return booked + self._daily_entries(workspace_id, at_us)

    def grant(self, meter: Meter, amount: int, *, at_us: int, memo: str = "") -> None:
        """Give the workspace more to spend.

        Raises:
            InvalidChange: for a negative amount, or one too large to keep.
        """
        if amount < 0:
            raise InvalidChange(f"A grant cannot be negative: {in_words(meter.unit, amount)}.")
        self._refuse_above_max(meter, amount, at_us)
        self._post(meter, EntryKind.GRANT, amount, at_us=at_us, memo=memo)

    def set_balance(self, meter: Meter, amount: int, *, at_us: int, memo: str = "") -> None:
        """Make available and held together equal `amount`.

        Raises:
            InvalidChange: for a negative amount, for less than what unfinished jobs hold, or for more
                than can be kept.
        """
        if amount < 0:
            raise InvalidChange(f"A balance cannot be negative: {in_words(meter.unit, amount)}.")
        balance = self.balance(meter, at_us=at_us)
        if amount < balance.held:
            held = in_words(meter.unit, balance.held)
            raise InvalidChange(
                f"The balance cannot be {in_words(meter.unit, amount)}: unfinished jobs hold {held}."
            )
        change = amount - balance.held - balance.available
        self._refuse_above_max(meter, change, at_us)
        if change:
            self._post(meter, EntryKind.ADJUST, change, at_us=at_us, memo=memo)
            allowance = self._allowance(meter)
            if allowance is not None:
                allowance.remaining = min(allowance.remaining, self.balance(meter, at_us=at_us).available)

    def check(self, meter: Meter, amount: int, *, at_us: int) -> None:
        """Raise unless `amount` could be held now; changes nothing.

        Raises:
            InsufficientBalance: less than that is available.
        """
        available = self.balance(meter, at_us=at_us).available
        if amount > available:
            raise InsufficientBalance(
                f"The job costs {in_words(meter.unit, amount)}"
                f" and the workspace has {in_words(meter.unit, available)} free.",
                unit=meter.unit,
                needed=amount,
                available=available,
            )

    def hold(self, meter: Meter, amount: int, *, at_us: int, job_id: str) -> None:
        """Set a job's price aside; `check` has said that it can be."""
        assert job_id not in self.charges, f"job {job_id} has a hold already"
        workspace_id, unit = meter
        seq = self._next_seq(workspace_id, at_us)
        self.balances[workspace_id][unit].move(amount, Account.AVAILABLE, Account.HELD)
        self.charges[job_id] = JobCharge(workspace_id, unit, amount, seq, at_us)
        allowance = self._allowance(meter)
        if allowance is not None and (held := min(amount, allowance.remaining)):
            allowance.remaining -= held
            allowance.held_by_job[job_id] = (allowance.day, held)

    def capture(self, job_id: str, *, at_us: int) -> None:
        """Charge a completed job: its hold becomes revenue."""
        self._end_hold(job_id, EntryKind.CAPTURE, at_us)

    def release(self, job_id: str, *, at_us: int) -> None:
        """Give back what was held for a job that failed or was cancelled."""
        self._end_hold(job_id, EntryKind.RELEASE, at_us)

    def carry_forward(self, job_id: str) -> None:
        """Forget a finished job's two entries; the workspace's carried-forward row keeps their sum."""
        charge = self.charges.pop(job_id)
        carried = self.carried[charge.workspace_id].setdefault(charge.unit, Carried())
        if charge.end is EntryKind.CAPTURE:
            carried.amount += charge.amount
        if charge.end_seq > carried.seq:
            carried.seq, carried.at_us = charge.end_seq, charge.end_at_us

    def _end_hold(self, job_id: str, kind: EntryKind, at_us: int) -> None:
        # A second capture or release is our mistake, not the caller's.
        assert job_id in self.charges, f"job {job_id} has no open hold"
        workspace_id, unit, amount, seq, held_at_us, ended, *_ = self.charges[job_id]
        assert ended is None, f"job {job_id} has no open hold"
        end_seq = self._next_seq(workspace_id, at_us)
        self.balances[workspace_id][unit].move(amount, *ROUTES[kind])
        self.charges[job_id] = JobCharge(workspace_id, unit, amount, seq, held_at_us, kind, end_seq, at_us)
        meter = Meter(workspace_id, unit)
        allowance = self._allowance(meter)
        if allowance is None or job_id not in allowance.held_by_job:
            return
        day, held = allowance.held_by_job.pop(job_id)
        if kind is EntryKind.RELEASE and day == allowance.day:
            allowance.remaining += held
        elif kind is EntryKind.RELEASE:
            self._post(meter, EntryKind.EXPIRE, held, at_us=at_us, memo="free units of an earlier day")

    def _allowance(self, meter: Meter) -> Allowance | None:
        return self.allowances.get(meter.workspace_id) if meter.unit is Unit.COMPUTE_UNITS else None

    def _daily_entries(self, workspace_id: str, at_us: int) -> list[Entry]:
        """What the date has brought since the last entry. Days on which nothing happened leave none."""
        allowance = self.allowances.get(workspace_id)
        day = at_us // DAY_US
        if allowance is None or day <= allowance.day:
            return []
        begun_us = max(day * DAY_US, allowance.since_us)
        due = (
            [(EntryKind.EXPIRE, allowance.remaining, "free units of an earlier day")]
            if allowance.remaining
            else []
        )
        due.append((EntryKind.GRANT, allowance.daily_cu_thousandths, "the plan's free units of the day"))
        return [
            Entry(self.seq + nth, begun_us, kind, Unit.COMPUTE_UNITS, amount, *ROUTES[kind], memo=memo)
            for nth, (kind, amount, memo) in enumerate(due, 1)
        ]

    def _next_seq(self, workspace_id: str, at_us: int) -> int:
        """The number of the entry that is about to be made; the first of a day lets the day begin."""
        if workspace_id in self.allowances:
            allowance, due = self.allowances[workspace_id], self._daily_entries(workspace_id, at_us)
            for entry in due:
                self._book(workspace_id, entry)
            if due:
                allowance.day, allowance.remaining = at_us // DAY_US, allowance.daily_cu_thousandths
        self.seq += 1
        return self.seq

    def _post(self, meter: Meter, kind: EntryKind, amount: int, *, at_us: int, memo: str) -> None:
        source, target = ROUTES[kind]
        if amount < 0:
            assert kind is EntryKind.ADJUST
            source, target = target, source
        seq = self._next_seq(meter.workspace_id, at_us)
        entry = Entry(seq, at_us, kind, meter.unit, abs(amount), source, target, memo=memo)
        self._book(meter.workspace_id, entry)

    def _book(self, workspace_id: str, entry: Entry) -> None:
        self.seq = entry.seq
        self.balances[workspace_id][entry.unit].move(entry.amount, entry.source, entry.target)
        self.entries[workspace_id].append(entry)

    def _refuse_above_max(self, meter: Meter, change: int, at_us: int) -> None:
        balance = self.balance(meter, at_us=at_us)
        if balance.available + balance.held + balance.revenue + change > AMOUNT_MAX:
            raise InvalidChange(
                f"A workspace can be given at most {in_words(meter.unit, AMOUNT_MAX)} in its life."
            )
