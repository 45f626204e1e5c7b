"""Tools that not every machine has, and where tests leave what people may want to look at."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest


def require(tool: str) -> str:
    """Where this command is. MOCKKREA_REQUIRE_ALL=1 makes a missing one a failure."""
    found = shutil.which(tool)
    if found is None:
        if os.environ.get("MOCKKREA_REQUIRE_ALL") == "1":
            pytest.fail(f"{tool} is missing, and MOCKKREA_REQUIRE_ALL=1 asks for it")
        pytest.skip(f"{tool} is missing")
    return found


def artifacts(name: str) -> Path:
    """A folder for what people may want to look at: in MOCKKREA_ARTIFACTS, else among temporary files."""
    folder = Path(os.environ.get("MOCKKREA_ARTIFACTS") or tempfile.gettempdir()) / f"mockkrea-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
