"""What the handlers of the control API have in common: the world that a call is for, and their routes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request, Response

from mockkrea.adapters import control_schemas
from mockkrea.tenant import Tenant
from mockkrea.webhooks.dispatcher import Dispatcher
from mockkrea.worlds import Worlds


def _tenant(request: Request) -> Tenant:
    tenant: Tenant = request.scope["mockkrea.tenant"]
    return tenant


def _worlds(request: Request) -> Worlds:
    worlds: Worlds = request.scope["mockkrea.worlds"]
    return worlds


def _dispatcher(request: Request) -> Dispatcher:
    dispatcher: Dispatcher = request.scope["mockkrea.dispatcher"]
    return dispatcher


Addressed = Annotated[Tenant, Depends(_tenant)]
Sender = Annotated[Dispatcher, Depends(_dispatcher)]
All = Annotated[Worlds, Depends(_worlds)]
Answered = dict[str, Any]


class Route(NamedTuple):
    """A row of the control API: what it answers, and the statuses with which it refuses.

    `takes`: the JSON Schema of a body that the handler reads by itself; FastAPI knows the others from its
    annotations. `takes_text`: what such a body may be as plain text, in a sentence.
    """

    method: str
    path: str
    handler: Callable[..., Awaitable[Answered | Response]]
    answer: type[control_schemas.Shown]
    refusals: tuple[int, ...] = ()
    takes: Callable[[], dict[str, Any]] | None = None
    takes_text: str = ""
