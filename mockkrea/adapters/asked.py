"""What a fault rule can see of a request before anybody answers it.

A submission is for a model: over REST the path says which, of a training the body; over MCP the arguments do.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any

import orjson

from mockkrea import calls
from mockkrea.adapters.http import Receive, Request
from mockkrea.core.errors import BodyTooLarge, Unauthorized, UnknownModel, UnreadableRequest
from mockkrea.core.matching import (
    TRAIN_PATH,
    Adapter,
    RuleSubject,
    adapter_at,
    model_at,
    model_of_tool,
    training_model,
)
from mockkrea.tenant import Tenant

# Our own paths meet no faults.
OURS = {"health"}


async def asked_of(tenant: Tenant, request: Request) -> RuleSubject | None:
    """What rules see of the request, which can be read all the same; None if no rule is about it."""
    first, _, rest = request.path[1:].partition("/")
    if first in OURS:
        return None
    asked = RuleSubject(
        adapter=adapter_at(request.path),
        method=request.method,
        path=request.path,
        model=model_at(request.path),
        workspace=await _workspace(tenant, request),
        key=request.bearer,
        job_id=rest if first == "jobs" else None,
    )
    if request.method != "POST":
        return asked
    if asked.adapter is Adapter.MCP:
        return _with_tool(tenant, asked, await _body(request))
    if request.path == TRAIN_PATH:
        base = tenant.training.base_of(await _body(request))
        return asked._replace(model=training_model(base) if base else None)
    return asked


async def _workspace(tenant: Tenant, request: Request) -> str | None:
    try:
        caller = await calls.authenticate_mcp(tenant, request.bearer)
    except Unauthorized:
        return None
    return caller.workspace_id


async def _body(request: Request) -> Any:  # noqa: ANN401 - any JSON
    """The body as JSON, None if it is none; the request can be read once more."""
    # Whoever answers finds the same wrong, and says so.
    with suppress(BodyTooLarge, UnreadableRequest):
        body = await request.body()
        request.receive = _once_more(body, request.receive)
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return None


def _with_tool(tenant: Tenant, asked: RuleSubject, message: Any) -> RuleSubject:  # noqa: ANN401 - any JSON
    match message:
        case {"method": "tools/call", "params": {"name": str() as tool, **params}}:
            arguments = params.get("arguments")
            arguments = arguments if isinstance(arguments, dict) else {}
            model, job_id = model_of_tool(tool, arguments), arguments.get("jobId")
            return asked._replace(
                tool=tool,
                model=model and _whole_id(tenant, model),
                job_id=job_id if isinstance(job_id, str) else None,
            )
    return asked


def _whole_id(tenant: Tenant, model: str) -> str:
    """The id with its category, without which tools take it too; whatever is no model's stays as it is."""
    try:
        return tenant.catalogue.find_by_any_id(model).id
    except UnknownModel:
        return model


def _once_more(body: bytes, receive: Receive) -> Receive:
    unread = [body]

    async def receive_again() -> MutableMapping[str, Any]:
        if unread:
            return {"type": "http.request", "body": unread.pop(), "more_body": False}
        return await receive()

    return receive_again
