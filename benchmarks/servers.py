"""The servers that are measured: started by their own commands, watched from outside, and ended.

mockkrea runs as a user starts it, `mockkrea serve --port 0`, every other setting its default. It
writes a line per request to stderr; here that goes to a file.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from client import Client
from figures import NotMeasurable

READY_S_MAX = 20
STOP_S_MAX = 5
LOOK_EVERY_S = 0.001

# Installed packages have their bytecode; under PYTHONDONTWRITEBYTECODE a checkout is compiled at each start.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

REFERENCE_APP = Path(__file__).with_name("reference_app.py")
MCP_REFERENCE = Path(__file__).with_name("mcp_reference.py")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that answers. `startup_s`: from its command to its first 200 on /health."""

    name: str
    url: str
    api_key: str
    pid: int
    startup_s: float
    log: Path

    def cpu_s(self) -> float | None:
        """The processor time it has used, in seconds; None where the system does not tell."""
        if sys.platform != "linux":
            return None
        # The kernel's number for another process's clock: clock_getcpuclockid(3).
        return time.clock_gettime((~self.pid << 3) | 2)

    def memory_mb(self) -> Mapping[str, float]:
        """Resident memory: "VmRSS", and "Pss", which halves what two processes share.

        Raises:
            NotMeasurable: this system has no /proc.
        """
        folder = Path(f"/proc/{self.pid}")
        if not folder.is_dir():
            raise NotMeasurable("Memory is read from /proc, which this system lacks.")
        texts = (folder / "status").read_text() + (folder / "smaps_rollup").read_text()
        fields = dict(line.split(":", 1) for line in texts.splitlines() if line.count(":") == 1)
        return {name: int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "Pss")}

    def log_end(self) -> str:
        """The last line that it wrote."""
        lines = self.log.read_text(errors="replace").splitlines()
        return f"its last line: {lines[-1][:200]}" if lines else "it wrote nothing"

    @contextmanager
    def client(self, *, api_key: str | None = None) -> Iterator[Client]:
        """A client on a connection of its own, with the default key or another one."""
        client = Client(self.url, api_key or self.api_key)
        try:
            yield client
        finally:
            client.close()


@contextmanager
def mockkrea(folder: Path, *flags: str) -> Iterator[Server]:
    """mockkrea in a process of its own.

    Raises:
        NotMeasurable: it did not come up.
    """
    beside_python = Path(sys.executable).with_name("mockkrea")
    command = [str(beside_python)] if beside_python.exists() else [sys.executable, "-m", "mockkrea"]
    ready_file = folder / "mockkrea.json"
    with _running(
        "mockkrea", [*command, "serve", "--port", "0", "--ready-file", str(ready_file), *flags], ready_file
    ) as server:
        yield server


@contextmanager
def reference(folder: Path) -> Iterator[Server]:
    """The minimal Starlette application in a process of its own.

    Raises:
        NotMeasurable: it did not come up.
    """
    with _reference(REFERENCE_APP, folder) as server:
        yield server


@contextmanager
def mcp_reference(folder: Path) -> Iterator[Server]:
    """The minimal MCP server in a process of its own.

    Raises:
        NotMeasurable: it did not come up.
    """
    with _reference(MCP_REFERENCE, folder) as server:
        yield server


@contextmanager
def _reference(program: Path, folder: Path) -> Iterator[Server]:
    ready_file = folder / "reference.json"
    command = [sys.executable, str(program), str(ready_file)]
    with _running("the reference", command, ready_file) as server:
        yield server


@contextmanager
def _running(name: str, command: list[str], ready_file: Path) -> Iterator[Server]:
    ready_file.unlink(missing_ok=True)
    log = ready_file.with_suffix(".log")
    with log.open("w") as log_stream:
        began_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=log_stream, stderr=log_stream, env=ENVIRONMENT)
        try:
            facts = _facts(name, process, ready_file, log)
            _wait_for_health(facts["url"])
            yield Server(
                name=name,
                url=facts["url"],
                api_key=facts.get("api_key", "-"),
                pid=process.pid,
                startup_s=time.perf_counter() - began_s,
                log=log,
            )
        finally:
            _stop(process)


def _facts(name: str, process: subprocess.Popen[bytes], ready_file: Path, log: Path) -> dict[str, str]:
    patience_ends_s = time.perf_counter() + READY_S_MAX
    while not ready_file.exists():
        if process.poll() is not None or time.perf_counter() > patience_ends_s:
            raise NotMeasurable(f"{name} did not come up: {log.read_text(errors='replace').strip()[-500:]}")
        time.sleep(LOOK_EVERY_S)
    facts: dict[str, str] = json.loads(ready_file.read_text(encoding="utf-8"))
    return facts


def _wait_for_health(url: str) -> None:
    client = Client(url, "-")
    try:
        client.get("/health")
    finally:
        client.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_S_MAX)
