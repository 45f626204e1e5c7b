"""What faults do to answers: replaced, cut, slowed down, or lost with their connection.

Only a request to a world that has faults comes through here, and one whose magic prompt asked for it.
Latency, hang and drip take real time, at most 60 s, and end with the server. A connection is broken
through uvicorn's transport; in a process without sockets a `ConnectionResetError` stands for it.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress

import orjson

from mockkrea.adapters import refusal_wire
from mockkrea.adapters.asked import asked_of
from mockkrea.adapters.fault_wire import fault_response, oauth_fault_response
from mockkrea.adapters.http import JSON_TYPE, Request, Send
from mockkrea.adapters.http_answers import Answer, FileAnswer, Response
from mockkrea.adapters.request_wire import job_id_in
from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import BodyTooLarge, ServerBusy, UnreadableRequest
from mockkrea.core.fault_commands import PassTime
from mockkrea.core.faults import DRIP_US, REAL_US_MAX, Connection, Effect, Phase
from mockkrea.core.matching import Adapter, RuleSubject
from mockkrea.fault_injection import fault_on
from mockkrea.stopping import Shutdown
from mockkrea.tenant import Tenant

DRIPS = 20

CHALLENGE = "www-authenticate"

# Closing a socket that lingers for no time sends RST in the place of FIN.
LINGER_NOT = struct.pack("ii", 1, 0)

# What a job does not have before its end.
OF_THE_END = ("completed_at", "result", "error")

Handle = Callable[[Tenant, Request], Awaitable[Response]]


async def answer(tenant: Tenant, request: Request, handle: Handle) -> Response:
    """The answer to a request to a world that has faults.

    Raises:
        ServerStops: before the request's latency was over.
        BodyTooLarge, UnreadableRequest: as `Request.body`.
    """
    asked = await asked_of(tenant, request)
    if asked is None or (fired := await fault_on(tenant, asked)) is None:
        return await handle(tenant, request)
    request.fault_id, effect = fired
    after = effect.phase is Phase.AFTER_APPLY
    if not after and effect.latency_us:
        await tenant.shutdown.sleep(effect.latency_us / SECOND_US)
        tenant.shutdown.check()
    if not after and _is_said_by_a_tool(effect, asked):
        request.tool_fault = effect
        return await handle(tenant, request)
    real_response = await _real_response(effect, tenant, request, handle)
    if after:
        await _pass_time(effect, tenant)
    # The magic of a prompt is nearer to the job than a rule about requests.
    if isinstance(real_response, FaultyResponse):
        return real_response
    if real_response is not None and (effect.has_answer or effect.is_silent):
        request.lost_job_id = job_id_in(real_response.text) or ""
    if not effect.has_answer:
        return faulty_response(effect, tenant, real_response)
    return FaultyResponse(effect, _answer_of(effect, tenant, request, asked), real_response, tenant.shutdown)


def _answer_of(effect: Effect, tenant: Tenant, request: Request, asked: RuleSubject) -> Answer:
    """The answer that an effect brings, as whoever was asked says it."""
    if asked.adapter is Adapter.OAUTH:
        return oauth_fault_response(effect, tenant.settings)
    answer = fault_response(effect, tenant.settings)
    names = {name.lower() for name in effect.headers}
    if asked.adapter is not Adapter.MCP or effect.status != 401 or CHALLENGE in names:
        return answer
    return answer._replace(headers=(*answer.headers, refusal_wire.challenge(request)))


def _is_said_by_a_tool(effect: Effect, asked: RuleSubject) -> bool:
    """Whether a tool says in its protocol's way that it was refused; a missing sign-in is HTTP's to say."""
    return asked.tool is not None and effect.is_refusal and effect.status != 401


async def _real_response(effect: Effect, tenant: Tenant, request: Request, handle: Handle) -> Response | None:
    if effect.lets_apply:
        return await handle(tenant, request)
    await _read_whole(request)
    return None


async def _pass_time(effect: Effect, tenant: Tenant) -> None:
    """Let the world's time pass, and then the client's."""
    if effect.advance_us:
        await tenant.execute(PassTime(effect.advance_us))
    if effect.latency_us:
        await tenant.shutdown.sleep(effect.latency_us / SECOND_US)


def faulty_response(effect: Effect, tenant: Tenant, real_response: Response | None = None) -> FaultyResponse:
    """The real response, if there is one, as the effect leaves it."""
    shown = fault_response(effect, tenant.settings) if effect.has_answer else real_response
    return FaultyResponse(effect, shown, real_response, tenant.shutdown)


class FaultyResponse:
    """An answer on its way to go wrong.

    Args:
        effect: what happens to it.
        shown: what is to be sent; None for nothing.
        real_response: what really came of the request; None if nothing did.
        shutdown: the end of the server, which ends a hang and hurries a drip.
    """

    def __init__(
        self, effect: Effect, shown: Response | None, real_response: Response | None, shutdown: Shutdown
    ) -> None:
        self._shutdown = shutdown
        self._effect = effect
        self._shown = shown
        self._real_response = real_response

    @property
    def status(self) -> int:
        """The status that is sent; 0 where nothing is."""
        return 0 if self._seen is None else self._seen.status

    @property
    def text(self) -> bytes:
        """The body that is sent, if it is no medium."""
        return b"" if self._seen is None else self._seen.text

    @property
    def size_bytes(self) -> int:
        """How long the body is that was to be sent."""
        return 0 if self._seen is None else self._seen.size_bytes

    @property
    def _seen(self) -> Response | None:
        return None if self._effect.is_silent else self._shown

    @property
    def is_provoked(self) -> bool:
        """Whether the answer is the effect's own."""
        return self._effect.has_answer

    @property
    def break_off(self) -> str:
        """What it does to the connection instead of an answer; empty if it answers."""
        connection = self._effect.connection
        return connection.value if connection is not None and self._seen is None else ""

    @property
    def was_applied(self) -> bool:
        """Whether the request was done, whatever its client sees of it."""
        if self._real_response is not None:
            return self._real_response.status < 400
        return self._effect.phase is Phase.AFTER_APPLY

    async def send(self, send: Send, request: Request) -> None:
        """Put on the wire what the client is to see."""
        effect = self._effect
        if effect.connection is Connection.HANG:
            await self._hang(request)
        if effect.is_silent or self._shown is None:
            await _break(request, with_reset=effect.connection is Connection.RESET)
            return
        answer = await _changed(self._shown, effect)
        if effect.connection is Connection.TRUNCATED:
            half = b"" if request.method == "HEAD" else answer.body[: len(answer.body) // 2]
            await _begin(answer, half, send, request)
            await _break(request)
        elif effect.connection is Connection.DRIP and request.method != "HEAD":
            await _begin(answer, b"", send, request)
            await self._drip(answer.body, send)
        else:
            await answer.send(send, request)

    async def _hang(self, request: Request) -> None:
        """Wait until the client has gone, or for so long."""
        lasting_s = (self._effect.lasting_us or REAL_US_MAX) / SECOND_US
        await request.client_stays(asyncio.create_task(self._shutdown.sleep(lasting_s)))

    async def _drip(self, body: bytes, send: Send) -> None:
        pause_s = (self._effect.lasting_us or DRIP_US) / DRIPS / SECOND_US
        size = max(1, -(-len(body) // DRIPS))
        for first in range(0, len(body), size):
            await self._shutdown.sleep(pause_s)
            await send({"type": "http.response.body", "body": body[first : first + size], "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _read_whole(request: Request) -> None:
    """Take in the body: a client that is cut off while it still sends sees another error than was meant."""
    with suppress(BodyTooLarge, ServerBusy, UnreadableRequest):
        if request.headers.get(b"content-type", b"").startswith(JSON_TYPE):
            # For the log.
            await request.body()
            return
        async for _ in request.chunks():
            pass


async def _changed(answer: Response, effect: Effect) -> Answer:
    """The answer with its body as the effect wants it, all of it in memory."""
    whole = await _in_memory(answer)
    if effect.job_status is not None and whole.status == 200:
        whole = whole._replace(body=orjson.dumps(_as_before(orjson.loads(whole.body), effect.job_status)))
    if effect.malformed:
        whole = whole._replace(body=whole.body[: len(whole.body) // 2])
    if effect.content_type is not None:
        whole = whole._replace(media_type=effect.content_type.encode())
    if not effect.has_answer:
        further = tuple((name.encode(), text.encode()) for name, text in effect.headers.items())
        whole = whole._replace(headers=whole.headers + further)
    return whole


async def _in_memory(answer: Response) -> Answer:
    if isinstance(answer, Answer):
        return answer
    assert isinstance(answer, FileAnswer)
    part = await asyncio.to_thread(answer.blob.read, answer.first, answer.size_bytes)
    return Answer(answer.status, part, answer.media_type, answer.headers)


def _as_before(value: object, status: str) -> object:
    """JSON in which each job is still in that state."""
    if isinstance(value, list):
        return [_as_before(each, status) for each in value]
    if not isinstance(value, dict):
        return value
    if "job_id" in value and "status" in value:
        kept = {name: each for name, each in value.items() if name not in OF_THE_END}
        return kept | {"status": status}
    return {name: _as_before(each, status) for name, each in value.items()}


async def _begin(answer: Answer, part: bytes, send: Send, request: Request) -> None:
    """The head of the whole answer, and the first part of its body."""
    headers = request.answer_headers(answer.media_type, len(answer.body), answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": part, "more_body": True})


async def _break(request: Request, *, with_reset: bool = False) -> None:
    """Close the connection in the middle of whatever it carries.

    Raises:
        ConnectionResetError: there is none.
    """
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("A fault broke the connection.")
    if with_reset:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        transport.abort()
    else:
        transport.close()
    await request.client_gone()
