"""What leads clients to a mock: `mockkrea env` and `mockkrea mcp-config`.

What costs to import is imported by the command that needs it.
"""

from __future__ import annotations

import os

import click

from mockkrea import target
from mockkrea.mcp_config import CLIENTS
from mockkrea.target import Target
from mockkrea.variable_formats import FORMATS, Unwritable

# What --key is without a value: the key that the mock is known to have.
OWN_KEY = ""


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="shell",
    show_default=True,
    help="Lines to evaluate, a .env file, or an object.",
)
@target.flags
def env(at: Target, form: str) -> None:
    """Print what points a Krea client at the mock: eval "$(mockkrea env)"."""
    from mockkrea.environment import client_environment, proxy_environment

    variables = client_environment(at.url, at.api_key)
    if at.proxy is not None:
        variables |= proxy_environment(os.environ, *at.proxy)
    try:
        click.echo(FORMATS[form](variables))
    except Unwritable as reason:
        raise click.ClickException(str(reason)) from None


@click.command("mcp-config")
@click.argument("client", type=click.Choice(list(CLIENTS)))
@click.option(
    "--format",
    "form",
    type=click.Choice(["command", "file"]),
    help="A line for a shell, or the content of the client's file.  [default: command for claude, else file]",
)
@click.option(
    "--key",
    is_flag=False,
    flag_value=OWN_KEY,
    metavar="[KEY]",
    help="Send the mock's key, or this one, instead of signing in by OAuth.",
)
@target.flags
def mcp_config(at: Target, client: str, form: str | None, key: str | None) -> None:
    """Print what to paste so that an MCP client finds the mock; where it goes is said on stderr."""
    from mockkrea.adapters.mcp.endpoint import MCP_PATH

    if key == OWN_KEY:
        key = at.api_key
    if key is not None and not (key.isascii() and key.isprintable() and " " not in key):
        raise click.BadParameter("a key is visible ASCII without spaces.", param_hint="--key")
    forms = CLIENTS[client]
    wanted = forms.get(form or next(iter(forms)))
    if wanted is None:
        raise click.BadParameter(f"{client} is told by its {' or '.join(forms)} only.", param_hint="--format")
    click.echo(wanted.write(at.url + MCP_PATH, key))
    click.echo(wanted.place if key else f"{wanted.place} {wanted.sign_in}", err=True)
