"""A client's request as the log shows it, from its arrival on."""

from __future__ import annotations

from time import perf_counter

from mockkrea.adapters.faulty_responses import FaultyResponse
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Response
from mockkrea.request_log import ABANDONED, BODY_BYTES_KEPT, PENDING, Kept


class Arrival:
    """A request that came to a world as its number `number`, at `at_us` of mock time."""

    __slots__ = ("_began_s", "at_us", "number", "request")

    def __init__(self, request: Request, *, number: int, at_us: int) -> None:
        self.request = request
        self.number = number
        self.at_us = at_us
        self._began_s = perf_counter()

    def pending(self) -> Kept:
        """What is known of it before it is answered."""
        return self.entry(None, ABANDONED if self.request.is_abandoned else PENDING)

    def entry(self, answer: Response | None, why: str) -> Kept:
        """The request and its answer; `why` says more of a refusal, or why there is no answer."""
        request = self.request
        body = request.received
        if answer is None and not body:
            body = request.waiting_json
        is_provoked = request.is_provoked or (isinstance(answer, FaultyResponse) and answer.is_provoked)
        return (
            self.number,
            self.at_us,
            request.id,
            request.method,
            request.path,
            request.scope["query_string"],
            request.headers.get(b"authorization", b""),
            0 if answer is None else answer.status,
            perf_counter() - self._began_s,
            body[:BODY_BYTES_KEPT],
            request.received_bytes or len(body),
            b"" if answer is None else answer.text[:BODY_BYTES_KEPT],
            0 if answer is None else answer.size_bytes,
            is_provoked,
            why,
            request.fault_id,
            request.lost_job_id,
            request.headers.get(b"x-webhook-url", b""),
        )
