"""A call of a tool, what it says, and what it says when it has submitted jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from mockkrea import calls, waiting
from mockkrea.adapters import submissions, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.mcp.apps import job_facts
from mockkrea.calls import Caller, JobView
from mockkrea.core.faults import Connection, Effect, FaultTriggered
from mockkrea.core.jobs import Job, Status
from mockkrea.inputs import Terms
from mockkrea.tenant import Tenant
from mockkrea.waiting import Waited


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the tool of this name. `arguments` fit its schema and have its defaults."""

    tool: str
    tenant: Tenant
    request: Request
    caller: Caller
    arguments: Mapping[str, Any]
    size_bytes: int

    @property
    def terms(self) -> Terms:
        """What the HTTP request says of a submission by a tool, as over REST.

        Raises:
            UnreadableRequest: the header for zero data retention says something else than 1.
        """
        return submissions.terms_of(self.request)


class Result(NamedTuple):
    """What a tool says; `text` in the place of the content as JSON, the rest beside it in `_meta`.

    `reason`: why a wait ended before its job did. `jobs`: what the widget wants to know, by their ids.
    """

    content: Mapping[str, object]
    text: str | None = None
    reason: str | None = None
    jobs: Mapping[str, object] | None = None


class Handler(Protocol):
    """What a tool does."""

    async def __call__(self, call: Call, /) -> Result:
        """Do it.

        Raises:
            MockKreaError: it is refused.
        """


async def submission_result(call: Call, jobs: Sequence[Job]) -> Result:
    """The answer to a submission: at once, or when its jobs have ended if the caller wants to wait.

    Of several jobs the first is shown in Krea's place for the one, and all of them under `jobs` (ASSUMED).

    Raises:
        FaultTriggered: the client has gone while it waited.
    """
    sync = call.arguments.get("sync", False)
    if sync:
        ended = asyncio.create_task(_ended(call, jobs))
        if not await call.request.client_stays(ended):
            raise FaultTriggered(Effect(connection=Connection.EMPTY), jobs[0].id)
        seen = ended.result()
    else:
        seen = [Waited(await calls.see_submitted(call.tenant, job)) for job in jobs]
    bodies = [wire.job_body(each.view, call.request.base_url) for each in seen]
    content = {
        "mode": "sync" if sync else "async",
        "completed": all(each.view.job.status is Status.COMPLETED for each in seen),
        "timedOut": sync and any(each.timed_out for each in seen),
        "job_id": jobs[0].id,
        "job": bodies[0],
    }
    if len(jobs) > 1:
        content["jobs"] = bodies
    reason = next((each.reason for each in seen if each.reason), None)
    return Result(content, reason=reason, jobs=facts_of(call, [each.view for each in seen]))


def facts_of(call: Call, views: Sequence[JobView]) -> dict[str, object]:
    """What the widget wants to know of these jobs, by their ids."""
    at_us, base_url = call.tenant.now_us(), call.request.base_url
    return {view.job.id: job_facts(view, tool=call.tool, at_us=at_us, base_url=base_url) for view in views}


async def _ended(call: Call, jobs: Sequence[Job]) -> list[Waited]:
    timeout_s = call.arguments["timeoutSeconds"]
    return await asyncio.gather(
        *(waiting.wait_for(call.tenant, call.caller, job.id, timeout_s=timeout_s) for job in jobs)
    )
