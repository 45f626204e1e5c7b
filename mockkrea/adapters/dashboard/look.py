"""A look at a world: what all pages of the dashboard show, and what each is given to fill itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from mockkrea import __version__
from mockkrea.adapters import control_wire
from mockkrea.adapters.dashboard.words import moment
from mockkrea.adapters.http import CONTROL_PATH, Request
from mockkrea.core.state import State
from mockkrea.tenant import Tenant
from mockkrea.worlds import Worlds

UI_PATH = f"{CONTROL_PATH}/ui"
DOCS_PATH = f"{CONTROL_PATH}/docs"

Answer = TypeVar("Answer")
Facts = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody looks at a world. Nothing here changes it."""

    tenant: Tenant
    request: Request
    worlds: Worlds

    async def ask(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question without a trace."""
        return await self.tenant.glimpse(question)

    @property
    def now_us(self) -> int:
        """The world's time."""
        return self.tenant.now_us()

    @property
    def ui(self) -> str:
        """The path of this world's dashboard, as the browser has to ask for it."""
        return urlsplit(self.request.base_url).path + UI_PATH

    def ui_of(self, tenant: Tenant) -> str:
        """The path of another world's dashboard."""
        return urlsplit(self.request.origin).path + tenant.path + UI_PATH

    def file(self, path: str) -> str:
        """Where the dashboard shows a file of this world: to look at it there leaves no trace either."""
        return f"{self.ui}{path}"

    @property
    def back(self) -> str:
        """The page to come back to after a button was pressed or somebody has signed in."""
        query = self.request.scope["query_string"].decode("latin-1")
        path = urlsplit(self.request.base_url).path + self.request.path
        return f"{path}?{query}" if query else path

    def here(self, **query: str | int | None) -> str:
        """This page with other parameters; those that are None or empty are left out."""
        wanted = {**self.request.query, **query}
        text = urlencode({name: value for name, value in wanted.items() if value not in (None, "")})
        return f"?{text}" if text else "?"


async def frame(look: Look) -> Facts:
    """What stands around every page: the clock, the world, how many jobs are under way."""
    tenant = look.tenant

    def counts(state: State) -> tuple[bool, int]:
        return state.frozen, len(state.jobs) - len(state.finished)

    frozen, unfinished = await look.ask(counts)
    now_us = look.now_us
    return {
        "ui": look.ui,
        "docs": urlsplit(look.request.base_url).path + DOCS_PATH,
        "control": look.request.base_url + CONTROL_PATH,
        "base_url": look.request.base_url,
        "world": tenant.name,
        "api_key": tenant.api_key,
        "version": __version__,
        "seed": tenant.seed,
        "now": moment(now_us),
        "now_ms": now_us // 1000,
        "frozen": frozen,
        "speed": control_wire.number(tenant.settings.speed),
        "progression": tenant.settings.progression.value,
        "unfinished": unfinished,
        "back": look.back,
    }
