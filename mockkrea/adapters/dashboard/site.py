"""The dashboard's paths: which page, file, stream or button answers, and who may see it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from mockkrea.adapters import control_wire, guard, pages, refusal_wire
from mockkrea.adapters.dashboard import (
    clock,
    faults,
    jobs,
    money,
    requests,
    scenarios,
    sessions,
    signing_in,
    uploads,
    webhooks,
    worlds,
)
from mockkrea.adapters.dashboard.acting import ADDRESS, Call, Outcome, perform
from mockkrea.adapters.dashboard.complaints import complaints
from mockkrea.adapters.dashboard.documents import documents_page
from mockkrea.adapters.dashboard.live import Streams
from mockkrea.adapters.dashboard.look import DONE, Facts, Look, frame
from mockkrea.adapters.dashboard.missing import MAKE, missing_page
from mockkrea.adapters.http import CONTROL_PATH, DOCS_PATH, UI_PATH, Request
from mockkrea.adapters.http_answers import Answer, Handler, Response, json_answer
from mockkrea.adapters.routing import Methods, Routes
from mockkrea.core.errors import BodyTooLarge, InvalidChange, MockKreaError, NotFound
from mockkrea.tenant import Tenant
from mockkrea.worlds import Worlds

FORM_BYTES_MAX = 2_000_000
PROCESS_BYTES = 4

# A page of a dashboard, in any world: path and query as a browser writes them.
OWN_PAGE = re.compile(rf"(?:/w/[A-Za-z0-9._-]+)?{CONTROL_PATH}/(?:ui|docs)(?:[/?][!-~]*)?")

# Its title, its template, and what fills it.
Page = tuple[str, str, Callable[[Look], Awaitable[Facts]]]

# By their paths behind the dashboard's own; the menu has them in this order.
MENU: Mapping[str, Page] = {
    "/": ("Jobs", "jobs.html", jobs.jobs_page),
    "/money": ("Money", "money.html", money.money_page),
    "/time": ("Time", "time.html", clock.time_page),
    "/requests": ("Requests", "requests.html", requests.requests_page),
    "/webhooks": ("Webhooks", "webhooks.html", webhooks.webhooks_page),
    "/faults": ("Faults", "faults.html", faults.faults_page),
    "/sessions": ("Sessions", "sessions.html", sessions.sessions_page),
    "/uploads": ("Uploads", "uploads.html", uploads.uploads_page),
    "/scenarios": ("Scenarios", "scenarios.html", scenarios.scenarios_page),
    "/worlds": ("Worlds", "worlds.html", worlds.worlds_page),
}
ONE_JOB: Page = ("Job", "job.html", jobs.job_page)

# Shows a file of a world without a trace.
ShowFile = Callable[[Tenant, Request, str], Awaitable[Response]]


class Dashboard:
    """All pages of the dashboard, and the documentation of the control API.

    Args:
        worlds: those that can be looked at.
        control: the application that answers control calls.
        show_file: shows a result or an upload without a trace.
    """

    def __init__(self, worlds: Worlds, control: Any, show_file: ShowFile) -> None:  # noqa: ANN401 - FastAPI's
        self._worlds = worlds
        self._control = control
        self._show_file = show_file
        self._streams = Streams()
        self._process = token_hex(PROCESS_BYTES)
        self._routes = Routes(
            {
                **{path: {"GET": self._showing(page)} for path, page in MENU.items()},
                "/jobs/{id}": {"GET": self._showing(ONE_JOB)},
                "/events": {"GET": self._events},
                "/files/{path...}": {"GET": self._file},
                "/act": {"POST": self._act},
            }
        )
        # Whoever has not signed in yet may see these.
        self._open_routes = Routes({"/sign-in": {"POST": self._sign_in}, "/assets/{name}": {"GET": _asset}})

    async def answer(self, tenant: Tenant, request: Request) -> Response:
        """Answer a request for a path of the dashboard."""
        methods, request.args = self._open_routes.at(_place(request))
        if not methods:
            if refused := self._not_signed_in(tenant, request):
                return refused
            methods, request.args = self._methods_at(_place(request))
        handler = methods.get("GET" if request.method == "HEAD" else request.method)
        try:
            if handler is None and methods:
                return control_wire.not_allowed_control(methods)
            if handler is None:
                raise NotFound("page", _place(request))
            return await handler(tenant, request)
        except MockKreaError as refusal:
            return await self._not_shown(self._look(tenant, request), _outcome(refusal))

    async def answer_without_world(self, request: Request) -> Response:
        """Answer for a world that is not there: all its pages say so, and their only button makes it."""
        # Whoever stands in for it is not shown.
        look = self._look(self._worlds.default, request)
        try:
            return await self._answer_without_world(look, request)
        except MockKreaError as refusal:
            return missing_page(look, _outcome(refusal))

    async def _answer_without_world(self, look: Look, request: Request) -> Response:
        methods, request.args = self._open_routes.at(_place(request))
        if handler := methods.get("GET" if request.method == "HEAD" else request.method):
            return await handler(look.tenant, request)
        if refused := self._not_signed_in(look.tenant, request):
            return refused
        if request.method != "POST":
            return missing_page(look)
        fields = await _form(request)
        call = Call.of(fields)
        if call[:2] != MAKE:
            return missing_page(look)
        outcome = await perform(call, self._control, request.scope)
        return _done(look, call, fields) if outcome.is_done else missing_page(look, outcome)

    def _not_signed_in(self, tenant: Tenant, request: Request) -> Answer | None:
        if guard.is_admin(request) or signing_in.is_signed_in(request):
            return None
        look = self._look(tenant, request)
        return _sign_in_page(look, look.back if request.method == "GET" else look.ui, wrong=False)

    def _methods_at(self, path: str) -> tuple[Methods, tuple[str, ...]]:
        if path == DOCS_PATH:
            return {"GET": self._documents}, ()
        return self._routes.at(path)

    def _look(self, tenant: Tenant, request: Request) -> Look:
        return Look(tenant=tenant, request=request, worlds=self._worlds, process=self._process)

    def _showing(self, page: Page) -> Handler:
        title, template, facts_of = page

        async def show(tenant: Tenant, request: Request) -> Answer:
            look = self._look(tenant, request)
            return await _page(look, template, title, await facts_of(look))

        return show

    async def _documents(self, tenant: Tenant, request: Request) -> Answer:
        look = self._look(tenant, request)
        return await _page(look, "docs.html", "Control API", documents_page(look, self._control.openapi()))

    async def _events(self, tenant: Tenant, request: Request) -> Response:
        return self._streams.begin(tenant, lambda: self._worlds.has(tenant))

    async def _file(self, tenant: Tenant, request: Request) -> Response:
        return await self._show_file(tenant, request, f"/files/{request.args[0]}")

    async def _act(self, tenant: Tenant, request: Request) -> Answer:
        """A button: make its call. A page without scripts is shown again, or told why not."""
        look, fields = self._look(tenant, request), await _form(request)
        try:
            call = Call.of(fields)
        except InvalidChange as refusal:
            return await self._not_done(look, _outcome(refusal), fields)
        outcome = await perform(call, self._control, request.scope)
        if not outcome.is_done:
            return await self._not_done(look, outcome, fields, call.line(look.control_path))
        return _done(look, call, fields)

    async def _sign_in(self, tenant: Tenant, request: Request) -> Answer:
        fields, look = await _form(request), self._look(tenant, request)
        back = _way_back(fields, look)
        if not signing_in.fits(request, fields.get("token", "")):
            return _sign_in_page(look, back.decode(), wrong=True)
        headers = ((b"location", back), signing_in.cookie(request))
        return Answer(303, b"", b"text/plain", headers)

    async def _not_shown(self, look: Look, outcome: Outcome) -> Answer:
        """The answer where there is no such page, or its query is refused."""
        if refusal_wire.prefers_json(look.request):
            return json_answer({"call": "", **outcome._asdict()}, outcome.status)
        title = "Not found" if outcome.status == 404 else "Not shown"
        return await _page(look, "not_shown.html", title, {"reason": outcome.detail}, outcome.status)

    async def _not_done(self, look: Look, outcome: Outcome, fields: dict[str, str], call: str = "") -> Answer:
        """The answer to a button that was refused: why, and without scripts its form, to be tried again."""
        wrong = complaints(outcome.detail or "", fields)
        if refusal_wire.prefers_json(look.request):
            said = {"call": call, **outcome._asdict(), "fields": [each._asdict() for each in wrong]}
            return json_answer(said, outcome.status)
        back = _way_back(fields, look).decode()
        facts: Facts = {
            "reason": outcome.detail,
            "asked": fields.get("call", ""),
            "given": {name: text for name, text in fields.items() if name not in ADDRESS},
            "wrong": dict(wrong),
            "back": back,
            "menu_item": _menu_item(back),
        }
        return await _page(look, "refused.html", "Not done", facts, outcome.status)


def _outcome(refusal: MockKreaError) -> Outcome:
    return Outcome(refusal_wire.STATUS_OF[type(refusal)], str(refusal))


def _menu_item(path: str) -> str:
    """The name that the menu has for the page at this path; empty if it has none."""
    place = urlsplit(path).path
    if place.endswith(DOCS_PATH):
        return "Control API"
    place = place.partition(UI_PATH)[2].rstrip("/") or "/"
    return "Jobs" if place.startswith("/jobs/") else MENU[place][0] if place in MENU else ""


def _place(request: Request) -> str:
    """The path behind the dashboard's own."""
    return request.path.removeprefix(UI_PATH) or "/"


def _done(look: Look, call: Call, fields: dict[str, str]) -> Answer:
    """The answer to a button whose call was obeyed: the page again, which says so, or JSON for the script."""
    if refusal_wire.prefers_json(look.request):
        return json_answer({"call": call.line(look.control_path), "status": 200, "detail": None})
    back = _way_back(fields, look)
    told = urlencode({DONE: f"{call.method} {look.control_path}{call.path}"}).encode()
    return Answer(303, b"", b"text/plain", ((b"location", back + (b"&" if b"?" in back else b"?") + told),))


def _sign_in_page(look: Look, back: str, *, wrong: bool) -> Answer:
    beyond = look.request.door.beyond_loopback
    return pages.framed("sign_in.html", {"ui": look.ui, "back": back, "wrong": wrong, "beyond": beyond}, 401)


async def _page(look: Look, template: str, title: str, facts: Facts, status: int = 200) -> Answer:
    menu = [(f"{look.ui}{'' if path == '/' else path}", name) for path, (name, *_) in MENU.items()]
    around = await frame(look) | {"title": title, "menu": menu, "menu_item": _menu_item(look.back)}
    return pages.framed(template, around | facts, status)


async def _asset(tenant: Tenant, request: Request) -> Answer:
    """A style sheet or script of the package."""
    found = pages.asset(request.args[0])
    if found is None:
        raise NotFound("file", request.args[0])
    return found


async def _form(request: Request) -> dict[str, str]:
    body = await request.body()
    if len(body) > FORM_BYTES_MAX:
        raise BodyTooLarge(f"A form may have {FORM_BYTES_MAX:,} bytes; it has {len(body):,}.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _way_back(fields: dict[str, str], look: Look) -> bytes:
    """The page that somebody is to see next; nothing but a page of a dashboard of this server."""
    back = fields.get("back", "")
    prefix = urlsplit(look.request.origin).path
    is_own = back.startswith(prefix) and OWN_PAGE.fullmatch(back.removeprefix(prefix))
    return (back if is_own else look.ui).encode()
