"""The control API under `/__mockkrea/`: what a test or a person does to a world from outside.

FastAPI serves it, because here typed bodies and their documentation pay. It is built at the first
request, so a server that nobody controls never imports it. Which world a request means stands in
the ASGI scope. Errors are problem+json (RFC 9457).
"""

from __future__ import annotations

import asyncio
import os
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Body, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from mockkrea import __version__, control_calls
from mockkrea.adapters import (
    bodies,
    body_errors,
    control_schemas,
    control_wire,
    fault_control,
    listing_control,
    oauth_control,
    request_filter,
    request_wire,
    webhook_wire,
    wire,
)
from mockkrea.adapters.control_context import Addressed, All, Answered, Route, Sender
from mockkrea.adapters.http import CONTROL_PATH
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.strict_body import StrictRoute
from mockkrea.calls import JobView
from mockkrea.core.clock import iso
from mockkrea.core.command import Command
from mockkrea.core.commands import Grant, SetBalance, SetLimits, SetOutcome
from mockkrea.core.errors import MockKreaError, UnreadableRequest
from mockkrea.core.jobs import JobError, Status
from mockkrea.core.outbox_commands import Resend
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace
from mockkrea.outbound import Outbound
from mockkrea.scenario.format import SettingsShape, json_schema
from mockkrea.scenario.loading import read_text_or_name, scenario_defaults
from mockkrea.scenario.reading import Scenario, read_question
from mockkrea.scenario.step_format import question_shape
from mockkrea.tenant import Tenant


async def health(request: Request, tenant: Addressed) -> Answered:
    """Whether the mock answers, which one it is, and where its process has connected to."""
    return control_wire.health_body(tenant) | _process_body(request.scope["mockkrea.outbound"])


async def read_clock(tenant: Addressed) -> Answered:
    """The world's time."""
    return await _clock_body(tenant)


async def move_clock(
    tenant: Addressed, dispatcher: Sender, wanted: Annotated[bodies.ClockBody, Body()]
) -> Answered:
    """Move, stop, resume or speed up the world's time; answers what the clock shows then."""
    if isinstance(wanted, bodies.SpeedBody):
        await tenant.change_settings({"speed": wanted.speed})
        return await _clock_body(tenant)
    await control_calls.move_clock(tenant, dispatcher, bodies.clock_command(wanted))
    return await _clock_body(tenant)


async def reset(tenant: Addressed) -> Answered:
    """Begin anew: everything that happened since the start goes, the seed stays."""
    tenant.reset()
    return control_wire.health_body(tenant)


async def read_settings(tenant: Addressed) -> Answered:
    """All settings of the world."""
    return tenant.settings.as_data()


async def change_settings(tenant: Addressed, wanted: Annotated[dict[str, Any], Body()]) -> Answered:
    """Change some settings, all of those named or none; answers all settings."""
    await tenant.change_settings(wanted)
    return tenant.settings.as_data()


async def list_requests(tenant: Addressed, wanted: Annotated[bodies.RequestFilter, Query()]) -> Response:
    """What clients asked in this world and what they got, in the order in which it came."""
    found = request_filter.matching(tenant.requests.exchanges(), wanted)
    items = [request_wire.exchange_body(each) for each in found]
    return _response(json_answer({"items": items, "dropped": tenant.requests.dropped}))


async def verify_requests(tenant: Addressed, wanted: Annotated[dict[str, Any], Body()]) -> Response:
    """Whether clients asked what was expected; if not, the requests that came closest and how they differ."""
    verdict = await control_calls.verify_requests(tenant, read_question(wanted))
    return _response(request_wire.verdict_answer(verdict))


async def read_scenario(tenant: Addressed) -> Answered:
    """What the world began with."""
    return control_wire.scenario_body(tenant.scenario)


async def begin_scenario(request: Request, tenant: Addressed) -> Answered:
    """Begin anew as a scenario says, in YAML or JSON; answers it. One that is wrong changes nothing."""
    text = await request.body()
    if not text.strip():
        raise UnreadableRequest(
            "The body must be a scenario in YAML or JSON, or the name of a ready-made one."
        )
    scenario = await _scenario(tenant, text)
    tenant.begin(scenario, seed=scenario.seed)
    return control_wire.scenario_body(scenario)


async def forget_requests(tenant: Addressed) -> Answered:
    """Forget what clients asked in this world so far; answers how many requests these were."""
    return {"deleted": tenant.requests.clear()}


async def list_worlds(request: Request, worlds: All) -> Answered:
    """All worlds, the default one first, the others by when they were last asked for."""
    origin = request.scope["mockkrea.origin"]
    made = [control_wire.world_body(tenant, origin, idle_us) for tenant, idle_us in worlds.made()]
    return {"items": [control_wire.world_body(worlds.default, origin), *made]}


async def make_world(request: Request, worlds: All, wanted: bodies.WorldBody) -> Answered:
    """Make a world of its own; answers it.

    Its scenario is one in itself, its text, or the name of a ready-made one; its seed the given one, the
    scenario's, or one that comes from the name.
    """
    scenario = None
    if given := wanted.scenario:
        text = orjson.dumps(given) if isinstance(given, dict) else given.encode()
        scenario = await _scenario(worlds.default, text)
    tenant = worlds.make(wanted.name, seed=wanted.seed, scenario=scenario)
    return control_wire.world_body(tenant, request.scope["mockkrea.origin"])


async def drop_world(tenant: Addressed, worlds: All) -> Answered:
    """Forget the world that the call's path or key names; answers its name."""
    worlds.drop(tenant.name)
    return {"name": tenant.name, "deleted": True}


async def list_workspaces(tenant: Addressed) -> Answered:
    """All workspaces with both meters."""

    def all_of(state: State) -> list[Answered]:
        return [control_wire.workspace_body(state, each) for each in state.directory.workspaces.values()]

    return {"items": await tenant.query(all_of)}


async def read_ledger(tenant: Addressed, workspace_id: str) -> Answered:
    """Every movement of money, oldest first."""

    def rows(state: State) -> list[Answered]:
        workspace = state.directory.workspace(workspace_id)
        return [
            control_wire.entry_body(entry)
            for entry in state.ledger.entries_at(workspace.id, at_us=state.settled_us)
        ]

    return {"items": await tenant.query(rows)}


async def grant(tenant: Addressed, workspace_id: str, wanted: bodies.AmountsBody) -> Answered:
    """Give a workspace more to spend; answers the workspace."""
    command = Grant(workspace_id=workspace_id, amounts=wanted.amounts(), memo=wanted.memo)
    return await _changed_workspace(tenant, workspace_id, command)


async def set_balance(tenant: Addressed, workspace_id: str, wanted: bodies.AmountsBody) -> Answered:
    """Set what a workspace has, held or not; answers the workspace."""
    command = SetBalance(workspace_id=workspace_id, amounts=wanted.amounts(), memo=wanted.memo)
    return await _changed_workspace(tenant, workspace_id, command)


async def set_limits(tenant: Addressed, workspace_id: str, wanted: bodies.LimitsBody) -> Answered:
    """Change what a workspace may do at once; answers its limits."""
    changes = wanted.model_dump(include=wanted.model_fields_set)
    workspace = await tenant.execute(SetLimits(workspace_id=workspace_id, changes=changes))
    return control_wire.limits_body(workspace.limits)


async def set_outcome(
    request: Request, tenant: Addressed, job_id: str, wanted: bodies.OutcomeBody
) -> Answered:
    """End a job now; answers the job."""
    error = None if wanted.error is None else JobError(wanted.error.code, wanted.error.message)
    status = Status(wanted.status)
    command = SetOutcome(job_id=job_id, status=status, error=error, result=wanted.result)
    job = await tenant.execute(command)
    return wire.job_body(JobView(job, None), request.scope["mockkrea.base_url"])


async def list_webhooks(tenant: Addressed) -> Answered:
    """Every webhook with its attempts, oldest first."""

    def all_of(state: State) -> list[Answered]:
        return [webhook_wire.delivery_body(each) for each in state.outbox.deliveries.values()]

    return {"items": await tenant.query(all_of)}


async def resend_webhook(tenant: Addressed, webhook_id: str) -> Answered:
    """Send a webhook again that was delivered, given up or blocked; answers it as it waits for that."""
    return webhook_wire.delivery_body(await tenant.execute(Resend(webhook_id)))


# How a body is refused that cannot be read, whatever it says.
UNREADABLE = (400, 413)

ROUTES: tuple[Route, ...] = (
    Route("GET", "/health", health, control_schemas.HealthAndProcess),
    Route("GET", "/clock", read_clock, control_schemas.Clock),
    Route("POST", "/clock", move_clock, control_schemas.Clock, (404, 409, 422)),
    Route("POST", "/reset", reset, control_schemas.Health),
    Route("GET", "/settings", read_settings, control_schemas.Settings),
    Route(
        "PATCH",
        "/settings",
        change_settings,
        control_schemas.Settings,
        (422,),
        takes=lambda: SettingsShape().schema(),
    ),
    Route("GET", "/scenario", read_scenario, control_schemas.Scenario),
    Route(
        "POST",
        "/scenario",
        begin_scenario,
        control_schemas.Scenario,
        (400, 413, 422),
        takes=json_schema,
        takes_text="The same in YAML, or the name of a ready-made scenario.",
    ),
    Route("GET", "/requests", list_requests, control_schemas.Requests, (422,)),
    Route(
        "POST",
        "/requests/verify",
        verify_requests,
        control_schemas.Verdict,
        (422,),
        takes=lambda: question_shape().schema(),
    ),
    Route("DELETE", "/requests", forget_requests, control_schemas.Forgotten),
    Route("GET", "/worlds", list_worlds, control_schemas.Worlds),
    Route("POST", "/worlds", make_world, control_schemas.World, (409, 422, 503)),
    Route("DELETE", "/worlds", drop_world, control_schemas.Dropped, (404, 422)),
    Route("GET", "/workspaces", list_workspaces, control_schemas.Workspaces),
    Route("GET", "/workspaces/{workspace_id}/ledger", read_ledger, control_schemas.Ledger, (404,)),
    Route("POST", "/workspaces/{workspace_id}/grant", grant, control_schemas.Workspace, (404, 422)),
    Route("POST", "/workspaces/{workspace_id}/balance", set_balance, control_schemas.Workspace, (404, 422)),
    Route("POST", "/workspaces/{workspace_id}/limits", set_limits, control_schemas.Limits, (404, 422)),
    *fault_control.ROUTES,
    Route("POST", "/jobs/{job_id}/outcome", set_outcome, control_schemas.Job, (404, 409, 422)),
    Route("GET", "/webhooks", list_webhooks, control_schemas.Webhooks),
    Route("POST", "/webhooks/{webhook_id}/resend", resend_webhook, control_schemas.Webhook, (404, 409)),
    *oauth_control.ROUTES,
    *listing_control.ROUTES,
)


def control_app() -> FastAPI:
    """The control API as an ASGI application."""
    app = FastAPI(
        title="mockkrea control API",
        version=__version__,
        openapi_url=f"{CONTROL_PATH}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    routes = APIRouter(prefix=CONTROL_PATH, route_class=StrictRoute)
    for route in ROUTES:
        routes.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            response_model=None,
            responses=_described(route),
            openapi_extra=_taken(route),
        )
    app.include_router(routes)
    app.add_exception_handler(MockKreaError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_body)
    app.add_exception_handler(HTTPException, _refuse_path)
    app.add_exception_handler(Exception, _answer_500)
    return app


def _taken(route: Route) -> dict[str, Any] | None:
    """The body that is read behind the framework, for the documentation."""
    if route.takes is None:
        return None
    content = {"application/json": {"schema": route.takes()}}
    if route.takes_text:
        content["text/plain"] = {"schema": {"type": "string", "description": route.takes_text}}
    return {"requestBody": {"required": True, "content": content}}


def _described(route: Route) -> dict[int | str, dict[str, Any]]:
    """A route's answers for the documentation; the bodies themselves are made by `control_wire`."""
    takes_body = route.method != "GET" and "wanted" in route.handler.__annotations__
    refusals = (*UNREADABLE, *route.refusals) if takes_body else route.refusals
    problem = {"application/problem+json": {"schema": control_schemas.Problem.model_json_schema()}}
    return {
        200: {"description": "Done.", "model": route.answer},
        **{status: {"description": HTTPStatus(status).phrase, "content": problem} for status in refusals},
        "default": {
            "description": "Not for this host (421), not from that page (403), not without the admin token"
            " (401), not in a world that is not there (404), or not in that form (400).",
            "content": problem,
        },
    }


async def _scenario(tenant: Tenant, text: bytes) -> Scenario:
    # Reading a large one takes a while; others are answered meanwhile.
    defaults = scenario_defaults(tenant.fixtures, tenant.settings_without_scenario.tools)
    return await asyncio.to_thread(read_text_or_name, text, defaults)


def _process_body(outbound: Outbound) -> Answered:
    places = [place._asdict() for place in outbound.places()]
    return {"pid": os.getpid(), "outbound": places if outbound.is_watching else None}


async def _clock_body(tenant: Tenant) -> Answered:
    # Asked as a question: looking at the clock also shows what was due by now.
    frozen = await tenant.query(lambda state: state.frozen)
    return {
        "now": iso(tenant.now_us()),
        "mode": "frozen" if frozen else "real",
        "speed": control_wire.number(tenant.settings.speed),
    }


async def _changed_workspace(tenant: Tenant, workspace_id: str, command: Command[Workspace]) -> Answered:
    await tenant.execute(command)
    return await tenant.query(
        lambda state: control_wire.workspace_body(state, state.directory.workspace(workspace_id))
    )


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, MockKreaError)
    return _response(control_wire.refused_control(refusal))


async def _refuse_body(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, RequestValidationError)
    if (reason := body_errors.unreadable(refusal.errors()[0])) is not None:
        return _response(control_wire.problem(400, reason))
    known = body_errors.fields_of(request.scope["route"].endpoint)
    return _response(control_wire.problem(422, " ".join(body_errors.sentences(refusal.errors(), known))))


async def _refuse_path(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    path = request.scope["path"]
    if refusal.status_code == HTTPStatus.NOT_FOUND:
        documents = f"{CONTROL_PATH}/openapi.json"
        return _response(
            control_wire.problem(404, f"The control API has no path {path[:200]}; see {documents}.")
        )
    if refusal.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _response(control_wire.not_allowed_control(_methods_at(path) or ["GET"]))
    return _response(control_wire.problem(refusal.status_code, refusal.detail))


def _methods_at(path: str) -> list[str]:
    """Which methods a path of the table takes; the framework tells those of one row only."""
    patterns = ((each.method, compile_path(CONTROL_PATH + each.path)[0]) for each in ROUTES)
    return [method for method, pattern in patterns if pattern.fullmatch(path)]


async def _answer_500(request: Request, mistake: Exception) -> Response:
    # Starlette raises it again after this answer, so the log has the traceback.
    return _response(control_wire.problem(500, "mockkrea made a mistake; its log has the traceback."))


def _response(answer: Answer) -> Response:
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    return Response(answer.body, answer.status, headers, answer.media_type.decode())
