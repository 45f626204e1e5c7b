"""What `mockkrea doctor` says of the proxy by which Krea's own address leads to a mock."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from mockkrea.data import Fixtures
from mockkrea.environment import TRUSTED, client_environment
from mockkrea.intercept import Proxy
from mockkrea.server import real_clock
from mockkrea.testing.thread import ServerThread
from mockkrea.worlds import Worlds
from tests.answering import answering
from tests.asking import IMMEDIATE, KEY, Json, Served
from tests.test_doctor import findings


class Intercepting:
    """A mock that is a proxy too, and the variables that lead clients through it."""

    def __init__(self, fixtures: Fixtures) -> None:
        self.proxy = Proxy()
        self.thread = ServerThread(
            Worlds(fixtures, IMMEDIATE, seed=0, real_us=real_clock()), proxy=self.proxy
        )
        self.url = self.thread.url
        self.ca_file = str(self.proxy.ca_file)

    def close(self) -> None:
        """End both."""
        self.thread.close()
        self.proxy.close()

    def found(self, *, world: str = "", **otherwise: str) -> Json:
        """What doctor finds about interception, with some variables otherwise than they should be."""
        trusted = dict.fromkeys(TRUSTED, self.ca_file)
        through = {"HTTPS_PROXY": self.url, "NO_PROXY": "127.0.0.1,localhost"}
        url = f"{self.url}/w/{world}" if world else self.url
        environment = client_environment(url, KEY) | through | trusted | otherwise
        return findings("--url", url, environment=environment)


@pytest.fixture(scope="module")
def mock(fixtures: Fixtures) -> Iterator[Intercepting]:
    made = Intercepting(fixtures)
    yield made
    made.close()


@pytest.fixture
def other_ca(tmp_path: Path) -> str:
    """The file of an authority that did not sign for the mock."""
    path = tmp_path / "corp.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return str(path)


def test_all_is_well_where_kreas_address_leads_to_the_mock_and_is_trusted(mock: Intercepting) -> None:
    found = mock.found()

    assert found["interception"]["level"] == "ok"
    assert "api.krea.ai leads to the mock through HTTPS_PROXY" in found["interception"]["found"]


def test_the_proxy_leads_to_every_world_of_its_mock(mock: Intercepting) -> None:
    httpx.post(f"{mock.url}/__mockkrea/worlds", json={"name": "alice", "seed": 7}, trust_env=False)

    found = mock.found(world="alice")

    assert found["interception"]["level"] == found["variables"]["level"] == "ok"


def test_variables_may_name_kreas_own_address_where_it_leads_to_the_mock(
    mock: Intercepting, other_ca: str
) -> None:
    kreas = {"KREA_BASE_URL": "https://api.krea.ai", "KREA_MCP_URL": "https://api.krea.ai/mcp"}

    assert mock.found(**kreas)["variables"]["level"] == "ok"
    assert mock.found(**kreas, HTTPS_PROXY="")["variables"]["level"] == "problem"


def test_an_authority_that_nobody_trusts_is_a_problem_and_one_that_some_do_not_a_warning(
    mock: Intercepting, other_ca: str
) -> None:
    some = mock.found(NODE_EXTRA_CA_CERTS=other_ca, CURL_CA_BUNDLE="")["interception"]
    nobody = mock.found(**dict.fromkeys(TRUSTED, other_ca))["interception"]

    assert (some["level"], nobody["level"]) == ("warn", "problem")
    assert "but CURL_CA_BUNDLE and NODE_EXTRA_CA_CERTS do not name its authority" in some["found"]
    assert "mockkrea exec" in nobody["fix"]


def test_a_proxy_that_has_ended_is_a_problem(mock: Intercepting) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        found = mock.found(HTTPS_PROXY=f"http://user:secret@{place}")["interception"]

    assert found["level"] == "problem"
    assert f"nothing answers at {place}, where HTTPS_PROXY leads: " in found["found"]
    assert "secret" not in str(found)


def test_a_proxy_that_is_another_program_is_told_and_not_asked_for_krea(mock: Intercepting) -> None:
    with answering(200, b"hello", only="/health") as url:
        found = mock.found(https_proxy=url)["interception"]

    assert found["level"] == "warn"
    assert "which is not this mock: clients with Krea's own address in them get past it" in found["found"]


def test_a_mock_that_is_no_proxy_is_told_with_its_flag() -> None:
    with Served("--port", "0") as served:
        variables = client_environment(served.url, KEY) | {"HTTPS_PROXY": served.url}
        found = findings("--url", served.url, environment=variables)["interception"]

    assert found["level"] == "problem"
    assert "which is no proxy" in found["found"]
    assert found["fix"] == "Start it with --tls-proxy."


def test_an_exception_for_krea_is_a_problem(mock: Intercepting) -> None:
    found = mock.found(NO_PROXY="127.0.0.1,.krea.ai")["interception"]

    assert found["level"] == "problem"
    assert "NO_PROXY has api.krea.ai: clients ask Krea itself" in found["found"]
