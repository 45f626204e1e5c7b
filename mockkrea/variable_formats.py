"""Variables as shell lines, as a .env file and as JSON."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping

# What every reader of .env files takes as it stands, also Docker's, for which a quote is a letter.
BARE = re.compile(r"[\w./:@%+,=-]*", re.ASCII)


class Unwritable(ValueError):
    """A value that readers of .env files would understand differently."""


def as_shell(variables: Mapping[str, str]) -> str:
    """Lines for `eval` in any POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items())


def as_json(variables: Mapping[str, str]) -> str:
    """One JSON object."""
    return json.dumps(dict(variables), indent=2)


def as_dotenv(variables: Mapping[str, str]) -> str:
    """Lines that python-dotenv, Node and a shell read alike.

    Raises:
        Unwritable: no way of quoting a value means the same to all of them.
    """
    return "\n".join(f"{name}={_quoted(name, value)}" for name, value in variables.items())


FORMATS: Mapping[str, Callable[[Mapping[str, str]], str]] = {
    "shell": as_shell,
    "dotenv": as_dotenv,
    "json": as_json,
}


def _quoted(name: str, value: str) -> str:
    if BARE.fullmatch(value):
        return value
    # Python's reader puts variables into ${…}, whatever the quotes.
    if "${" not in value and not set(value) & set("'\\\r\n"):
        return f"'{value}'"
    if not set(value) & set('"\\$`\r\n'):
        return f'"{value}"'
    raise Unwritable(
        f"{name} has characters that readers of .env files understand differently;"
        " take --format shell or --format json."
    )
