"""The worlds of one process by their names, and which of them a request belongs to.

Apart from the default one a world is made by a first request that is not refused, or on purpose. When
there are as many as there may be, the one that nobody has asked for longest makes room for the next.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import InvalidChange, TooManyWorlds, UnknownWorld, WorldExists
from mockkrea.core.hints import shortened
from mockkrea.core.randomness import draw
from mockkrea.core.workspaces import KEY_MARK
from mockkrea.data import Fixtures
from mockkrea.request_log import BUDGET_BYTES, RequestBudget
from mockkrea.scenario.reading import Scenario
from mockkrea.settings import Settings
from mockkrea.tenant import DEFAULT, Shared, Tenant

WORLD_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
NAME_RULE = "1 to 64 of the characters A-Z a-z 0-9 . _ - and neither . nor .."

WORLDS_MAX = 1000
IDLE_S = 600
DROPPED_REMEMBERED = 10_000

# Seeds of 31 bits, as those that `serve` draws.
SEED_BYTES = 4

_log = logging.getLogger("mockkrea")


@dataclass(slots=True, eq=False)
class WorldEntry:
    """A world as requests find it: how many are under way in it, and when one was last.

    `restarted`: a world of this name was dropped, and this one has its first requests.
    """

    tenant: Tenant
    seen_us: int
    open_requests: int = 0
    restarted: bool = False


class Worlds:
    """The default world, and those that were made besides.

    Args:
        fixtures, settings: those of every world.
        seed: the default world's; the others' come from it and their names.
        real_us: the real clock, in microseconds since the epoch.
        worlds_max: how many there may be besides the default one.
        request_log_bytes: what the request logs of all worlds may take together.
    """

    def __init__(
        self,
        fixtures: Fixtures,
        settings: Settings,
        *,
        seed: int,
        real_us: Callable[[], int],
        worlds_max: int = WORLDS_MAX,
        request_log_bytes: int = BUDGET_BYTES,
    ) -> None:
        self._fixtures = fixtures
        self._settings = settings
        self._real_us = real_us
        self._worlds_max = worlds_max
        self._scenario: Scenario | None = None
        self._shared = Shared(requests=RequestBudget(request_log_bytes))
        self.default = self._fresh(DEFAULT, seed)
        # Seen longest ago first.
        self._made: dict[str, WorldEntry] = {}
        # Not made yet: their first requests are under way, and may be refused.
        self._beginning: dict[str, WorldEntry] = {}
        self._dropped: dict[str, None] = {}

    def made(self) -> list[tuple[Tenant, int]]:
        """The worlds besides the default one, and for how many microseconds nobody has asked for each."""
        now_us = self._real_us()
        return [
            (each.tenant, 0 if each.open_requests else now_us - each.seen_us) for each in self._made.values()
        ]

    def has(self, tenant: Tenant) -> bool:
        """Whether this very world is still there, and not dropped or another one of its name."""
        if tenant is self.default:
            return True
        entry = self._made.get(tenant.name) or self._beginning.get(tenant.name)
        return entry is not None and entry.tenant is tenant

    def stop(self) -> None:
        """The server stops: release whoever waits in a world."""
        self._shared.shutdown.begin()

    @contextmanager
    def visit(self, name: str, *, may_begin: bool) -> Iterator[WorldEntry]:
        """The world while one request is under way in it.

        If there is none and it `may_begin`, it is there for this request, and others that come
        meanwhile; `keep` makes it last.

        Raises:
            UnknownWorld: there is none.
            TooManyWorlds: one more would be too many, and none was idle long enough to be dropped.
        """
        entry = self._made.get(name) or self._beginning.get(name)
        if entry is None:
            entry = self._begun(name, may_begin=may_begin)
        entry.open_requests += 1
        self._see(entry)
        try:
            yield entry
        finally:
            entry.open_requests -= 1
            self._see(entry)
            if not entry.open_requests and self._made.get(name) is not entry:
                # It was refused its beginning, or dropped meanwhile.
                if self._beginning.get(name) is entry:
                    del self._beginning[name]
                entry.tenant.close()

    def keep(self, entry: WorldEntry) -> None:
        """Make a world last whose first request was not refused; one that lasts already does so anyway."""
        name = entry.tenant.name
        if self._beginning.get(name) is not entry:
            return
        del self._beginning[name]
        self._add(name, entry)
        if entry.restarted:
            _log.warning("World %s was idle and had been dropped; it starts over.", name)
            entry.restarted = False

    def make(self, name: str, *, seed: int | None = None, scenario: Scenario | None = None) -> Tenant:
        """A new world; one with a scenario of its own has that one's seed too, if none is given.

        Raises:
            InvalidChange: that is no name of a world.
            WorldExists: there is one.
            TooManyWorlds: one more would be too many, and none was idle long enough to be dropped.
        """
        if not is_world_name(name):
            raise InvalidChange(f"/name must be {NAME_RULE}; it was {shortened(name)!r}.")
        if name == DEFAULT or name in self._made or name in self._beginning:
            raise WorldExists(f"World {name} is there already; reset it or drop it first.")
        self._refuse_if_full()
        if scenario is not None and seed is None:
            seed = scenario.seed
        tenant = self._fresh(name, seed, scenario)
        self._add(name, WorldEntry(tenant, self._real_us()))
        return tenant

    def begin_all(self, scenario: Scenario) -> None:
        """Restart every world that had the server's scenario with this one; so begin all that follow."""
        before, self._scenario = self._scenario, scenario
        if self.default.scenario is before:
            self.default.begin(scenario, seed=scenario.seed)
        for entry in [*self._made.values(), *self._beginning.values()]:
            if entry.tenant.scenario is before:
                entry.tenant.begin(scenario)

    def drop(self, name: str) -> None:
        """Forget a world with all it has.

        Raises:
            InvalidChange: it is the default one.
        """
        if name == DEFAULT:
            raise InvalidChange(
                "The default world can only be reset; DELETE /w/NAME/__mockkrea/worlds drops world NAME."
            )
        self._forget(name)

    def _begun(self, name: str, *, may_begin: bool) -> WorldEntry:
        if not may_begin:
            why = ": it was idle and was dropped" if name in self._dropped else ""
            raise UnknownWorld(
                f'There is no world {name} here{why}. POST /__mockkrea/worlds {{"name":"{name}"}} makes it,'
                " and so does, on a server for this machine only, a client's first request with a key."
            )
        self._refuse_if_full()
        restarted = name in self._dropped
        entry = WorldEntry(self._fresh(name), self._real_us(), restarted=restarted)
        self._beginning[name] = entry
        return entry

    def _fresh(self, name: str, seed: int | None = None, scenario: Scenario | None = None) -> Tenant:
        if seed is None:
            seed = int.from_bytes(draw(self.default.seed, f"world {name}", 0)[:SEED_BYTES], "big") >> 1
        tenant = Tenant(
            self._fixtures, self._settings, seed=seed, real_us=self._real_us, name=name, shared=self._shared
        )
        if scenario is not None or self._scenario is not None:
            tenant.begin(scenario or self._scenario)
        return tenant

    def _add(self, name: str, entry: WorldEntry) -> None:
        # One that was idle at the beginning of this request may be so no longer: then there is one too many.
        for idle in list(islice(self._idle(), max(0, len(self._made) + 1 - self._worlds_max))):
            self._forget(idle)
            self._dropped[idle] = None
        while len(self._dropped) > DROPPED_REMEMBERED:
            del self._dropped[next(iter(self._dropped))]
        self._dropped.pop(name, None)
        self._made[name] = entry

    def _forget(self, name: str) -> None:
        entry = self._made.pop(name)
        if not entry.open_requests:  # else the last of them closes it
            entry.tenant.close()

    def _see(self, entry: WorldEntry) -> None:
        entry.seen_us = self._real_us()
        name = entry.tenant.name
        if self._made.get(name) is entry:
            self._made[name] = self._made.pop(name)

    def _idle(self) -> Iterator[str]:
        """The names of the worlds that may be dropped, idle longest first."""
        since_us = self._real_us() - IDLE_S * SECOND_US
        for name, entry in self._made.items():
            if entry.seen_us > since_us:
                return
            if not entry.open_requests:
                yield name

    def _refuse_if_full(self) -> None:
        excess = len(self._made) + len(self._beginning) + 1 - self._worlds_max
        if excess > 0 and len(list(islice(self._idle(), excess))) < excess:
            raise TooManyWorlds(
                f"There may be {self._worlds_max:,} worlds besides the default one, and none of them has been"
                f" idle for {IDLE_S // 60} minutes. Drop one, DELETE /w/NAME/__mockkrea/worlds, or start the"
                " server with a higher --max-worlds."
            )


def is_world_name(name: str) -> bool:
    """Whether a world can have this name: URLs take "." and ".." out of their paths."""
    return WORLD_NAME.fullmatch(name) is not None and name not in (".", "..")


def world_of_key(token: str | None) -> str | None:
    """The world whose own API key this is, `mk_NAME:anything`; None if it is no such key."""
    if token is None or not token.startswith(KEY_MARK):
        return None
    name, colon, _ = token.removeprefix(KEY_MARK).partition(":")
    return name if colon and is_world_name(name) else None
