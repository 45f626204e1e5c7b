"""Why a body does not fit, field by field, in our own words.

The walk goes through objects and lists; whether a single value fits is asked of the same validator
that judged the whole body, so the two cannot disagree. The validator's own error list is not used:
its messages repeat the whole value (seconds for a large data URI) and say nothing inside a union.
Old names, near misses and traps are explained here; no message repeats a large value.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

import jsonschema_rs

from mockkrea.core.errors import ISSUES_MAX, Issue
from mockkrea.core.fields import Schema, tag_of
from mockkrea.core.forms import InputSpec
from mockkrea.core.hints import nearest_word, shortened
from mockkrea.validation.nearest import is_number, nearest_option
from mockkrea.validation.words import expectation, mismatch, shown

NUMBER: Schema = {"type": "number"}
OBJECT: Schema = {"type": "object"}


def issues_of(model: InputSpec, body: object, sent_as: Mapping[str, str]) -> list[Issue]:
    """Every reason why `body` does not fit; at least one, and of more than 100 the first 101.

    Args:
        sent_as: field → the old name under which the client sent it.
    """
    if not isinstance(body, dict):
        expected = f"an object with the fields of {model.short_name}"
        return [Issue("", f"The body must be {expected}, not {mismatch(body, OBJECT)}.")]
    # A body of a million wrong values is refused as fast as one.
    found = list(islice(_body_issues(model, body, sent_as), ISSUES_MAX + 1))
    named = {issue.path for issue in found}
    traps = [issue for issue in trap_issues(model, body) if issue.path not in named]
    return [*found, *traps] or list(_whole_issues(model, body, sent_as))


def trap_issues(model: InputSpec, body: object) -> list[Issue]:
    """What Krea refuses although the schema allows it."""
    if not isinstance(body, dict) or (model.multiple_of == 1 and not model.not_both):
        return []
    return [*_size_issues(model.multiple_of, body), *_exclusion_issues(model.not_both, body)]


def _size_issues(multiple_of: int, body: Mapping[str, object]) -> Iterator[Issue]:
    for side in ("width", "height"):
        pixels = body.get(side, 0)
        if is_number(pixels) and pixels % multiple_of:
            nearest = max(1, int((2 * pixels + multiple_of) // (2 * multiple_of))) * multiple_of
            rest = f"must be a multiple of {multiple_of}, not {mismatch(pixels, NUMBER)}"
            yield _issue(f"/{side}", f"{rest}; the nearest is {mismatch(nearest, NUMBER)}.")


def _exclusion_issues(fields: tuple[str, ...], body: Mapping[str, object]) -> Iterator[Issue]:
    first, *others = [field for field in fields if body.get(field)] or [""]
    for other in others:
        yield _issue(f"/{other}", f"cannot be combined with {first}; send one of them.")


def _body_issues(model: InputSpec, body: Mapping[str, object], sent_as: Mapping[str, str]) -> Iterator[Issue]:
    fields = model.input_schema["properties"]
    told_fields = False
    missing = [name for name in model.input_schema.get("required", []) if name not in body]
    for name, value in body.items():
        pointer = _pointer("", sent_as.get(name, name))
        if name in fields:
            yield from _issues(fields[name], value, pointer)
            continue
        meant = present if (present := model.renamed.get(name)) in fields else nearest_word(name, fields)
        said = _unknown_field(model, name, meant, body)
        if meant is None:
            # A thousand of them need the list once.
            said += "." if told_fields else f"; its fields are {', '.join(fields)}."
            told_fields = True
        yield _issue(pointer, said)
        if meant is not None and meant in missing:
            missing.remove(meant)
            yield _issue(_pointer("", meant), "is required.")
    for name in missing:
        yield _issue(_pointer("", name), "is required.")


def _whole_issues(
    model: InputSpec, body: Mapping[str, object], sent_as: Mapping[str, str]
) -> Iterator[Issue]:
    """The fields whose parts all fit while the whole does not: schemas from outside can say such things."""
    for name, schema in model.input_schema["properties"].items():
        if name in body and not _fits(schema, body[name]):
            pointer = _pointer("", sent_as.get(name, name))
            yield _issue(pointer, f"must be {expectation(schema)}{_but_is(schema, body[name])}")


def _unknown_field(model: InputSpec, name: str, meant: str | None, body: Mapping[str, object]) -> str:
    """Why a field is not taken; a sentence without its end where no other is meant."""
    present = model.renamed.get(name)
    if present is not None and present == meant:
        if meant in body:
            return f"is the old name of {meant}, which is given as well; send {meant} alone."
        return (
            f"is the old name of {meant}, not taken since {model.renamed_until}; "
            f"send {meant}, or let old names pass with the setting accept_old_names."
        )
    said = f"is not a field of {model.short_name}"
    if present is not None:
        said = f"is the old name of {present}, which {model.short_name} does not have"
    if meant is not None:
        return f"{said}, did you mean {meant}?"
    return said


def _issues(schema: Schema, value: object, pointer: str) -> Iterator[Issue]:
    if "oneOf" in schema:
        yield from _form_issues(schema["oneOf"], value, pointer)
    elif isinstance(value, dict) and "properties" in schema:
        yield from _object_issues(schema, value, pointer)
    elif isinstance(value, list) and "items" in schema:
        if not _fits({**schema, "items": True}, value):
            yield _issue(pointer, f"must be {expectation(schema)}, not of {len(value):,}.")
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
        yield _issue(pointer, f"must be an object, not {mismatch(value, OBJECT)}.")
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
    """How a sentence about a value that does not fit ends: what it is, or the nearest legal value."""
    options = schema.get("enum", [])
    if len(options) == 1 and isinstance(value, str):
        return "."
    near = nearest_option(value, options)
    if near is None:
        return f", not {mismatch(value, schema)}."
    if isinstance(near, str):
        return f", did you mean {shown(near)}?"
    return f", not {mismatch(value, schema)}; the nearest is {shown(near)}."


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
