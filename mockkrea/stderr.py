"""What commands tell people beside what they do."""

from __future__ import annotations

import sys

import click


def tell(text: str) -> None:
    """Write to stderr. One that cannot be written, as of a full disk, is left alone from then on.

    Otherwise the interpreter would try again at the end, and make an exit code of its own of that.
    """
    try:
        click.echo(text, err=True)
    except OSError:
        sys.stderr = None
