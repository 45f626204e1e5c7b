"""What clients asked a world: to look at, and to verify.

The same matchers as in scenarios and in the control API, as keyword arguments. A request that
`submit` and its like stand for is none: only what came over HTTP is here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal, TypedDict, Unpack

from mockkrea.control_calls import find_requests, verify_requests
from mockkrea.scenario.reading import read_match, read_question
from mockkrea.testing.naming import check_names
from mockkrea.testing.reach import Reach
from mockkrea.verification import Question, Seen


class Matchers(TypedDict, total=False):
    """Which requests are meant: those that fit all that is given. `path`, `model` and `tool` are globs.

    In a path `*` stands for a part without a slash, `**` for anything: `/generate/**`. `body` has the parts
    that the JSON body, or the tool's arguments, must have; further keys are not looked at.
    """

    method: str
    path: str
    adapter: Literal["rest", "mcp", "oauth", "files", "upload"]
    model: str
    tool: str
    status: int
    body: object


class Expected(Matchers, total=False):
    """The same, and how many there must be: `times` exactly, or bounds, or none; else at least one."""

    times: int
    at_least: int
    at_most: int
    none: bool


MATCHERS = tuple(Matchers.__annotations__)
COUNTS = ("times", "at_least", "at_most", "none")


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
        return self._reach.run(find_requests(self._reach.tenant, read_match(match)))

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
        check_names(expected, (*MATCHERS, *COUNTS), what="matcher or count")
        facts: dict[str, object] = {**expected}
        match = {name: facts.pop(name) for name in MATCHERS if name in facts}
        self._judge(read_question({"match": match, **facts}))

    def verify_in_order(self, *matches: Matchers) -> None:
        """Raise unless such requests came one after the other, whatever came between them.

        Raises:
            AssertionError, InvalidChange: as `verify`.
        """
        __tracebackhide__ = True
        check_names(chain(*matches), MATCHERS, what="matcher")
        self._judge(read_question({"in_order": [dict(each) for each in matches]}))

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
        statuses = [match.status for match in (question.match, *question.in_order)]
        self.statuses_verified.update(status for status in statuses if status is not None)

    def _log(self) -> list[Seen]:
        async def read() -> list[Seen]:
            return [Seen.of(exchange) for exchange in self._reach.tenant.requests.exchanges()]

        return self._reach.run(read())
