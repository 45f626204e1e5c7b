"""Whether clients asked what a test expects, and if not, which requests came closest and how they differ.

It looks at the request log of one world and changes nothing. Control API, scenarios and the
package `testing` ask the same questions here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mockkrea.core.globs import fits
from mockkrea.core.matching import TRAIN_PATH, adapter_at, model_at, model_of_tool, training_model
from mockkrea.request_log import Exchange

CLOSEST_SHOWN = 3
FOUND_SHOWN = 10
VALUE_LENGTH_SHOWN = 60

# The status of a refusal that names none, and of a call of a tool that there is not: the protocol has a code
# for both, -32602, and only the sentence says which (as in the specification's own example).
REFUSED = 400
NO_SUCH_TOOL = 404
UNKNOWN_TOOL = "Unknown tool: "

# In the place of a status that there is not.
NO_ANSWER = "no answer"

# A status, or several of a kind: 404, 40x, 4xx.
STATUS = r"[1-5]([0-9][0-9]|[0-9]x|xx)"

ADAPTERS = ("rest", "mcp", "oauth", "files", "upload")

PRESIGNED = "/assets/presigned"
PRESIGNED_UNDER = "/public-api/"


def adapter_of(path: str) -> str:
    """Which adapter the log names for this path; of REST's, presigned uploads have a word of their own."""
    if path == PRESIGNED or path.startswith(PRESIGNED_UNDER):
        return "upload"
    return adapter_at(path).value


class Seen(NamedTuple):
    """A logged request as expectations see it. `body` is None where there was none, or no JSON.

    Of a call of an MCP tool `body` is its arguments, and `status` is what stands inside its answer where the
    tool refused; `model` and `tool` are None where there is none. `is_provoked` and `why` as in the log.
    """

    number: int
    at_us: int
    adapter: str
    method: str
    path: str
    model: str | None
    tool: str | None
    status: int
    body: object
    answer: object
    is_provoked: bool = False
    why: str = ""

    @classmethod
    def of(cls, exchange: Exchange) -> Seen:
        """What a logged exchange shows."""
        adapter, body = adapter_of(exchange.path), _json(exchange.request)
        model = model_at(exchange.path)
        if exchange.path == TRAIN_PATH and isinstance(body, dict) and "model" in body:
            model = training_model(str(body["model"]))
        tool = _tool(body) if adapter == "mcp" else None
        if tool is not None:
            body = body["params"].get("arguments")
            model = model_of_tool(tool, body) if isinstance(body, dict) else None
        answer = _json(exchange.answer)
        refusal = refusal_of_tool(answer) if tool is not None else None
        return cls(
            exchange.number,
            exchange.at_us,
            adapter,
            exchange.method,
            exchange.path,
            model,
            tool,
            refusal.status if refusal else exchange.status,
            body,
            answer,
            exchange.is_provoked,
            exchange.why,
        )

    @property
    def answered(self) -> int | str:
        """The status, or why there is none."""
        return self.status or self.why or NO_ANSWER

    @property
    def sentence(self) -> str:
        """What a refusal says, in the shapes of REST, OAuth and tools; nothing of any other answer."""
        refusal = refusal_of_tool(self.answer) if self.tool is not None else None
        match refusal.body if refusal else self.answer:
            case (
                {"response": {"message": str() as text}}
                | {"error_description": str() as text}
                | {"message": str() as text}
                | {"error": str() as text}
            ):
                return text
            case str() as text if refusal:
                return text
        return ""


class Refusal(NamedTuple):
    """What a tool call was refused with: the status that REST would have had, and what was said."""

    status: int
    body: object


def refusal_of_tool(answer: object) -> Refusal | None:
    """What a tool call was refused with, by the tool or by the protocol; None if it was not."""
    match answer:
        case {"result": {"isError": True, "content": [{"text": str() as text}]}}:
            told = _json(text.encode())
            match told:
                case {"status": int() as status}:
                    return Refusal(status, told)
            return Refusal(REFUSED, text if told is None else told)
        case {"jsonrpc": _, "error": {"message": str() as sentence} as error}:
            return Refusal(NO_SUCH_TOOL if sentence.startswith(UNKNOWN_TOOL) else REFUSED, error)
    return None


class Difference(NamedTuple):
    """A part in which a request is not as expected: its name, or the JSON pointer of a part of its body."""

    part: str
    expected: object
    actual: object

    def __str__(self) -> str:
        return f"{self.part}: expected {shown(self.expected)}, was {shown(self.actual)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which requests are meant; what is None does not matter.

    `path`, `model` and `tool` are globs; `status` is one, or several as "4xx". `body` is what stands in the
    request's body, which may have further keys; lists are compared whole.
    """

    method: str | None = None
    path: str | None = None
    adapter: str | None = None
    model: str | None = None
    tool: str | None = None
    status: int | str | None = None
    body: object = None

    def differences(self, seen: Seen) -> list[Difference]:
        """In what the request is not what is meant; empty if it is."""
        return [
            *self._of_words(seen),
            *(differences_in(self.body, seen.body, "/body") if self.body is not None else ()),
        ]

    def _of_words(self, seen: Seen) -> Iterator[Difference]:
        for name in ("method", "adapter"):
            expected, actual = getattr(self, name), getattr(seen, name)
            if expected is not None and expected != actual:
                yield Difference(name, expected, actual)
        if self.status is not None and not is_status(self.status, seen.status):
            yield Difference("status", self.status, seen.answered)
        for name in ("path", "model", "tool"):
            expected, actual = getattr(self, name), getattr(seen, name)
            if expected is not None and (actual is None or not fits(expected, actual)):
                yield Difference(name, expected, actual)

    def __str__(self) -> str:
        said = [str(each) for each in (self.method, self.path, self.model, self.tool) if each is not None]
        if self.adapter is not None:
            said.append(f"over {self.adapter}")
        if self.status is not None:
            said.append(f"answered {self.status}")
        if self.body is not None:
            said.append(f"with {shown(self.body)}")
        return " ".join(said) or "anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many there must be; with nothing said at least one."""

    times: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Count:
        """From the keys `times` (or `count`), `at_least`, `at_most`, `none`."""
        times = 0 if facts.get("none") else facts.get("times", facts.get("count"))
        return cls(times=times, at_least=facts.get("at_least"), at_most=facts.get("at_most"))

    def holds(self, number: int) -> bool:
        """Whether so many are right."""
        if self.times is not None:
            return number == self.times
        if self.at_most is not None:
            return (self.at_least or 0) <= number <= self.at_most
        return number >= (1 if self.at_least is None else self.at_least)

    def is_exceeded_by(self, number: int) -> bool:
        """Whether so many are too many."""
        most = self.at_most if self.times is None else self.times
        return most is not None and number > most

    @property
    def is_none(self) -> bool:
        """Whether there must not be any."""
        return 0 in (self.times, self.at_most)

    @property
    def is_one(self) -> bool:
        """Whether the number that it names is 1."""
        number = next((each for each in (self.times, self.at_most, self.at_least) if each is not None), 1)
        return number == 1

    def __str__(self) -> str:
        if self.times is not None:
            return "no" if self.times == 0 else str(self.times)
        if self.at_most is not None and self.at_least is not None:
            return f"{self.at_least} to {self.at_most}"
        if self.at_most is not None:
            return f"at most {self.at_most}"
        return f"at least {1 if self.at_least is None else self.at_least}"


class Near(NamedTuple):
    """A request that came close, and in what it differs."""

    seen: Seen
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a question: whether all is well, a sentence, and what to look at if not."""

    holds: bool
    sentence: str
    found: tuple[Seen, ...] = ()
    closest: tuple[Near, ...] = ()

    def lines(self) -> list[str]:
        """The verdict for people: the sentence, below it the requests to look at."""
        beyond = len(self.found) - FOUND_SHOWN
        return [
            self.sentence,
            *(f"  {request_line(seen)}" for seen in self.found[:FOUND_SHOWN]),
            *([f"  … and {beyond} more"] if beyond > 0 else []),
            *(
                f"  {request_line(near.seen)}: {'; '.join(map(str, near.differences))}"
                for near in self.closest
            ),
        ]


@dataclass(frozen=True, slots=True)
class Question:
    """What must have been asked: so many requests of a kind, or, `in_order`, these one after the other."""

    match: Match = field(default_factory=Match)
    count: Count = field(default_factory=Count)
    in_order: tuple[Match, ...] = ()

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Question:
        """From checked keys, as in `expect: - requests`."""
        names = Match.__dataclass_fields__
        match = Match(**{name: value for name, value in facts.items() if name in names})
        order = tuple(Match(**each) for each in facts.get("in_order", ()))
        return cls(match, Count.read(facts), order)


def is_status(expected: int | str, status: int) -> bool:
    """Whether this is the status, or one of those that "4xx" stands for; 0, where there is none, never is."""
    return status != 0 and all(
        digit in ("x", shown) for digit, shown in zip(str(expected), str(status), strict=True)
    )


def find(match: Match, log: Sequence[Seen]) -> list[Seen]:
    """The requests that are meant, in the order of their arrival."""
    return [seen for seen in log if not match.differences(seen)]


def verify(question: Question, log: Sequence[Seen]) -> Verdict:
    """Whether the log has what is asked for."""
    if question.in_order:
        return _verify_order(question, log)
    found, count = find(question.match, log), question.count
    if count.holds(len(found)):
        return Verdict(True, f"{_requests(count)} {question.match}")
    sentence = f"expected {_requests(count)} {question.match}, saw {len(found) or 'none'}"
    near = () if count.is_exceeded_by(len(found)) else closest(question.match, log)
    return Verdict(False, sentence, tuple(found), near)


def closest(match: Match, log: Sequence[Seen]) -> tuple[Near, ...]:
    """The requests that differ in the fewest parts from what is meant, the latest of equal ones first."""
    near = [Near(seen, tuple(differences)) for seen in log if (differences := match.differences(seen))]
    near.sort(key=lambda each: (len(each.differences), -each.seen.number))
    return tuple(near[:CLOSEST_SHOWN])


def differences_in(expected: object, actual: object, pointer: str) -> Iterator[Difference]:
    """In what a body is not as expected; it may have further keys, lists are compared whole."""
    if not isinstance(expected, Mapping) or not isinstance(actual, Mapping):
        if expected != actual or isinstance(expected, bool) is not isinstance(actual, bool):
            yield Difference(pointer, expected, actual)
        return
    for name, value in expected.items():
        step = f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}"
        if name not in actual:
            yield Difference(step, value, None)
        else:
            yield from differences_in(value, actual[name], step)


def request_line(seen: Seen) -> str:
    """One request in a line: method, path, what was answered."""
    return f"{request_head(seen)}  {shown(seen.sentence)}" if seen.sentence else request_head(seen)


def request_head(seen: Seen) -> str:
    """The same without what a refusal says."""
    called = f" {seen.tool}" if seen.tool is not None else ""
    match seen.answer:
        case {"job_id": str() as job_id} | {"result": {"structuredContent": {"job_id": str() as job_id}}}:
            return f"{seen.method} {seen.path}{called}  {seen.answered}  job {job_id[:4]}…"
    return f"{seen.method} {seen.path}{called}  {seen.answered}"


def shown(value: object) -> str:
    """A value in a sentence, never a large one."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_LENGTH_SHOWN else f"{text[:VALUE_LENGTH_SHOWN]}…"


def _verify_order(question: Question, log: Sequence[Seen]) -> Verdict:
    rest = list(log)
    for number, match in enumerate(question.in_order, 1):
        index = next((n for n, seen in enumerate(rest) if not match.differences(seen)), None)
        if index is None:
            where = "" if number == 1 else f" after {question.in_order[number - 2]}"
            sentence = f"expected {match}{where} ({number} of {len(question.in_order)} in order), saw none"
            return Verdict(False, sentence, closest=closest(match, rest))
        rest = rest[index + 1 :]
    return Verdict(True, f"{len(question.in_order)} requests in order")


def _requests(count: Count) -> str:
    return f"{count} {'request' if count.is_one else 'requests'} to"


def _tool(body: object) -> str | None:
    match body:
        case {"method": "tools/call", "params": {"name": str(name)}}:
            return name
    return None


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever it says
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
