"""The catalogue on a terminal: plain columns for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import zip_longest

from mockkrea.core.catalogue import Catalogue, Model
from mockkrea.core.money import Unit, in_whole_units, in_words
from mockkrea.core.pricing import ListedPrice, price_list
from mockkrea.validation.words import expectation


def models_as_text(catalogue: Catalogue) -> str:
    """All models, one a line, with the first price of its list."""
    rows = [(model.id, model.name, *_cheapest(model)) for model in catalogue.models]
    return _columns([("MODEL", "NAME", "FROM", ""), *rows])


def models_as_json(catalogue: Catalogue) -> str:
    """All models as a JSON list."""
    return json.dumps([_facts(model) for model in catalogue.models], indent=2, ensure_ascii=False)


def model_as_text(model: Model) -> str:
    """One model: what it is, what it costs, what it takes."""
    prices = [(price.when, *_amounts(price)) for price in price_list(model)]
    required = model.input_schema["required"]
    fields = [
        (name, "required" if name in required else "", expectation(schema), _default(schema))
        for name, schema in model.input_schema["properties"].items()
    ]
    return (
        f"{model.id} · {model.name}\n{model.description}\n\n"
        f"{_columns([('COSTS', 'API TOKEN', 'OAUTH'), *prices])}\n\n"
        f"{_columns([('FIELD', '', 'TAKES', 'DEFAULT'), *fields])}"
    )


def model_as_json(model: Model) -> str:
    """One model with the JSON Schema of its request body."""
    return json.dumps(_facts(model) | {"input_schema": model.input_schema}, indent=2, ensure_ascii=False)


def _facts(model: Model) -> dict[str, object]:
    prices = [
        {
            "when": price.when,
            "usd": _number(Unit.USD, price.usd_micros),
            "compute_units": _number(Unit.COMPUTE_UNITS, price.cu_thousandths),
        }
        for price in price_list(model)
    ]
    return {
        "id": model.id,
        "name": model.name,
        "category": model.category.value,
        "description": model.description,
        "job_type": model.job_type,
        "prices": prices,
        "assumed": sorted(model.assumed),
        "source": model.source,
    }


def _cheapest(model: Model) -> tuple[str, str]:
    return _amounts(price_list(model)[0])


def _amounts(price: ListedPrice) -> tuple[str, str]:
    per = " each second" if "each second" in price.when else ""
    return _words(Unit.USD, price.usd_micros, per), _words(Unit.COMPUTE_UNITS, price.cu_thousandths, per)


def _words(unit: Unit, amount: int | None, per: str) -> str:
    return "" if amount is None else in_words(unit, amount) + per


def _number(unit: Unit, amount: int | None) -> float | None:
    return None if amount is None else in_whole_units(unit, amount)


def _default(schema: dict[str, object]) -> str:
    return json.dumps(schema["default"], ensure_ascii=False) if "default" in schema else ""


def _columns(rows: Iterable[tuple[str, ...]]) -> str:
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
