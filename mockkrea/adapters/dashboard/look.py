"""A look at a world: what all pages of the dashboard show, and what each is given to fill itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from mockkrea import __version__
from mockkrea.adapters import control_wire
from mockkrea.adapters.dashboard.words import moment
from mockkrea.adapters.http import CONTROL_PATH, DOCS_PATH, UI_PATH, Request
from mockkrea.core.clock import SECOND_US
from mockkrea.core.coming import coming
from mockkrea.core.state import State
from mockkrea.tenant import Tenant
from mockkrea.worlds import Worlds

# The parameter by which a page without scripts is told which button was pressed, and what it can say.
DONE = "done"
CALL = re.compile(
    rf"(?:POST|PATCH|PUT|DELETE) (?:/w/[A-Za-z0-9._-]{{1,64}})?{CONTROL_PATH}/[A-Za-z0-9._~%/-]{{1,200}}"
)

Answer = TypeVar("Answer")
Facts = dict[str, object]

# Of a number of a job or request in an address; no world has so many.
DIGITS_MAX = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody looks at a world. Nothing here changes it.

    `process` tells this process of the server from those before and after a restart.
    """

    tenant: Tenant
    request: Request
    worlds: Worlds
    process: str

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

    @property
    def control_path(self) -> str:
        """The path of this world's control API, seen from this server."""
        return self.request.world_path + CONTROL_PATH

    def ui_of(self, tenant: Tenant) -> str:
        """The path of another world's dashboard."""
        return urlsplit(self.request.origin).path + tenant.path + UI_PATH

    def file(self, path: str) -> str:
        """Where the dashboard shows a file of this world: to look at it there leaves no trace either."""
        return f"{self.ui}{path}"

    @property
    def query(self) -> dict[str, str]:
        """The query parameters, of several of one name the last: the page that refuses them has links too."""
        given = self.request.scope["query_string"].decode("latin-1")
        return dict(parse_qsl(given, keep_blank_values=True))

    @property
    def back(self) -> str:
        """The page to come back to after a button was pressed or somebody has signed in."""
        path = urlsplit(self.request.base_url).path + self.request.path
        query = urlencode({name: text for name, text in self.query.items() if name != DONE})
        return f"{path}?{query}" if query else path

    @property
    def before(self) -> int | None:
        """The number below which a list goes on, as the address says; None if that is the newest."""
        text = self.query.get("before", "")
        return int(text) if text.isdecimal() and len(text) <= DIGITS_MAX else None

    def here(self, **query: str | int | None) -> str:
        """This page with other parameters; those that are None or empty are left out."""
        wanted = {**self.query, DONE: None, **query}
        text = urlencode({name: value for name, value in wanted.items() if value not in (None, "")})
        return f"?{text}" if text else "?"


async def frame(look: Look) -> Facts:
    """What stands around every page: the clock, the world, how many jobs are under way."""
    tenant, now_us = look.tenant, look.now_us

    def counts(state: State) -> tuple[bool, int, bool]:
        return state.frozen, len(state.jobs) - len(state.finished), next(coming(state), None) is not None

    frozen, unfinished, is_planned = await look.ask(counts)
    return {
        "ui": look.ui,
        "docs": urlsplit(look.request.base_url).path + DOCS_PATH,
        "control": look.request.base_url + CONTROL_PATH,
        "base_url": look.request.base_url,
        "world": tenant.name,
        "is_default_world": tenant is look.worlds.default,
        "api_key": tenant.api_key,
        "version": __version__,
        "seed": tenant.seed,
        "now": moment(now_us, 3 if frozen and now_us % SECOND_US else 0),
        "now_ms": now_us // 1000,
        "frozen": frozen,
        "speed": control_wire.number(tenant.settings.speed),
        "progression": tenant.settings.progression.value,
        "unfinished": unfinished,
        "is_planned": is_planned,
        "process": look.process,
        "done": _done(look),
        "back": look.back,
    }


def _done(look: Look) -> str:
    """The call of the button that led here, if scripts did not tell of it already."""
    call = look.query.get(DONE, "")
    return call if CALL.fullmatch(call) else ""
