"""Why a body does not fit, field by field, in our own words.

The walk goes through objects and lists; whether a single value fits is asked of the same validator
that judged the whole body, so the two cannot disagree. The validator's own error list is not used:
its messages repeat the whole value (seconds for a large data URI) and say nothing inside a union.
Old names, near misses and traps are explained here; no message repeats a large value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from itertools import islice
from math import isfinite
from typing import TypeGuard

import jsonschema_rs

from mockkrea.core.errors import Issue
from mockkrea.core.fields import Schema, tag_of
from mockkrea.core.forms import Form
from mockkrea.validation.words import expectation, mismatch, shortened

ISSUES_MAX = 100  # so that a body of a million wrong values is refused as fast as one


def issues_of(model: Form, body: object, sent_as: Mapping[str, str]) -> list[Issue]:
    """Every reason why `body` does not fit, or the first 100 of them; at least one.

    Args:
        sent_as: field → the old name under which the client sent it.
    """
    if not isinstance(body, dict):
        sentence = f"The body must be an object with the fields of {model.short_name}, not {mismatch(body)}."
        return [Issue("", sentence)]
    found = list(islice(_body_issues(model, body, sent_as), ISSUES_MAX))
    if len(found) == ISSUES_MAX:
        return [*found, Issue("", f"No more than {ISSUES_MAX} problems are listed.")]
    named = {issue.path for issue in found}
    return [*found, *(issue for issue in trap_issues(model, body) if issue.path not in named)]


def trap_issues(model: Form, body: object) -> list[Issue]:
    """What Krea refuses although the schema allows it."""
    if not isinstance(body, dict) or (model.multiple_of == 1 and not model.not_both):
        return []
    return [*_size_issues(model.multiple_of, body), *_exclusion_issues(model.not_both, body)]


def _size_issues(multiple_of: int, body: Mapping[str, object]) -> Iterator[Issue]:
    for side in ("width", "height"):
        pixels = body.get(side, 0)
        if _is_number(pixels) and pixels % multiple_of:
            nearest = max(1, int((2 * pixels + multiple_of) // (2 * multiple_of))) * multiple_of
            rest = f"must be a multiple of {multiple_of}, not {mismatch(pixels)}"
            yield _issue(f"/{side}", f"{rest}; the nearest is {mismatch(nearest)}.")


def _is_number(value: object) -> TypeGuard[int | float]:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _exclusion_issues(fields: tuple[str, ...], body: Mapping[str, object]) -> Iterator[Issue]:
    first, *others = [field for field in fields if body.get(field)] or [""]
    for other in others:
        yield _issue(f"/{other}", f"cannot be combined with {first}; send one of them.")


def _body_issues(model: Form, body: Mapping[str, object], sent_as: Mapping[str, str]) -> Iterator[Issue]:
    fields = model.input_schema["properties"]
    missing = [name for name in model.input_schema.get("required", []) if name not in body]
    for name, value in body.items():
        pointer = _pointer("", sent_as.get(name, name))
        if name in fields:
            yield from _issues(fields[name], value, pointer)
            continue
        meant = model.renamed.get(name) or nearest_word(name, fields)
        yield _issue(pointer, _unknown_field(model, name, meant, body))
        if meant is not None and meant in missing:
            missing.remove(meant)
            yield _issue(_pointer("", meant), "is required.")
    for name in missing:
        yield _issue(_pointer("", name), "is required.")


def _unknown_field(model: Form, name: str, meant: str | None, body: Mapping[str, object]) -> str:
    fields = model.input_schema["properties"]
    if name in model.renamed and meant in fields:
        if meant in body:
            return f"is the old name of {meant}, which is given as well; send {meant} alone."
        return (
            f"is the old name of {meant}, not taken since {model.renamed_until}; "
            f"send {meant}, or let old names pass with the setting accept_old_names."
        )
    if meant in fields:
        return f"is not a field of {model.short_name}, did you mean {meant}?"
    return f"is not a field of {model.short_name}; its fields are {', '.join(fields)}."


def _issues(schema: Schema, value: object, pointer: str) -> Iterator[Issue]:
    if "oneOf" in schema:
        yield from _form_issues(schema["oneOf"], value, pointer)
    elif isinstance(value, dict) and "properties" in schema:
        yield from _object_issues(schema, value, pointer)
    elif isinstance(value, list) and "items" in schema:
        if not _fits({**schema, "items": True}, value):
            yield _issue(pointer, f"must be {expectation(schema)}, not {len(value)}.")
        for index, item in enumerate(value):
            yield from _issues(schema["items"], item, f"{pointer}/{index}")
    elif not _fits(schema, value):
        yield _issue(pointer, f"must be {expectation(schema)}{_but_is(schema, value)}")


def _object_issues(schema: Schema, value: Mapping[str, object], pointer: str) -> Iterator[Issue]:
    for name, part in schema["properties"].items():
        if name in value:
            yield from _issues(part, value[name], _pointer(pointer, name))
        elif name in schema.get("required", []):
            yield _issue(_pointer(pointer, name), "is required.")


def _form_issues(forms: list[Schema], value: object, pointer: str) -> Iterator[Issue]:
    """Explain the form that `value` says it has, or which forms there are."""
    if not isinstance(value, dict):
        yield _issue(pointer, f"must be an object, not {mismatch(value)}.")
        return
    tag = tag_of(forms)
    words_of = [form["properties"][tag]["enum"] for form in forms]
    if tag not in value:
        yield _issue(_pointer(pointer, tag), "is required.")
        return
    for form, words in zip(forms, words_of, strict=True):
        if value[tag] in words:
            yield from _issues(form, value, pointer)
            return
    every_word = [word for words in words_of for word in words]
    yield from _issues({"type": "string", "enum": every_word}, value[tag], _pointer(pointer, tag))


def _but_is(schema: Schema, value: object) -> str:
    """How a sentence about a value that does not fit ends: the nearest legal value, or what it is."""
    options = [option for option in schema.get("enum", []) if isinstance(option, str)]
    if options and isinstance(value, str):
        near = nearest_word(value, options)
        return f", did you mean {near}?" if near and len(options) > 1 else "."
    return f", not {mismatch(value, schema)}."


def nearest_word(word: str, words: Mapping[str, object] | list[str]) -> str | None:
    """The one of `words` most like `word`, upper and lower case being equal."""
    by_lower = {each.lower(): each for each in words}
    found = get_close_matches(shortened(word).lower(), by_lower, 1)
    return by_lower[found[0]] if found else None


def _fits(schema: Schema, value: object) -> bool:
    try:
        return jsonschema_rs.is_valid(schema, value, validate_formats=True)
    except ValueError:
        return False


def _issue(pointer: str, rest: str) -> Issue:
    return Issue(pointer, f"{pointer} {rest}")


def _pointer(parent: str, name: str) -> str:
    escaped = shortened(name).replace("~", "~0").replace("/", "~1")
    return f"{parent}/{escaped}"
