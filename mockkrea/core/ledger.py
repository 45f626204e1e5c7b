"""Who owns how much: an append-only, double-entry book for every workspace.

An entry moves an amount from one account to another, so each unit's accounts always sum to zero.
Money goes one way: funding -> available -> held -> revenue. A job's price is held when it is
submitted, and the hold ends exactly once: captured when the job completes, released when it fails
or is cancelled. (Only completed jobs are billed: documented. Holds are ASSUMED: they are what keeps
a balance from being spent twice.)

Amounts are whole numbers of the unit's smallest part: micro-dollars, thousandths of a compute unit.
Running totals are cached; `tests/core/test_ledger.py` adds the entries up again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

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


class Kind(StrEnum):
    """What an entry is for."""

    GRANT = "grant"
    HOLD = "hold"
    CAPTURE = "capture"
    RELEASE = "release"
    ADJUST = "adjust"
    CARRIED_FORWARD = "carried_forward"


# From which account to which an entry moves its amount. An adjustment may also go the other way.
ROUTES = {
    Kind.GRANT: (Account.FUNDING, Account.AVAILABLE),
    Kind.HOLD: (Account.AVAILABLE, Account.HELD),
    Kind.CAPTURE: (Account.HELD, Account.REVENUE),
    Kind.RELEASE: (Account.HELD, Account.AVAILABLE),
    Kind.ADJUST: (Account.FUNDING, Account.AVAILABLE),
    Kind.CARRIED_FORWARD: (Account.AVAILABLE, Account.REVENUE),
}


class Entry(NamedTuple):
    """One movement. `amount` is never negative; `seq` counts the world's entries from 1."""

    seq: int
    at_us: int
    kind: Kind
    unit: Unit
    amount: int
    source: Account
    target: Account
    job_id: str | None = None
    memo: str = ""


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
class Ledger:
    """The book of one world. `entries` and `carried` are by workspace id."""

    entries: dict[str, dict[int, Entry]] = field(default_factory=dict)
    carried: dict[str, dict[Unit, Carried]] = field(default_factory=dict)
    balances: dict[str, dict[Unit, Balance]] = field(default_factory=dict)
    # By job id: the workspace of an unfinished job and the entry that holds its price; the workspace
    # of a finished job and the numbers of the two entries it left.
    holds: dict[str, tuple[str, Entry]] = field(default_factory=dict)
    settled: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    seq: int = 0

    def open(self, workspace_id: str) -> None:
        """Begin the accounts of a workspace, all at zero."""
        assert workspace_id not in self.balances
        self.entries[workspace_id] = {}
        self.carried[workspace_id] = {}
        self.balances[workspace_id] = {unit: Balance() for unit in Unit}

    def balance(self, meter: Meter) -> Balance:
        """The running totals of one meter."""
        return self.balances[meter.workspace_id][meter.unit]

    def rows(self, workspace_id: str) -> list[Entry]:
        """The workspace's entries, oldest first; what was folded stands where its last entry stood."""
        kind = Kind.CARRIED_FORWARD
        carried = [
            Entry(each.seq, each.at_us, kind, unit, each.amount, *ROUTES[kind], memo="jobs no longer kept")
            for unit, each in self.carried[workspace_id].items()
        ]
        return sorted([*self.entries[workspace_id].values(), *carried], key=lambda entry: entry.seq)

    def grant(self, meter: Meter, amount: int, *, at_us: int, memo: str = "") -> None:
        """Give the workspace more to spend.

        Raises:
            InvalidChange: for a negative amount, or one too large to keep.
        """
        if amount < 0:
            raise InvalidChange(f"A grant cannot be negative: {in_words(meter.unit, amount)}.")
        self._refuse_above_max(meter, amount)
        self._post(meter, Kind.GRANT, amount, at_us, memo=memo)

    def set_balance(self, meter: Meter, amount: int, *, at_us: int, memo: str = "") -> None:
        """Make available and held together equal `amount`.

        Raises:
            InvalidChange: for less than what unfinished jobs hold, or for more than can be kept.
        """
        balance = self.balance(meter)
        if amount < balance.held:
            held = in_words(meter.unit, balance.held)
            raise InvalidChange(
                f"The balance cannot be {in_words(meter.unit, amount)}: unfinished jobs hold {held}."
            )
        change = amount - balance.held - balance.available
        self._refuse_above_max(meter, change)
        if change:
            self._post(meter, Kind.ADJUST, change, at_us, memo=memo)

    def check(self, meter: Meter, amount: int) -> None:
        """Say whether `amount` could be held now, and change nothing.

        Raises:
            InsufficientBalance: less than that is available.
        """
        available = self.balance(meter).available
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
        assert job_id not in self.holds, f"job {job_id} has a hold already"
        entry = self._post(meter, Kind.HOLD, amount, at_us, job_id=job_id)
        self.holds[job_id] = (meter.workspace_id, entry)

    def capture(self, job_id: str, *, at_us: int) -> None:
        """Bill a completed job: its hold becomes revenue."""
        self._end_hold(job_id, Kind.CAPTURE, at_us)

    def release(self, job_id: str, *, at_us: int) -> None:
        """Give back what was held for a job that failed or was cancelled."""
        self._end_hold(job_id, Kind.RELEASE, at_us)

    def fold(self, job_id: str) -> None:
        """Forget a finished job's two entries; the workspace's carried-forward row keeps their sum."""
        workspace_id, held_seq, ended_seq = self.settled.pop(job_id)
        entries = self.entries[workspace_id]
        del entries[held_seq]
        ended = entries.pop(ended_seq)
        carried = self.carried[workspace_id].setdefault(ended.unit, Carried())
        if ended.kind is Kind.CAPTURE:
            carried.amount += ended.amount
        if ended.seq > carried.seq:
            carried.seq, carried.at_us = ended.seq, ended.at_us

    def _end_hold(self, job_id: str, kind: Kind, at_us: int) -> None:
        # A second capture or release is our mistake, not the caller's.
        assert job_id in self.holds, f"job {job_id} has no open hold"
        workspace_id, held = self.holds.pop(job_id)
        entry = self._post(Meter(workspace_id, held.unit), kind, held.amount, at_us, job_id=job_id)
        self.settled[job_id] = (workspace_id, held.seq, entry.seq)

    def _post(
        self, meter: Meter, kind: Kind, amount: int, at_us: int, *, job_id: str | None = None, memo: str = ""
    ) -> Entry:
        source, target = ROUTES[kind]
        if amount < 0:
            assert kind is Kind.ADJUST
            source, target = target, source
        self.seq += 1
        entry = Entry(self.seq, at_us, kind, meter.unit, abs(amount), source, target, job_id, memo)
        self.balance(meter).move(entry.amount, source, target)
        self.entries[meter.workspace_id][entry.seq] = entry
        return entry

    def _refuse_above_max(self, meter: Meter, change: int) -> None:
        balance = self.balance(meter)
        if balance.available + balance.held + balance.revenue + change > AMOUNT_MAX:
            raise InvalidChange(
                f"A workspace can be given at most {in_words(meter.unit, AMOUNT_MAX)} in its life."
            )
