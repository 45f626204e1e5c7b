"""Ready-made scenarios under `exec`, which plays no steps, tell careless clients from careful ones."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from mockkrea.cli import main
from tests.plugin.projects import CLIENT

# Instead of sleeping, the client lets the mock's clock run ahead.
WAITING = """
def pass_by(seconds):
    answer_to("/__mockkrea/clock", {"action": "advance", "seconds": seconds})

def poll(job_id):
    return answer_to("/jobs/" + job_id)
"""

DRAWS_ONCE = """
job = drawn()
while poll(job)[1]["status"] not in ("completed", "failed"):
    pass_by(1)
"""

NEVER_MINDS_REFUSALS = """
job = drawn()
while (poll(job)[1] or {}).get("status") != "completed":
    pass_by(1)
"""

GIVES_UP = """
job, status = drawn(), 200
while status == 200:
    status, shown = poll(job)
    if status == 200 and shown["status"] == "completed":
        break
    pass_by(1)
"""

COMES_BACK_LATER = """
job = drawn()
while True:
    status, shown = poll(job)
    if status == 200 and shown["status"] == "completed":
        break
    pass_by(1 if status == 200 else 60)
"""

DRAWS_UNTIL_THERE_IS_A_PICTURE = """
urls = None
while not urls:
    job = drawn()
    while poll(job)[1]["status"] not in ("completed", "failed"):
        pass_by(1)
    urls = (poll(job)[1].get("result") or {}).get("urls")
"""


@pytest.mark.parametrize(
    ("scenario", "client"),
    [
        ("rate-limited-then-ok", NEVER_MINDS_REFUSALS),
        ("rate-limited-then-ok", GIVES_UP),
        ("flaky-5xx", GIVES_UP),
        ("silent-empty-result", DRAWS_ONCE),
    ],
)
def test_a_careless_client_does_not_pass_it(scenario: str, client: str) -> None:
    code, told = execute(scenario, client)

    assert (code, told.startswith(f"✗ {scenario}")) == (1, True), told


@pytest.mark.parametrize(
    ("scenario", "client"),
    [
        ("rate-limited-then-ok", COMES_BACK_LATER),
        ("flaky-5xx", COMES_BACK_LATER),
        ("silent-empty-result", DRAWS_UNTIL_THERE_IS_A_PICTURE),
    ],
)
def test_a_careful_client_passes_its_scenario(scenario: str, client: str) -> None:
    code, told = execute(scenario, client)

    assert (code, told.startswith(f"✓ {scenario}")) == (0, True), told


def execute(scenario: str, client: str) -> tuple[int, str]:
    """Exit code, and what `exec` says of a client."""
    command = [sys.executable, "-c", CLIENT + WAITING + client]
    ran = CliRunner().invoke(main, ["exec", "--scenario", scenario, "--", *command])
    return ran.exit_code, ran.stderr
