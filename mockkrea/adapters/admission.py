"""What is refused before any world is asked: requests from strangers, and those that mean no world at all."""

from __future__ import annotations

from mockkrea.adapters import control_wire, cors, guard, refusal_wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.settings import Settings
from mockkrea.tenant import DEFAULT
from mockkrea.worlds import NAME_RULE, is_world_name

NO_ADMIN = (
    "Control calls to this server need its admin token, Authorization: Bearer TOKEN: the one given with"
    " --admin-token, or the one that was printed at the start and stands in the ready file."
)


def refused(request: Request, world: str, settings: Settings) -> Answer | None:
    """The answer to a request that no world is asked about; None if the world of this name may answer."""
    if reason := guard.foreign_host(request):
        return _refusal(request, 421, reason, settings)
    if request.door.cors and (leave := cors.preflight(request)):
        return leave
    if request.is_control and (refusal := _refused_control(request)):
        return refusal
    if encoding := guard.encoding(request):
        reason = f"Send the body as it is, without the header Content-Encoding; it was {encoding!r}."
        return _refusal(request, 415, reason, settings)
    if world != DEFAULT and not is_world_name(world):
        return refusal_wire.not_found(request, f"The name of a world is {NAME_RULE}.", settings)
    return None


def _refusal(request: Request, status: int, reason: str, settings: Settings) -> Answer:
    if request.is_control:
        return control_wire.problem(status, reason)
    return refusal_wire.error_answer(status, reason, settings)


def _refused_control(request: Request) -> Answer | None:
    if reason := guard.foreign_origin(request):
        return control_wire.problem(403, reason)
    # The dashboard has a page for who does not bring the token.
    if not guard.is_admin(request) and not request.is_for_dashboard:
        return control_wire.problem(401, NO_ADMIN)
    if not request.scope["query_string"].isascii():
        return control_wire.problem(400, "Write whatever is not ASCII in a query as %XX.")
    return None
