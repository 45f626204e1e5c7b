"""What pydantic finds wrong with a body of the control API, in sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, get_args, get_type_hints

from mockkrea.core.randomness import SEED_MAX
from mockkrea.validation.words import mismatch

# What a value must be, by the name of pydantic's finding.
EXPECTED = {
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number of at most 4,300 digits",
    "string_pattern_mismatch": "a status such as 404, or 40x or 4xx for several",
    "string_type": "text",
    "bool_type": "true or false",
    "literal_error": "{expected}",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}
# Where a text is wanted, one that does not fit is shown as it is; elsewhere a number is.
TEXTS = ("string_type", "literal_error", "string_pattern_mismatch")
INTEGERS = ("int_type", "int_from_float")
TEXT = {"type": "string", "pattern": ""}
NUMBER = {"type": "number"}

ACTIONS = ("freeze", "resume", "advance", "run_until", "speed")


def fields_of(handler: Callable[..., object]) -> list[str]:
    """The names that a body for this handler may have, whatever its form; the handler calls it `wanted`."""
    wanted = get_type_hints(handler).get("wanted")
    forms = get_args(wanted) or (wanted,)
    return sorted({name for form in forms for name in getattr(form, "model_fields", ())})


def unreadable(error: Mapping[str, Any]) -> str | None:
    """What is wrong if one of pydantic's findings is that there is no JSON at all."""
    if error["type"] == "missing" and len(error["loc"]) == 1:
        return "The body is empty; send a JSON object."
    if isinstance(error["input"], bytes):
        return "The body must be JSON and say so: send the header Content-Type: application/json."
    return None


def sentences(found: Sequence[Mapping[str, Any]], known: list[str]) -> Iterator[str]:
    """All of pydantic's findings; what an unknown name was meant for is not missed besides."""
    meant = {_nearest(each["loc"][-1], known) for each in found if each["type"] == "extra_forbidden"}
    for error in found:
        if error["type"] != "missing" or error["loc"][-1] not in meant:
            yield sentence(error, known)


def sentence(error: Mapping[str, Any], known: list[str]) -> str:
    """One of pydantic's findings: the JSON pointer, what is wrong, and the nearest right name."""
    kind, place = error["type"], [str(part) for part in error["loc"][1:]]
    if kind == "union_tag_not_found":
        unknown = [_unknown(f"/{name}", name, known) for name in error["input"] if name not in known]
        return " ".join([*unknown, f"/action is required: {', '.join(ACTIONS)}."])
    if kind == "union_tag_invalid":
        return f"/action must be one of {', '.join(ACTIONS)}."
    # Of a body with several forms pydantic puts the form's tag before the field.
    if len(place) > 1 and place[0] in ACTIONS:
        place = place[1:]
    pointer = "".join(f"/{name}" for name in place)
    if kind == "extra_forbidden":
        return _unknown(pointer, place[-1], known)
    if kind == "missing":
        return f"{pointer} is required."
    if kind not in EXPECTED:
        return f"{pointer}: {error['msg']}."
    # JSON's longest whole numbers are read as floats.
    if kind in INTEGERS and isinstance(error["input"], float) and abs(error["input"]) > SEED_MAX:
        return f"{pointer} is beyond what a whole number may be, from {-SEED_MAX} to {SEED_MAX}."
    limits = {name: _plain(limit) for name, limit in error.get("ctx", {}).items()}
    expected = EXPECTED[kind].format(**limits)
    # In a query all values are texts.
    wanted = TEXT if kind in TEXTS or error["loc"][0] == "query" else NUMBER
    return f"{pointer or 'The body'} must be {expected}, not {mismatch(error['input'], wanted)}."


def _plain(limit: object) -> object:
    """A limit as one would write it: 0 and not 0.0."""
    return int(limit) if isinstance(limit, float) and limit.is_integer() else limit


def _unknown(pointer: str, name: str, known: list[str]) -> str:
    if name in known:
        return f"{pointer} does not belong here."
    nearest = _nearest(name, known)
    hint = f", did you mean {nearest}?" if nearest else f"; there are {', '.join(known)}."
    return f"{pointer} is not known here{hint}"


def _nearest(name: str, known: list[str]) -> str | None:
    return next(iter(get_close_matches(name, known, n=1)), None)
