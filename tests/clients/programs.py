"""Talking with a program of others, line by line, and being the person who sits before it."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO

import httpx

from tests.asking import Served, clean_environment
from tests.oauth import filled_in, link_of


class Program:
    """A program and what it says on both streams. Leaving ends it, and whatever it has started."""

    PATIENCE_S = 60

    def __init__(self, *command: str, environment: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A group of its own, which can be ended whole.
            start_new_session=True,
            env=clean_environment() | dict(environment or {}),
        )
        self._said: list[str] = []
        self._lines = queue.SimpleQueue[str]()
        self._ears = [
            threading.Thread(target=self._listen, args=(stream,), daemon=True)
            for stream in (self._process.stdout, self._process.stderr)
        ]

    def __enter__(self) -> Program:
        for ear in self._ears:
            ear.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for ear in self._ears:
            ear.join()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            stream.close()

    def say(self, line: str) -> None:
        """Write a line to the program."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def hear(self, pattern: str) -> str:
        """What the one group of this pattern is in the next line that has it."""
        deadline = time.monotonic() + self.PATIENCE_S
        while True:
            try:
                line = self._lines.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"nothing like {pattern!r} was said:\n{self.said}") from None
            if found := re.search(pattern, line):
                return found[1]

    def end(self) -> int:
        """Wait until the program has ended by itself; its exit code."""
        code = self._process.wait(timeout=self.PATIENCE_S)
        for ear in self._ears:
            ear.join()
        return code

    @property
    def said(self) -> str:
        """All that was said until now."""
        return "".join(self._said)

    def _listen(self, stream: IO[bytes]) -> None:
        for raw in stream:
            line = raw.decode(errors="replace")
            self._said.append(line)
            self._lines.put(line)


def callback_of(served: Served, authorize_url: str, workspace: str | None = None) -> str:
    """Where the browser is sent in the end. Without a workspace nobody is asked, else Ada picks this one."""
    with served.client() as browser:
        del browser.headers["Authorization"]
        answer = browser.get(authorize_url)
        if workspace is not None:
            assert answer.status_code == 200, answer.text
            page = browser.get(httpx.URL(authorize_url).join(link_of(answer.text, "ada")))
            fields = filled_in(page.text, decision="allow", workspace=workspace)
            answer = browser.post(page.url.join("consent"), data=fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def give_consent(served: Served, authorize_url: str, workspace: str | None = None) -> None:
    """Be the browser until the program has its callback, for which it may begin to listen only now."""
    callback = callback_of(served, authorize_url, workspace)
    with httpx.Client(transport=httpx.HTTPTransport(retries=5), trust_env=False) as browser:
        answer = browser.get(callback)
    assert not answer.is_error, answer.text
