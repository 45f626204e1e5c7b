"""Workspaces as a test sees them and changes them. Amounts are whole US dollars and compute units."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypedDict, TypeVar, Unpack

from mockkrea.core.commands import Grant, SetBalance, SetLimits
from mockkrea.core.errors import InvalidChange
from mockkrea.core.ledger import EntryKind, Meter
from mockkrea.core.money import Unit, in_whole_units, parts_of
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace as Facts
from mockkrea.testing.moments import moment
from mockkrea.testing.naming import check_names
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach

# "0.02" and Decimal("0.02") are exact; 0.02 is taken as it is written.
Amount = str | float | Decimal

Answer = TypeVar("Answer")


class Funds(NamedTuple):
    """One meter. `balance` = `held` + `available`; `spent` is what completed jobs have cost."""

    balance: float
    held: float
    available: float
    spent: float


class Row(NamedTuple):
    """One movement in the ledger; `kind` is "grant", "hold", "capture", "release", "adjust" or "expire"."""

    at: datetime
    kind: EntryKind
    unit: Unit
    amount: float
    job_id: str | None
    memo: str


class Limits(TypedDict, total=False):
    """What a workspace may do at once; None is no limit."""

    concurrency: int | None
    backlog: int | None
    requests_per_minute: int | None


@pointing_at_the_test
class Workspace:
    """One workspace. What it tells is true when it is asked.

    Raises:
        InvalidChange: there is none with this id; says the nearest.
    """

    def __init__(self, reach: Reach, id: str) -> None:
        self._reach = reach
        self.id = id
        self._ask(lambda state, facts: None)

    def __repr__(self) -> str:
        return f"<mockkrea workspace {self.id}>"

    @property
    def name(self) -> str:
        """What people call it."""
        return self._ask(lambda state, facts: facts.name)

    @property
    def plan(self) -> str:
        """Its plan's id: "free", "pro", "enterprise"."""
        return self._ask(lambda state, facts: facts.plan.id)

    @property
    def usd(self) -> Funds:
        """What pays for calls with API keys."""
        return self._funds(Unit.USD)

    @property
    def compute_units(self) -> Funds:
        """What pays for OAuth sessions over MCP."""
        return self._funds(Unit.COMPUTE_UNITS)

    def ledger(self) -> list[Row]:
        """Every movement of money, oldest first, what the world began with included."""
        entries = self._ask(lambda state, facts: state.ledger.entries_at(facts.id, at_us=state.settled_us))
        return [
            Row(
                at=moment(each.at_us),
                kind=each.kind,
                unit=each.unit,
                amount=in_whole_units(each.unit, each.amount),
                job_id=each.job_id,
                memo=each.memo,
            )
            for each in entries
        ]

    def grant(
        self, *, usd: Amount | None = None, compute_units: Amount | None = None, memo: str = ""
    ) -> None:
        """Give it more to spend.

        Raises:
            InvalidChange: no amount, a negative one, or one that is too fine.
        """
        self._reach.execute(
            Grant(workspace_id=self.id, amounts=_amounts(usd, compute_units), memo=memo),
        )

    def set_balance(
        self, *, usd: Amount | None = None, compute_units: Amount | None = None, memo: str = ""
    ) -> None:
        """Make what it has, held or not, equal these amounts.

        Raises:
            InvalidChange: as `grant`, or less than is held.
        """
        self._reach.execute(
            SetBalance(workspace_id=self.id, amounts=_amounts(usd, compute_units), memo=memo),
        )

    def set_limits(self, **limits: Unpack[Limits]) -> None:
        """Change what it may do at once; what is left out stays.

        Raises:
            InvalidChange: there is no such limit.
        """
        check_names(limits, Limits.__annotations__, what="limit")
        changes = {name: value for name, value in limits.items() if value is None or isinstance(value, int)}
        self._reach.execute(SetLimits(workspace_id=self.id, changes=changes))

    def _funds(self, unit: Unit) -> Funds:
        def look(state: State, facts: Facts) -> Funds:
            balance = state.ledger.balance(Meter(facts.id, unit), at_us=state.settled_us)
            parts = (balance.available + balance.held, balance.held, balance.available, balance.revenue)
            return Funds(*(in_whole_units(unit, amount) for amount in parts))

        return self._ask(look)

    def _ask(self, question: Callable[[State, Facts], Answer]) -> Answer:
        def ask(state: State) -> Answer:
            workspaces = state.directory.workspaces
            check_names([self.id], workspaces, what="workspace")
            return question(state, workspaces[self.id])

        return self._reach.query(ask)


def _amounts(usd: Amount | None, compute_units: Amount | None) -> dict[Unit, int]:
    given = {Unit.USD: usd, Unit.COMPUTE_UNITS: compute_units}
    if all(amount is None for amount in given.values()):
        raise InvalidChange("Name an amount: usd, compute_units or both.")
    return {unit: parts_of(unit, str(amount)) for unit, amount in given.items() if amount is not None}
