"""Jobs as a test sees them, submits them and ends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial

from mockkrea import calls
from mockkrea.adapters import own_urls, wire
from mockkrea.adapters.fault_wire import fault_facts
from mockkrea.adapters.http import Request
from mockkrea.core.commands import RunUntilEnded, SetOutcome
from mockkrea.core.errors import InvalidChange, MockKreaError
from mockkrea.core.faults import Effect, FaultTriggered
from mockkrea.core.jobs import Job as Snapshot
from mockkrea.core.jobs import JobError, Status
from mockkrea.core.money import in_whole_units
from mockkrea.inputs import Terms
from mockkrea.testing.moments import moment
from mockkrea.testing.pointing import pointing_at_the_test
from mockkrea.testing.reach import Reach


@pointing_at_the_test
class Job:
    """One generation. What it tells is true when it is asked; to ask is no poll and moves nothing."""

    def __init__(self, reach: Reach, id: str) -> None:
        self._reach = reach
        self.id = id

    def __repr__(self) -> str:
        return f"<mockkrea job {self.id}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Job) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def status(self) -> Status:
        """Krea's word for where it is: `job.status == "completed"`."""
        return self._now().status

    @property
    def model(self) -> str:
        """The model's id, its category included."""
        return self._now().order.model

    @property
    def input(self) -> Mapping[str, object]:
        """The body, with the model's defaults."""
        return self._now().order.input

    @property
    def price(self) -> float:
        """What it costs, in the unit of whoever submitted it: US dollars, or compute units."""
        order = self._now().order
        return in_whole_units(order.unit, order.amount)

    @property
    def error(self) -> JobError | None:
        """Why it failed, `code` and `message`; None if it did not."""
        return self._now().error

    @property
    def result(self) -> Mapping[str, object] | None:
        """Its result as `GET /jobs/{id}` shows it; None before there is one."""
        result = self._now().result
        shown = wire.with_base_url(result, self._reach.url)
        return shown if isinstance(shown, Mapping) else None

    @property
    def urls(self) -> list[str]:
        """All URLs in its result; none before there is one."""
        return list(_urls_in(self.result))

    @property
    def created_at(self) -> datetime:
        """When it was submitted, in mock time."""
        return moment(self._now().ticket.created_at_us)

    @property
    def completed_at(self) -> datetime | None:
        """When it ended, however it did, in mock time; None before that."""
        at_us = self._now().ended_at_us
        return None if at_us is None else moment(at_us)

    def wait(self) -> Job:
        """Move the clock to its end; itself, for `krea.submit(…).wait().urls`.

        Raises:
            InvalidChange: time alone does not end it.
        """
        self._reach.execute(RunUntilEnded(self.id))
        return self

    def complete(self, result: Mapping[str, object] | None = None) -> None:
        """End it well now, with its own result or this one; `{}` is one of Krea's silent failures.

        Raises:
            IllegalMove: it has ended.
        """
        self._end(Status.COMPLETED, result=result)

    def fail(self, code: str | None = None, message: str | None = None) -> None:
        """Let it fail now, with this error; it costs nothing.

        Raises:
            IllegalMove: it has ended.
            InvalidChange: a message without a code.
        """
        if message is not None and code is None:
            raise InvalidChange('A message needs a code: fail("nsfw", "…").')
        self._end(Status.FAILED, error=None if code is None else JobError(code, message))

    def cancel(self) -> None:
        """End it now as its client's DELETE would; it costs nothing.

        Raises:
            IllegalMove: it has ended.
        """
        self._end(Status.CANCELLED)

    def _end(
        self, status: Status, *, error: JobError | None = None, result: Mapping[str, object] | None = None
    ) -> None:
        self._reach.execute(SetOutcome(job_id=self.id, status=status, error=error, result=result))

    def _now(self) -> Snapshot:
        return self._reach.query(lambda state: state.any_job(self.id))


async def submit(
    reach: Reach, model_id: str, body: Mapping[str, object], *, api_key: str, webhook_url: str | None
) -> str:
    """Ask for a generation as a client with this key would, past faults and the request log; the job's id.

    Raises:
        MockKreaError: as `calls.submit` says, and there is no such model or key.
    """
    tenant = reach.tenant
    caller = await calls.identify(tenant, api_key)
    model = calls.find_model_by_any_id(tenant, model_id)
    terms = Terms(partial(own_urls.own_file, _request_to(reach)))
    if webhook_url is not None:
        terms = terms._replace(webhook=calls.read_webhook(tenant, webhook_url, base_url=reach.url))
    try:
        job = await calls.submit(tenant, caller, model, dict(body), size_bytes=0, terms=terms)
    except FaultTriggered as provoked:
        raise MockKreaError(_told(provoked.effect)) from None
    return job.id


def _told(effect: Effect) -> str:
    """What a client would be answered because of a magic word."""
    if effect.is_refusal:
        sentence, _ = fault_facts(effect)
        return f"{effect.status}: {sentence}"
    if effect.connection:
        return f"The prompt breaks the connection ({effect.connection}); a client would get no whole answer."
    return f"The prompt asks for an answer of its own, with status {effect.status or 200}."


def _request_to(reach: Reach) -> Request:
    """A request by which one can tell which URLs are this server's own."""

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    host = reach.thread.url.partition("://")[2]
    scope = {
        "type": "http",
        "scheme": "http",
        "method": "POST",
        "path": "/",
        "headers": [(b"host", host.encode())],
    }
    return Request(scope, receive, reach.thread.door)


def _urls_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith(("http://", "https://")):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _urls_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _urls_in(each)
