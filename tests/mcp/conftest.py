"""Fixtures of the MCP tests: one test over each era, or over each adapter."""

from __future__ import annotations

import pytest

from tests.asking import Krea
from tests.mcp.speaking import Adapter, Era, OverMcp, OverRest, Speaker


@pytest.fixture(params=list(Era))
def speaker(krea: Krea, request: pytest.FixtureRequest) -> Speaker:
    """A client of each era, with the default key."""
    return Speaker(krea, request.param)


@pytest.fixture(params=["REST", "MCP", "MCP without handshake"])
def adapter(krea: Krea, request: pytest.FixtureRequest) -> Adapter:
    """Each way to the same world."""
    if request.param == "REST":
        return OverRest(krea)
    return OverMcp(krea, era=Era.HANDSHAKE if request.param == "MCP" else Era.MODERN)
