"""The pytest plugin: the fixtures `mockkrea` and `mockkrea_server`, the marker, and what a report shows.

It is loaded by every pytest run wherever mockkrea is installed, so it imports nothing of ours before a
fixture is used. Under xdist each worker has a server of its own, on a port of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import pytest

if TYPE_CHECKING:
    from mockkrea.testing import Krea, MockServer

FAIL_ON = "mockkrea_fail_on"
STATUS = re.compile(r"[1-5]([0-9][0-9]|[0-9]x|xx)")

MARKER = (
    "mockkrea(scenario=…, seed=…, progression=…, settings=…, frozen=…, fail_on=…):"
    " how the world of the fixture `mockkrea` begins, and which answers of it fail the test"
)
MARKER_KEYS = ("scenario", "seed", "progression", "settings", "frozen", "fail_on")

EXPECT = (
    "A test that expects such an answer asks about its status, mockkrea.requests.verify(status=404),"
    ' or is marked mockkrea(fail_on="").'
)
NOT_VERIFIED = "mockkrea: the scenario has expectations, and the test did not call mockkrea.verify()."

# What a world's name may consist of, and how much of it is the test's.
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
NAME_LENGTH_MAX = 64

HELD = pytest.StashKey["Held"]()
TOLD = pytest.StashKey[list[str]]()
CUT_SHORT = pytest.StashKey[bool]()


class Held(NamedTuple):
    """The world of a test that is under way, and which answers of it fail the test."""

    krea: Krea
    fail_on: frozenset[str]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting `mockkrea_fail_on`."""
    parser.addini(
        FAIL_ON,
        "answers of the mock that fail a test which did not ask for them: 401 404 422, or 40x, or 4xx",
        type="args",
        default=[],
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, and see that the setting is one."""
    config.addinivalue_line("markers", MARKER)
    try:
        _statuses(config.getini(FAIL_ON))
    except ValueError as reason:
        raise pytest.UsageError(f"{FAIL_ON} takes {reason}") from None


@pytest.fixture(scope="session")
def mockkrea_server() -> Iterator[MockServer]:
    """The server of this process, started by the first test that wants it."""
    from mockkrea.testing import MockServer

    with MockServer() as server:
        yield server


@pytest.fixture
def mockkrea(
    request: pytest.FixtureRequest, mockkrea_server: MockServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Krea]:
    """A fresh pretend Krea: a frozen clock, jobs that complete at once, seed 0.

    The environment variables of the common clients lead to it until the test has ended. They are set by the
    test's own `monkeypatch`, so that all that was set is taken back in the opposite order.
    """
    from mockkrea.core.errors import MockKreaError
    from mockkrea.environment import process_environment

    wanted = _marked(request.node)
    try:
        fail_on = _statuses(wanted.pop("fail_on", request.config.getini(FAIL_ON)))
    except ValueError as reason:
        _refuse(f"fail_on takes {reason}")
    try:
        krea = mockkrea_server.world(_world_name(request.node.name), **wanted)
    except (MockKreaError, OSError) as reason:
        _refuse(reason)
    request.node.stash[HELD] = Held(krea, fail_on)
    for name, value in process_environment(os.environ, krea.url, krea.api_key).items():
        monkeypatch.setenv(name, value)
    yield krea
    is_forgotten = (
        krea.has_expectations and not krea.was_verified and not request.node.stash.get(CUT_SHORT, False)
    )
    # For errors that come in the teardown: the world itself is gone before they are reported.
    request.node.stash[TOLD] = krea.report()
    del request.node.stash[HELD]
    mockkrea_server.drop(krea)
    if is_forgotten:
        # Last of all: where warnings are errors it ends the fixture.
        request.node.warn(pytest.PytestWarning(NOT_VERIFIED))


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that is marked has the fixture, whether or not it asks for it."""
    if not isinstance(item, pytest.Function) or item.get_closest_marker("mockkrea") is None:
        return
    if "mockkrea" not in item.fixturenames:
        item.fixturenames.insert(0, "mockkrea")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed, but got answers that are to fail it."""
    result = yield
    held = item.stash.get(HELD, None)
    if held is not None and held.fail_on:
        unexpected = held.krea.unexpected(held.fail_on)
        if unexpected:
            lines = "\n".join(f"  {line}" for line in unexpected)
            pytest.fail(f"mockkrea: answers that nobody expected\n{lines}\n{EXPECT}", pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what happened in the world of a test that failed."""
    report = yield
    if call.excinfo is not None:
        # It may not have come to what it would have verified.
        item.stash[CUT_SHORT] = True
    held = item.stash.get(HELD, None)
    if report.failed:
        told = item.stash.get(TOLD, None) if held is None else held.krea.report()
        if told is not None:
            report.sections.append(("mockkrea", "\n".join(told)))
    return report


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the markers say, those of the test above those of its class and module."""
    wanted: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("mockkrea"))):
        if marker.args:
            _refuse(f"it takes names only: {', '.join(MARKER_KEYS)}.")
        for name in marker.kwargs:
            if name not in MARKER_KEYS:
                from mockkrea.core.hints import hint

                _refuse(f"{name} is not known.{hint(name, MARKER_KEYS)}")
        wanted |= marker.kwargs
    if "scenario" in wanted:
        wanted["scenario"] = _found_from(item.config, wanted["scenario"])
    return wanted


def _refuse(reason: object) -> NoReturn:
    raise pytest.fail.Exception(f"@pytest.mark.mockkrea: {reason}", pytrace=False) from None


def _found_from(config: pytest.Config, scenario: object) -> object:
    """Scenario files are named from the root of the project, wherever pytest was started."""
    if isinstance(scenario, Mapping):
        return scenario
    if isinstance(scenario, str | os.PathLike):
        path = config.rootpath / scenario
        return path if path.is_file() else scenario
    if isinstance(scenario, Iterable):
        return [_found_from(config, each) for each in scenario]
    return scenario


def _world_name(test_name: str) -> str:
    return NOT_IN_NAMES.sub("-", test_name)[:NAME_LENGTH_MAX]


def _statuses(given: object) -> frozenset[str]:
    words = given if isinstance(given, list | tuple | set | frozenset) else str(given).split()
    statuses = frozenset(str(word) for word in words)
    for status in statuses:
        if not STATUS.fullmatch(status):
            raise ValueError(f"statuses such as 404, or 40x or 4xx for several; it was {status[:40]!r}.")
    return statuses
