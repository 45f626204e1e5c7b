"""What a tool call answers, as the protocol's `CallToolResult`.

The text block is the structured content as JSON (inferred from clients), unless a tool has a better text.
A refusal is a result as well, `isError`, so that a model can read it and act: `status` and `response` are
what REST would have answered (the shape is recorded for a lack of compute units, for the rest ASSUMED).
It stands in the text alone: structured content has to fit the tool's schema of results also in an error, and
the TypeScript SDK throws where it does not, so that nobody would read the refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from mockkrea.adapters import refusal_wire
from mockkrea.adapters.fault_wire import fault_facts
from mockkrea.adapters.mcp.apps import JOBS_KEY
from mockkrea.adapters.mcp.call import Result
from mockkrea.core.errors import InvalidInput, MockKreaError, RateLimited, UnknownModel
from mockkrea.core.faults import Effect
from mockkrea.core.money import Unit
from mockkrea.settings import Settings

Json = dict[str, Any]

REASON_KEY = "mockkrea/reason"


def answered(result: Result) -> Json:
    """The result of a call that did what it was asked."""
    answer = _result(result.text or _as_json(result.content)) | {"structuredContent": result.content}
    beside = {REASON_KEY: result.reason, JOBS_KEY: result.jobs}
    meta = {key: value for key, value in beside.items() if value is not None}
    return answer | {"_meta": meta} if meta else answer


def refused(refusal: MockKreaError, settings: Settings, *, model: str | None) -> Json:
    """The result of a call that was refused.

    Args:
        model: what the caller named that has a schema to be read, if the tool takes one.
    """
    status, sentence, details = refusal_wire.refusal_facts(refusal, settings)
    beside = {key: details.pop(key) for key in ("availableUnits",) if key in details}
    if isinstance(refusal, RateLimited):
        # What REST says in a header (ASSUMED).
        beside["retry_after_seconds"] = refusal.retry_after_s
    if isinstance(refusal, UnknownModel) and refusal.nearest is None:
        # The whole sentence is for people at a shell.
        sentence = f"There is no model {refusal.model_id} here."
    if hint := _hint(refusal, model):
        sentence = f"{sentence} {hint}"
    content = {"status": status, "response": {"message": sentence, **details}, **beside}
    return _refusal(content)


def refused_by(effect: Effect, unit: Unit) -> Json:
    """The result of a call that a fault refuses; one that breaks the connection is seen by nobody."""
    sentence, details = fault_facts(effect) if effect.is_refusal else ("", {})
    content: dict[str, object] = {"status": effect.status, "response": {"message": sentence, **details}}
    for name, value in effect.headers.items():
        if name.lower() == "retry-after" and value.isdigit():
            content["retry_after_seconds"] = int(value)
    if effect.status == 402 and effect.message is None and unit is Unit.COMPUTE_UNITS:
        content |= {"response": {"message": refusal_wire.COMPUTE_UNITS_OUT}, "availableUnits": 0}
    return _refusal(content)


def _hint(refusal: MockKreaError, model: str | None) -> str | None:
    if isinstance(refusal, UnknownModel):
        return "Call list_models for the ids of all models."
    about_model = isinstance(refusal, InvalidInput) and refusal.issues[0].path == "/model"
    if isinstance(refusal, InvalidInput) and model is not None and not about_model:
        return f"Call get_model_schema with model {model} for the fields that it takes."
    return None


def _refusal(content: Mapping[str, object]) -> Json:
    return _result(_as_json(content)) | {"isError": True}


def _result(text: str) -> Json:
    return {"resultType": "complete", "content": [{"type": "text", "text": text}]}


def _as_json(content: Mapping[str, object]) -> str:
    return orjson.dumps(content).decode()
