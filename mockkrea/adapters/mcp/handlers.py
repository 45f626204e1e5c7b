"""What each tool does: reads its arguments, asks the world once, and answers.

The same calls as REST makes, so both refuse in one order and charge one price. A job is seen in full
here, also in the answer to its submission: Krea's tools show it beside its id (documented).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping

from mockkrea import calls, uploads
from mockkrea.adapters import library_wire, wire
from mockkrea.adapters.mcp.call import Call, Handler, Result, facts_of, submission_result
from mockkrea.core.catalogue import Category, Model
from mockkrea.core.clock import iso, iso_date
from mockkrea.core.errors import InvalidInput, Issue
from mockkrea.core.jobs import Status
from mockkrea.core.tools import Tools
from mockkrea.inputs import decoded
from mockkrea.tenant import Tenant

DATA_URI = re.compile(r"data:[^,]{0,200};base64,")

# What REST answers, by status: the codes and texts of Krea's OpenAPI (documented).
RESPONSES = {
    "400": "Bad request",
    "401": "Unauthorized",
    "402": "Insufficient balance, or a plan without this model",
    "429": "Too many jobs or requests",
}


async def list_models(call: Call) -> Result:
    """All models, or those of one category, in the order of the catalogue."""
    category = call.arguments.get("category")
    today = iso_date(call.tenant.now_us())
    models = [model for model in call.tenant.catalogue.models if category in (None, model.category)]
    return Result({"models": [_listed(call.tenant, model, today) for model in models]})


async def get_model_schema(call: Call) -> Result:
    """What a model takes. Also of one past its sunset, which says what to use instead."""
    model = call.tenant.catalogue.find_by_any_id(call.arguments["model"])
    return Result(
        {
            "model": _shown_id(call.tenant, model.id),
            "category": model.category.value,
            "name": model.name,
            "description": model.description,
            "endpointPath": f"/generate/{model.id}",
            "inputSchema": model.input_schema,
            "outputSchemas": _responses(),
            **_deprecation(call.tenant, model),
        }
    )


async def generate(call: Call) -> Result:
    """Submit a job of any model."""
    return await _submit(call, calls.find_model_by_any_id(call.tenant, call.arguments["model"]))


def generate_of(category: Category, tool_of: Mapping[Category, str]) -> Handler:
    """The handler that submits jobs of one category only; `tool_of` says who takes the others."""

    async def generate_one(call: Call) -> Result:
        model = calls.find_model_by_any_id(call.tenant, call.arguments["model"])
        if model.category is not category:
            sentence = f"/model {model.id} is a model for {tool_of[model.category]}."
            raise InvalidInput([Issue("/model", sentence)])
        return await _submit(call, model)

    return generate_one


async def get_job(call: Call) -> Result:
    """A job as it is now; this is a poll."""
    view = await calls.poll_job(call.tenant, call.caller, call.arguments["jobId"])
    return Result(wire.job_body(view, call.request.base_url), jobs=facts_of(call, [view]))


async def cancel_job(call: Call) -> Result:
    """Cancel a job, or take a finished one off the list."""
    job = await calls.delete_job(call.tenant, call.caller, call.arguments["jobId"])
    return Result({"job_id": job.id, "deleted": True})


async def get_upload_url(call: Call) -> Result:
    """A URL that takes one file after the other without a token; the text is the bare URL."""
    presigned = uploads.upload_url(call.tenant, call.caller, call.request.base_url)
    content = {"upload_url": presigned.url, "expires_at": iso(presigned.expires_at_us)}
    return Result(content, text=presigned.url)


async def upload_asset(call: Call) -> Result:
    """Keep a data URI's bytes as an asset of the caller's workspace."""
    uploads.check_bound(call.caller)
    uri = call.arguments["file"]
    if not DATA_URI.match(uri):
        sentence = "/file must be a base64 data URI, such as data:image/png;base64,iVBORw0KGgo…"
        raise InvalidInput([Issue("/file", f"{sentence}.")])
    content = await asyncio.to_thread(decoded, uri)
    with call.tenant.blobs.writer() as blob:
        blob.write(content)
        description = call.arguments.get("description")
        asset = await uploads.add_asset(call.tenant, call.caller, blob, description)
    return Result(library_wire.asset_body(asset, call.request.base_url))


async def _submit(call: Call, model: Model) -> Result:
    job = await calls.submit(
        call.tenant,
        call.caller,
        model,
        call.arguments["input"],
        size_bytes=call.size_bytes,
        terms=call.terms,
    )
    return await submission_result(call, [job])


def _listed(tenant: Tenant, model: Model, today: str) -> dict[str, object]:
    return {
        "id": _shown_id(tenant, model.id),
        "category": model.category.value,
        "name": model.name,
        "description": model.description,
        "metadata": {"available": model.is_available_on(today)},
        **_deprecation(tenant, model),
    }


def _deprecation(tenant: Tenant, model: Model) -> dict[str, object]:
    """What Krea says of a model that it takes out of service; the keys are those of REST's 410 (ASSUMED)."""
    if model.sunset is None:
        return {}
    facts = {"sunset_date": model.sunset, "migration_url": wire.DEPRECATIONS_URL}
    sentence = f"{model.name} is deprecated and not available from {model.sunset} on."
    if model.replacement is not None:
        replacement = _shown_id(tenant, model.replacement)
        facts["replacement"] = replacement
        sentence = f"{sentence} Use {replacement} instead."
    return {"deprecation": facts | {"message": sentence}}


def _shown_id(tenant: Tenant, model_id: str) -> str:
    """An id as the listing has it; the live server's have no category (recorded)."""
    return model_id.partition("/")[2] if tenant.settings.tools is Tools.LIVE else model_id


def _responses() -> dict[str, object]:
    times = {"created_at": {"type": "string"}, "completed_at": {"type": ["string", "null"]}}
    properties = {
        "job_id": {"type": "string"},
        "status": {"type": "string", "enum": [status.value for status in Status]},
        **times,
        "result": {"type": ["object", "null"]},
    }
    schema = {"type": "object", "properties": properties, "required": list(properties)}
    submitted = {"description": "The submitted job", "content": {"application/json": {"schema": schema}}}
    return {"200": submitted, **{status: {"description": text} for status, text in RESPONSES.items()}}
