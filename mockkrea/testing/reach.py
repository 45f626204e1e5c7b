"""How the parts of a `Krea` reach their world: every call runs in the server's thread."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from mockkrea.core.command import Command
from mockkrea.core.state import State
from mockkrea.tenant import Tenant
from mockkrea.testing.pointing import MockIsClosed
from mockkrea.testing.thread import ServerThread

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Reach:
    """One world, and the thread that it lives in."""

    thread: ServerThread
    tenant: Tenant

    @property
    def url(self) -> str:
        """Where a client finds the world."""
        return self.thread.url + self.tenant.path

    def run(self, call: Coroutine[Any, Any, Answer]) -> Answer:
        """Let a call happen in the world's thread; webhooks that it made due are sent.

        Raises:
            MockKreaError: as the call says.
        """
        __tracebackhide__ = True

        async def call_and_wake() -> Answer:
            try:
                return await call
            finally:
                self.thread.app.dispatcher.wake(self.tenant)

        try:
            return self.thread.run(call_and_wake())
        except MockIsClosed:
            # Where the mock is closed already, nobody has begun with it.
            call.close()
            raise

    def execute(self, command: Command[Answer]) -> Answer:
        """Make one change.

        Raises:
            MockKreaError: as the command says; nothing has changed then.
        """
        __tracebackhide__ = True
        return self.run(self.tenant.execute(command))

    def query(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question about the present.

        Raises:
            MockKreaError: as the question says.
        """
        __tracebackhide__ = True
        return self.run(self.tenant.query(question))
