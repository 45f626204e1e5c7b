"""One whole pretend Krea: a state, the clock that moves it, and the only two ways in.

`execute` takes a command, `query` a question. Both settle first, so what they read or change is
never stale. There is no other scheduler: no thread, no task, no loop runs between two calls.

Ends that a command plans for its own moment (every end, under `immediate`) wait until somebody
touches the world again. Seeing them changes what a later cancel finds, so that touch is a command
of its own, `Settle`, and a replay sees it too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from mockkrea.core import codec, engine
from mockkrea.core.clock import Clock
from mockkrea.core.command import Command
from mockkrea.core.commands import Record, Settle
from mockkrea.core.outbox_commands import GiveUpAttempts
from mockkrea.core.state import State

Answer = TypeVar("Answer")
Keep = Callable[[Record, State], None]


class World:
    """A world that lives in this process.

    Attempts at webhooks that the state shows under way have failed: the process that made them has ended.

    Args:
        state: what it is now. The world owns it from here on.
        clock: shows the present; it is moved by the world's own commands.
        keep: called with every record that was applied, and with the state after it.
    """

    def __init__(self, state: State, clock: Clock, *, keep: Keep = lambda record, state: None) -> None:
        self._state = state
        self._clock = clock
        self._keep = keep
        if state.outbox.under_way():
            self.execute(GiveUpAttempts())

    def now_us(self) -> int:
        """Mock time: the clock's, and never before the last command."""
        now_us = self._clock.now_us()
        return now_us if now_us > self._state.now_us else self._state.now_us

    def real_us_to_webhook(self) -> int | None:
        """In how much real time a webhook may have to be sent; None if not before something changes.

        Settles nothing: to ask for it must not end a job.
        """
        due_us = self._state.webhook_due_us
        if due_us is None:
            return None
        wait_us = max(0, due_us - self.now_us())
        return None if wait_us and self._clock.frozen else wait_us

    def has_ends_due_now(self) -> bool:
        """As `State.has_ends_due_now`. Settles nothing either."""
        return self._state.has_ends_due_now

    def execute(self, command: Command[Answer]) -> Answer:
        """Make one change, and say what came of it.

        Raises:
            MockKreaError: as the command says; nothing has changed then, and nothing is recorded.
        """
        at_us = self.now_us()
        self._show_ends_due_now(at_us, keeping=command.keeps)
        return self._take(Record(at_us, command), command)

    def query(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question about the present. The question must not change the state it is shown."""
        at_us = self.now_us()
        self._show_ends_due_now(at_us)
        engine.settle(self._state, at_us)
        return question(self._state)

    def glimpse(self, question: Callable[[State], Answer]) -> Answer:
        """Answer a question about the present and leave no trace: whoever comes next finds the same world.

        Ends due now that nobody has seen stay so; they are shown as the next touch will find them.
        """
        if not self._state.has_ends_due_now:
            return self.query(question)
        seen = codec.copy(self._state)
        engine.settle(seen, self.now_us())
        return question(seen)

    def _show_ends_due_now(self, at_us: int, *, keeping: str | None = None) -> None:
        if self._state.has_ends_due_now:
            settle = Settle(keeping)
            self._take(Record(at_us, settle), settle)

    def _take(self, record: Record, command: Command[Answer]) -> Answer:
        answer = apply(self._state, record.at_us, command)
        if self._state.now_us != record.at_us or self._state.frozen is not self._clock.frozen:
            self._clock.follow(self._state.now_us, frozen=self._state.frozen)
        self._keep(record, self._state)
        return answer


def apply(state: State, at_us: int, command: Command[Answer]) -> Answer:
    """Settle a state at `at_us`, and change it as the command says.

    Raises:
        MockKreaError: as the command says; then nothing but time has moved the state.
    """
    engine.settle(state, at_us, keeping=command.keeps)
    answer = command.apply(state, at_us)
    state.now_us = max(state.now_us, at_us)
    return answer


def replay(state: State, records: Iterable[Record]) -> State:
    """The state after these records. The one passed in is changed and returned."""
    for record in records:
        apply(state, record.at_us, record.command)
    return state
