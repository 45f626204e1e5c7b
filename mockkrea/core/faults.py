"""Faults and outcomes: when → then rules that make a world go wrong in the way a test wants it to.

A fault is about requests, an outcome about jobs. Rules are asked in the order in which they were added,
and the first that fires ends the search: those behind it have not seen the request. Counting and rolling
change the world, so a request that some rule is about is a command (`fault_commands.py`), and a job's
outcome is decided inside its submission, after everything that could refuse it.

This file decides; what a fault does to an answer is written in `adapters/faulty_responses.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core.errors import InvalidChange, MockKreaError, NotFound
from mockkrea.core.matching import RuleSubject, When
from mockkrea.core.outcomes import Outcome
from mockkrea.core.randomness import draw, short_id

RULES_MAX = 1_000

# Real time that a fault may take, whatever it says.
REAL_US_MAX = 60_000_000
DRIP_US = 10_000_000

# A roll is a whole number below this.
CHANCES = 2**53
ROLL_BYTES = 8


class Phase(StrEnum):
    """Whether a fault comes before the request is looked at, or after it was done and the answer is known."""

    BEFORE = "before"
    AFTER_APPLY = "after_apply"


class Connection(StrEnum):
    """What becomes of the connection.

    `reset`: it breaks off (RST). `hang`: nothing comes. `empty`: it is closed without an answer.
    `truncated`: it is closed halfway through the body. `drip`: the body comes in small pieces.
    """

    RESET = "reset"
    HANG = "hang"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    DRIP = "drip"


# The client gets not one byte of an answer.
SILENT = frozenset({Connection.RESET, Connection.HANG, Connection.EMPTY})


class WebhookFault(StrEnum):
    """What becomes of a webhook."""

    DUPLICATE = "duplicate"
    LATE = "late"
    OUT_OF_ORDER = "out_of_order"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a fault does. Times are microseconds: real ones, but for `advance_us` and `delay_us`.

    An answer of its own has a `status` and a `message` in Krea's shape or a `body` as it is; without
    one it spoils the true answer. `malformed`: the body ends halfway, and its length says that it is whole.
    `job_status`: jobs in the answer are shown in this state, as they were before.
    `lasting_us`: how long a hang or a drip takes.
    """

    phase: Phase = Phase.BEFORE
    status: int | None = None
    message: str | None = None
    body: object | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str | None = None
    malformed: bool = False
    job_status: str | None = None
    connection: Connection | None = None
    lasting_us: int | None = None
    latency_us: int = 0
    advance_us: int = 0
    webhook: WebhookFault | None = None
    delay_us: int = 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing at all is answered."""
        return self.connection in SILENT

    @property
    def has_answer(self) -> bool:
        """Whether it brings an answer of its own."""
        return self.status is not None or self.body is not None

    @property
    def is_refusal(self) -> bool:
        """Whether it is no more than an error in Krea's shape, which every adapter can say in its own way."""
        return self.status is not None and self.status >= 400 and self.body is None and not self.connection

    @property
    def lets_apply(self) -> bool:
        """Whether the request is done all the same."""
        return self.phase is Phase.AFTER_APPLY or not (self.is_silent or self.has_answer)


class FaultTriggered(MockKreaError):
    """A test asked for this to happen; `effect` says what, `job_id` which job was submitted all the same."""

    def __init__(self, effect: Effect, job_id: str = "") -> None:
        super().__init__("A fault rule or a magic word asked for this.")
        self.effect = effect
        self.job_id = job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A rule about requests. It fires `times` times at most; `source` is how it was written.

    One that is `ahead` is asked before all that are not.
    While one is not `on`, no request meets it and it counts none.
    """

    when: When
    then: Effect
    times: int | None = None
    source: Mapping[str, object] = field(default_factory=dict)
    ahead: bool = False
    on: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """A rule about jobs; the rest as of a fault."""

    when: When
    then: Outcome
    times: int | None = None
    source: Mapping[str, object] = field(default_factory=dict)


class FiredFault(NamedTuple):
    """A fault that a request met: the id of the rule, and what it does."""

    rule_id: str
    effect: Effect


class Tally(NamedTuple):
    """How many a rule has matched, and how often it has fired."""

    matched: int = 0
    fired: int = 0


@dataclass(slots=True)
class RuleBook:
    """The rules of one world by their ids, in the order in which they were added."""

    faults: dict[str, Fault] = field(default_factory=dict)
    outcomes: dict[str, OutcomeRule] = field(default_factory=dict)
    tallies: dict[str, Tally] = field(default_factory=dict)
    made: int = 0

    def add(self, rule: Fault | OutcomeRule, seed: int) -> str:
        """Take up a rule behind the others; its id.

        Raises:
            InvalidChange: there are 1,000 already.
        """
        if len(self.tallies) >= RULES_MAX:
            raise InvalidChange(f"There may be {RULES_MAX:,} rules; DELETE faults takes them away.")
        self.made += 1
        id = short_id(draw(seed, "rule", self.made))
        if isinstance(rule, Fault):
            self.faults[id] = rule
        else:
            self.outcomes[id] = rule
        self.tallies[id] = Tally()
        return id

    def remove_fault(self, id: str) -> None:
        """Take one fault away.

        Raises:
            NotFound: there is none with this id.
        """
        if id not in self.faults:
            raise NotFound("fault", id)
        del self.faults[id], self.tallies[id]

    def switch_fault(self, id: str, *, on: bool) -> None:
        """Let one fault rest, or count and fire again.

        Raises:
            NotFound: there is none with this id.
        """
        if id not in self.faults:
            raise NotFound("fault", id)
        self.faults[id] = replace(self.faults[id], on=on)

    def remove_faults(self) -> None:
        """Take all faults away; outcomes stay."""
        for id in self.faults:
            del self.tallies[id]
        self.faults.clear()

    def faults_in_turn(self) -> list[tuple[str, Fault]]:
        """The faults with their ids, in the order in which they are asked."""
        return sorted(self.faults.items(), key=lambda item: not item[1].ahead)

    def concern(self, asked: RuleSubject) -> bool:
        """Whether any fault has to be asked about this request."""
        return any(
            rule.on and self._is_left(id, rule) and rule.when.matches(asked)
            for id, rule in self.faults.items()
        )

    def fault_on(self, asked: RuleSubject, seed: int) -> FiredFault | None:
        """The fault that the request meets, if any; counts and rolls."""
        switched_on = ((id, rule) for id, rule in self.faults_in_turn() if rule.on)
        fired = (FiredFault(id, rule.then) for id, rule in switched_on if self._fires(id, rule, asked, seed))
        return next(fired, None)

    def outcome_of(self, asked: RuleSubject, seed: int) -> Outcome | None:
        """The outcome that the job will have, if a rule decides it; counts and rolls."""
        fired = (rule.then for id, rule in self.outcomes.items() if self._fires(id, rule, asked, seed))
        return next(fired, None)

    def _is_left(self, id: str, rule: Fault | OutcomeRule) -> bool:
        return rule.times is None or self.tallies[id].fired < rule.times

    def _fires(self, id: str, rule: Fault | OutcomeRule, asked: RuleSubject, seed: int) -> bool:
        if not self._is_left(id, rule) or not rule.when.matches(asked):
            return False
        matched, fired = self.tallies[id]
        matched += 1
        fires = rule.when.picks(matched) and _rolls(rule.when.probability, seed, f"rule {id}", matched)
        self.tallies[id] = Tally(matched, fired + fires)
        return fires


def _rolls(probability: float | None, seed: int, purpose: str, counter: int) -> bool:
    if probability is None:
        return True
    drawn = draw(seed, purpose, counter)
    return int.from_bytes(drawn[:ROLL_BYTES], "big") % CHANCES < probability * CHANCES
