"""The mock that a command is about: the flags that say which, and what is known of it.

What costs to import is imported where it is needed.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from mockkrea.flags import flag

PORT = 5732
PORT_VARIABLE = "MOCKKREA_PORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A mock that runs, or will.

    url: what its paths come after, without a slash at the end; with the prefix of its world.
    api_key: one that it knows.
    admin_token: what control calls to it need, if that is known.
    proxy: the URL of its proxy, and the file with the authorities to trust there, if it is known to be one.
    """

    url: str
    api_key: str
    admin_token: str | None = None
    proxy: tuple[str, Path] | None = None


def flags(command: Callable[..., None]) -> Callable[..., None]:
    """`--url`, `--ready-file` and `--world`, which the command gets as one `Target`."""

    @flag(
        "--url",
        callback=_check_url,
        help="Where the mock listens.  [default: MOCKKREA_PORT or 5732 on 127.0.0.1]",
    )
    @flag(
        "--ready-file",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Take address and key from the file that `serve --ready-file` wrote.",
    )
    @flag("--world", metavar="NAME", help="A world of its own there, instead of the default one.")
    @functools.wraps(command)
    def with_target(url: str | None, ready_file: Path | None, world: str | None, **rest: Any) -> None:  # noqa: ANN401
        target = _of_ready_file(ready_file) if ready_file is not None else _default()
        if ready_file is not None and _is_from_environment("url") and not _is_from_environment("ready_file"):
            # What was written on the command line is meant.
            url = None
        command(_at(target, url or target.url, world), **rest)

    return with_target


def _is_from_environment(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is ParameterSource.ENVIRONMENT


def _default() -> Target:
    from mockkrea import data

    try:
        port = click.IntRange(1, 65_535)(os.environ.get(PORT_VARIABLE) or PORT)
    except click.BadParameter as reason:
        raise click.BadParameter(reason.message, param_hint=PORT_VARIABLE) from None
    return Target(url=f"http://127.0.0.1:{port}", api_key=data.load_setup().default_key)


def _of_ready_file(path: Path) -> Target:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        token = facts.get("admin_token")
        is_proxy = "proxy_url" in facts
        return Target(
            url=str(facts["url"]),
            api_key=str(facts["api_key"]),
            admin_token=None if token is None else str(token),
            proxy=(str(facts["proxy_url"]), Path(facts["ca_file"])) if is_proxy else None,
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise click.BadParameter(f"{path} is no ready file.", param_hint="--ready-file") from None


def _at(target: Target, url: str, world: str | None) -> Target:
    """The target at this URL, in this world, or the one that the URL names, with a key of that world."""
    from dataclasses import replace

    from mockkrea.core.workspaces import KEY_MARK
    from mockkrea.tenant import DEFAULT_WORD
    from mockkrea.worlds import NAME_RULE, is_world_name

    url = url.rstrip("/")
    server, prefix, named = url.rpartition("/w/")
    if not prefix or "/" in named:
        server, named = url, ""
    world = named if world is None else world
    if world == named == "":
        return replace(target, url=url)
    if not is_world_name(world):
        raise click.BadParameter(f"the name of a world is {NAME_RULE}.", param_hint="--world")
    return replace(target, url=f"{server}/w/{world}", api_key=f"{KEY_MARK}{world}:{DEFAULT_WORD}")


def _check_url(context: click.Context, parameter: click.Parameter, url: str | None) -> str | None:
    if url is None or _is_url(url):
        return url
    raise click.BadParameter(
        f"{url!r} is no URL such as http://127.0.0.1:5732: it is http://, a host, and a path if any."
    )


def _is_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_placed = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False
    is_whole = is_placed and not set(url) & set("?#")
    return parts.scheme in ("http", "https") and is_whole and url.isascii() and url.isprintable()
