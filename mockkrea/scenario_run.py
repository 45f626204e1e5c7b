"""Playing a scenario in this process, without any network, and saying whether what it expects came true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote

from mockkrea.adapters import asgi
from mockkrea.adapters.door import Door
from mockkrea.app import App
from mockkrea.data import Fixtures
from mockkrea.scenario.expecting import unmet_expectations
from mockkrea.scenario.playing import play
from mockkrea.scenario.reading import Scenario
from mockkrea.scenario.replies import NO_ANSWER, StepFailed
from mockkrea.settings import Settings
from mockkrea.tenant import Tenant
from mockkrea.verification import Seen
from mockkrea.worlds import Worlds

HOST = b"127.0.0.1"


class Summary(NamedTuple):
    """What came of a scenario: its name, and lines about what did not come true."""

    name: str
    wrong: list[str]

    @property
    def is_fine(self) -> bool:
        """Whether all came true."""
        return not self.wrong

    @property
    def lines(self) -> list[str]:
        """The same for people: "✓ name", or "✗ name" and below it what did not come true."""
        return [
            f"{'✓' if self.is_fine else '✗'} {self.name or 'the scenario'}",
            *(f"  {line}" for line in self.wrong),
        ]


async def run_scenario_alone(scenario: Scenario, fixtures: Fixtures, *, at_us: int) -> Summary:
    """Play the scenario in a world of its own.

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
        return await run_scenario(app, worlds.default, scenario)
    finally:
        await app.close()


async def run_scenario(app: App, tenant: Tenant, scenario: Scenario) -> Summary:
    """Play the scenario in its world: what came of it, which is its first step that went wrong if one did."""

    async def ask(method: str, path: str, *, headers: Mapping[str, str], content: bytes) -> tuple[int, bytes]:
        return await _exchange(app, method, f"{tenant.path}{path}", headers, content)

    try:
        steps = list(zip(scenario.step_places, scenario.steps, strict=True))
        await play(steps, ask, key=tenant.api_key, sessions=scenario.sessions)
    except StepFailed as reason:
        return Summary(scenario.name, [str(reason)])
    await app.dispatcher.drain(tenant)
    return await summary(tenant, scenario)


async def summary(tenant: Tenant, scenario: Scenario) -> Summary:
    """Whether what the scenario expects is true in this world."""
    log = [Seen.of(exchange) for exchange in tenant.requests.exchanges()]
    wrong = await tenant.query(lambda state: unmet_expectations(scenario.expected, state, log))
    return Summary(scenario.name, [line for lines in wrong for line in lines])


async def _exchange(
    app: App, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> tuple[int, bytes]:
    """The status and body that the application answers; NO_ANSWER if a fault broke the connection."""
    path, _, query = path.partition("?")
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
        return await asgi.exchange(app, scope, content)
    except ConnectionResetError:
        return NO_ANSWER, b""
