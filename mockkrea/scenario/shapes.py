"""What a value in a scenario may be: read with findings, and told as JSON Schema, from one table.

A shape reads what stands in a file into what the program works with, or notes what is wrong and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from mockkrea.core.clock import DURATION, RFC_3339, duration_of, mistake_in_duration, moment_of
from mockkrea.core.errors import Finding, InvalidChange
from mockkrea.core.hints import clause, nearest_word, shortened, shown
from mockkrea.core.money import UNIT_NAMES, Unit, parts_of
from mockkrea.scenario.source import Path

Schema: TypeAlias = dict[str, Any]


Findings: TypeAlias = list[Finding]

# The values of a table, by their keys.
Facts: TypeAlias = Mapping[str, Any]

# What of some values contradicts each other: the key that is at fault, and a sentence.
Contradictions: TypeAlias = Callable[[Mapping[str, Any]], Iterable[tuple[str, str]]]


class Shape(Protocol):
    """One kind of value."""

    def read(self, value: object, path: Path, findings: Findings) -> Any:  # noqa: ANN401 - each shape has its own
        """What the value means; of no use when something was noted."""

    def schema(self) -> Schema:
        """The same as JSON Schema."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text, which may have to match a pattern; `what` says in words what is wanted."""

    what: str = "text"
    pattern: str = ""

    def read(self, value: object, path: Path, findings: Findings) -> str:
        if not isinstance(value, str):
            findings.append(must(path, f"be {self.what}; it is {shown(value)}. Put text in quotes."))
        elif not value or (self.pattern and not re.fullmatch(self.pattern, value)):
            findings.append(must(path, f"be {self.what}; it is {shown(value)}."))
        return str(value)

    def schema(self) -> Schema:
        pattern = {"pattern": f"^(?:{self.pattern})$"} if self.pattern else {}
        return {"type": "string", "minLength": 1, **pattern}


@dataclass(frozen=True, slots=True)
class Glob:
    """A glob that something can match; `mistake_in` says why nothing does."""

    what: str
    mistake_in: Callable[[str], str]

    def read(self, value: object, path: Path, findings: Findings) -> str:
        before = len(findings)
        text = Text(self.what).read(value, path, findings)
        if len(findings) == before and (mistake := self.mistake_in(text)):
            findings.append(must(path, f"be {self.what}; it is {shown(value)} ({mistake})."))
        return text

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words; `what` says in words what they are, where they are many."""

    words: tuple[str, ...]
    what: str = ""

    def read(self, value: object, path: Path, findings: Findings) -> str:
        if value not in self.words:
            listed = ", ".join(self.words)
            wanted = f"be {self.what or f'one of {listed}'}; it is {shown(value)}"
            known = f"; there are {listed}." if self.what else "."
            findings.append(must(path, wanted + clause(str(value), self.words, known)))
        return str(value)

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number in a range; None, where `or_none`, is no limit."""

    low: int = 0
    high: int = 10**9
    or_none: bool = False

    def read(self, value: object, path: Path, findings: Findings) -> int | None:
        if value is None and self.or_none:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or not self.low <= value <= self.high:
            wanted = f"a whole number from {self.low:,} to {self.high:,}{' or null' if self.or_none else ''}"
            findings.append(must(path, f"be {wanted}; it is {shown(value)}."))
            return None
        return value

    def schema(self) -> Schema:
        kind = ["integer", "null"] if self.or_none else "integer"
        return {"type": kind, "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false; `on`, `yes` and their like are text."""

    def read(self, value: object, path: Path, findings: Findings) -> bool:
        if not isinstance(value, bool):
            findings.append(must(path, f"be true or false; it is {shown(value)}."))
        return value is True

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole units of a meter, a number or text; read in its smallest parts."""

    unit: Unit

    def read(self, value: object, path: Path, findings: Findings) -> int:
        name = UNIT_NAMES[self.unit]
        try:
            if isinstance(value, bool) or not re.fullmatch(r"[-+]?[0-9][0-9.]*", str(value)):
                findings.append(must(path, f"be an amount in {name} such as 12.5; it is {shown(value)}."))
                return 0
            parts = parts_of(self.unit, str(value))
        except InvalidChange as refusal:
            findings.append(Finding(path, str(refusal)))
            return 0
        if parts < 0:
            findings.append(must(path, f"not be negative; it is {value} {name}."))
        return parts

    def schema(self) -> Schema:
        return {"type": ["number", "string"], "minimum": 0, "pattern": r"^\+?[0-9]+(\.[0-9]+)?$"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its zone; read in microseconds since the epoch."""

    def read(self, value: object, path: Path, findings: Findings) -> int:
        try:
            return moment_of(str(value))
        except ValueError:
            pass
        wrong = f"be a time with its zone such as 2026-11-22T10:00:00Z; it is {shown(value)}"
        try:
            moment_of(f"{value}Z")
            wrong += f', which has none. Did you mean "{value}Z"?'
        except ValueError:
            is_written_so = RFC_3339.fullmatch(str(value)) or RFC_3339.fullmatch(f"{value}Z")
            wrong += " (the calendar has no such time)." if is_written_so else "."
        findings.append(must(path, wrong))
        return 0

    def schema(self) -> Schema:
        return {"type": "string", "format": "date-time", "pattern": f"^{RFC_3339.pattern}$"}


@dataclass(frozen=True, slots=True)
class Duration:
    """A number with its unit, as in rules: 1500ms, 20s, 5m, 2h; read in microseconds."""

    def read(self, value: object, path: Path, findings: Findings) -> int:
        try:
            return duration_of(str(value))
        except ValueError:
            mistake = mistake_in_duration(str(value))
            cause = f" ({mistake})" if mistake else ""
            wanted = "be a duration such as 2h, 20s or 1500ms"
            findings.append(must(path, f"{wanted}; it is {shown(value)}{cause}."))
            return 0

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{DURATION.pattern}$"}


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON, kept as it is."""

    def read(self, value: object, path: Path, findings: Findings) -> object:
        return value

    def schema(self) -> Schema:
        return {}


@dataclass(frozen=True, slots=True)
class JsonObject:
    """Any JSON object, kept as it is."""

    def read(self, value: object, path: Path, findings: Findings) -> object:
        if not isinstance(value, Mapping):
            findings.append(must(path, f"be a mapping; it is {shown(value)}."))
        return value

    def schema(self) -> Schema:
        return {"type": "object"}


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of one kind of value; `each` is what a sentence calls one of them."""

    shape: Shape
    each: str = "value"
    low: int = 0

    def read(self, value: object, path: Path, findings: Findings) -> list[Any]:
        if not isinstance(value, list):
            findings.append(must(path, f'be a list; it is {shown(value)}. Begin each {self.each} with "- ".'))
            return []
        if len(value) < self.low:
            findings.append(must(path, f"have at least {self.low}."))
        return [self.shape.read(each, (*path, index), findings) for index, each in enumerate(value)]

    def schema(self) -> Schema:
        return {"type": "array", "items": self.shape.schema(), **({"minItems": self.low} if self.low else {})}


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping of names to one kind of value."""

    shape: Shape

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            findings.append(must(path, f"be a mapping; it is {shown(value)}."))
            return {}
        return {name: self.shape.read(each, (*path, name), findings) for name, each in value.items()}

    def schema(self) -> Schema:
        return {"type": "object", "additionalProperties": self.shape.schema()}


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a table: what its value may be, what it is for, and other words that people try for it."""

    shape: Shape
    about: str = ""
    required: bool = False
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with keys of its own. Of the keys in each of `one_of` only one may stand there.

    `needs_one`: exactly one of all the keys has to. `needs_any`: at least one of these. `contradictions`
    judges the values that could be read.
    """

    keys: Mapping[str, Key]
    one_of: tuple[tuple[str, ...], ...] = ()
    needs_one: bool = False
    needs_any: tuple[str, ...] = ()
    contradictions: Contradictions = lambda values: ()

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            is_key = isinstance(value, str) and value in self.keys
            hint = f" Put a colon behind it: {value}: …" if is_key else ""
            wanted = f"be a mapping with {', '.join(self.keys)}; it is {shown(value)}.{hint}"
            findings.append(must(path, wanted))
            return {}
        misspelt = self._note_unknown(value, path, findings)
        for key, each in self.keys.items():
            if each.required and key not in (*value, *misspelt):
                findings.append(Finding(path, f'the key "{key}" is missing.'))
        self._check_alone(value, misspelt, path, findings)
        values, sound = {}, {}
        for key, each in value.items():
            if key not in self.keys:
                continue
            before = len(findings)
            values[key] = self.keys[key].shape.read(each, (*path, key), findings)
            if len(findings) == before:
                sound[key] = values[key]
        findings += [Finding((*path, key), message) for key, message in self.contradictions(sound)]
        return values

    def _note_unknown(self, value: Mapping[str, object], path: Path, findings: Findings) -> set[str]:
        """Note the keys that are not known; those that were probably meant."""
        meant = {word: known for known, each in self.keys.items() for word in each.also}
        unknown = [key for key in value if key not in self.keys]
        for key in unknown:
            message = self._moved_inside(key, value) or unknown_key(key, self.keys, meant)
            findings.append(Finding((*path, key), message, at_key=True))
        nearest = (nearest_word(meant.get(key, key), self.keys) for key in unknown)
        return {key for key in nearest if key is not None}

    def _moved_inside(self, key: str, value: Mapping[str, object]) -> str:
        """That a key belongs into the only one that may stand here; nothing if it does not."""
        for name, inner in value.items() if self.needs_one else ():
            shape = self.keys[name].shape if name in self.keys else None
            table = shape.table if isinstance(shape, Short) else shape
            if isinstance(table, Table) and key in table.keys:
                short = f"{shape.key}: {_flow(inner)}, " if isinstance(shape, Short) else "…, "
                short = "…, " if isinstance(inner, Mapping) else short
                return f'"{key}" belongs inside: {name}: {{{short}{key}: {_flow(value[key])}}}.'
        return ""

    def _check_alone(
        self, value: Mapping[str, object], misspelt: Iterable[str], path: Path, findings: Findings
    ) -> None:
        groups = (*self.one_of, tuple(self.keys)) if self.needs_one else self.one_of
        for group in groups:
            present = [key for key in value if key in group]
            if len(present) > 1:
                message = f'"{present[1]}" and "{present[0]}" cannot both stand here.'
                findings.append(Finding((*path, present[1]), message, at_key=True))
        if self.needs_one and not value:
            findings.append(must(path, f"have one of {', '.join(self.keys)}."))
        if self.needs_any and not {*value, *misspelt} & set(self.needs_any):
            findings.append(must(path, f"have at least one of {', '.join(self.needs_any)}."))

    def schema(self) -> Schema:
        described = {
            key: {**each.shape.schema(), **({"description": each.about} if each.about else {})}
            for key, each in self.keys.items()
        }
        schema: Schema = {"type": "object", "properties": described, "additionalProperties": False}
        if required := [key for key, each in self.keys.items() if each.required]:
            schema["required"] = required
        if self.needs_one:
            schema |= {"minProperties": 1, "maxProperties": 1}
        if self.needs_any:
            schema["anyOf"] = [{"required": [key]} for key in self.needs_any]
        if self.one_of:
            pairs = [[a, b] for group in self.one_of for n, a in enumerate(group) for b in group[n + 1 :]]
            schema["allOf"] = [{"not": {"required": pair}} for pair in pairs]
        return schema


@dataclass(frozen=True, slots=True)
class Short:
    """A table, or, for short, the value of one of its keys."""

    key: str
    table: Table = field()

    def read(self, value: object, path: Path, findings: Findings) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return self.table.read(value, path, findings)
        return {self.key: self.table.keys[self.key].shape.read(value, path, findings)}

    def schema(self) -> Schema:
        return {"anyOf": [self.table.keys[self.key].shape.schema(), self.table.schema()]}


def _flow(value: object) -> str:
    """A value as it stands within braces, if it is short."""
    return shortened(str(value)) if isinstance(value, str | int) else "…"


def must(path: Path, rest: str) -> Finding:
    """The finding that the value at this path must do the rest of the sentence; it says of which key."""
    named = next((step for step in reversed(path) if isinstance(step, str)), "this")
    return Finding(path, f"{shortened(named)} must {rest}")


def unknown_key(key: str, known: Iterable[str], meant: Mapping[str, str] | None = None) -> str:
    """That a key is not known, and which one was meant; `meant` has words that people try for others."""
    known = list(known)
    name, colon, rest = key.partition(":")
    if colon and name in known:
        return f'unknown key "{shortened(key)}"; put a space after the colon: {name}: {shortened(rest)}.'
    meant_word = (meant or {}).get(key, key)
    return f'unknown key "{shortened(key)}"' + clause(meant_word, known, f"; known: {', '.join(known)}.")
