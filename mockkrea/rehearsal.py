"""Playing a scenario in this process, without any network, and saying whether what it expects came true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from mockkrea.adapters.door import Door
from mockkrea.app import App
from mockkrea.data import Fixtures
from mockkrea.scenario.expecting import disappointments
from mockkrea.scenario.playing import play
from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.replies import NO_ANSWER, StepFailed
from mockkrea.settings import Settings
from mockkrea.tenant import Tenant
from mockkrea.verification import Seen
from mockkrea.worlds import Worlds

HOST = b"127.0.0.1"


async def rehearse_alone(scenario: Scenario, fixtures: Fixtures, *, at_us: int) -> list[str]:
    """Play the scenario in a world of its own; a summary as `rehearse`.

    Time passes as the steps say and not by itself; webhooks are answered as the scenario says.

    Args:
        at_us: the time if the scenario gives none.
    """
    worlds = Worlds(fixtures, Settings(), seed=scenario.seed, real_us=lambda: at_us)
    worlds.begin_all(scenario)
    answers = list(scenario.receiver)

    async def receive(url: str, body: bytes) -> int:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    app = App(worlds, Door(), post=receive)
    try:
        return await rehearse(app, worlds.default, scenario)
    finally:
        await app.close()


async def rehearse(app: App, tenant: Tenant, scenario: Scenario) -> list[str]:
    """Play the scenario in its world: a summary in lines, as `summary` gives it."""

    async def ask(method: str, path: str, *, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
        return await _exchange(app, method, f"{tenant.path}{path}", headers, content)

    try:
        await play(scenario.steps, ask, key=tenant.api_key, sessions=scenario.sessions)
    except StepFailed as reason:
        return [f"✗ {scenario.name}", f"  {reason}"]
    await app.dispatcher.drain(tenant)
    return await summary(tenant, scenario)


async def summary(tenant: Tenant, scenario: Scenario) -> list[str]:
    """Whether what the scenario expects is true in this world: one line, or one more for all that is not."""
    log = [Seen.of(exchange) for exchange in tenant.requests.exchanges()]
    wrong = await tenant.query(lambda state: disappointments(scenario.expected, state, log))
    if not wrong:
        return [f"✓ {scenario.name}"]
    return [f"✗ {scenario.name}", *(f"  {line}" for lines in wrong for line in lines)]


def is_fine(lines: list[str]) -> bool:
    """Whether a summary tells of nothing wrong."""
    return lines[0].startswith("✓")


async def _exchange(
    app: App, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> tuple[int, bytes]:
    """Ask the application without any socket."""
    path, _, query = path.partition("?")
    status, body = NO_ANSWER, b""
    arriving = iter([{"type": "http.request", "body": content}])

    async def receive() -> dict[str, Any]:
        return next(arriving, {"type": "http.disconnect"})

    async def send(message: Any) -> None:  # noqa: ANN401 - ASGI's
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [
            (b"host", HOST),
            (b"content-length", b"%d" % len(content)),
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 0),
    }
    try:
        await app(scope, receive, send)
    except ConnectionResetError:
        # A fault broke the connection, halfway through an answer or before it.
        return NO_ANSWER, b""
    return status, body
