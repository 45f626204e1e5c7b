"""What clients asked a world: to look at, and to verify.

The same matchers as in scenarios and in the control API, as keyword arguments. A request that
`submit` and its like stand for is none: only what came over HTTP is here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Literal, TypedDict, TypeVar, Unpack

from mockkrea.control_calls import find_requests, verify_requests
from mockkrea.core.errors import Finding, InvalidChange
from mockkrea.scenario.reading import read_match, read_question
from mockkrea.testing.naming import check_names
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach
from mockkrea.verification import Match, Question, Seen

Read = TypeVar("Read")


class Matchers(TypedDict, total=False):
    """Which requests are meant: those that fit all that is given. `path`, `model` and `tool` are globs.

    In a path `*` stands for a part without a slash, `**` for anything: `/generate/**`. `status` is one, or
    several as "4xx"; 0, where nothing was answered, is none of them. `body` has the parts
    that the JSON body, or the tool's arguments, must have; further keys are not looked at.
    """

    method: str
    path: str
    adapter: Literal["rest", "mcp", "oauth", "files", "upload"]
    model: str
    tool: str
    status: int | str
    body: object


class Expected(Matchers, total=False):
    """The same, and how many there must be: `times` exactly, or bounds, or none; else at least one.

    With nothing said at all, there must have been any request.
    """

    times: int
    at_least: int
    at_most: int
    none: bool


MATCHERS = tuple(Matchers.__annotations__)
COUNTS = ("times", "at_least", "at_most", "none")


@pointing_at_the_test
class Requests:
    """The requests of one world in the order of their arrival, as `Seen`: `for seen in krea.requests`."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self.statuses_verified: set[int | str] = set()

    def __iter__(self) -> Iterator[Seen]:
        return iter(self._log())

    def __len__(self) -> int:
        return len(self._log())

    def find(self, **match: Unpack[Matchers]) -> list[Seen]:
        """The requests that match all given matchers, oldest first.

        Raises:
            InvalidChange: there is no such matcher or model; says the nearest.
        """
        __tracebackhide__ = True
        check_names(match, MATCHERS, what="matcher")
        meant = _read(read_match, match)
        found = self._reach.run(find_requests(self._reach.tenant, meant))
        self._note_statuses(meant)
        return found

    def count(self, **match: Unpack[Matchers]) -> int:
        """How many requests match all given matchers.

        Raises:
            InvalidChange: as `find`.
        """
        __tracebackhide__ = True
        return len(self.find(**match))

    def verify(self, **expected: Unpack[Expected]) -> None:
        """Raise unless clients asked what was expected: `verify(path="/generate/**", times=1)`.

        Raises:
            AssertionError: they did not; shows the closest requests and the parts that differ.
            InvalidChange: there is no such matcher, count or model; says the nearest.
        """
        __tracebackhide__ = True
        if "in_order" in expected:
            raise InvalidChange("in_order is for verify_in_order({…}, {…}).")
        check_names(expected, (*MATCHERS, *COUNTS), what="matcher or count")
        facts: dict[str, object] = {**expected}
        match = {name: facts.pop(name) for name in MATCHERS if name in facts}
        self._judge(_read(read_question, {"match": match, **facts}))

    def verify_in_order(self, *matches: Matchers) -> None:
        """Raise unless such requests came one after the other, whatever came between them:
        `verify_in_order({"path": "/assets"}, {"model": "image/**"})`.

        Raises:
            AssertionError, InvalidChange: as `verify`.
        """
        __tracebackhide__ = True
        if not matches or not all(isinstance(each, Mapping) for each in matches):
            raise InvalidChange('Give each request as a mapping: verify_in_order({"path": "/jobs"}, {…}).')
        check_names(chain(*matches), MATCHERS, what="matcher")
        self._judge(_read(read_question, {"in_order": [dict(each) for each in matches]}))

    def clear(self) -> None:
        """Forget them all."""

        async def forget() -> None:
            self._reach.tenant.requests.clear()

        self._reach.run(forget())

    def _judge(self, question: Question) -> None:
        __tracebackhide__ = True
        verdict = self._reach.run(verify_requests(self._reach.tenant, question))
        if not verdict.holds:
            raise AssertionError("\n".join(verdict.lines()))
        self._note_statuses(question.match, *question.in_order)

    def _note_statuses(self, *matches: Match) -> None:
        self.statuses_verified.update(each.status for each in matches if each.status is not None)

    def _log(self) -> list[Seen]:
        async def read() -> list[Seen]:
            return [Seen.of(exchange) for exchange in self._reach.tenant.requests.exchanges()]

        return self._reach.run(read())


def _read(read: Callable[[object], Read], facts: object) -> Read:
    """What this says, refused by the names of its keywords."""
    try:
        return read(facts)
    except InvalidChange as refusal:
        raise InvalidChange(" ".join(map(_told, refusal.found))) from None


def _told(finding: Finding) -> str:
    """A finding; its message has the name of the keyword, but not which of several mappings it is about."""
    match finding.path:
        case ("in_order", int() as index, *_):
            return f"Number {index + 1}: {finding.message}"
    return finding.message
