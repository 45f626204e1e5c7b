"""The command line: `mockkrea serve`, `models`, `token`, and the commands of the `…_cli` modules.

Exit codes: 0 fine, 1 something is wrong, 2 a wrong call, 128 + n signal n. The flags of `serve`, `exec`,
`models` and `env` have an environment variable each, MOCKKREA_ and the flag's name. What costs to import is
imported by the command that needs it.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from errno import EADDRINUSE
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockkrea import (
    __version__,
    completion,
    connect_cli,
    doctor_cli,
    exec_cli,
    flags,
    scenario_cli,
    spec_cli,
    variables,
)
from mockkrea.core.errors import MockKreaError
from mockkrea.flags import flag
from mockkrea.stderr import tell
from mockkrea.target import PORT

if TYPE_CHECKING:
    from socket import socket

    from mockkrea.adapters.door import Door

SEED_BITS = 31
ADMIN_TOKEN_BYTES = 24

# The flags that say how the server can be reached, besides the socket's own.
REACHING = ("public_url", "allowed_host", "webhook_host", "trust_proxy", "admin_token", "cors")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mockkrea")
@click.pass_context
def main(context: click.Context) -> None:
    """An offline twin of Krea: its REST API and its MCP server, for tests and demos."""
    assert isinstance(context.command, click.Group)
    for warning in variables.warnings_about(os.environ, context.command):
        tell(warning)


main.add_command(scenario_cli.lint)
main.add_command(scenario_cli.schema)
main.add_command(spec_cli.drift)
main.add_command(exec_cli.run)
main.add_command(connect_cli.env)
main.add_command(connect_cli.mcp_config)
main.add_command(doctor_cli.doctor)


@main.command()
@flag(
    "-p", "--port", type=click.IntRange(0, 65_535), default=PORT, show_default=True, help="0: any free port."
)
@flag("--host", default="127.0.0.1", show_default=True, help="Where to listen; 0.0.0.0: on all networks.")
@flags.scenario
@flags.spec
@flag("--watch", is_flag=True, help="Read the scenario again whenever a file of it changes.")
@flags.seed("Decides every id and every jitter. Drawn and printed if not given.")
@flags.speed
@flags.progression("time")
@flag(
    "--tools",
    type=click.Choice(["documented", "live", "all"]),
    default="documented",
    show_default=True,
    help="Which MCP tools there are: those of Krea's page, those recorded from its server, or both.",
)
@flags.changes
@flag(
    "--auto-approve",
    is_flag=False,
    flag_value="default",
    default="off",
    metavar="[WORKSPACE]",
    help="Answer OAuth consent for the first person, or for this workspace, without a page.",
)
@flag(
    "--max-worlds", type=click.IntRange(0), default=1000, show_default=True, help="Besides the default one."
)
@flag(
    "--request-log-mb",
    type=click.IntRange(0, 10_000),
    default=16,
    show_default=True,
    help="What the logs of clients' requests may take, all worlds together.",
)
@flag("--public-url", metavar="URL", help="What URLs begin with for requests that came for its host.")
@flag("--allowed-host", multiple=True, metavar="HOST", help="Answer to this host name too; repeatable.")
@flag("--webhook-host", multiple=True, metavar="HOST", help="Send webhooks to it too; repeatable.")
@flag("--trust-proxy", is_flag=True, help="Believe X-Forwarded-Host, -Proto and -Prefix.")
@flag("--admin-token", metavar="TOKEN", help="What control calls need; generated if others can reach it.")
@flag("--tls-proxy", is_flag=True, help="Also be an HTTPS proxy, in which Krea's own hosts are this mock.")
@flags.allow_host
@flag("--no-magic", is_flag=True, help="Pass over magic words in prompts and keys.")
@flag("--cors", multiple=True, metavar="ORIGIN", help="Let pages of this origin call; repeatable.")
@flag("--json-logs", is_flag=True, help="Log a JSON object a line.")
@flags.ready_file
def serve(port: int, host: str, ready_file: Path | None, json_logs: bool, **given: Any) -> None:  # noqa: ANN401
    """Serve a mock until Ctrl-C."""
    from mockkrea import greeting, log, server, shell_file
    from mockkrea.app import App

    door = _door(**{name: given.pop(name) for name in REACHING})
    watched = given.pop("watch")
    is_proxy, allow_host = given.pop("tls_proxy"), given.pop("allow_host")
    if allow_host and not is_proxy:
        raise click.BadParameter("it is for clients of --tls-proxy.", param_hint="--allow-host")
    worlds, load = flags.worlds(**given, default_seed=secrets.randbits(SEED_BITS))
    watch = scenario_cli.watch_over(given["scenario_files"], load, worlds) if watched else None
    log.set_up(json_logs)
    bound = _listen(host, port)
    if server.is_beyond_loopback(bound):
        admin_token = door.admin_token or secrets.token_urlsafe(ADMIN_TOKEN_BYTES)
        door = replace(door, beyond_loopback=True, admin_token=admin_token)
    if ready_file is not None:
        # One that an earlier server left behind must not be taken for ours.
        ready_file.unlink(missing_ok=True)
    wanted = flags.proxy(allow_host, door.admin_token) if is_proxy else nullcontext()
    proxy = click.get_current_context().with_resource(wanted)
    url, api_key = server.url_of(bound), worlds.default.api_key
    way_through = shell_file.facts_of(proxy, url, api_key)
    facts = server.ready_facts(url, api_key, door.admin_token, way_through)

    def announce() -> None:
        print(server.READY_LINE.format(url=url), flush=True)  # noqa: T201
        click.echo(greeting.lines(worlds.default, facts), color=greeting.color(os.environ))
        if ready_file is not None:
            server.write_ready_file(ready_file, facts)

    lines = log.RequestLines(sys.stderr, as_json=json_logs)
    app = App(worlds, door, log_request=lines)
    app.outbound.watch()
    server.serve(app, bound, when_ready=announce, watch=watch, proxy=proxy)
    lines.flush()
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)


@main.command()
@click.argument("model_id", required=False, shell_complete=completion.models)
@flag("--json", "as_json", is_flag=True, help="Print JSON: for one model its request schema too.")
def models(model_id: str | None, as_json: bool) -> None:
    """List the models, or show what one of them takes and costs."""
    from mockkrea import data, tables

    catalogue = data.load_catalogue()
    if model_id is None:
        click.echo(tables.models_as_json(catalogue) if as_json else tables.models_as_text(catalogue))
        return
    try:
        model = catalogue.find(model_id)
    except MockKreaError as refusal:
        raise click.ClickException(str(refusal)) from None
    click.echo(tables.model_as_json(model) if as_json else tables.model_as_text(model))


@main.command()
def token() -> None:
    """Print the API key that every fresh mock knows."""
    from mockkrea import data

    click.echo(data.load_setup().default_key)


def _door(trust_proxy: bool, **given: Any) -> Door:  # noqa: ANN401
    from mockkrea.adapters import door

    public_url, admin_token = given["public_url"], given["admin_token"]
    return door.Door(
        public_url=None if public_url is None else _read("--public-url", door.read_public_url, public_url),
        allowed_hosts=frozenset(
            _read("--allowed-host", door.read_host_name, text) for text in given["allowed_host"]
        ),
        webhook_hosts=frozenset(
            _read("--webhook-host", door.read_host_name, text) for text in given["webhook_host"]
        ),
        trust_proxy=trust_proxy,
        admin_token=None if admin_token is None else _read("--admin-token", door.read_token, admin_token),
        cors=frozenset(_read("--cors", door.read_origin, text) for text in given["cors"]),
    )


def _read(flag: str, read: Callable[[str], str], text: str) -> str:
    try:
        return read(text)
    except ValueError as reason:
        raise click.BadParameter(str(reason), param_hint=flag) from None


def _listen(host: str, port: int) -> socket:
    from mockkrea import server

    try:
        return server.listen(port, host)
    except OSError as error:
        if error.errno == EADDRINUSE:
            hint = f"Port {port}: {error.strerror}. Try --port 0 for a free one."
        else:
            hint = f"Host {host}, port {port}: {error.strerror}."
        raise click.ClickException(hint) from None
