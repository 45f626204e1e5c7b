"""Tools that not every machine has, and where tests leave what people may want to look at."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest


def require(tool: str) -> str:
    """Where this command is. MOCKKREA_REQUIRE_ALL=1 makes a missing one a failure."""
    return shutil.which(tool) or do_without(f"{tool} is missing")


def do_without(reason: str) -> NoReturn:
    """Skip the test for want of a tool, or fail it under MOCKKREA_REQUIRE_ALL=1."""
    if os.environ.get("MOCKKREA_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and MOCKKREA_REQUIRE_ALL=1 asks for it")
    pytest.skip(reason)


def artifacts(name: str) -> Path:
    """A folder for what people may want to look at: in MOCKKREA_ARTIFACTS, else among temporary files."""
    folder = Path(os.environ.get("MOCKKREA_ARTIFACTS") or tempfile.gettempdir()) / f"mockkrea-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
