"""Where the media of an input are: the URIs at every depth of a body, by their JSON pointers.

What a schema says of this is worked out once per model; a body that has none of the fields in which a
URI can stand costs a look at each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from mockkrea.core.fields import Schema

# Given a JSON pointer and the URI there, what shall stand in its place.
Replace: TypeAlias = Callable[[str, str], str]
Visit: TypeAlias = Callable[[object, str, Replace], object]


def visit_of(schema: Schema) -> Visit | None:
    """The function that puts others in place of a value's URIs; None for a schema without any."""
    # What a union's forms say is told apart by the kind of the value, objects' fields by their names.
    forms = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    takes_uri = any(form.get("format") == "uri" for form in forms)
    items = [found for form in forms if "items" in form and (found := visit_of(form["items"]))]
    fields = {name: found for form in forms for name, found in field_visits(form).items()}
    if not takes_uri and not items and not fields:
        return None

    def visit(value: object, pointer: str, replace: Replace) -> object:
        if takes_uri and isinstance(value, str):
            return replace(pointer, value)
        if items and isinstance(value, list):
            return [items[0](each, f"{pointer}/{place}", replace) for place, each in enumerate(value)]
        if fields and isinstance(value, dict):
            return visited(fields, value, pointer, replace)
        return value

    return visit


def field_visits(schema: Schema) -> dict[str, Visit]:
    """The visits of an object's fields that can hold URIs."""
    parts = schema.get("properties", {})
    return {name: visit for name, part in parts.items() if (visit := visit_of(part))}


def visited(
    fields: Mapping[str, Visit], value: Mapping[str, object], pointer: str, replace: Replace
) -> dict[str, object]:
    """The object with others in place of its URIs."""
    found = {name: visit for name, visit in fields.items() if value.get(name)}
    return {
        **value,
        **{name: visit(value[name], f"{pointer}/{name}", replace) for name, visit in found.items()},
    }
