"""A mock in this process as its users hold it, and a client that has its key."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockkrea.testing import Krea, MockServer


@pytest.fixture(scope="module")
def mock_server() -> Iterator[MockServer]:
    with MockServer() as server:
        yield server


@pytest.fixture
def mock(mock_server: MockServer) -> Iterator[Krea]:
    """A fresh world, as the fixture of the plugin makes one."""
    krea = mock_server.world("one")
    yield krea
    mock_server.drop(krea)


@pytest.fixture
def client(mock: Krea) -> Iterator[httpx.Client]:
    """A client that knows nothing of the test but URL and key."""
    headers = {"Authorization": f"Bearer {mock.api_key}"}
    with httpx.Client(base_url=mock.url, headers=headers, trust_env=False) as client:
        yield client
