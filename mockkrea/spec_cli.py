"""What the command line does with OpenAPI documents of Krea's: `mockkrea drift`, and the flag `--spec`.

What costs to import is imported by the command that needs it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from mockkrea.data import Fixtures
    from mockkrea.spec.reading import Spec

STEP_S_MAX = 15  # for a connection, and between two parts of an answer
FETCH_S_MAX = 60


@click.command()
@click.option(
    "--against", required=True, metavar="FILE-OR-URL", help="The document, such as Krea's openapi.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drift(against: str, as_json: bool) -> None:
    """Say where the built-in catalogue differs from an OpenAPI document of Krea's.

    The exit code is 1 if they differ, 2 if the document cannot be read.
    """
    from mockkrea import data, server
    from mockkrea.core.clock import iso_date
    from mockkrea.spec import report
    from mockkrea.spec.drift import differences

    catalogue, spec = data.load_catalogue(), _read(against, "--against")
    found = differences(catalogue, spec, iso_date(server.real_clock()()))
    tell = report.as_json if as_json else report.as_text
    click.echo(tell(catalogue, spec, found))
    if found:
        raise SystemExit(1)


def fixtures_of(source: str, fixtures: Fixtures) -> Fixtures:
    """The fixtures with the models of a document instead; what had to be filled in is said on stderr."""
    from mockkrea import data
    from mockkrea.spec.selling import catalogue_of, remarks

    spec = _read(source, "--spec")
    for remark in remarks(spec, fixtures.catalogue):
        click.echo(f"--spec: {remark}", err=True)
    sold = catalogue_of(spec, fixtures.catalogue, data.load_blank_models())
    return replace(fixtures, catalogue=sold, spec=spec.source)


def _read(source: str, param_hint: str) -> Spec:
    from mockkrea.spec.document import InvalidDocument
    from mockkrea.spec.reading import read_spec

    try:
        if source.startswith(("http://", "https://")):
            # What stands around host and path may be secret.
            return read_spec(_fetched(source), source.partition("?")[0].rpartition("@")[2])
        return read_spec(_content(Path(source)), source)
    except (InvalidDocument, OSError) as reason:
        raise click.BadParameter(str(reason), param_hint=param_hint) from None


def _content(path: Path) -> bytes:
    from mockkrea.spec.document import SIZE_BYTES_MAX

    with path.open("rb") as file:
        return file.read(SIZE_BYTES_MAX + 1)


def _fetched(url: str) -> bytes:
    """What stands at a URL, as far as it is read.

    Raises:
        OSError: it cannot be fetched.
    """
    import httpx

    from mockkrea.spec.document import SIZE_BYTES_MAX

    until, content = monotonic() + FETCH_S_MAX, bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=STEP_S_MAX) as answer:
            if not answer.is_success:
                raise OSError(f"the answer is {answer.status_code} {answer.reason_phrase}.")
            for chunk in answer.iter_bytes():
                content += chunk
                if monotonic() > until:
                    raise OSError(f"it did not come within {FETCH_S_MAX} seconds.")
                if len(content) > SIZE_BYTES_MAX:
                    break
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OSError(f"it cannot be fetched: {error}") from None
    return bytes(content)
