"""Takes the pictures of the dashboard in docs/img: fills a mock with a lively afternoon, and photographs it.

    python docs/screenshots.py [FOLDER]

Needs what the tests need (`pip install -e '.[test]'`) and Chromium. The clock stands still and the seed is
fixed, so the same version draws the same pictures, the port aside.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

FOLDER = Path(__file__).parent / "img"
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]

PAGES = {
    "jobs": "",
    "job": "/jobs/{job}",
    "money": "/money?workspace=ada-personal",
    "time": "/time",
    "requests": "/requests",
    "webhooks": "/webhooks",
    "faults": "/faults",
    "sessions": "/sessions",
    "uploads": "/uploads",
    "scenarios": "/scenarios",
    "worlds": "/worlds",
    "docs": "/../docs",
}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 860}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 860}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 780}, "device_scale_factor": 2},
}
# Which of their entries are shown open.
OPENED = {"requests": 0, "webhooks": 1, "docs": 2}
COLOURS = 256

SCENARIO = {
    "name": "afternoon",
    "description": "Two people make pictures, films and sounds; some are refused.",
    "clock": {"mode": "frozen", "at": "2026-11-22T09:00:00Z"},
    "jobs": [
        {
            "when": {"prompt": "celebrity"},
            "then": {"seconds": 6, "status": "failed", "error": {"code": "ip_detected"}},
        }
    ],
    "expect": [
        {"jobs": {"status": "failed", "error": "ip_detected", "count": 1}},
        {"jobs": {"model": "video/**", "status": "completed", "at_least": 1}},
        {"requests": {"path": "/assets", "at_least": 3}},
    ],
}

KREA_2, FLUX, NANO = "image/krea/krea-2/medium", "image/bfl/flux-1-dev", "image/google/nano-banana"
PICTURES = [
    (KREA_2, "a lighthouse in fog, first light over the water"),
    (FLUX, "a red fox asleep in fresh snow"),
    (NANO, "the same fox, awake, looking at the moon"),
    (KREA_2, "terraced tea fields after rain, seen from above"),
    (FLUX, "a paper boat on a mirror-smooth lake"),
    (NANO, "a quiet harbour in winter, pastel houses"),
    (KREA_2, "an observatory on a hill under the milky way"),
    (FLUX, "desert road at dusk, one car, long shadows"),
    (KREA_2, "منارة في الضباب، ألوان مائية"),
    (NANO, "a greenhouse full of ferns 🌿 and morning light ☀️"),
]
PICTURE_BODY = {"aspect_ratio": "16:9", "resolution": "1K"}


class Demo:
    """A client that makes the afternoon happen."""

    def __init__(self, url: str, hook: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=60)
        self._url, self._hook = url, hook

    def control(self, path: str, body: object) -> Any:  # noqa: ANN401 - whatever the JSON says
        """A control call that is obeyed."""
        answer = self._http.post(f"/__mockkrea/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def pass_by(self, seconds: float) -> None:
        """Move the clock."""
        self.control("clock", {"action": "advance", "seconds": seconds})

    def submit(self, model: str, *, key: str = "mockkrea:dev", hook: str = "", **body: object) -> str:
        """Submit a job over REST; its id."""
        size = PICTURE_BODY if model == KREA_2 else {}
        headers = {"Authorization": f"Bearer {key}"} | ({"X-Webhook-URL": hook} if hook else {})
        answer = self._http.post(f"/generate/{model}", json=size | body, headers=headers)
        assert answer.is_success, answer.text
        return str(answer.json()["job_id"])

    def over_mcp(self, token: str, tool: str, **arguments: object) -> None:
        """Call a tool as an agent does."""
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/json, text/event-stream",
            "MCP-Protocol-Version": "2025-11-25",
        }
        params = {"name": tool, "arguments": arguments}
        self._http.post("/mcp", json=call | {"params": params}, headers=headers).raise_for_status()

    def sign_in(self, name: str) -> str:
        """Register an agent and let it be allowed; its access token."""
        callback, verifier = "http://localhost:3118/callback", "v" * 64
        registration = {"client_name": name, "redirect_uris": [callback]}
        client = self._http.post("/auth/v1/oauth/clients/register", json=registration).json()["client_id"]
        challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": client,
            "redirect_uri": callback,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        sent_to = self._http.get("/auth/v1/oauth/authorize", params=asked).headers["location"]
        code = dict(parse_qsl(urlsplit(sent_to).query))["code"]
        shown = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }
        return str(self._http.post("/auth/v1/oauth/token", data=shown).json()["access_token"])

    def upload(self, path: str, description: str) -> None:
        """Upload the file that lies at this path of the mock."""
        content = self._http.get(path).content
        headers = {"Authorization": "Bearer mockkrea:dev"}
        files, data = {"file": (Path(path).name, content)}, {"description": description}
        self._http.post("/assets", files=files, data=data, headers=headers).raise_for_status()

    def live_through_the_afternoon(self) -> str:
        """Let it all happen; the id of the job to show."""
        self.control("scenario", SCENARIO)
        agent = self.sign_in("Claude Code")
        self.submit("video/google/veo-3.1-fast", prompt="waves against a lighthouse, slow motion")
        self.submit("audio/elevenlabs/music", prompt="a calm piano piece for a rainy morning")
        self.submit(NANO, prompt="a celebrity holding our product")
        self.pass_by(20)
        self._http.post(
            f"/generate/{FLUX}", json={"prompt": 7}, headers={"Authorization": "Bearer mockkrea:dev"}
        )
        cancelled = self.submit(KREA_2, prompt="a city of glass, one point perspective")
        self._http.delete(f"/jobs/{cancelled}", headers={"Authorization": "Bearer mockkrea:dev"})
        made = self._make_pictures(agent)
        for job_id, description in zip(made, ("Lighthouse", "Fox", "Tea fields"), strict=False):
            self.upload(f"/files/images/{job_id}.png", description)
        self._let_things_go_wrong()
        self.submit(KREA_2, prompt="a stone bridge in autumn, leaves on the river", hook=self._hook)
        self.pass_by(3)
        self.over_mcp(agent, "generate", model=NANO, input={"prompt": "a hot-air balloon above the clouds"})
        self.submit(FLUX, prompt='<b>bold</b> & "quoted", as it was typed', key="mockkrea:studio")
        self.pass_by(1)
        return made[0]

    def _make_pictures(self, agent: str) -> list[str]:
        """Pictures over a quarter of an hour, every third one by the agent; ids of those over REST."""
        made = []
        for place, (model, prompt) in enumerate(PICTURES):
            if place % 3 == 2:
                self.over_mcp(agent, "generate", model=model, input={"prompt": prompt})
            else:
                hook = self._hook if place in (0, 4) else ""
                made.append(self.submit(model, prompt=prompt, hook=hook))
            self.pass_by(45 + 30 * (place % 4))
        return made

    def _let_things_go_wrong(self) -> None:
        self.control("faults", {"when": {"path": "/generate/**", "every": 50}, "then": {"status": 503}})
        limited = {"status": 429, "headers": {"Retry-After": "2"}}
        id = self.control("faults", {"when": {"adapter": "mcp"}, "then": limited, "times": 3})["id"]
        self._http.patch(f"/__mockkrea/faults/{id}", json={"on": False}).raise_for_status()
        for name in ("alice", "nightly-run"):
            self.control("worlds", {"name": name})


class _Hook(BaseHTTPRequestHandler):
    """Takes webhooks, the first of them only at its second try."""

    asked = 0

    def do_POST(self) -> None:
        """Take one."""
        _Hook.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503 if _Hook.asked == 1 else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """A mock with a fixed seed; its URL."""
    command = [sys.executable, "-m", "mockkrea", "serve", "--port", "0", "--seed", "7", "--auto-approve"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def waiting_for_webhooks() -> Iterator[str]:
    """A server that takes webhooks; its URL."""
    with HTTPServer(("127.0.0.1", 0), _Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook"
        finally:
            server.shutdown()
            thread.join()


def photograph(browser: Browser, url: str, job_id: str, folder: Path) -> None:
    """Take every page in every look."""
    for look, settings in LOOKS.items():
        with browser.new_context(**settings, reduced_motion="reduce") as context:
            for name, path in PAGES.items():
                page = context.new_page()
                page.goto(f"{url}/__mockkrea/ui{path.format(job=job_id)}")
                page.wait_for_selector("#live[data-live=on]", state="attached")
                if name in OPENED:
                    page.locator("details.request").nth(OPENED[name]).evaluate("each => each.open = true")
                for picture in page.locator("main img").all():
                    picture.evaluate(
                        "each => each.getBoundingClientRect().top < innerHeight && each.decode()"
                    )
                save(page.screenshot(), folder / f"{name}-{look}.png")
                page.close()


def save(content: bytes, path: Path) -> None:
    """Keep a picture small: its colours are few anyway."""
    with Image.open(io.BytesIO(content)) as picture:
        few = picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def main(folder: Path = FOLDER) -> None:
    """Take all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with served() as url, waiting_for_webhooks() as hook, sync_playwright() as playwright:
        job_id = Demo(url, hook).live_through_the_afternoon()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=SWITCHES)
        photograph(browser, url, job_id, folder)
        browser.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
