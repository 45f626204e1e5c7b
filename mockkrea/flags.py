"""The flags that `serve` and `exec` share, and the worlds that they describe.

Each of them has an environment variable, MOCKKREA_ and its name. What costs to import is imported where it is
needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from click.core import ParameterSource

from mockkrea import completion
from mockkrea.core.errors import InvalidChange, MockKreaError
from mockkrea.core.randomness import SEED_MAX
from mockkrea.stderr import tell

if TYPE_CHECKING:
    from mockkrea.intercept import Proxy
    from mockkrea.scenario.reading import Scenario
    from mockkrea.settings import Settings
    from mockkrea.worlds import Worlds

F = TypeVar("F", bound=Callable[..., Any])


def flag(*names: str, **settings: Any) -> Callable[[F], F]:  # noqa: ANN401 - click's own signature
    """A click option that can be given by its environment variable too."""
    [name] = [name for name in names if name.startswith("--")]
    variable = "MOCKKREA_" + name[2:].replace("-", "_").upper()
    return click.option(*names, envvar=variable, show_envvar=True, **settings)


def scenario(command: F) -> F:
    """`--scenario FILE`, as `scenario_files`."""
    return flag(
        "--scenario",
        "scenario_files",
        multiple=True,
        metavar="FILE",
        shell_complete=completion.scenarios,
        help="Start from this scenario file or ready-made scenario; repeatable.",
    )(command)


def spec(command: F) -> F:
    """`--spec FILE`."""
    return flag(
        "--spec",
        metavar="FILE",
        shell_complete=completion.files,
        help="Sell the models of this OpenAPI document of Krea's, a file or a URL, and no others.",
    )(command)


def seed(help: str) -> Callable[[F], F]:
    """`--seed N`."""
    return flag("--seed", type=click.IntRange(-SEED_MAX, SEED_MAX), help=help)


def speed(command: F) -> F:
    """`--speed N`."""
    return flag(
        "--speed", default="1", show_default=True, help="Divides how long jobs take, up to 1,000,000."
    )(command)


def progression(default: str) -> Callable[[F], F]:
    """`--progression WORD`."""
    return flag(
        "--progression",
        type=click.Choice(["time", "immediate", "manual"]),
        default=default,
        show_default=True,
        help="What moves a job: the clock, its submission alone, or each poll of it.",
    )


def changes(command: F) -> F:
    """`--set NAME=VALUE`, as `changes`."""
    return flag(
        "--set",
        "changes",
        multiple=True,
        metavar="NAME=VALUE",
        shell_complete=completion.settings,
        help="Change a setting; repeatable.",
    )(command)


def ready_file(command: F) -> F:
    """`--ready-file FILE`, whose folder has to be there."""
    return flag(
        "--ready-file",
        type=click.Path(path_type=Path, dir_okay=False),
        callback=_check_folder,
        help="Where to write the address as JSON.",
    )(command)


def allow_host(command: F) -> F:
    """`--allow-host HOST`."""
    return flag(
        "--allow-host",
        multiple=True,
        metavar="HOST",
        help="Let clients of the proxy out to this host, HOST:PORT if at neither 443 nor 80; repeatable.",
    )(command)


@contextmanager
def proxy(allow_host: tuple[str, ...], admin_token: str | None = None) -> Iterator[Proxy]:
    """The proxy that the flags describe, for a `with` block.

    Its clients trust whom they did before, as far as that can be read.
    """
    from mockkrea import authorities
    from mockkrea.intercept import Proxy, read_allowed

    try:
        allowed = [place for text in allow_host for place in read_allowed(text)]
    except ValueError as reason:
        raise click.BadParameter(str(reason), param_hint="--allow-host") from None
    named = authorities.named_by(os.environ)
    for warning in named.warnings:
        tell(f"Warning: {warning}")
    try:
        made = Proxy(allowed, trusted=named.certificates, admin_token=admin_token)
    except OSError as reason:
        message = f"The proxy cannot write its certificates to a temporary file: {reason.strerror}."
        raise click.ClickException(message) from None
    try:
        with made.tells_of_odd_names():
            yield made
    finally:
        made.close()


def worlds(
    scenario_files: tuple[str, ...],
    seed: int | None,
    *,
    default_seed: int,
    max_worlds: int | None = None,
    request_log_mb: int | None = None,
    spec: str | None = None,
    **settings: Any,  # noqa: ANN401
) -> tuple[Worlds, Callable[[], Scenario]]:
    """The worlds that the flags describe, and what reads their scenario again."""
    from mockkrea import data, server
    from mockkrea.request_log import BUDGET_BYTES
    from mockkrea.scenario.loading import scenario_defaults
    from mockkrea.scenario_cli import begin_with, read_given
    from mockkrea.spec_cli import fixtures_of
    from mockkrea.worlds import WORLDS_MAX, Worlds

    fixtures = data.load_fixtures()
    if spec is not None:
        fixtures = fixtures_of(spec, fixtures)
    changes = _changes(**settings)
    given = frozenset(change.name for change in changes if change.is_given)
    base = _settings_with(changes)
    load = partial(read_given, scenario_files, scenario_defaults(fixtures, base.tools), seed, given)
    scenario = begin_with(load) if scenario_files else None
    if seed is None:
        seed = default_seed if scenario is None else scenario.seed
    made = Worlds(
        fixtures,
        base,
        seed=seed,
        real_us=server.real_clock(),
        worlds_max=WORLDS_MAX if max_worlds is None else max_worlds,
        request_log_bytes=BUDGET_BYTES if request_log_mb is None else request_log_mb * 1_000_000,
    )
    if scenario is not None:
        made.begin_all(scenario)
    _check_approval(made.default.settings, (scenario or fixtures).setup.workspaces)
    return made, load


def _check_approval(settings: Settings, workspaces: Collection[str]) -> None:
    try:
        settings.check_approval(workspaces)
    except InvalidChange as refusal:
        raise click.UsageError(str(refusal)) from None


class _Change(NamedTuple):
    """A setting as a flag or its default has it."""

    flag: str
    name: str
    value: str
    is_given: bool


def _changes(changes: tuple[str, ...], no_magic: bool = False, **named: str) -> list[_Change]:
    """What the flags say about settings; those that are given stand above a scenario's."""
    source = click.get_current_context().get_parameter_source
    found = [
        _Change(f"--{name.replace('_', '-')}", name, value, source(name) is not ParameterSource.DEFAULT)
        for name, value in named.items()
    ]
    if no_magic:
        found.append(_Change("--no-magic", "magic", "false", is_given=True))
    for change in changes:
        name, _, value = change.partition("=")
        found.append(_Change("--set", name, value, is_given=True))
    return found


def _settings_with(changes: list[_Change]) -> Settings:
    from mockkrea.settings import Settings

    settings = Settings()
    mistakes: dict[str, list[str]] = {}
    for change in changes:
        try:
            settings = settings.having({change.name: change.value})
        except MockKreaError as refusal:
            mistakes.setdefault(change.flag, []).append(str(refusal))
    if mistakes:
        sentences = " ".join(sentence for said in mistakes.values() for sentence in said)
        raise click.BadParameter(sentences, param_hint=list(mistakes))
    return settings


def _check_folder(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    if path is not None and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}.", param_hint="--ready-file")
    return path
