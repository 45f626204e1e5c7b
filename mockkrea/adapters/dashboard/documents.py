"""The documentation of the control API: a page made from its OpenAPI document, with nothing from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from mockkrea.adapters.dashboard.curl import curl
from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.http import CONTROL_PATH

Schema = Mapping[str, Any]

# What stands for a value of this type in an example.
SAMPLES: Mapping[str, object] = {"string": "…", "number": 1, "integer": 1, "boolean": True, "object": {}}

# How types are called here.
WORDS: Mapping[str, str] = {"string": "text", "integer": "whole number", "array": "list"}


def documents_page(look: Look, document: Mapping[str, Any]) -> Facts:
    """Every call of the document, in groups by the first part of its path."""
    schemas: Mapping[str, Schema] = document.get("components", {}).get("schemas", {})
    groups: dict[str, list[Facts]] = {}
    for path, methods in document["paths"].items():
        short = path.removeprefix(CONTROL_PATH)
        for method, operation in methods.items():
            call = _call(look, (method.upper(), short), operation, schemas)
            groups.setdefault(short.split("/")[1], []).append(call)
    return {"groups": groups}


def _call(
    look: Look, place: tuple[str, str], operation: Mapping[str, Any], schemas: Mapping[str, Schema]
) -> Facts:
    method, path = place
    content = operation.get("requestBody", {}).get("content", {})
    body = _resolved(content.get("application/json", {}).get("schema"), schemas)
    forms = list(_forms(body, schemas))
    return {
        "id": f"{method.lower()}{path.replace('/', '-').replace('{', '').replace('}', '')}",
        "method": method,
        "path": path,
        "about": operation.get("description", operation["summary"]),
        "parameters": [
            _field(each["name"], each["schema"], each.get("required", False), schemas)
            | {"about": each.get("description") or each["schema"].get("description", "")}
            for each in operation.get("parameters", ())
        ],
        "forms": [
            {
                "about": form.get("description", ""),
                "fields": [
                    _field(name, schema, name in form.get("required", ()), schemas)
                    for name, schema in form.get("properties", {}).items()
                ],
            }
            for form in forms
        ],
        "statuses": [status for status in operation["responses"] if status != "default"],
        "curl": _curl(look, method, path, forms),
    }


def _forms(body: Schema | None, schemas: Mapping[str, Schema]) -> Iterator[Schema]:
    """The shapes that a body may have."""
    if body is None:
        return
    for each in body.get("oneOf", (body,)):
        form = _resolved(each, schemas)
        if form is not None:
            yield form


def _resolved(schema: Schema | None, schemas: Mapping[str, Schema]) -> Schema | None:
    if schema is None or "$ref" not in schema:
        return schema
    return schemas[schema["$ref"].rpartition("/")[2]]


def _field(name: str, schema: Schema, required: bool, schemas: Mapping[str, Schema]) -> Facts:
    return {
        "name": name,
        "type": _type(schema, schemas),
        "required": required,
        "about": schema.get("description", ""),
        "inner": [
            _field(inner, each, inner in schema.get("required", ()), schemas)
            for inner, each in schema.get("properties", {}).items()
        ],
    }


def _type(schema: Schema, schemas: Mapping[str, Schema]) -> str:
    """A type in words: `number`, `"freeze" or "resume"`, `text or null`."""
    if "anyOf" in schema:
        return " or ".join(_type(each, schemas) for each in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        words = schema.get("enum", [schema.get("const")])
        return " or ".join(orjson.dumps(each).decode() for each in words)
    if "$ref" in schema:
        found = _resolved(schema, schemas) or {}
        return f"{{{', '.join(found.get('properties', ()))}}}" if "properties" in found else "object"
    # Where there is no type, a description says it in words.
    kinds = schema.get("type", "" if "description" in schema else "any JSON")
    if isinstance(kinds, str):
        kinds = [kinds]
    return " or ".join(WORDS.get(kind, kind) for kind in kinds)


def _curl(look: Look, method: str, path: str, forms: list[Schema]) -> str:
    body = orjson.dumps(_example(forms[0])).decode() if forms else ""
    return curl(method, look.request.base_url + CONTROL_PATH + path, body=body)


def _example(form: Schema) -> dict[str, object]:
    """A body with what is required, or, if nothing is, with the first field."""
    properties: Mapping[str, Schema] = form.get("properties", {})
    wanted = form.get("required") or list(properties)[:1]
    return {name: _sample(properties[name]) for name in wanted}


def _sample(schema: Schema) -> object:
    for part in (schema, *schema.get("anyOf", ())):
        if "const" in part:
            return part["const"]
        if "enum" in part:
            return part["enum"][0]
        if part.get("type") in SAMPLES:
            return SAMPLES[part["type"]]
    return {}
