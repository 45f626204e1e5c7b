"""Clients that others wrote, from their registries: installed once, in the versions that stand here."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.asking import Served
from tests.chromium import browser
from tests.tools import do_without, require

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.clients.hosting import Hosting
    from tests.clients.showing import MakeWidget, Widget

__all__ = ["browser"]

HERE = Path(__file__).parent
# What uses version 1 of the MCP SDK, and what uses version 2.
PYTHON_1 = ("mcp==1.30.0", "langchain-mcp-adapters==0.3.2")
PYTHON_2 = ("fastmcp==4.1.2", "openai-agents==0.24.0", "pydantic-ai-slim[mcp]==2.68.0")
INSTALL_S = 300
NODE_SINCE = 22

WORLDS = count(1)


@pytest.fixture(scope="session")
def clients_folder(request: pytest.FixtureRequest) -> Path:
    """Where clients are kept between runs: in MOCKKREA_CLIENTS_DIR, else in pytest's cache."""
    named = os.environ.get("MOCKKREA_CLIENTS_DIR")
    if named:
        return Path(named)
    assert request.config.cache is not None, "pytest keeps no cache: say where in MOCKKREA_CLIENTS_DIR"
    return request.config.cache.mkdir("clients")


@pytest.fixture(scope="session")
def packages(clients_folder: Path) -> Path:
    """The folder of the npm packages in `package.json`."""
    return from_npm(clients_folder, "npm", HERE / "package.json")


@pytest.fixture(scope="session")
def coding_agents(clients_folder: Path) -> Path:
    """The folder of the coding agents, which are large and wanted by few tests."""
    return from_npm(clients_folder, "agents", HERE / "coding_agents" / "package.json")


@pytest.fixture(scope="session")
def node(packages: Path) -> str:
    """A Node that is new enough for the conformance suite: the one from npm, elsewhere the machine's own."""
    for from_npm in packages.glob("node-linux-*/bin/node"):
        return str(from_npm)
    own = require("node")
    version = run(own, "--version").strip()
    if int(version[1:].split(".")[0]) < NODE_SINCE:
        do_without(f"Node {NODE_SINCE} is missing, there is {version}")
    return own


@pytest.fixture(params=["the machine's", "from npm"])
def any_node(request: pytest.FixtureRequest) -> str:
    """A Node that may be too old to take a proxy by itself, and one that is not."""
    return require("node") if request.param == "the machine's" else request.getfixturevalue("node")


@pytest.fixture(scope="session")
def python_1(clients_folder: Path) -> str:
    """The Python of an environment whose clients use version 1 of the MCP SDK."""
    return from_pypi(clients_folder, "python-1", *PYTHON_1)


@pytest.fixture(scope="session")
def python_2(clients_folder: Path) -> str:
    """The Python of an environment whose clients use version 2 of the MCP SDK."""
    return from_pypi(clients_folder, "python-2", *PYTHON_2)


@pytest.fixture(scope="module")
def hosting(packages: Path) -> Iterator[Hosting]:
    """Where a host of widgets is served, and its sandbox."""
    from tests.clients.hosting import Hosting

    with Hosting(packages) as running:
        yield running


@pytest.fixture(scope="module")
def behind_widgets(hosting: Hosting) -> Iterator[Served]:
    """A mock in which nothing but the widget's own polls moves a job."""
    with Served("--port", "0", "--cors", hosting.origin, "--progression", "manual") as running:
        yield running


@pytest.fixture
def make_widget(browser: Browser, hosting: Hosting, behind_widgets: Served) -> Iterator[MakeWidget]:
    """Makes widgets, each with a world of its own. None of them may break the policy, unless it is said."""
    from tests.clients.showing import Widget

    contexts = []

    def make(*, width: int = 720, touch: bool = False) -> Widget:
        context = browser.new_context(viewport={"width": width, "height": 800}, has_touch=touch)
        contexts.append(context)
        return Widget(context.new_page(), hosting, behind_widgets, key=f"mk_widget-{next(WORLDS)}:any")

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def widget(make_widget: MakeWidget) -> Iterator[Widget]:
    """One widget, which has broken no policy in the end."""
    widget = make_widget()
    yield widget
    assert widget.complaints == []


def from_pypi(clients: Path, kind: str, *wanted: str) -> str:
    """The Python of an environment that has these and what they need, and nothing of this project."""

    def install(folder: Path) -> None:
        run(sys.executable, "-m", "venv", str(folder))
        run(str(folder / "bin" / "pip"), "install", "--quiet", *wanted)

    folder = installed(clients, kind, f"{sys.version} {wanted}", install)
    return str(folder / "bin" / "python")


def from_npm(clients: Path, kind: str, wanted: Path) -> Path:
    """The folder of the packages that a `package.json` names."""
    npm = require("npm")

    def install(folder: Path) -> None:
        shutil.copy(wanted, folder)
        # What runs at an installation is no part of what is tested, so it does not run.
        run(npm, "install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", cwd=folder)

    return installed(clients, kind, wanted.read_text(encoding="utf-8"), install) / "node_modules"


def installed(clients: Path, kind: str, wanted: str, install: Callable[[Path], None]) -> Path:
    """The folder in which this is installed, by whichever process comes first."""
    folder = clients / f"{kind}-{hashlib.sha256(wanted.encode()).hexdigest()[:12]}"
    complete = folder / "complete"
    clients.mkdir(parents=True, exist_ok=True)
    with (clients / f"{kind}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                install(folder)
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
                said = (failure.stderr or b"")[-2000:]
                do_without(f"the {kind} clients could not be installed: {failure} {said!r}")
            complete.touch()
    return folder


def run(*command: str, cwd: Path | None = None) -> str:
    """What a command prints."""
    ran = subprocess.run(command, cwd=cwd, capture_output=True, check=True, timeout=INSTALL_S)
    return ran.stdout.decode()
