"""`GET /openapi.json`: what this mock takes and answers, in the shape of Krea's own document.

The models come from the catalogue; everything else is plain OpenAPI in `fixtures/openapi/`, a file for
each topic. Clients find the models here: their ids in the paths, and schemas and prices at each of them.
A model with an announced end is marked as deprecated, and from its end on it is left out (both are
what Krea's documents of 2026 show).
"""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import orjson

from mockkrea.adapters import control_wire, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.core.catalogue import Catalogue, Category, Model, Row
from mockkrea.core.clock import SECOND_US, iso_date
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.price_points import PricePoint, price_points
from mockkrea.data import read_fixtures
from mockkrea.tenant import Tenant

TAGS = {
    Category.IMAGE: "Image",
    Category.ENHANCE: "Image Enhance",
    Category.VIDEO: "Video",
    Category.AUDIO: "Audio",  # ASSUMED, as the next
    Category.THREE_D: "3D",
}

# The price dimensions whose values are numbers.
NUMBERS = frozenset({"duration", "billableSeconds", "referenceImageCount"})

# Which of the shared answers a model gives.
REFUSALS = {
    "400": "UnreadableRequest",
    "401": "Unauthorized",
    "402": "PaymentRequired",
    "413": "TooLarge",
    "422": "InvalidInput",
    "429": "TooMany",
}

Json = dict[str, Any]


class _Document(NamedTuple):
    """The document in JSON, around the place of its `servers`."""

    head: bytes
    tail: bytes


class OpenApi:
    """Answers with the document of a world's catalogue; each is built once, in a thread."""

    def __init__(self) -> None:
        # By the models that are on sale, which time decides.
        self._documents: WeakKeyDictionary[Catalogue, dict[tuple[str, ...], _Document]] = WeakKeyDictionary()

    async def get(self, tenant: Tenant, request: Request) -> Answer:
        """`GET /openapi.json`; it needs no token."""
        catalogue, today = tenant.catalogue, iso_date(tenant.now_us())
        documents = self._documents.setdefault(catalogue, {})
        ended = tuple(model.id for model in catalogue.models if not model.is_available_on(today))
        if ended not in documents:
            documents[ended] = await asyncio.to_thread(_built, catalogue, today)
        servers = orjson.dumps([{"url": request.base_url, "description": "This mock"}])
        head, tail = documents[ended]
        return Answer(200, b'%b,"servers":%b,%b' % (head, servers, tail))


def _built(catalogue: Catalogue, date: str) -> _Document:
    """The document of the models that are on sale on an ISO date."""
    shared, *topics = read_fixtures("openapi")
    paths: Json = {}
    components = shared.pop("components")
    for topic in topics:
        paths |= topic.get("paths", {})
        for kind, parts in topic.get("components", {}).items():
            components[kind] = {**components.get(kind, {}), **parts}
    for model in catalogue.models:
        if model.is_available_on(date):
            paths[f"/generate/{model.id}"] = {"post": _generation(model)}
    used = {tag for path in paths.values() for tag in _tags(path)}
    shared["tags"] = [tag for tag in shared["tags"] if tag["name"] in used]
    rest = {"paths": paths, "components": components}
    return _Document(orjson.dumps(shared)[:-1], orjson.dumps(rest)[1:])


def _tags(path: Json) -> list[str]:
    return [tag for operation in path.values() if isinstance(operation, dict) for tag in operation["tags"]]


def _generation(model: Model) -> Json:
    parameters = ["WebhookURL", *(["ZeroDataRetention"] if model.zero_data_retention else [])]
    operation: Json = {
        "tags": [TAGS[model.category]],
        "operationId": "generate_" + re.sub(r"[^a-z0-9]", "_", model.id.lower()),
        "summary": model.name,
        "description": _description(model),
        "x-krea-pricing": _pricing(model),
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
        "requestBody": {"required": True, "content": {"application/json": {"schema": model.input_schema}}},
        "responses": _responses(model),
    }
    if model.sunset is not None:
        operation["deprecated"] = True
    if model.renamed:
        operation["x-krea-deprecated-field-aliases"] = _aliases(model)
    if model.assumed:
        operation["x-mockkrea-assumed"] = sorted(model.assumed)
    return operation


def _responses(model: Model) -> Json:
    named = {"200": "Submitted", **REFUSALS}
    if model.sunset is not None:
        named |= {"200": "SubmittedToDeprecated", "410": "Gone"}
    return {status: {"$ref": f"#/components/responses/{named[status]}"} for status in sorted(named)}


def _aliases(model: Model) -> list[Json]:
    return [
        {
            "from": old,
            "to": new,
            "sunset_date": model.renamed_until,
            "reason": "Fields are written in snake_case.",
            "migration_url": f"{wire.DEPRECATIONS_URL}#public-api-snake-case-fields",
        }
        for old, new in model.renamed.items()
    ]


def _pricing(model: Model) -> Json:
    """What a job costs in US dollars (shape: Krea's document, as clients read it)."""
    points = price_points(model, Unit.USD)
    return {
        "type": "fixed",
        "currency": "USD",
        "unit": "second" if any(point.is_per_second for point in points) else "request",
        "price_points": [
            {
                "amount": in_whole_units(Unit.USD, point.amount),
                "dimensions": {name: _typed(name, value) for name, value in point.where.items()},
            }
            for point in points
        ],
    }


def _typed(dimension: str, text: str) -> object:
    if text in ("true", "false"):
        return text == "true"
    return control_wire.number(float(text)) if dimension in NUMBERS else text


def _description(model: Model) -> str:
    """What the model is, and a table of its compute units and of the time it takes."""
    points = price_points(model, Unit.COMPUTE_UNITS)
    dimensions = list(dict.fromkeys(name for point in points for name in point.where))
    per = " Each Second" if any(point.is_per_second for point in points) else ""
    header = [*map(_title, dimensions), f"Compute Units{per}"]
    rows = [[*(point.where.get(name, "") for name in dimensions), _units(model, point)] for point in points]
    if len(model.seconds.rows) == 1:
        header.append("Average Completion Time")
        rows = [[*row, _duration(model.seconds.rows[0])] for row in rows]
    lines = [header, ["---"] * len(header), *rows]
    ending = f"Not available from {model.sunset} on." if model.sunset else ""
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return "\n\n".join(filter(None, (model.description, ending, table)))


def _title(dimension: str) -> str:
    """k2BillingTier → K2 Billing Tier."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", dimension)
    return words[0].upper() + words[1:]


def _units(model: Model, point: PricePoint) -> str:
    about = model.compute_units is not None and model.compute_units.approximate
    return f"{'~' if about else ''}{in_whole_units(Unit.COMPUTE_UNITS, point.amount)}"


def _duration(row: Row) -> str:
    if "flat" in row.amounts:
        return f"~{_seconds(row.amounts['flat'])} seconds"
    return f"{_seconds(row.amounts['shortest'])} to {_seconds(row.amounts['longest'])} seconds"


def _seconds(duration_us: int) -> str:
    return f"{duration_us / SECOND_US:g}"
