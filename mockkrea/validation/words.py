"""Words for schemas and values: what a field expects, and what it got instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mockkrea.core.fields import Schema
from mockkrea.core.hints import SHOWN_MAX, shortened

_CONSTANTS = {True: "true", False: "false", None: "null"}
_LIKE_ANOTHER_VALUE = re.compile(r"-?[0-9.]+|true|false|null")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_URL_LIST = re.compile(r",\s*(https?://|data:)", re.IGNORECASE)


def expectation(schema: Schema) -> str:
    """What fits the schema, as the end of "must be …"."""
    *most, last = _phrases(schema)
    return f"{', '.join(most)} or {last}" if most else last


def mismatch(value: object, schema: Schema) -> str:
    """What a value is, as the end of "…, not": its kind, its number, or what is wrong with its text."""
    kinds = _kinds(schema)
    if isinstance(value, bool) or value is None:
        return shown(value)
    if isinstance(value, int | float):
        # A whole number may have more digits than Python agrees to print.
        large = isinstance(value, int) and abs(value) >= 10**30
        number = "a number that large" if large else repr(value)
        return number if large or kinds & {"number", "integer"} else f"the number {number}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    text = str(value)
    return _text_mismatch(text, schema) if "string" in kinds else _as_text(text)


def shown(value: object) -> str:
    """A legal value in a sentence; a text that reads like another value stands in quotes."""
    if isinstance(value, str):
        return f'"{value}"' if _LIKE_ANOTHER_VALUE.fullmatch(value) else value or "empty"
    return _CONSTANTS[value] if value is None or isinstance(value, bool) else str(value)


def _text_mismatch(text: str, schema: Schema) -> str:
    if schema.get("format") == "uri":
        return _uri_mismatch(text, schema)
    if "pattern" in schema or "enum" in schema or "type" not in schema:
        return shown(shortened(text))
    return f"of {len(text):,}" if text else "empty"


def _uri_mismatch(text: str, schema: Schema) -> str:
    if _URL_LIST.search(text):
        return "several URLs separated by commas"
    scheme = _SCHEME.match(text)
    if scheme is None:
        return "text without a scheme"
    if scheme[1].lower() == "data":
        return "a data URI that is not base64"
    if scheme[1].lower() not in ("http", "https"):
        return f"a URL with the scheme {shortened(scheme[1])}"
    limit = _longest_url(schema)
    if limit and len(text) > limit:
        return f"a URL of {len(text):,}"
    return "a URL with characters it cannot hold"


def _as_text(text: str) -> str:
    """A text where none is wanted."""
    return (
        f'the text "{shortened(text)}"' if len(text) <= SHOWN_MAX else f"a text of {len(text):,} characters"
    )


def _kinds(schema: Schema) -> frozenset[str]:
    kinds = schema.get("type")
    if kinds is None:
        return frozenset().union(*map(_kinds, schema.get("anyOf", ())))
    return frozenset(kinds if isinstance(kinds, list) else [kinds])


def _phrases(schema: Schema) -> list[str]:
    options = schema.get("enum")
    if isinstance(options, list):
        *most, last = map(shown, options)
        return [f"one of {', '.join(most)} or {last}" if most else last]
    if "oneOf" in schema:
        return ["an object"]
    kinds = schema.get("type")
    if kinds is None:
        return [phrase for each in schema["anyOf"] for phrase in _phrases(each)]
    return [
        phrase
        for kind in (kinds if isinstance(kinds, list) else [kinds])
        for phrase in _EXPECTED[kind](schema)
    ]


def _expected_uri(schema: Schema) -> list[str]:
    limit = _longest_url(schema)
    return [
        f"an http or https URL of at most {limit:,} characters" if limit else "an http or https URL",
        "a base64 data URI",
    ]


def _expected_text(schema: Schema) -> list[str]:
    if schema.get("format") == "uri":
        return _expected_uri(schema)
    if schema.get("format") == "uuid":
        return ["a UUID"]
    low, high = schema.get("minLength"), schema.get("maxLength")
    if high is None:
        return ["text of at least 1 character" if low else "text"]
    length = f"{low} to {high:,}" if low else f"at most {high:,}"
    pattern = f" that matches {schema['pattern']}" if "pattern" in schema else ""
    return [f"text of {length} characters{pattern}"]


def _range(schema: Schema, lowest: str, highest: str, between: str = "from") -> str:
    if "exclusiveMinimum" in schema:
        return f" above {schema['exclusiveMinimum']}"
    low, high = schema.get(lowest), schema.get(highest)
    if low is None and high is None:
        return ""
    if low is None or high is None:
        return f" of at most {high}" if low is None else f" of at least {low}"
    return f" {between} {low} to {high}"


_EXPECTED: Mapping[str, Callable[[Schema], list[str]]] = {
    "string": _expected_text,
    "number": lambda schema: [f"a number{_range(schema, 'minimum', 'maximum')}"],
    "integer": lambda schema: [f"a whole number{_range(schema, 'minimum', 'maximum')}"],
    "boolean": lambda schema: ["true", "false"],
    "array": lambda schema: [f"a list{_range(schema, 'minItems', 'maxItems', 'of')}{_items(schema)}"],
    "object": lambda schema: ["an object"],
    "null": lambda schema: ["null"],
}


def _items(schema: Schema) -> str:
    most = schema.get("maxItems", schema.get("minItems"))
    return "" if most is None else " item" if most == 1 else " items"


def _longest_url(schema: Schema) -> int | None:
    return next((form["maxLength"] for form in schema["anyOf"] if "maxLength" in form), None)
