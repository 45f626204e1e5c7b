"""Words for schemas and values: what a field expects, and what it got instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mockkrea.core.fields import Schema

SHOWN_MAX = 60  # characters of a name or value that a message repeats

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_URL_LIST = re.compile(r",\s*(https?://|data:)", re.IGNORECASE)


def expectation(schema: Schema) -> str:
    """What fits the schema, as the end of "must be …"."""
    *most, last = _phrases(schema)
    return f"{', '.join(most)} or {last}" if most else last


def mismatch(value: object, schema: Schema | None = None) -> str:
    """What a value is, as the end of "…, not": its kind, its number, or what is wrong with its text."""
    if isinstance(value, bool) or value is None:
        return _shown(value)
    if isinstance(value, int | float):
        # A whole number may have more digits than Python agrees to print.
        return "a number that large" if isinstance(value, int) and abs(value) >= 10**30 else repr(value)
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    return _text_mismatch(str(value), schema or {"type": "object"})


def shortened(text: str) -> str:
    """At most 60 characters of a text, and nothing that cannot be sent as UTF-8."""
    text = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
    return text.encode("utf-8", "replace").decode()


def _text_mismatch(text: str, schema: Schema) -> str:
    kinds = schema.get("type") or "string"
    if "string" not in (kinds if isinstance(kinds, list) else [kinds]):
        return "text"
    if schema.get("format") == "uri":
        return _uri_mismatch(text, schema)
    if "pattern" in schema or "enum" in schema or "anyOf" in schema:
        return shortened(text) or "empty"
    return f"{len(text):,}"


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
    return (
        f"a URL of {len(text):,}" if limit and len(text) > limit else "a URL with characters it cannot hold"
    )


def _phrases(schema: Schema) -> list[str]:
    options = schema.get("enum")
    if isinstance(options, list):
        shown = ", ".join(_shown(option) for option in options)
        return [shown if len(options) == 1 else f"one of {shown}"]
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
        return ["text that is not empty" if low else "text"]
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
    "array": lambda schema: [f"a list{_range(schema, 'minItems', 'maxItems', 'of')}"],
    "object": lambda schema: ["an object"],
    "null": lambda schema: ["null"],
}


def _longest_url(schema: Schema) -> int | None:
    return next((form["maxLength"] for form in schema["anyOf"] if "maxLength" in form), None)


def _shown(value: object) -> str:
    words = {True: "true", False: "false", None: "null", "": "empty"}
    return words[value] if value is None or isinstance(value, bool) or value == "" else str(value)
