"""One world as adapters see it: they `execute` a command or `query` a question, and `look_up` who asks.

In memory all three answer without suspending; a journal on a disk may take its time behind the same
words. `reset` is no command: it puts another world in the place of this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from mockkrea.core.clock import Clock
from mockkrea.core.command import Command
from mockkrea.core.commands import ChangeSettings
from mockkrea.core.faults import RuleBook
from mockkrea.core.initial_state import InitialConditions, fresh_state
from mockkrea.core.state import State
from mockkrea.core.webhooks import RETRY_AFTER_US
from mockkrea.core.workspaces import KEY_MARK, TOKEN_MARK, Directory
from mockkrea.core.world import World
from mockkrea.data import Fixtures
from mockkrea.journal.blobs import Blobs, BlobStore
from mockkrea.journal.job_blobs import JobBlobs
from mockkrea.journal.memory import MemoryJournal
from mockkrea.request_log import RequestBudget, RequestLog
from mockkrea.scenario.reading import Scenario
from mockkrea.settings import Settings
from mockkrea.stopping import Shutdown

DEFAULT = "default"

# Behind KEY_MARK and a name this word stands for the default token, any other for that with TOKEN_MARK.
DEFAULT_WORD = "dev"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Shared:
    """What the worlds of a process have in common: where uploads lie, what request logs may take, the end."""

    blobs: BlobStore = field(default_factory=BlobStore)
    requests: RequestBudget = field(default_factory=RequestBudget)
    shutdown: Shutdown = field(default_factory=Shutdown)


class Tenant:
    """One world, its settings, and the catalogue it sells from.

    Args:
        name: as in `/w/NAME`; the world at the root has the default one.
        fixtures: who is there at the beginning, and the models on sale.
        settings: those it begins with and returns to at a reset.
        seed: decides every id, token and jitter.
        real_us: the real clock, in microseconds since the epoch.
        shared: what it has in common with the other worlds of its process; None if there are no others.
    `requests` is the log of what clients asked; it starts over with the world. `retry_after_us`: after each
    failed attempt to deliver a webhook, how long until the next one. `shutdown` tells when the process ends.
    """

    def __init__(
        self,
        fixtures: Fixtures,
        settings: Settings,
        *,
        seed: int,
        real_us: Callable[[], int],
        name: str = DEFAULT,
        shared: Shared | None = None,
    ) -> None:
        self.name = name
        self.seed = seed
        self._is_closed = False
        self._changes = 0
        self.fixtures = fixtures
        self.settings_without_scenario = settings
        self.validation = fixtures.validation
        self.training = fixtures.training
        self.node_apps = fixtures.node_apps
        shared = shared or Shared()
        self.blobs = Blobs(shared.blobs)
        self.job_blobs = JobBlobs(self.blobs)
        self.requests = RequestLog(shared.requests)
        self.shutdown = shared.shutdown
        self._own_keys = f"{KEY_MARK}{name}:"
        self._real_us = real_us
        self._waiting: set[asyncio.Future[None]] = set()
        self.begin(None)

    def begin(self, scenario: Scenario | None, *, seed: int | None = None) -> None:
        """Start over as a scenario says, and return to that at each reset; the old seed may stay."""
        # What can be refused comes first, so that nothing has changed then.
        self._first_settings = self.settings_without_scenario.having(scenario.settings if scenario else {})
        self.seed = self.seed if seed is None else seed
        self.scenario = scenario
        self.catalogue = (scenario or self.fixtures).catalogue
        self._setup = (scenario or self.fixtures).setup
        self.retry_after_us = RETRY_AFTER_US if scenario is None else scenario.retry_after_us
        self.reset()

    def reset(self) -> None:
        """Start over: same seed, people and settings, the clock at the scenario's time or the real one."""
        scenario = self.scenario
        at_us = None if scenario is None else scenario.at_us
        if at_us is None:
            # Whole milliseconds, as answers show them: what a client sees is all there is.
            at_us = self._real_us() // 1000 * 1000
        frozen = scenario is not None and scenario.frozen
        jobs_kept = self._first_settings.jobs_kept
        beginning = InitialConditions(seed=self.seed, at_us=at_us, frozen=frozen, jobs_kept=jobs_kept)
        state = fresh_state(self._setup, beginning)
        for rule in scenario.rules if scenario else ():
            state.rules.add(rule, state.seed)
        self.blobs.clear()
        self.job_blobs.clear()
        self.requests.start_over()
        self.settings = self._first_settings
        self._directory = state.directory
        self._rules = state.rules
        # Asked about by every request: a world without faults pays for nothing else.
        self.faults = state.rules.faults
        self.journal = MemoryJournal(state)
        self._changes += 1
        self._world = World(state, Clock(self._real_us, at_us=at_us, frozen=frozen), keep=self.journal.keep)
        self._wake()

    def close(self) -> None:
        """Give back what is shared with other worlds. It is not asked again, and sends no webhooks."""
        self.blobs.clear()
        self.requests.clear()
        self._is_closed = True

    @property
    def path(self) -> str:
        """What stands before its paths, empty in the default world."""
        return "" if self.name == DEFAULT else f"/w/{self.name}"

    @property
    def api_key(self) -> str:
        """A key that leads to this world from anywhere."""
        return self._setup.default_key if self.name == DEFAULT else f"{self._own_keys}{DEFAULT_WORD}"

    def token_meant(self, secret: str | None) -> str | None:
        """The API token that this one stands for.

        `mk_NAME:X` stands for `mockkrea:X` of world NAME if that is there, else for the world's default one.
        """
        if secret is None or not secret.startswith(self._own_keys):
            return secret
        word = secret.removeprefix(self._own_keys)
        return f"{TOKEN_MARK}{word}" if self.names_token(word) else self._setup.default_key

    def names_token(self, word: str) -> bool:
        """Whether `mk_NAME:WORD` leads to another token than the default one."""
        return word != DEFAULT_WORD and f"{TOKEN_MARK}{word}" in self._directory.tokens

    def now_us(self) -> int:
        """The world's time, in microseconds since the epoch."""
        return self._world.now_us()

    @property
    def mark(self) -> Hashable:
        """Something else whenever a command, a reset or a client's request came; time leaves it as it is."""
        return self._changes, self.requests.mark

    def real_us_to_webhook(self) -> int | None:
        """In how much real time a webhook may have to be sent; None if not before something changes."""
        return None if self._is_closed else self._world.real_us_to_webhook()

    def has_ends_due_now(self) -> bool:
        """Whether jobs have ended in the moment of their submission and nobody has seen it yet."""
        return self._world.has_ends_due_now()

    async def execute(self, command: Command[Answer]) -> Answer:
        """Make one change.

        Raises:
            MockKreaError: as the command says; nothing has changed then.
        """
        answer = self._world.execute(command)
        self._changes += 1
        if self._waiting:
            self._wake()
        return answer

    async def query(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question about the present.

        Raises:
            MockKreaError: as the question says.
        """
        return self._world.query(question)

    async def glimpse(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question about the present for somebody who only watches; no test can tell.

        Unlike `query` it shows fresh ends without recording that they were seen.

        Raises:
            MockKreaError: as the question says.
        """
        return self._world.glimpse(question)

    async def next_change(self, *, within_s: float) -> None:
        """Wait for a command, a reset or the shutdown of the server, for so many real seconds at most."""
        changed = asyncio.get_running_loop().create_future()
        self._waiting.add(changed)
        try:
            with self.shutdown.interrupts(changed):
                await asyncio.wait({changed}, timeout=within_s)
        finally:
            self._waiting.discard(changed)

    def _wake(self) -> None:
        for changed in self._waiting:
            if not changed.done():
                changed.set_result(None)

    async def look_up(self, question: Callable[[Directory], Answer]) -> Answer:
        """Answer a question about people and tokens, which time does not change.

        Unlike `query` it settles nothing: to say who asks for a job must not complete it.

        Raises:
            MockKreaError: as the question says.
        """
        return question(self._directory)

    async def look_up_faults(self, question: Callable[[RuleBook], Answer]) -> Answer:
        """Answer a question about the rules; like `look_up` it settles nothing."""
        return question(self._rules)

    async def change_settings(self, values: Mapping[str, object]) -> None:
        """Keep other values of some settings from now on; a replay of the world has them too.

        Raises:
            InvalidChange: no such setting, no value of it, or one that a running world cannot change.
        """
        settings = self.settings.changed(values)
        settings.check_approval(self._directory.workspaces)
        await self.execute(ChangeSettings({name: str(value) for name, value in values.items()}))
        self.settings = settings
