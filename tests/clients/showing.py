"""A widget in a browser: the official host bridge before a real server, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from playwright.sync_api import FrameLocator, Locator, Page, expect

from tests.asking import KEY, Json, Served
from tests.clients.hosting import Hosting

# What most hosts can do.
ABLE: Json = {"serverTools": {}, "openLinks": {}, "updateModelContext": {"text": {}}}
WITH_FULLSCREEN: Json = {"availableDisplayModes": ["inline", "fullscreen"]}

# When every test's page begins; its clock stands still until the test moves it.
BEGINNING_S = 1_800_000_000


class Widget:
    """The widget on a host's page, for jobs of one world."""

    def __init__(self, page: Page, hosting: Hosting, served: Served, key: str = KEY) -> None:
        self.page = page
        self.key = key
        self._hosting = hosting
        self._served = served
        self.complaints: list[str] = []
        page.on("console", lambda message: self._hear(message.text, message.type))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.clock.install(time=BEGINNING_S)
        page.goto(hosting.origin)
        page.wait_for_function("window.ready")
        page.clock.pause_at(BEGINNING_S + 3_600)

    def show(self, tool: str, args: Json, *, able: Json = ABLE, context: Json = WITH_FULLSCREEN) -> Widget:
        """Show the widget of a tool that is about to be called with these arguments."""
        asked = {
            "url": f"{self._served.url}/mcp",
            "key": self.key,
            "sandbox": self._hosting.sandbox,
            "tool": tool,
            "args": args,
            "capabilities": able,
            "context": context,
        }
        self.page.evaluate("asked => show(asked)", asked)
        return self

    def call(self) -> Json:
        """Call the tool, and hand its result to the widget. Its structured content."""
        return self.page.evaluate("call()")

    def generate(self, model: str, input: Json, **host: Json) -> str:
        """Show and call at once. The job's id."""
        return str(self.show("generate", {"model": model, "input": input}, **host).call()["job_id"])

    @property
    def frame(self) -> FrameLocator:
        """The widget's own document, behind the sandbox."""
        return self.page.frame_locator("iframe").frame_locator("iframe")

    def at(self, selector: str) -> Locator:
        """What this selector finds in the widget."""
        return self.frame.locator(selector)

    def button(self, name: str) -> Locator:
        """The button of this name, if it can be seen."""
        return self.frame.get_by_role("button", name=name, exact=True)

    def run_for(self, seconds: float) -> None:
        """Let the page's clock go on."""
        self.page.clock.run_for(int(seconds * 1000))

    def messages(self, method: str) -> list[Json]:
        """What the widget has sent of this kind."""
        sent: list[Json] = self.page.evaluate("traffic")
        return [each["params"] for each in sent if each.get("method") == method]

    def calls(self, tool: str) -> list[Json]:
        """The arguments with which the widget has called this tool."""
        return [each["arguments"] for each in self.messages("tools/call") if each["name"] == tool]

    def newest_job(self) -> str:
        """The id of the job that was submitted last."""
        job_id: str = self.api("GET", "/jobs?limit=1")["items"][0]["job_id"]
        return job_id

    def end(self, job_id: str, status: str, **rest: Json) -> None:
        """End a job, and let the widget hear of it."""
        self.api("POST", f"/__mockkrea/jobs/{job_id}/outcome", json={"status": status, **rest})
        self.run_for(40)

    def api(self, method: str, path: str, **rest: Any) -> Json:  # noqa: ANN401 - whatever httpx takes
        """What the mock answers."""
        headers = {"Authorization": f"Bearer {self.key}"}
        with self._served.client(headers=headers) as client:
            answer = client.request(method, path, **rest)
        assert answer.is_success, answer.text
        return answer.json()

    def picture(self, path: Path) -> None:
        """A picture of the whole page."""
        self.page.screenshot(path=path, full_page=True)

    def _hear(self, text: str, kind: str) -> None:
        # The bridge tells of each message. GET /mcp is 405, as it should be.
        if kind in ("error", "warning") and "405" not in text:
            self.complaints.append(text)


# Makes widgets of any `width` in pixels, on a screen that is or is not for touching.
MakeWidget: TypeAlias = Callable[..., Widget]


def box(locator: Locator) -> tuple[float, float]:
    """Width and height, in pixels."""
    found = locator.bounding_box()
    assert found is not None
    return round(found["width"]), round(found["height"])


def is_shown(media: Locator) -> None:
    """Wait until an image can be seen."""
    expect(media).not_to_have_js_property("naturalWidth", 0)
    media.evaluate("image => image.decode()")


def is_at_rest(widget: Widget) -> None:
    """Let the frame see its size, which it does while it is painted, and tell of it."""
    painted = "() => new Promise((seen) => { new ResizeObserver(seen).observe(document.body); })"
    widget.at("main").evaluate(painted)
    widget.run_for(1)
