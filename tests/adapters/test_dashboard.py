"""The dashboard: its pages, its buttons, who gets in, and that nobody can tell whether somebody watched."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
from collections.abc import Awaitable, Callable
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from mockkrea.adapters import pages
from mockkrea.adapters.control import ROUTES
from mockkrea.adapters.dashboard.acting import Call, perform
from mockkrea.adapters.dashboard.live import CHANGED, RETRY, Streams
from mockkrea.adapters.dashboard.site import MENU
from mockkrea.adapters.dashboard.words import ago, decimals_between, span
from mockkrea.adapters.door import Door
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer
from mockkrea.core.clock import iso_exact, moment_of
from mockkrea.core.commands import SetOutcome
from mockkrea.core.jobs import Status
from mockkrea.core.rule_keys import FAULT_WHEN, THEN
from tests.asking import FLUX, IMMEDIATE, URL, Json, Krea, MakeKrea, Served, lasting_headers
from tests.dashboard import notice, press, show
from tests.oauth import Agent

ADMIN = "a-token-that-nobody-guesses"
ENTRIES = [path for path in MENU if path != "/"]
# Takes prompts of any length.
PATIENT = "image/google/nano-banana"

# The button to the next event where there is none: beside the clock, and on the page about time.
NO_NEXT_EVENT = "<button disabled>Nothing is planned</button>"

# What each page of an empty world says to do first.
FIRST_STEPS = {
    "/": f"curl {URL}/generate/image/krea/krea-2/medium",
    "/money": "Grant US dollars",
    "/time": "One clock moves everything",
    "/requests": f"curl {URL}/jobs -H",
    "/webhooks": "-H 'X-Webhook-URL: ",
    "/faults": f"curl {URL}/__mockkrea/next-error",
    "/sessions": f"claude mcp add --transport http krea-ai {URL}/mcp",
    "/uploads": f"curl {URL}/assets -H",
    "/scenarios": "mockkrea serve --scenario refund-on-failure",
    "/worlds": "Each is a whole mock of its own",
}

HOSTILE = [
    "<script>document.title='taken'</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} {% raw %} </textarea></pre>",
    "é" * 10_000,
    "\u202egpj.exe \u2067שלום\u2069 مرحبا",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
]


def lively(krea: Krea) -> str:
    """Let there be something on every page; a job that has ended."""
    agent = Agent(krea)
    agent.tokens()
    job_id = krea.submit(hook="http://127.0.0.1:9/hook")
    krea.clock("run_until", until=job_id)
    krea.upload(krea.get(f"/files/images/{job_id}.png").content, description="a <b>picture</b>")
    krea.control("faults", {"when": {"path": "/jobs/nowhere"}, "then": {"status": 503}})
    krea.submit()
    return job_id


@pytest.mark.parametrize("path", MENU)
def test_every_page_of_an_empty_world_teaches_what_to_do_first(krea: Krea, path: str) -> None:
    text = unescape(show(krea, path.removesuffix("/")).text)

    assert len(re.findall(r"<h1", text)) == 1
    assert FIRST_STEPS[path] in text


@pytest.mark.parametrize("path", ["", *ENTRIES, "/jobs/{id}", "/../docs"])
def test_no_page_loads_anything_from_elsewhere_or_runs_anything_of_its_own(krea: Krea, path: str) -> None:
    answer = krea.ask_control(f"ui{path.format(id=lively(krea))}")
    loaded = re.findall(r"\b(?:src|href|action)=\"([^\"]*)\"", answer.text)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none';")
    assert all(each.startswith(("/__mockkrea/", "#", "?")) or each.startswith(URL) for each in loaded)
    assert " style=" not in answer.text
    assert not re.search(r"<script>|\son\w+=", answer.text)


class Outline(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags = list[tuple[str, tuple[str, ...]]]()
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize("prompt", HOSTILE, ids=lambda prompt: prompt[:12])
@pytest.mark.parametrize("path", ["", "/jobs/{id}", "/requests", "/time"])
def test_a_hostile_prompt_is_shown_as_the_text_that_it_is(
    make_krea: MakeKrea, prompt: str, path: str
) -> None:
    def outline(prompt: str) -> Outline:
        krea = make_krea()
        return Outline(show(krea, path.format(id=krea.submit(PATIENT, prompt=prompt))).text)

    hostile = outline(prompt)

    # As long, since a long body is not offered as a command.
    assert hostile.tags == outline("x" * len(prompt.encode())).tags
    if path in ("", "/jobs/{id}"):
        assert prompt[:200] in hostile.words
    assert len(hostile.words) < 30_000


def test_watching_leaves_no_trace_in_any_answer_or_in_the_world(make_krea: MakeKrea) -> None:
    def transcript(krea: Krea, *, watched: bool) -> list[Json]:
        said = list[Json]()

        def look() -> None:
            if watched:
                thumbnails = re.findall(r"ui(/files/[^\"]+)\"", show(krea).text)
                for path in ("", *ENTRIES, *thumbnails):
                    show(krea, path)

        def hear(answer: httpx.Response) -> str:
            said.append((answer.status_code, answer.text, dict(answer.headers)))
            look()
            return answer.text

        look()
        for number in range(4):
            hear(krea.generate(FLUX, {"prompt": f"fox {number}"}))
        kept = re.findall(r'"job_id":"([^"]+)"', "".join(text for _, text, _ in said))
        hear(krea.ask("DELETE", f"/jobs/{kept[3]}"))
        hear(krea.get(f"/files/images/{kept[0]}.png", headers={"Range": "bytes=0-9"}))
        hear(krea.get("/jobs"))
        said.append([record.as_data() for record in krea.tenant.journal.records])
        said.append(krea.state())
        return said

    alone = transcript(make_krea(IMMEDIATE), watched=False)
    watched = transcript(make_krea(IMMEDIATE), watched=True)

    assert watched == alone
    assert '"deleted":true' in alone[4][1]


def test_a_watcher_sees_the_jobs_that_the_next_request_will_find_ended(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    job_id = krea.submit()

    text = show(krea).text

    assert "completed" in text.partition("<tbody>")[2]
    assert krea.tenant.has_ends_due_now()
    thumbnail = show(krea, f"/files/images/{job_id}.png")
    assert thumbnail.content == krea.get(f"/files/images/{job_id}.png").content


def test_what_time_does_to_a_job_is_seen_without_anybody_asking(krea: Krea) -> None:
    krea.submit()
    before = show(krea).text
    krea.real_time.pass_by(60)

    assert ">completed<" not in before.partition("<tbody>")[2]
    assert ">completed<" in show(krea).text.partition("<tbody>")[2]


def test_a_button_is_one_control_call_and_says_which(krea: Krea) -> None:
    answer = press(krea, "POST /clock", action="advance", seconds__number="90").json()

    assert answer == {
        "call": 'POST /__mockkrea/clock {"action":"advance","seconds":90}',
        "status": 200,
        "detail": None,
    }
    assert krea.control("clock")["now"] == "2026-11-22T10:01:30.000Z"


def test_a_button_without_scripts_leads_back_to_its_page(krea: Krea) -> None:
    back = "/__mockkrea/ui/requests?status=4xx"
    answer = press(krea, "POST /clock", accept="text/html", action="freeze", back=back)

    assert (answer.status_code, answer.headers["location"]) == (
        303,
        f"{back}&done=POST+%2F__mockkrea%2Fclock",
    )
    assert krea.control("clock")["mode"] == "frozen"


def test_the_page_behind_a_button_without_scripts_says_what_was_done(krea: Krea) -> None:
    back = "/__mockkrea/ui/requests?path=%2Fjobs"
    answer = press(krea, "POST /clock", accept="text/html", action="freeze", back=back)

    page = krea.ask("GET", answer.headers["location"], key=None).text

    assert notice(page) == (True, "Done POST /__mockkrea/clock")
    assert notice(show(krea, "/requests").text) == (False, "")
    # Nor does the next button bring it back, or a link lead to it.
    assert f'name="back" value="{back}"' in page
    assert page.count("done") == 0


@pytest.mark.parametrize(
    "done",
    [
        "",
        "You+won",
        "GET+/__mockkrea/clock",
        "POST+/__mockkrea/clock+or+call+us",
        "POST+//a.example/__mockkrea/clock",
        "POST+/w/a/b/__mockkrea/clock",
    ],
)
def test_a_link_cannot_make_the_page_say_anything_but_a_call(krea: Krea, done: str) -> None:
    assert notice(show(krea, f"?done={done}").text) == (False, "")


def test_a_page_whose_query_is_refused_says_so(krea: Krea) -> None:
    answer = krea.ask_control("ui?state=failed&state=completed")

    assert answer.status_code == 400
    assert "state must stand in the query once" in answer.text


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/", "//elsewhere.example", "/__mockkrea/ui\r\nX: y", "/jobs", ""]
)
def test_a_button_leads_to_no_page_but_a_dashboards(krea: Krea, back: str) -> None:
    answer = press(krea, "POST /clock", accept="text/html", action="freeze", back=back)

    assert answer.headers["location"] == "/__mockkrea/ui?done=POST+%2F__mockkrea%2Fclock"


def test_a_job_can_be_failed_with_a_cause_that_stands_inside_the_body(krea: Krea) -> None:
    job_id = krea.submit()
    fields = {"status": "failed", "error.code": "nsfw"}

    assert press(krea, f"POST /jobs/{job_id}/outcome", **fields).json()["status"] == 200
    assert krea.job(job_id)["error"] == {"code": "nsfw"}


@pytest.mark.parametrize(
    ("call", "fields", "status", "sentence"),
    [
        ("POST /clock", {"action": "advance", "seconds__number": "soon"}, 422, "seconds must be a number"),
        ("POST /clock", {"action": "advance", "seconds__number": "true"}, 422, "seconds must be a number"),
        ("POST /faults", {"then__json": "{"}, 422, "then must be JSON"),
        ("POST /faults", {"then__jsn": "{}"}, 422, "then cannot be of the kind 'jsn'"),
        ("POST /faults", {"then__json": '{"stauts": 1}'}, 422, "status"),
        ("POST /faults", {"then__json": "[" * 300 + "]" * 300}, 422, "nested too deeply"),
        ("POST /faults", {"then": "x", "then.status": "503"}, 422, "then.status cannot be inside of then"),
        ("POST /faults", {"then.status": "503", "then": "x"}, 422, "then is given by another field too"),
        ("FETCH /clock", {}, 422, "call must be a method and a path"),
        ("GET /nothing", {}, 404, "has no path"),
        ("POST /workspaces/nobody/grant", {"usd__number": "1"}, 404, "nobody"),
    ],
)
def test_a_button_that_cannot_be_obeyed_says_why_and_changes_nothing(
    krea: Krea, call: str, fields: dict[str, str], status: int, sentence: str
) -> None:
    with krea.unchanged():
        answer = press(krea, call, **fields)
        page = press(krea, call, accept="text/html", **fields)

    assert (answer.status_code, answer.json()["status"], page.status_code) == (status,) * 3
    assert sentence in answer.json()["detail"]
    assert "Nothing has changed." in page.text


def test_a_refusal_without_a_sentence_is_told_by_the_name_of_its_status() -> None:
    async def answer(scope: Json, receive: Json, send: Json) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b"<h1>busy</h1>"})

    outcome = asyncio.run(perform(Call("GET", "/clock", b""), answer, {"type": "http"}))

    assert outcome == (503, "Service Unavailable")


def test_a_page_of_another_site_cannot_press_a_button(krea: Krea) -> None:
    data = {"call": "POST /clock", "action": "advance", "seconds:number": "60"}
    for headers in (
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        with krea.unchanged():
            answer = krea.ask("POST", "/__mockkrea/ui/act", key=None, data=data, headers=headers)
        assert answer.status_code == 403


def test_no_page_shows_a_key_a_token_or_a_code(krea: Krea) -> None:
    agent = Agent(krea)
    code = agent.code("ada")
    tokens = agent.exchange(code).json()
    krea.get("/jobs")

    shown = "".join(show(krea, path).text for path in ("/requests", "/sessions"))

    for secret in (code, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in shown
        assert secret[4:30] not in shown
    assert "$KREA_API_TOKEN" in shown
    assert "Bearer mockkrea:dev" not in unescape(shown)


def test_a_request_is_asked_again_with_the_very_body_that_it_had(krea: Krea) -> None:
    body = '{"prompt":"it\'s a  fox"}'
    krea.ask("POST", f"/generate/{FLUX}", content=body, headers={"Content-Type": "application/json"})

    [command] = re.findall(r"curl -X POST [^<]+", unescape(show(krea, "/requests").text))

    assert shlex.split(command)[-1] == body


def test_a_request_with_a_secret_in_it_is_not_offered_to_be_asked_again(krea: Krea) -> None:
    krea.get("/jobs?token=let-me-in")
    krea.ask("POST", "/mcp", json={"access_token": "let-me-in"})

    text = show(krea, "/requests").text

    assert "•••" in text
    assert "Ask again" not in text


def test_requests_can_be_narrowed_by_adapter_status_and_path(krea: Krea) -> None:
    krea.get("/jobs")
    krea.get("/jobs/none")
    krea.ask("POST", "/mcp", json={})

    def numbers(query: str) -> list[str]:
        return re.findall(r'id="request-(\d+)"', show(krea, f"/requests?{query}").text)

    assert numbers("") == ["3", "2", "1"]
    assert numbers("adapter=mcp") == ["3"]
    assert numbers("status=2xx") == ["1"]
    assert numbers("path=NONE") == ["2"]


def found(krea: Krea, query: str) -> tuple[list[str], str]:
    """The ids on the page of jobs, newest first, and how many of how many it says these are."""
    text = show(krea, f"?{query}").text
    return re.findall(r'<tr id="job-([^"]+)"', text), "".join(re.findall(r">([\d,]+ of [\d,]+ jobs?)", text))


def test_jobs_are_searched_by_id_model_prompt_and_state(krea: Krea) -> None:
    fox = krea.submit(prompt="a Red fox")
    harbour = krea.submit(PATIENT, prompt="a quiet harbour")
    krea.outcome(fox, status="failed")

    assert found(krea, "search=RED+fox") == ([fox], "1 of 2 jobs")
    assert found(krea, "search=nano-banana") == ([harbour], "1 of 2 jobs")
    assert found(krea, f"search={fox[:13]}")[0] == [fox]
    assert found(krea, "search=failed")[0] == [fox]
    assert found(krea, "search=a")[0] == [harbour, fox]
    assert found(krea, "search=fox+harbour") == ([], "0 of 2 jobs")
    assert "No job fits." in show(krea, "?search=fox+harbour").text


def test_a_search_stays_with_the_filter_by_state_and_its_counts(krea: Krea) -> None:
    ended = [krea.submit(prompt=f"fox {number}") for number in range(3)]
    krea.submit(prompt="harbour")
    for job_id in ended[:2]:
        krea.outcome(job_id, status="cancelled")

    text = show(krea, "?search=fox&state=cancelled").text

    assert found(krea, "search=fox&state=cancelled") == (ended[1::-1], "2 of 4 jobs")
    assert re.findall(r">(\w+) <span>(\d+)<", text) == [
        *(("all", "3"), ("running", "1")),
        *(("completed", "0"), ("failed", "0"), ("cancelled", "2")),
    ]
    assert 'name="state" value="cancelled"' in text
    assert 'href="?state=cancelled"' in text


def test_a_search_finds_the_state_that_is_shown(krea: Krea) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until="next")
    [state] = re.findall(r'class="pill busy">([^<]+)<', show(krea).text)

    assert state not in ("queued", "completed")
    assert found(krea, f"search={state}")[0] == [job_id]


def test_a_search_goes_on_over_several_pages(make_krea: MakeKrea) -> None:
    krea = make_krea(IMMEDIATE)
    wanted = [krea.submit(prompt=f"{'fox' if number % 2 else 'owl'} {number}") for number in range(120)][1::2]

    first, told = found(krea, "search=fox")
    [older] = re.findall(r'<a href="\?([^"]+)">Older jobs', show(krea, "?search=fox").text)
    second, _ = found(krea, unescape(older))

    assert told == "60 of 120 jobs"
    assert first + second == wanted[::-1]


def test_the_ledger_shows_what_was_available_after_each_entry(krea: Krea) -> None:
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)
    rows = re.findall(r'data-name="available">([^<]+)<', show(krea, "/money").text)

    assert rows == ["$99.993", "$99.993", "$100.00"]
    assert "$0.007 spent between" in show(krea, "/money").text


def test_a_dashboard_of_a_world_shows_that_world_and_no_other(krea: Krea) -> None:
    krea.control("worlds", {"name": "alice"})
    job_id = krea.submit(key="mk_alice:x")

    page = krea.ask("GET", "/w/alice/__mockkrea/ui", key=None).text

    assert f"/w/alice/__mockkrea/ui/jobs/{job_id}" in page
    assert job_id not in show(krea).text
    assert krea.ask("GET", f"/w/alice/__mockkrea/ui/files/images/{job_id}.png", key=None).status_code == 404


@pytest.mark.parametrize("path", ["", "/", "/requests", "/jobs/none", "/nothing"])
def test_every_page_of_a_world_that_is_not_there_says_so_and_offers_to_make_it(krea: Krea, path: str) -> None:
    answer = krea.ask("GET", f"/w/neverwas/__mockkrea/ui{path}", key=None)

    assert answer.status_code == 404
    assert "<h1>There is no world neverwas</h1>" in answer.text
    assert '<a class="beside" href="/__mockkrea/ui">Go to the default world</a>' in answer.text
    [form] = re.findall(r'<form class="act".*?</form>', answer.text, re.S)
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    made = krea.ask("POST", "/w/neverwas/__mockkrea/ui/act", key=None, data=fields)
    assert (made.status_code, fields["call"]) == (303, "POST /worlds")
    page = krea.ask("GET", "/w/neverwas/__mockkrea/ui", key=None)
    assert (page.status_code, "No jobs yet" in page.text) == (200, True)


def test_the_page_of_a_world_that_is_not_there_has_its_style_and_no_stream(krea: Krea) -> None:
    ui = "/w/neverwas/__mockkrea/ui"

    assert krea.ask("GET", f"{ui}/assets/dashboard.css", key=None).status_code == 200
    assert krea.ask("GET", f"{ui}/events", key=None).status_code == 404
    assert len(krea.control("worlds")["items"]) == 1


@pytest.mark.parametrize("call", ["POST /clock", "POST /reset", "DELETE /worlds", "FETCH /worlds", ""])
def test_a_world_that_is_not_there_has_no_other_button(krea: Krea, call: str) -> None:
    path, data = "/w/neverwas/__mockkrea/ui/act", {"call": call, "action": "freeze"}
    with krea.unchanged():
        answer = krea.ask("POST", path, key=None, data=data, headers={"Accept": "application/json"})
        page = krea.ask("POST", path, key=None, data=data)

    assert answer.status_code == page.status_code
    assert page.status_code in (404, 422)
    assert answer.json()["detail"]
    assert krea.control("clock")["mode"] == "real"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [("GET", "/assets/nope.css", b"", 404), ("POST", "/sign-in", b"a=" + b"x" * 2_000_000, 413)],
)
def test_refusals_are_the_same_whether_a_world_is_there_or_not(
    krea: Krea, method: str, path: str, body: bytes, status: int
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for world in ("", "/w/neverwas"):
        answer = krea.ask(method, f"{world}/__mockkrea/ui{path}", key=None, content=body, headers=form)

        assert answer.status_code == status


@pytest.mark.parametrize("page", ["", "/requests"])
@pytest.mark.parametrize("before", ["9" * 5_000, "-1", "x", ""])
def test_a_number_in_the_address_that_means_no_row_shows_the_newest(
    krea: Krea, page: str, before: str
) -> None:
    krea.submit()

    assert "flux-1-dev" in show(krea, f"{page}?before={before}").text


def test_a_world_that_cannot_be_made_says_why_on_its_page(make_krea: MakeKrea) -> None:
    krea = make_krea(worlds_max=0)

    data = {"call": "POST /worlds", "name": "neverwas"}
    answer = krea.ask("POST", "/w/neverwas/__mockkrea/ui/act", key=None, data=data)

    assert answer.status_code == 503
    assert "There may be 0 worlds" in notice(answer.text)[1]


def test_a_dropped_world_is_not_there_and_one_of_its_name_is_another(krea: Krea) -> None:
    first = krea.worlds.make("alice")
    assert krea.worlds.has(first)

    krea.worlds.drop("alice")
    assert not krea.worlds.has(first)
    second = krea.worlds.make("alice")

    assert (krea.worlds.has(first), krea.worlds.has(second), krea.worlds.has(krea.tenant)) == (
        False,
        True,
        True,
    )


def test_what_is_not_there_is_answered_with_a_page_that_says_so(krea: Krea) -> None:
    answer = krea.ask_control("ui/nothing")

    assert answer.status_code == 404
    assert "There is no page" in answer.text
    assert krea.ask_control("ui/jobs/none").status_code == 404
    assert krea.ask("DELETE", "/__mockkrea/ui/money", key=None).status_code == 405


def test_the_documentation_has_every_control_call(krea: Krea) -> None:
    text = krea.ask_control("docs").text
    shown = re.findall(r'class="method \w+">(\w+)</span><span class="path">([^<]+)<', text)

    assert sorted(shown) == sorted((method, path) for method, path, *_ in ROUTES)


def test_the_documentation_has_every_key_of_a_rule(krea: Krea) -> None:
    call = krea.ask_control("docs").text.partition('id="post-faults"')[2].partition("</details>")[0]

    assert {*FAULT_WHEN, *THEN} <= set(re.findall(r"<dt><code>(\w+)</code>", call))


def test_the_documentation_shows_code_as_code(krea: Krea) -> None:
    text = krea.ask_control("docs").text

    assert "`" not in text
    assert "<code>expires_in</code> is the access token" in text


def test_tokens_are_issued_in_a_terminal_as_the_form_says(krea: Krea) -> None:
    [command] = re.findall(r"curl -X POST [^<]+", unescape(show(krea, "/sessions").text))
    *_, url, _, content_type, _, body = shlex.split(command)

    assert url == f"{URL}/__mockkrea/oauth/issue"
    name, _, media_type = content_type.partition(": ")
    issued = krea.ask("POST", "/__mockkrea/oauth/issue", key=None, content=body, headers={name: media_type})
    assert issued.json()["access_token"]
    assert json.loads(body) == {"person": "ada"}


def test_a_world_whose_sessions_were_revoked_does_not_say_that_there_were_none(krea: Krea) -> None:
    assert "No sessions yet" in show(krea, "/sessions").text
    krea.control("oauth/issue", {})

    krea.control("oauth/revoke", {})

    text = show(krea, "/sessions").text
    assert "No session is left" in text
    assert "All were revoked" in text
    assert f"claude mcp add --transport http krea-ai {URL}/mcp" in text


def test_a_consent_whose_client_has_fetched_no_tokens_is_no_session_that_was_revoked(krea: Krea) -> None:
    agent = Agent(krea)
    agent.code()
    assert agent.exchange(agent.code(), code_verifier="another" * 9).status_code == 400

    text = show(krea, "/sessions").text

    assert "No sessions yet" in text
    assert "All were revoked" not in text


def test_where_nothing_is_planned_the_next_event_cannot_be_pressed(krea: Krea) -> None:
    assert show(krea, "/time").text.count(NO_NEXT_EVENT) == 2

    krea.submit()
    assert NO_NEXT_EVENT not in show(krea, "/time").text
    krea.clock("run_until", until="idle")
    assert NO_NEXT_EVENT in show(krea).text


def test_a_webhook_that_is_due_now_is_no_next_event_and_its_next_attempt_is(krea: Krea) -> None:
    krea.mailbox.answers = [503]
    krea.clock("freeze")
    job_id = krea.submit(hook="http://127.0.0.1:9/hook")
    # Behind the application's back, which would send it at once.
    krea.run(krea.tenant.execute(SetOutcome(job_id=job_id, status=Status.FAILED)))
    assert show(krea, "/time").text.count(NO_NEXT_EVENT) == 2

    krea.deliver()

    text = show(krea, "/time").text
    assert NO_NEXT_EVENT not in text
    assert "an attempt at a webhook" in text


def coming_events(krea: Krea) -> list[str]:
    """What the Time page says of each event that comes, the first one first."""
    listed = show(krea, "/time").text.partition('<ol class="events">')[2]
    return re.findall(r"<li>(.*?)</li>", listed.partition("</ol>")[0], re.DOTALL)


def test_the_time_page_shows_what_comes_first_and_its_buttons_go_right_there(krea: Krea) -> None:
    job_ids = [krea.submit(model) for model in (PATIENT, FLUX)]

    events = coming_events(krea)

    assert len(events) == 4
    moments = [re.findall(r'name="until" value="([^"]+)"', each)[0] for each in events]
    assert moments == sorted(moments)
    for event, until in zip(events, moments, strict=True):
        assert "ends" in event or "becomes scheduled" in event
        [job_id] = [each for each in job_ids if each in event]
        before = krea.job(job_id)["status"]
        assert press(krea, "POST /clock", action="run_until", until=until).status_code == 200
        assert krea.job(job_id)["status"] != before


def test_each_button_of_the_time_page_says_where_it_goes_what_happens_then_and_to_which_job(
    krea: Krea,
) -> None:
    krea.clock("freeze")
    job_ids = sorted(krea.submit(FLUX)[:8] for _ in range(2))
    names = [re.findall(r'<button[^>]* aria-label="([^"]+)"', each) for each in coming_events(krea)]

    said = [re.fullmatch(r"Go there: 2026-11-22 [\d:.]+, (.*), job (\w+)", name) for [name] in names]
    assert sorted((each[2], each[1]) for each in said if each) == [
        (job_id, f"{FLUX} {what}") for job_id in job_ids for what in ("becomes scheduled", "ends")
    ]


@pytest.mark.parametrize(
    ("before_us", "decimals", "later"),
    [(2_000_000, 0, "in 2 s"), (4_000, 3, "in 4 ms"), (250, 6, "in 0.25 ms")],
)
def test_an_event_has_as_many_decimals_as_it_takes_to_tell_it_from_now(
    krea: Krea, before_us: int, decimals: int, later: str
) -> None:
    krea.clock("freeze")
    krea.submit(FLUX)
    end = re.findall(r'name="until" value="([^"]+)"', coming_events(krea)[-1])[0]
    krea.clock("run_until", until=iso_exact(moment_of(end) - before_us))

    [event] = coming_events(krea)

    shown = end.removesuffix("Z").replace("T", " ")[: len("2026-11-22 10:00:07.") + decimals].rstrip(".")
    assert f'<span class="mono nowrap">{shown}</span> <span class="quiet">{later}</span>' in event


def test_moments_have_decimals_only_where_they_read_alike_without() -> None:
    assert decimals_between(7_000_000, 7_000_000) == 0
    assert decimals_between(7_999_999, 8_000_000) == 0
    assert decimals_between(7_001_999, 7_002_000, 9_000_000) == 3
    assert decimals_between(7_001_000, 7_001_999, 9_000_000) == 6


def test_a_frozen_clock_shows_the_milliseconds_that_it_stands_at(krea: Krea) -> None:
    def now() -> str:
        return show(krea).text.partition('<time class="now">')[2].partition("<")[0]

    krea.clock("freeze")
    assert now() == "2026-11-22 10:00:00"
    krea.clock("advance", seconds=0.004)
    assert now() == "2026-11-22 10:00:00.004"
    krea.clock("resume")
    assert now() == "2026-11-22 10:00:00"


def test_the_name_of_a_world_is_explained_where_it_is_asked_for(krea: Krea) -> None:
    text = show(krea, "/worlds").text

    assert 'aria-describedby="name-rule"' in text
    assert 'id="name-rule">A name has 1 to 64 letters from A to Z, digits, dots, underscores and' in text


@pytest.mark.parametrize(
    ("beginning", "first", "last"),
    [
        ("2026-11-22T10:00:00Z", "10:00:00", "10:00:0"),
        ("2026-11-22T23:59:59Z", "2026-11-22 23:59:59", "2026-11-23 00:00:0"),
    ],
)
def test_the_states_of_a_job_have_their_dates_where_these_are_several(
    make_krea: MakeKrea, beginning: str, first: str, last: str
) -> None:
    krea = make_krea(beginning=beginning)
    job_id = krea.submit()
    krea.clock("run_until", until=job_id)

    timeline = show(krea, f"/jobs/{job_id}").text.partition('class="timeline"')[2].partition("</ol>")[0]

    told = re.findall(r'class="quiet">([^<]+)<', timeline)
    assert told[:2] == [first, "+0 s"]
    assert told[-2].startswith(last)


@pytest.mark.parametrize(
    ("seconds", "long", "about"),
    [
        (0, "0 s", "0 s"),
        (0.00025, "0.25 ms", "0.25 ms"),
        (0.004, "4 ms", "4 ms"),
        (0.4, "0.4 s", "0.4 s"),
        (7.25, "7.2 s", "7 s"),
        (12.4, "12 s", "12 s"),
        (60, "1 min", "1 min"),
        (170, "2 min 50 s", "3 min"),
        (3_599.7, "1 h", "60 min"),
        (11_100, "3 h 5 min", "3 h"),
        (190_000, "2 d 5 h", "2 d"),
    ],
)
def test_spans_are_rounded_to_what_a_person_would_say(seconds: float, long: str, about: str) -> None:
    us = round(seconds * 1_000_000)

    assert span(us) == long
    assert ago(0, us) == f"{about} ago"
    assert ago(us, 0) == (f"in {about}" if us else "0 s ago")


@pytest.fixture
def guarded(make_krea: MakeKrea) -> Krea:
    return make_krea(door=Door(beyond_loopback=True, admin_token=ADMIN))


def test_who_brings_no_admin_token_sees_nothing_but_the_form_that_asks_for_it(guarded: Krea) -> None:
    for path in ("ui", "ui/events", "ui/files/images/x.png", "docs"):
        answer = guarded.ask_control(path)
        assert answer.status_code == 401
        assert "<form" in answer.text
        assert "seed" not in answer.text
    assert guarded.ask_control("ui/assets/dashboard.css").status_code == 200
    assert press(guarded, "POST /clock", action="freeze").status_code == 401


def test_a_world_that_is_not_there_asks_for_the_admin_token_like_any_other(guarded: Krea) -> None:
    ui = "/w/neverwas/__mockkrea/ui"

    asked = guarded.ask("GET", ui, key=None)
    made = guarded.ask("POST", f"{ui}/act", key=None, data={"call": "POST /worlds", "name": "neverwas"})

    assert (asked.status_code, made.status_code) == (401, 401)
    assert "<form" in asked.text
    assert "There is no world" not in asked.text
    signed_in = guarded.ask("POST", f"{ui}/sign-in", key=None, data={"token": ADMIN, "back": ui})
    assert (signed_in.status_code, signed_in.headers["location"]) == (303, ui)
    assert guarded.ask("GET", ui, key=None).status_code == 404


def test_the_admin_token_lets_a_browser_into_the_dashboard_and_nowhere_else(guarded: Krea) -> None:
    answer = guarded.ask("POST", "/__mockkrea/ui/sign-in", key=None, data={"token": ADMIN})
    cookie = answer.headers["set-cookie"]
    guarded.client.cookies.clear()
    headers = {"Cookie": cookie.partition(";")[0]}

    assert answer.status_code == 303
    assert {"HttpOnly", "SameSite=Strict", "Path=/__mockkrea"} <= set(cookie.split("; "))
    assert ADMIN not in cookie
    assert guarded.ask("GET", "/__mockkrea/ui", key=None, headers=headers).status_code == 200
    assert guarded.ask("GET", "/__mockkrea/ui", key=ADMIN).status_code == 200
    assert guarded.ask("GET", "/__mockkrea/clock", key=None, headers=headers).status_code == 401
    other = {"Cookie": headers["Cookie"][:-1] + "x"}
    assert guarded.ask("GET", "/__mockkrea/ui", key=None, headers=other).status_code == 401


def test_servers_of_one_machine_have_cookies_of_their_own(guarded: Krea, make_krea: MakeKrea) -> None:
    other = make_krea(door=Door(admin_token="another-token"))
    names = {
        krea.ask("POST", "/__mockkrea/ui/sign-in", key=None, data={"token": token})
        .headers["set-cookie"]
        .partition("=")[0]
        for krea, token in ((guarded, ADMIN), (other, "another-token"))
    }

    assert len(names) == 2


def test_signing_in_leads_to_the_page_that_was_asked_for_and_to_none_elsewhere(guarded: Krea) -> None:
    asked = guarded.ask_control("ui/requests?status=4xx").text
    assert 'name="back" value="/__mockkrea/ui/requests?status=4xx"' in asked

    def led(back: str) -> str:
        form = {"token": ADMIN, "back": back}
        return guarded.ask("POST", "/__mockkrea/ui/sign-in", key=None, data=form).headers["location"]

    assert led("/__mockkrea/ui/requests?status=4xx") == "/__mockkrea/ui/requests?status=4xx"
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/__mockkrea/ui", "/jobs"):
        assert led(elsewhere) == "/__mockkrea/ui"
    wrong = guarded.ask(
        "POST", "/__mockkrea/ui/sign-in", key=None, data={"token": "guessed", "back": "/__mockkrea/ui/time"}
    )
    assert 'name="back" value="/__mockkrea/ui/time"' in wrong.text


def test_only_a_server_that_others_reach_says_so(guarded: Krea, make_krea: MakeKrea) -> None:
    alone = make_krea(door=Door(admin_token=ADMIN))

    assert "Others can reach this server" in guarded.ask_control("ui").text
    assert "Others can reach this server" not in alone.ask_control("ui").text


def test_a_wrong_admin_token_is_told_so_and_gives_no_cookie(guarded: Krea) -> None:
    answer = guarded.ask("POST", "/__mockkrea/ui/sign-in", key=None, data={"token": "guessed"})

    assert answer.status_code == 401
    assert "not the admin token" in answer.text
    assert "set-cookie" not in answer.headers


def test_a_request_that_got_no_answer_is_red_says_why_and_can_be_filtered() -> None:
    with Served("--port", "0") as served, served.client() as client:
        ids = list[str]()
        for connection in ("reset", "empty"):
            fault = {"when": {"path": "/jobs"}, "then": {"connection": connection}, "times": 1}
            ids.append(client.post("/__mockkrea/faults", json=fault).json()["id"])
            with pytest.raises(httpx.TransportError):
                client.get("/jobs")
        client.get("/jobs")
        unanswered = client.get("/__mockkrea/ui/requests?status=no+answer").text
        answered = client.get("/__mockkrea/ui/requests?status=2xx").text

    statuses = r'class="status (\w+)">([^<]+)<'
    assert re.findall(statuses, unanswered) == [("bad", "empty"), ("bad", "reset")]
    assert re.findall(r"/__mockkrea/ui/faults#fault-(\w+)", unanswered) == ids[::-1]
    assert re.findall(statuses, answered) == [("good", "200")]


def test_a_request_that_a_rule_answered_links_to_the_rule_and_others_to_none(krea: Krea) -> None:
    krea.get("/jobs/none")
    id = krea.control("faults", {"when": {"path": "/jobs"}, "then": {"status": 404}})["id"]
    krea.get("/jobs")

    text = show(krea, "/requests").text

    assert text.count(f'href="/__mockkrea/ui/faults#fault-{id}"') == 1
    assert text.count("#fault-") == 1
    assert f'id="fault-{id}"' in show(krea, "/faults").text


def test_a_request_that_a_magic_word_cut_off_says_so_and_names_no_rule() -> None:
    with Served("--port", "0") as served, served.client() as client:
        with pytest.raises(httpx.TransportError):
            client.post(f"/generate/{FLUX}", json={"prompt": "a fox [[mock:reset]]"})
        text = client.get("/__mockkrea/ui/requests").text

    assert "as a magic word in the prompt asked" in text
    assert "#fault-" not in text


def test_a_visit_to_a_job_that_is_not_there_does_not_speak_of_changes(krea: Krea) -> None:
    answer = krea.ask("GET", "/__mockkrea/ui/jobs/none", key=None, headers={"Accept": "text/html"})

    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text
    assert "Nothing has changed" not in answer.text


# Where each call that cannot be undone has its button.
IRREVERSIBLE = {
    "DELETE /faults": "/faults",
    "DELETE /requests": "/requests",
    "POST /oauth/revoke": "/sessions",
    "POST /scenario": "/scenarios",
    "POST /reset": "/worlds",
}


@pytest.mark.parametrize("call", IRREVERSIBLE)
def test_what_cannot_be_undone_asks_twice_even_without_scripts(krea: Krea, call: str) -> None:
    lively(krea)

    text = show(krea, IRREVERSIBLE[call]).text
    found = re.search(
        rf'<details class="danger">(?:(?!</details>).)*value="{call}"(?:(?!</details>).)*Yes, ', text, re.S
    )
    assert found is not None


class Watched:
    """A world that a stream watches: how often it looked whether it is there, until it is dropped."""

    def __init__(self) -> None:
        self.looks = 0
        self.is_dropped = False

    def is_there(self) -> bool:
        """What the stream asks."""
        self.looks += 1
        return not self.is_dropped


@pytest.fixture
def watched() -> Watched:
    return Watched()


def streamed(krea: Krea, watched: Watched, act: Callable[[], Awaitable[object]]) -> list[bytes]:
    """The bodies that an event stream sends: at once, and after the act; then the browser leaves."""
    sent, leaving = list[bytes](), asyncio.Event()

    arriving = [{"type": "http.request"}, {"type": "http.disconnect"}]

    async def receive() -> Json:
        if len(arriving) == 1:
            await leaving.wait()
        return arriving.pop(0)

    async def send(message: Json) -> None:
        sent.append(message.get("body", b""))

    async def let_it_look_several_times(stream: asyncio.Task[None]) -> None:
        enough = watched.looks + 5
        async with asyncio.timeout(20):
            while watched.looks < enough and not stream.done():
                await asyncio.sleep(0)

    async def watch() -> None:
        request = Request({"type": "http", "method": "GET", "path": "/", "headers": []}, receive, Door())
        response = Streams(events_a_second=10_000).begin(krea.tenant, watched.is_there)
        stream = asyncio.create_task(response.send(send, request))
        await let_it_look_several_times(stream)
        await act()
        await let_it_look_several_times(stream)
        leaving.set()
        await stream

    krea.run(watch())
    return sent[1:-1]


def test_a_stream_tells_of_each_change_and_is_silent_under_a_frozen_clock(
    krea: Krea, watched: Watched
) -> None:
    krea.submit()
    krea.clock("freeze")

    async def ask() -> None:
        await krea.client.get("/jobs", headers={"Authorization": "Bearer mockkrea:dev"})

    events = streamed(krea, watched, ask)

    assert events == [RETRY, CHANGED, CHANGED]


def test_a_stream_tells_what_time_alone_does_to_a_job(krea: Krea, watched: Watched) -> None:
    krea.submit()

    async def wait() -> None:
        krea.real_time.pass_by(60)

    assert len(streamed(krea, watched, wait)) == 3


def test_the_end_of_the_server_ends_a_stream_at_once(krea: Krea, watched: Watched) -> None:
    looked_before_the_end = list[int]()

    async def stop() -> None:
        looked_before_the_end.append(watched.looks)
        krea.tenant.shutdown.begin()

    streamed(krea, watched, stop)

    assert watched.looks - looked_before_the_end[0] <= 1


def test_a_stream_of_a_world_that_is_dropped_tells_so_and_ends(krea: Krea, watched: Watched) -> None:
    krea.clock("freeze")

    async def drop() -> None:
        watched.is_dropped = True

    assert streamed(krea, watched, drop) == [RETRY, CHANGED, CHANGED]
    assert watched.looks < 10


def test_there_are_only_so_many_streams_at_once(krea: Krea) -> None:
    answer = Streams(streams_max=0).begin(krea.tenant, lambda: True)

    assert answer.status == 503
    assert isinstance(answer, Answer)
    assert b"There are 0 event streams already" in answer.body


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_colour_can_be_read_on_every_ground_it_stands_on(theme: int) -> None:
    text = (Path(pages.__file__).parent / "tokens.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", text.split("@media")[theme]))
    grounds = ("ground", "sheet", "well")
    pairs = [
        (ink, ground) for ink in ("ink", "quiet", "accent") for ground in (*grounds, "tint", "past-tint")
    ]
    pairs += [(kind, f"{kind}-tint") for kind in ("good", "bad", "busy", "wait", "past")]
    pairs += [(kind, ground) for kind in ("good", "bad", "busy", "wait") for ground in grounds]
    pairs += [("accent-ink", "accent")]

    low = [pair for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]

    assert low == []
    # Borders that tell where a control is (WCAG 1.4.11).
    assert all(contrast(colours["edge"], colours[ground]) >= 3 for ground in grounds)


def test_the_headers_of_a_thumbnail_keep_it_from_running_as_a_page(krea: Krea) -> None:
    job_id = lively(krea)

    assert lasting_headers(show(krea, f"/files/images/{job_id}.png"))["content-security-policy"] == "sandbox"
