"""A JSON document from outside, and walking through it: every part knows its place, every walk ends.

Only JSON is read: Krea publishes nothing else, and in YAML the aspect ratio 16:9 is the number 969.
References may lead to other places of the same document. How large it is, how deep it goes and how many
parts it has when all references are followed have bounds.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from mockkrea.core.errors import MockKreaError

SIZE_BYTES_MAX = 20_000_000
DEPTH_MAX = 50
PARTS_MAX = 300_000

SHOWN_MAX = 200  # characters of a place or a text that a message repeats

# What stands beside a reference instead of what is there, and restricts nothing.
ANNOTATIONS = frozenset({"title", "summary", "description", "default", "deprecated", "example", "examples"})

KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}


class InvalidDocument(MockKreaError):
    """A document that cannot be read; the message says where, why and what would have been right."""


class ExcessiveDocument(InvalidDocument):
    """A document of which too much has been read already to look at the rest."""


@dataclass(slots=True)
class Document:
    """A whole document, and what reading it has come to so far.

    `source` is what messages call it; `passed_over` are keywords that nobody heeds.
    """

    source: str
    content: object
    passed_over: set[str] = field(default_factory=set)
    parts_read: int = 0

    @classmethod
    def read(cls, content: bytes, source: str) -> Document:
        """The document of these bytes.

        Raises:
            InvalidDocument: it is too large or too deep, or no JSON.
        """
        if len(content) > SIZE_BYTES_MAX:
            raise InvalidDocument(f"{source} is larger than {SIZE_BYTES_MAX:,} bytes.")
        try:
            text = content.removeprefix(BOM_UTF8).decode()
        except UnicodeDecodeError as error:
            reason = f"byte {error.start + 1:,} is no UTF-8, in which JSON is written"
            raise InvalidDocument(f"{source} is no JSON: {reason}.") from None
        try:
            whole = cls(source, orjson.loads(text))
        except orjson.JSONDecodeError as error:
            if "depth limit" in error.msg:
                raise InvalidDocument(f"{source} is nested deeper than {DEPTH_MAX} levels.") from None
            place = f"{source}:{error.lineno}:{error.colno}"
            is_cut_off = error.pos >= len(text.rstrip())
            raise InvalidDocument(f"{place}: no JSON: {error.msg}.{_hint(text, is_cut_off)}") from None
        if _is_deep(whole.content):
            raise InvalidDocument(f"{source} is nested deeper than {DEPTH_MAX} levels.")
        return whole

    @property
    def root(self) -> Part:
        """All of it."""
        return Part(self, self.content, "")

    def count(self, pointer: str) -> None:
        """Take note that one more part is read.

        Raises:
            ExcessiveDocument: that is one too many.
        """
        self.parts_read += 1
        if self.parts_read > PARTS_MAX:
            message = f"with all references followed it has more than {PARTS_MAX:,} parts"
            raise ExcessiveDocument(f"{self.source}#{printable(pointer)}: {message}.")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document, references followed. `pointer` is where it stands, as a JSON pointer."""

    document: Document
    value: object
    pointer: str
    depth: int = 0
    followed: frozenset[str] = frozenset()

    def wrong(self, message: str) -> InvalidDocument:
        """What to raise about this part; `message` is the end of a sentence."""
        place = f"#{printable(self.pointer)}" if self.pointer else ""
        return InvalidDocument(f"{self.document.source}{place} {message}")

    def mapping(self) -> Mapping[str, object]:
        """What it maps.

        Raises:
            InvalidDocument: it is no object.
        """
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be an object, not {_kind(self.value)}.")
        return self.value

    def items(self) -> Iterator[tuple[str, Part]]:
        """The parts that it maps, by their keys."""
        for key in self.mapping():
            yield key, self.at(key)

    def parts(self) -> list[Part]:
        """The parts that it lists.

        Raises:
            InvalidDocument: it is no list.
        """
        return [self._inner(value, str(index)) for index, value in enumerate(self.values())]

    def values(self) -> list[object]:
        """What it lists, as it stands there.

        Raises:
            InvalidDocument: it is no list.
        """
        if not isinstance(self.value, list):
            raise self.wrong(f"must be a list, not {_kind(self.value)}.")
        return self.value

    def text(self) -> str:
        """What it says.

        Raises:
            InvalidDocument: it is no text.
        """
        if not isinstance(self.value, str):
            raise self.wrong(f"must be a text, not {_kind(self.value)}.")
        return self.value

    def at(self, *path: str) -> Part:
        """The part at this path of keys.

        Raises:
            InvalidDocument: there is none.
        """
        part = self
        for key in path:
            if key not in part.mapping():
                raise part.wrong(f"has no {key}.")
            part = part._inner(part.mapping()[key], key)
        return part

    def text_at(self, key: str) -> str:
        """The text at this key, empty where there is none."""
        return self.at(key).text() if key in self.mapping() else ""

    def _inner(self, value: object, key: str) -> Part:
        pointer = f"{self.pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        self.document.count(pointer)
        if self.depth == DEPTH_MAX:
            raise self.wrong(f"is the {DEPTH_MAX}th level; deeper is not read.")
        inner = Part(self.document, value, pointer, self.depth + 1, self.followed)
        while isinstance(inner.value, dict) and isinstance(inner.value.get("$ref"), str):
            inner = inner._followed()
        return inner

    def _followed(self) -> Part:
        """The part that is meant, with what stands beside the reference on top."""
        beside = dict(self.mapping())
        reference = str(beside.pop("$ref"))
        if reference in self.followed:
            raise self.wrong(f"leads back to itself by {printable(reference)}.")
        target = self.document.content
        if not reference.startswith("#/"):
            raise self.wrong(
                f"refers to {printable(reference)}; only places of the same document, #/…, can be."
            )
        for step in reference[2:].split("/"):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or key not in target:
                raise self.wrong(f"refers to {printable(reference)}, which is not there.")
            target = target[key]
        value = _with_siblings(target, beside) if isinstance(target, dict) else target
        return Part(self.document, value, self.pointer, self.depth, self.followed | {reference})


def _with_siblings(target: dict[str, object], beside: dict[str, object]) -> dict[str, object]:
    """What a reference leads to, and what stands beside it; of a schema both hold, also where they differ."""
    both = {**target, **beside}
    if "$ref" in target or not target.keys() & beside.keys() - ANNOTATIONS:
        return both
    return both | {"allOf": [beside, target]}


def printable(text: str) -> str:
    """A text of the document as a message repeats it: shortened, and without what moves a cursor."""
    text = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
    return text if text.isprintable() else text.encode("unicode_escape").decode()


def _is_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for outer in level for inner in _children(outer)]
    return bool(level)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _kind(value: object) -> str:
    return KINDS.get(type(value), "a number")


def _hint(text: str, is_cut_off: bool) -> str:
    """What it may be instead."""
    beginning = text[:2000].lstrip().lower()
    if beginning.startswith("<"):
        return " It is a web page or XML; Krea's document is JSON."
    if beginning.startswith(("openapi:", "swagger:", "---", "#", "%yaml", "info:")):
        return " It looks like YAML; convert it to JSON first, as by `yq -o json`."
    return " Is it cut off?" if is_cut_off and beginning.startswith("{") else ""
