"""Krea's REST API. A route reads the request, asks the world once, and answers through `wire`."""

from __future__ import annotations

from mockkrea import calls
from mockkrea.adapters import submissions, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.query import before_in, choice_in, limit_in, words_in
from mockkrea.adapters.routing import Methods
from mockkrea.calls import JobFilter
from mockkrea.core.jobs import Status
from mockkrea.tenant import Tenant


async def generate(tenant: Tenant, request: Request) -> Answer:
    """`POST /generate/{category}/{provider}/{model}`."""
    caller = await calls.identify(tenant, request.bearer)
    [model_id] = request.args
    model = calls.find_model(tenant, model_id)
    terms = submissions.submission_terms_of(tenant, request)
    body, size_bytes = await request.json()
    job = await calls.submit(tenant, caller, model, body, size_bytes=size_bytes, terms=terms)
    return json_answer(wire.submitted(job), headers=wire.deprecation(model))


async def list_jobs(tenant: Tenant, request: Request) -> Answer:
    """`GET /jobs`."""
    caller = await calls.identify(tenant, request.bearer)
    views, more = await calls.poll_jobs(tenant, caller, _job_filter(request))
    base_url = request.base_url
    last = views[-1].job.ticket if more else None
    items = [wire.job_body(view, base_url) for view in views]
    return json_answer(wire.page(items, (last.created_at_us, last.number) if last else None))


async def get_job(tenant: Tenant, request: Request) -> Answer:
    """`GET /jobs/{id}`."""
    [job_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    view = await calls.poll_job(tenant, caller, job_id)
    return json_answer(wire.job_body(view, request.base_url))


async def delete_job(tenant: Tenant, request: Request) -> Answer:
    """`DELETE /jobs/{id}`."""
    [job_id] = request.args
    caller = await calls.identify(tenant, request.bearer, keeping=job_id)
    job = await calls.delete_job(tenant, caller, job_id)
    return json_answer({"job_id": job.id, "deleted": True})


ROUTES: dict[str, Methods] = {
    "/generate/{model...}": {"POST": generate},
    "/jobs": {"GET": list_jobs},
    "/jobs/{job_id}": {"GET": get_job, "DELETE": delete_job},
}


def _job_filter(request: Request) -> JobFilter:
    query = request.query
    return JobFilter(
        limit=limit_in(query),
        before=before_in(query),
        types=words_in(query, "types"),
        status=choice_in(query, "status", Status),
    )
