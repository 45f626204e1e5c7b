"""The dashboard in a real browser: how soon it is painted with a thousand jobs, and what watching costs.

Paint is Chromium's own first-contentful-paint of a page that it has not loaded before, each time in a fresh
context. Idle is the server's processor time while one page is open and nothing happens: under a running
clock, with a thousand jobs that have ended.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from figures import Figure, Goal, NotMeasurable
from servers import Server, mockkrea
from throughput import BODY

JOBS = 1000
IDLE_S = 10

PAINT_GOAL = Goal("≤", 300)
IDLE_GOAL = Goal("≤", 5)

SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
PAINTED = """() => new Promise((tell) => new PerformanceObserver((seen) => {
  const paint = seen.getEntriesByName("first-contentful-paint")[0];
  if (paint) tell(paint.startTime);
}).observe({ type: "paint", buffered: true }))"""


def measure_dashboard(rounds: int, folder: Path) -> list[Figure]:
    """Milliseconds to the first paint, and per cent of a core while idle.

    Raises:
        NotMeasurable: there is no Chromium here, or the system does not tell processor times.
    """
    chromium = shutil.which("chromium")
    if chromium is None:
        raise NotMeasurable("The dashboard is measured in Chromium, which is not installed.")
    from playwright.sync_api import sync_playwright

    with mockkrea(folder) as server, sync_playwright() as playwright:
        with server.client() as client:
            client.grant()
            client.submit(BODY, JOBS)
            client.let_all_end()
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        paints_ms = []
        # The first one imports the pages, and warms the browser up; it is not counted.
        for _ in range(rounds + 1):
            with browser.new_context() as context:
                page = context.new_page()
                page.goto(f"{server.url}/__mockkrea/ui")
                paints_ms.append(float(page.evaluate(PAINTED)))
        page = browser.new_page()
        page.goto(f"{server.url}/__mockkrea/ui")
        page.wait_for_selector("#live[data-live=on]", state="attached")
        idle = _share_of_a_core(server)
        browser.close()
    return [
        Figure(
            name=f"dashboard, first paint, {JOBS:,} jobs",
            unit="ms",
            ours=tuple(paints_ms[1:]),
            goal=PAINT_GOAL,
            more={"first": paints_ms[0]},
        ),
        Figure(name="  open and idle", unit="% CPU", ours=(idle,), goal=IDLE_GOAL),
    ]


def _share_of_a_core(server: Server) -> float:
    """Per cent of a core that the server uses from now on, for some seconds."""
    before_s = server.cpu_s()
    time.sleep(IDLE_S)
    after_s = server.cpu_s()
    if before_s is None or after_s is None:
        raise NotMeasurable("This system does not tell how much processor time another process has used.")
    return (after_s - before_s) / IDLE_S * 100
