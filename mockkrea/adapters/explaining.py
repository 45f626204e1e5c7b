"""Why a request was refused, where the answer does not say it: for the log, not for the client."""

from __future__ import annotations

from http import HTTPStatus

from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Response
from mockkrea.adapters.refusal_wire import KREA_SAYS
from mockkrea.core.errors import Unauthorized
from mockkrea.core.hints import shortened
from mockkrea.tenant import Tenant

SEND_TOKEN = "send Authorization: Bearer and an API token"


async def why_unauthorized(tenant: Tenant, request: Request, answer: Response) -> str:
    """What is wrong with the token of a request that was refused for it, for whoever looks at the log.

    The client itself is answered as Krea answers it; nothing of an answer that says more, or is no 401.
    """
    if answer.status != HTTPStatus.UNAUTHORIZED or KREA_SAYS[Unauthorized].encode() not in answer.text:
        return ""
    said = request.headers.get(b"authorization", b"").decode("latin-1").strip()
    if not said:
        has_other = b"x-api-key" in request.headers
        wrong = "the header x-api-key is not read" if has_other else "there is no Authorization header"
        return f"{wrong}; {SEND_TOKEN}"
    token = request.bearer
    if token is None:
        wrong = "is of another scheme" if " " in said else "lacks Bearer before its token"
        return f"the Authorization header {wrong}; {SEND_TOKEN}"
    at_us = tenant.now_us()
    if await tenant.look_up(lambda directory: directory.session_of(token, at_us=at_us)):
        return "this is an OAuth access token, which only /mcp takes; REST takes API tokens"
    return f"this world has no token {shortened(token)}; its own is {tenant.api_key}"
