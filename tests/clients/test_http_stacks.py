"""Clients with Krea's own address written into them come to the mock, whatever HTTP library they use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.asking import clean_environment
from tests.clients.conftest import from_pypi
from tests.contract.requirements import requirement
from tests.tools import require

STACKS = Path(__file__).parent / "http_stacks"
PYTHON_STACKS = ("requests==2.34.2", "httpx==0.28.1", "aiohttp==3.14.5")
WAIT_S = 60


@pytest.fixture(scope="session")
def python_stacks(clients_folder: Path) -> str:
    """The Python of an environment that has the stacks, and nothing of this project."""
    return from_pypi(clients_folder, "http", *PYTHON_STACKS)


def beside_a_mock(*command: str) -> subprocess.CompletedProcess[str]:
    """What becomes of a program beside a mock."""
    return subprocess.run(
        [sys.executable, "-m", "mockkrea", "exec", *command],
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        env=clean_environment(),
        check=False,
    )


def drawn_by(*command: str) -> dict[str, str | int]:
    """What a program says that draws a fox beside a mock."""
    ran = beside_a_mock(*command)
    assert ran.returncode == 0, ran.stderr
    assert "mockkrea: 3 requests, 1 job (1 completed)" in ran.stderr
    assert "--allow-host example.com opens it" in ran.stderr
    said: dict[str, str | int] = json.loads(ran.stdout)
    return said


def check(said: dict[str, str | int]) -> None:
    """See that it got its picture at Krea's address, and got nowhere else."""
    assert str(said["url"]).startswith("https://gen.krea.ai/files/images/")
    assert int(said["size_bytes"]) > 1_000
    assert said["elsewhere"]
    assert "Example Domain" not in str(said["elsewhere"])


@requirement("hosts:clients")
@pytest.mark.parametrize("stack", ["requests", "httpx", "aiohttp", "urllib"])
def test_python_libraries_come_to_the_mock(python_stacks: str, stack: str) -> None:
    check(drawn_by(python_stacks, str(STACKS / f"with_{stack}.py")))


@requirement("hosts:clients")
@pytest.mark.parametrize("program", ["with_fetch.mjs", "with_https.cjs"])
def test_node_comes_to_the_mock_by_its_own_means(any_node: str, program: str) -> None:
    check(drawn_by(any_node, str(STACKS / program)))


PLAIN_HTTP = """
const http = require("node:http");
const ask = (agent) => new Promise((resolve) => {
  http.get("http://example.com/", { agent }, (answer) => resolve(answer.statusCode))
    .on("error", (refusal) => resolve(refusal.message));
});
(async () => {
  const fetched = await fetch("http://example.com/").then((answer) => answer.status, () => "refused");
  console.log(JSON.stringify([await ask(undefined), await ask(new http.Agent()), fetched]));
})();
"""


def test_node_gets_nowhere_by_plain_http_either(any_node: str) -> None:
    ran = beside_a_mock(any_node, "-e", PLAIN_HTTP)

    shared, own, fetched = json.loads(ran.stdout)
    assert shared == 403 or "--allow-host example.com opens it" in shared
    # The proxy's sentence, without the head that it came with.
    assert own.startswith("The proxy refused a tunnel to example.com:80: This mock lets nobody out to")
    assert fetched in (403, "refused")


def test_node_says_nothing_of_its_own_proxy(any_node: str) -> None:
    ran = beside_a_mock(any_node, "-e", "fetch('data:,'); process.emitWarning('mine')")

    [warning, *_, summary] = ran.stderr.splitlines()
    assert "Warning: mine" in warning
    assert summary == "mockkrea: no requests, no jobs, no money moved"
    assert "EHPA" not in ran.stderr


@requirement("hosts:clients")
def test_axios_comes_to_the_mock(any_node: str, packages: Path) -> None:
    check(drawn_by(any_node, str(STACKS / "with_axios.cjs"), str(packages / "axios")))


@requirement("hosts:clients")
def test_curl_comes_to_the_mock() -> None:
    require("curl")

    check(drawn_by("sh", str(STACKS / "with_curl.sh")))


@requirement("hosts:clients")
def test_go_comes_to_the_mock(tmp_path: Path) -> None:
    go = require("go")
    program = tmp_path / "fox"
    # Built outside: the compiler must not need the mock's proxy.
    subprocess.run([go, "build", "-o", str(program), str(STACKS / "with_go.go")], timeout=300, check=True)

    check(drawn_by(str(program)))
