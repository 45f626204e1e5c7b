"""A person watches and steers a mock in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Literal
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from mockkrea.adapters.dashboard.site import MENU
from tests.asking import FLUX, Json, Served
from tests.chromium import LOW_CONTRAST
from tests.tools import artifacts

HOSTILE = (
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
    " \u202egpj.exe שלום مرحبا 👩‍👩‍👧‍👦 " + "longword" * 200
)


@pytest.fixture
def served() -> Iterator[Served]:
    with Served("--port", "0", "--seed", "0") as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context() as context:
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def submit(client: httpx.Client, prompt: str = "a fox") -> str:
    answer = client.post(f"/generate/{FLUX}", json={"prompt": prompt})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


def control(client: httpx.Client, path: str, body: Json = None) -> Json:
    answer = client.post(f"/__mockkrea/{path}", json=body) if body else client.get(f"/__mockkrea/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def open_live(page: Page, served: Served, path: str = "") -> None:
    """Open a page of the dashboard, and wait until it hears of changes."""
    page.goto(f"{served.url}/__mockkrea/ui{path}")
    page.wait_for_selector("#live[data-live=on]", state="attached")


def test_a_job_appears_and_takes_its_steps_without_a_reload(
    page: Page, served: Served, client: httpx.Client
) -> None:
    open_live(page, served)
    expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()

    job_id = submit(client, "a fox in snow")
    row = page.locator(f"#job-{job_id}")
    expect(row.get_by_text("a fox in snow")).to_be_visible()
    client.post("/__mockkrea/clock", json={"action": "run_until", "until": job_id})

    expect(row.get_by_text("completed")).to_be_visible()
    expect(row.locator("img")).to_have_js_property("complete", value=True)


def test_an_update_leaves_focus_typed_text_and_what_was_opened_as_they_are(
    page: Page, served: Served, client: httpx.Client
) -> None:
    client.get("/jobs")
    open_live(page, served, "/requests")
    page.locator("#request-1 > summary").click()
    page.get_by_label("Path").fill("/gen")

    client.get("/jobs/none")

    expect(page.locator("#request-2")).to_be_visible()
    expect(page.locator("#request-1 pre").first).to_be_visible()
    expect(page.get_by_label("Path")).to_be_focused()
    expect(page.get_by_label("Path")).to_have_value("/gen")


def test_the_clock_is_frozen_and_moved_with_the_keyboard_alone(
    page: Page, served: Served, client: httpx.Client
) -> None:
    open_live(page, served)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    freeze = page.get_by_role("button", name="Freeze")
    while not freeze.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body"), "Freeze is not reached by Tab"
    page.keyboard.press("Enter")

    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(page.locator("#notice")).to_contain_text('POST /__mockkrea/clock {"action":"freeze"}')
    before = control(client, "clock")
    page.get_by_role("button", name="+ 1 min").press("Enter")
    expect(page.locator(".now")).not_to_have_text(before["now"][:19].replace("T", " "))
    assert before["mode"] == "frozen"


def test_a_job_is_failed_with_a_cause_from_its_page(page: Page, served: Served, client: httpx.Client) -> None:
    job_id = submit(client)
    open_live(page, served)
    page.locator(f"#job-{job_id} a").click()
    page.get_by_label("Why it fails").select_option("nsfw")
    page.get_by_role("button", name="Fail").click()

    expect(page.locator(".head .pill")).to_have_text("failed")
    assert client.get(f"/jobs/{job_id}").json()["error"]["code"] == "nsfw"


def test_a_job_is_cancelled_and_money_is_granted_without_scripts(
    browser: Browser, served: Served, client: httpx.Client
) -> None:
    job_id = submit(client)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{served.url}/__mockkrea/ui/jobs/{job_id}")
        page.get_by_role("button", name="Cancel").click()

        assert urlsplit(page.url).path.endswith(job_id)
        expect(page.locator(".head .pill")).to_have_text("cancelled")
        expect(page.locator("#notice")).to_have_text(f"Done POST /__mockkrea/jobs/{job_id}/outcome")
        page.goto(f"{served.url}/__mockkrea/ui/money")
        page.get_by_label("Amount").fill("2.5")
        page.get_by_role("button", name="Grant US dollars").click()
        expect(page.get_by_text("$102.50").first).to_be_visible()


def test_a_refusal_is_told_in_its_sentence(page: Page, served: Served) -> None:
    open_live(page, served, "/faults")
    page.get_by_label("Then").fill('{"stauts": 503}')
    page.get_by_role("button", name="Add", exact=True).first.click()

    expect(page.locator("#notice.wrong")).to_contain_text("status")
    expect(page.get_by_label("Then")).to_have_value('{"stauts": 503}')


def test_a_page_that_was_left_open_says_that_the_server_is_away_and_then_that_it_was_restarted(
    context: BrowserContext,
) -> None:
    page = context.new_page()
    pill, notice = page.locator("#clock .pill"), page.locator("#notice")
    with Served("--port", "0") as first:
        open_live(page, first)
        with first.client() as client:
            submit(client, "before the restart")
        expect(page.get_by_text("before the restart")).to_be_visible()
        expect(pill).to_have_text("running")
        first.stop()
        expect(page.locator("#live")).to_have_text("server is away")
        expect(pill).to_have_text("no connection")
        expect(notice).to_contain_text("The server does not answer.")
        expect(page.get_by_text("before the restart")).to_be_visible()
        port = urlsplit(first.url).port
    with Served("--port", str(port)) as second, second.client() as client:
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible(timeout=Served.WAIT_S * 1000)
        expect(pill).to_have_text("running")
        expect(notice).to_contain_text("The server was restarted.")
        submit(client, "after the restart")
        expect(page.get_by_text("after the restart")).to_be_visible()


def test_a_connection_that_broke_for_a_moment_is_no_restart(page: Page, served: Served) -> None:
    open_live(page, served)

    page.context.set_offline(True)
    page.get_by_role("button", name="+ 1 min").click()
    expect(page.locator("#clock .pill")).to_have_text("no connection")
    page.context.set_offline(False)
    page.get_by_role("button", name="+ 1 min").click()

    expect(page.locator("#clock .pill")).to_have_text("running")
    expect(page.locator("#notice")).to_contain_text("Done")


def test_a_page_whose_world_is_dropped_says_so_and_goes_on_when_it_is_made_again(
    page: Page, served: Served, client: httpx.Client
) -> None:
    control(client, "worlds", {"name": "alice"})
    page.goto(f"{served.url}/w/alice/__mockkrea/ui")
    page.wait_for_selector("#live[data-live=on]", state="attached")

    client.delete("/w/alice/__mockkrea/worlds").raise_for_status()

    expect(page.get_by_role("heading", name="There is no world alice")).to_be_visible()
    assert page.title() == "No world alice · mockkrea"
    page.get_by_role("button", name="Make it").press("Enter")
    expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()
    client.post(f"/w/alice/generate/{FLUX}", json={"prompt": "a new fox"}).raise_for_status()
    expect(page.get_by_text("a new fox")).to_be_visible()


@pytest.mark.parametrize("with_scripts", [True, False])
def test_what_cannot_be_undone_happens_at_the_second_press_and_not_at_the_first(
    browser: Browser, served: Served, client: httpx.Client, with_scripts: bool
) -> None:
    with browser.new_context(java_script_enabled=with_scripts) as context:
        page = context.new_page()
        page.goto(f"{served.url}/__mockkrea/ui/worlds")
        for prompt in ("a fox", "another fox"):
            job_id = submit(client, prompt)

            page.locator("summary", has_text="Reset").press("Enter")
            confirm = page.get_by_role("button", name="Yes, reset")
            expect(confirm).to_be_visible()
            assert client.get(f"/jobs/{job_id}").status_code == 200

            with page.expect_response(lambda response: response.request.method == "POST"):
                confirm.press("Enter")
            expect(page.locator("#notice")).to_contain_text("Done POST /__mockkrea/reset")
            assert client.get(f"/jobs/{job_id}").status_code == 404
            expect(confirm).to_be_hidden()


def test_a_search_by_keyboard_stays_while_jobs_come_and_go(
    page: Page, served: Served, client: httpx.Client
) -> None:
    fox, _ = submit(client, "a red fox"), submit(client, "a harbour")
    open_live(page, served)
    field = page.get_by_role("searchbox", name="Search")
    field.fill("fox")
    field.press("Enter")
    expect(page.get_by_text("1 of 2 jobs")).to_be_visible()
    page.wait_for_selector("#live[data-live=on]", state="attached")
    field.fill("fox snow")

    submit(client, "another harbour")
    white = submit(client, "a white fox")

    expect(page.get_by_text("2 of 4 jobs")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator(f"#job-{fox}")).to_be_visible()
    expect(page.locator(f"#job-{white}")).to_be_visible()
    expect(field).to_have_value("fox snow")
    expect(field).to_be_focused()


def test_the_command_that_issues_tokens_says_what_the_form_says(page: Page, served: Served) -> None:
    open_live(page, served, "/sessions")
    page.get_by_label("Person").select_option("lin")
    page.get_by_label("Access token ends after").fill("60")
    command = page.get_by_label("Issuing tokens")
    expect(command).to_contain_text("""--data-binary '{"person":"lin","expires_in":60}'""")

    page.get_by_role("button", name="Freeze").click()

    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(command).to_contain_text("""--data-binary '{"person":"lin","expires_in":60}'""")


# Which controls stand, to the eye, under what is told.
COVERED = """() => {
  const told = document.getElementById("notice").getBoundingClientRect();
  return [...document.querySelectorAll("button, a, summary, input:not([type=hidden]), select")]
    .filter((each) => each.checkVisibility())
    .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
    .filter(([, box]) => box.left < told.right && told.left < box.right
      && box.top < told.bottom && told.top < box.bottom)
    .map(([html]) => html);
}"""


# Where everything of a page stands, what is told aside.
PLACES = """() => [...document.querySelectorAll("#clock .acts button, main *")]
  .map((each) => each.getBoundingClientRect()).map(({ left, top }) => `${left} ${top}`).join()"""


@pytest.mark.parametrize("width", [360, 920, 1200])
@pytest.mark.parametrize("path", ["/time", "/faults"])
def test_nothing_moves_when_something_is_told(
    browser: Browser, served: Served, client: httpx.Client, width: int, path: str
) -> None:
    control(client, "clock", {"action": "freeze"})
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        open_live(page, served, path)
        before = page.evaluate(PLACES)

        page.locator("#clock").get_by_role("button", name="+ 1 min").click()
        expect(page.locator("#notice")).to_contain_text("Done")
        assert page.evaluate(PLACES) == before
        page.evaluate("tell('It is wrong. '.repeat(40), { call: 'POST /clock', isWrong: true })")
        expect(page.locator("#notice.wrong")).to_be_visible()
        assert page.evaluate(PLACES) == before


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_a_refusal_can_be_put_away(page: Page, served: Served, way: str) -> None:
    open_live(page, served, "/time")
    page.get_by_label("Until").fill("tomorrow")
    page.get_by_role("button", name="Run").click()
    notice = page.locator("#notice")
    expect(notice).to_contain_text("until must be a time")

    if way == "button":
        notice.get_by_role("button", name="Put away").press("Enter")
    else:
        page.keyboard.press("Escape")

    expect(notice).to_be_hidden()
    expect(page.locator("#content") if way == "button" else page.get_by_label("Until")).to_be_focused()
    expect(page.get_by_label("Until")).to_have_value("tomorrow")


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", ["", "/time", "/money", "/faults"])
def test_what_was_done_covers_no_control_and_a_refusal_none_once_it_is_put_away(
    browser: Browser, served: Served, client: httpx.Client, width: int, path: str
) -> None:
    lively(client)
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        open_live(page, served, path)
        for name, action in (("+ 1 min", "advance"), ("Freeze", "freeze")):
            page.locator("#clock").get_by_role("button", name=name).click()
            expect(page.locator("#notice")).to_contain_text(
                f'Done POST /__mockkrea/clock {{"action":"{action}"'
            )
            assert page.evaluate(COVERED) == []
        page.evaluate("tell('x '.repeat(300) + 'long'.repeat(99), { call: 'POST /clock', isWrong: true })")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        page.get_by_role("button", name="Put away").click()
        assert page.evaluate(COVERED) == []


class _Foreign(BaseHTTPRequestHandler):
    """A page of another origin, which would like to move the clock."""

    def do_GET(self) -> None:
        body = b"<!doctype html><link rel=icon href=data:,><form method=post target=f></form><iframe name=f>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def foreign_url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Foreign) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_page_of_another_origin_can_neither_move_the_clock_nor_read_nor_frame_it(
    page: Page, served: Served, client: httpx.Client, foreign_url: str
) -> None:
    before = control(client, "clock")["mode"]
    page.goto(foreign_url)
    ui = f"{served.url}/__mockkrea/ui"
    tried = page.evaluate(
        """async ([ui]) => {
          const fields = new URLSearchParams({ call: "POST /clock", action: "freeze" });
          const tries = [
            () => fetch(`${ui}/act`, { method: "POST", mode: "no-cors", body: fields }),
            () => fetch(`${ui}/act`, { method: "POST", body: fields }),
            () => fetch(`${ui}/../clock`, { method: "POST", mode: "no-cors", body: '{"action":"freeze"}' }),
            () => fetch(ui).then((answer) => answer.text()),
          ];
          const outcome = (each) => each().then((answer) => answer.type || "read", () => "refused");
          return Promise.all(tries.map(outcome));
        }""",
        [ui],
    )
    form = page.locator("form")
    form.evaluate(
        """(form, ui) => {
          form.action = `${ui}/act`;
          for (const [name, value] of [["call", "POST /clock"], ["action", "freeze"]]) {
            form.append(Object.assign(document.createElement("input"), { name, value }));
          }
        }""",
        ui,
    )
    with page.expect_response(f"{ui}/act") as answered:
        form.evaluate("each => each.submit()")

    assert answered.value.status == 403
    assert tried == ["opaque", "refused", "opaque", "refused"]
    assert (before, control(client, "clock")["mode"]) == ("real", "real")


# What a screen reader would have to guess: controls and pictures without a name.
UNNAMED = """() => [...document.querySelectorAll("button, input:not([type=hidden]), select, textarea, img")]
  .filter((each) => !each.labels?.length && !each.ariaLabel && !each.textContent.trim())
  .filter((each) => !each.hasAttribute("alt"))
  .map((each) => each.outerHTML)"""


def lively(client: httpx.Client) -> str:
    """Let there be something on every page; the job to look at."""
    job_id = submit(client, HOSTILE[:1_700])
    control(client, "clock", {"action": "run_until", "until": job_id})
    control(client, "oauth/issue", {"person": "lin"})
    control(client, "faults", {"when": {"path": f"/jobs/{'long' * 40}"}, "then": {"status": 503}})
    picture = client.get(f"/files/images/{job_id}.png").content
    client.post("/assets", files={"file": ("a.png", picture)}, data={"description": HOSTILE[:300]})
    client.post(
        f"/generate/{FLUX}",
        json={"prompt": "x"},
        headers={"X-Webhook-URL": f"http://127.0.0.1:9/{'p' * 200}"},
    )
    failed = submit(client)
    control(client, f"jobs/{failed}/outcome", {"status": "failed", "error": {"code": "nsfw"}})
    control(client, "worlds", {"name": "w" * 64})
    return job_id


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_every_page_can_be_read_in_light_and_dark_and_on_a_phone(
    browser: Browser, served: Served, client: httpx.Client, scheme: str, width: int
) -> None:
    complaints: list[str] = []
    job_id = lively(client)
    looks = {"color_scheme": scheme, "viewport": {"width": width, "height": 800}}
    with browser.new_context(**looks) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        for path in (*MENU, f"/jobs/{job_id}", "/../docs"):
            open_live(page, served, path)
            for each in page.locator("details").all():
                each.evaluate("each => each.open = true")
            name = path.strip("/.").partition("/")[0] or "jobs"
            page.screenshot(path=artifacts("dashboard") / f"{name}-{scheme}-{width}.png")

            assert page.evaluate("document.documentElement.scrollWidth") == width, path
            assert page.locator("body").evaluate(LOW_CONTRAST) == [], path
            assert page.evaluate(UNNAMED) == [], path
            assert page.get_by_role("heading", level=1).count() == 1
            assert page.title().endswith("mockkrea")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_of_a_world_that_is_not_there_can_be_read(
    browser: Browser, served: Served, scheme: Literal["light", "dark"]
) -> None:
    with browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/w/{'w' * 64}/__mockkrea/ui")
        page.screenshot(path=artifacts("dashboard") / f"missing-{scheme}-360.png")

        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.locator("body").evaluate(LOW_CONTRAST) == []
        assert page.evaluate(UNNAMED) == []
        page.get_by_role("link", name="Go to the default world").click()
        expect(page.get_by_role("heading", name="No jobs yet")).to_be_visible()


def test_a_browser_signs_in_with_the_admin_token_and_is_kept_out_without(context: BrowserContext) -> None:
    page = context.new_page()
    with Served("--port", "0", "--admin-token", "let-me-in") as served:
        page.goto(f"{served.url}/__mockkrea/ui")
        page.get_by_label("Admin token").fill("guessed")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        page.get_by_label("Admin token").fill("let-me-in")
        page.get_by_role("button", name="Sign in").click()

        page.wait_for_selector("#live[data-live=on]", state="attached")
        page.get_by_role("button", name="Freeze").click()
        expect(page.get_by_role("button", name="Resume")).to_be_visible()
        assert "let-me-in" not in str(context.cookies())


def test_the_server_stops_cleanly_while_somebody_watches(page: Page, served: Served) -> None:
    open_live(page, served)

    _, _, said = served.stop()

    assert served.process.returncode == 0
    assert "Traceback" not in said


def test_the_documentation_fits_a_phone_with_all_its_calls_open(browser: Browser, served: Served) -> None:
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/__mockkrea/docs")
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        page.screenshot(path=artifacts("dashboard") / "docs-open-360.png")

        assert page.evaluate("document.documentElement.scrollWidth") == 360
        assert page.evaluate(CLIPPED) == []


# What a page that fits the window all the same cuts off at its right edge.
CLIPPED = """() => [...document.querySelectorAll("main dt, main dd, main code, main p")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > innerWidth)
  .map((each) => each.outerHTML.slice(0, 80))"""


def test_a_phone_shows_that_a_failed_job_costs_nothing(
    browser: Browser, served: Served, client: httpx.Client
) -> None:
    job_id = submit(client)
    control(client, f"jobs/{job_id}/outcome", {"status": "failed"})
    with browser.new_context(viewport={"width": 360, "height": 800}) as context:
        page = context.new_page()
        page.goto(f"{served.url}/__mockkrea/ui")
        cost = page.locator(f"#job-{job_id} .cost")

        expect(cost.get_by_text("given back")).to_be_visible()
        expect(cost.get_by_text("$0.007")).to_have_css("text-decoration-line", "line-through")


# Whether all of what has the focus stands below the clock and what is told there.
IN_SIGHT = """() => {
  const told = document.getElementById("notice").getBoundingClientRect();
  const focused = document.activeElement;
  return !focused.closest("main") || focused.getBoundingClientRect().top >= told.bottom;
}"""


@pytest.mark.parametrize("path", ["/requests", "/scenarios"])
def test_what_has_the_focus_on_a_phone_stands_below_the_clock(
    browser: Browser, served: Served, client: httpx.Client, path: str
) -> None:
    for _ in range(30):
        client.get("/jobs")
    with browser.new_context(viewport={"width": 360, "height": 640}) as context:
        page = context.new_page()
        open_live(page, served, path)
        page.get_by_role("button", name="+ 1 min").click()
        expect(page.locator("#notice")).to_contain_text("Done")
        page.locator("main summary, main button").last.focus()
        for _ in range(25):
            page.keyboard.press("Shift+Tab")
            assert page.evaluate(IN_SIGHT), page.evaluate("document.activeElement.outerHTML")


def test_the_title_has_the_focus_when_the_pressed_button_is_gone(
    page: Page, served: Served, client: httpx.Client
) -> None:
    job_id = submit(client)
    open_live(page, served, f"/jobs/{job_id}")

    page.get_by_role("button", name="Fail").press("Enter")

    expect(page.locator(".head .pill")).to_have_text("failed")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_the_title_has_the_focus_also_where_the_page_was_just_being_renewed(
    page: Page, served: Served, client: httpx.Client
) -> None:
    job_id = submit(client)
    open_live(page, served, f"/jobs/{job_id}")
    held = list[Route]()

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    page.route(f"**/jobs/{job_id}", hold_the_first)
    with page.expect_request(f"**/jobs/{job_id}"):
        submit(client)

    page.get_by_role("button", name="Fail").press("Enter")
    expect(page.locator("#notice")).to_contain_text("Done")
    held[0].continue_()

    expect(page.locator(".head .pill")).to_have_text("failed")
    expect(page.get_by_role("heading", level=1)).to_be_focused()


def test_a_long_prompt_is_scrolled_with_the_keyboard(
    page: Page, served: Served, client: httpx.Client
) -> None:
    job_id = submit(client, "long " * 350)
    open_live(page, served, f"/jobs/{job_id}")
    prompt = page.get_by_label("Prompt")

    prompt.press("End")

    expect(prompt).not_to_have_js_property("scrollTop", 0)


def test_whoever_thinks_better_of_it_keeps_what_is_there(
    page: Page, served: Served, client: httpx.Client
) -> None:
    open_live(page, served, "/scenarios")
    ask = page.locator("summary", has_text="Load refund-on-failure")
    confirm = page.get_by_role("button", name="Yes, load")
    keep = page.locator("details[open] > summary").get_by_text("Keep")
    ask.click()
    expect(keep).to_be_visible()
    expect(ask.get_by_text("Load", exact=True)).to_be_hidden()
    beside = confirm.bounding_box(), keep.locator("xpath=..").bounding_box()
    assert beside[0] is not None
    assert beside[1] is not None
    assert beside[0]["y"] == beside[1]["y"]

    page.keyboard.press("Escape")
    expect(confirm).to_be_hidden()
    expect(ask).to_be_focused()
    ask.click()
    keep.click()
    expect(confirm).to_be_hidden()


def test_what_is_wrong_with_a_form_stands_under_its_field_until_it_is_mended(
    page: Page, served: Served, client: httpx.Client
) -> None:
    open_live(page, served, "/faults")
    when, then = (page.get_by_role("textbox", name=name, exact=True) for name in ("When", "Then"))
    when.fill('{"path": 1}')
    then.fill('{"status": 503}')
    add = page.get_by_role("button", name="Add", exact=True).first
    add.click()

    expect(when).to_be_focused()
    expect(when).to_have_attribute("aria-invalid", "true")
    expect(when).to_have_accessible_description(re.compile("^When: path must be a glob"))
    expect(when).to_have_accessible_name("When")
    expect(then).not_to_have_attribute("aria-invalid", "true")
    client.post("/__mockkrea/clock", json={"action": "freeze"})
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    expect(when).to_have_value('{"path": 1}')
    expect(when).to_have_attribute("aria-invalid", "true")

    when.fill('{"path": "/jobs"}')
    add.click()
    expect(page.locator(".rule")).to_have_count(1)
    expect(page.locator(".fields .wrong")).to_have_count(0)
    expect(when).to_have_value("")


def test_what_was_done_can_be_read_whole(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    open_live(page, served, "/time")
    page.get_by_label("Until").fill("2030-12-24T18:00:00.000000Z")
    page.get_by_role("button", name="Run", exact=True).click()
    notice = page.locator("#notice")

    expect(notice).to_contain_text("2030-12-24T18:00:00.000000Z")
    assert notice.evaluate("each => each.scrollWidth <= each.clientWidth")
