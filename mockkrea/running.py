"""Running somebody's command as if it stood alone: its output, its exit code, its signals."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType

from mockkrea.signals import SIGNALLED

# What shells answer for a command that is not there, and for one that cannot be run.
NOT_FOUND = 127
NOT_RUNNABLE = 126

# All that a process can be sent and has a meaning of its own for many commands.
FORWARDED = (
    "SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT",
)  # fmt: skip

# What a terminal sends to every process in its foreground.
OF_TERMINALS = ("SIGINT", "SIGQUIT", "SIGWINCH", "SIGCONT")


class CannotRun(Exception):
    """There is no such command, or it cannot be run; `exit_code` is what a shell would say."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end with this environment; its exit code, 128 + n if signal n ended it.

    Signals that this process gets meanwhile go to the command. SIGKILL and SIGSTOP cannot be passed on: a
    command whose `exec` is killed goes on without a mock.

    Raises:
        CannotRun: it cannot begin.
    """
    with _forwarding() as child:
        try:
            child.process = subprocess.Popen(command, env=environment)
        except FileNotFoundError:
            raise CannotRun(f"there is no command {command[0]!r} here.", NOT_FOUND) from None
        except OSError as reason:
            raise CannotRun(f"{command[0]!r} cannot be run: {reason.strerror}.", NOT_RUNNABLE) from None
        child.catch_up()
        code = _wait(child.process)
    return code if code >= 0 else SIGNALLED - code


class _Child:
    """The command, and the signals that came before it had begun."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def tell(self, number: int, frame: FrameType | None = None) -> None:
        """Pass a signal on, unless the terminal has sent it to the command too."""
        if self.process is None:
            self._early.append(number)
        elif signal.Signals(number).name not in OF_TERMINALS or not _is_in_foreground():
            self._send(self.process, number)

    def catch_up(self) -> None:
        """Pass on what came too early: no terminal can have sent that to a command that was not there."""
        assert self.process is not None
        for number in self._early:
            self._send(self.process, number)

    @staticmethod
    def _send(process: subprocess.Popen[bytes], number: int) -> None:
        # Not to a command that has become another user's, as sudo; that is no reason to end before it.
        with suppress(PermissionError):
            process.send_signal(number)


@contextmanager
def _forwarding() -> Iterator[_Child]:
    child = _Child()
    numbers = [getattr(signal, name) for name in FORWARDED if hasattr(signal, name)]
    # What is ignored, as under nohup, stays so, for the command as well.
    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, child.tell) for number in heard}
    try:
        yield child
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a command's exit code; every signal's handler runs meanwhile.

    In `Popen.wait` it might not: a signal that the kernel gives to another thread, or that comes just before
    the system call, is handled when that call returns.
    """
    woken, waker = socket.socketpair()

    def wait_and_wake() -> None:
        process.wait()
        # If there is no room, there is enough to wake for.
        with suppress(BlockingIOError):
            waker.send(b"\0")

    with woken, waker:
        waker.setblocking(False)
        waiting = threading.Thread(target=wait_and_wake)
        waiting.start()
        before = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        try:
            while process.returncode is None:
                woken.recv(4096)
        finally:
            signal.set_wakeup_fd(before)
            waiting.join()
    return process.returncode


def _is_in_foreground() -> bool:
    """Whether Ctrl-C on a terminal of ours reaches the command without us."""
    for stream in (0, 1, 2):
        try:
            if os.tcgetpgrp(stream) == os.getpgrp():
                return True
        except OSError:
            # It is no terminal.
            continue
    return False
