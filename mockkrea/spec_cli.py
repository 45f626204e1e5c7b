"""What the command line does with OpenAPI documents of Krea's: `mockkrea drift`, and the flag `--spec`.

What costs to import is imported by the command that needs it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from mockkrea import completion

if TYPE_CHECKING:
    from mockkrea.data import Fixtures
    from mockkrea.spec.reading import Spec


@click.command()
@click.option(
    "--against",
    required=True,
    metavar="FILE-OR-URL",
    shell_complete=completion.files,
    help="The document, such as Krea's openapi.json; - is stdin.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def drift(against: str, as_json: bool) -> None:
    """Say where the built-in catalogue differs from an OpenAPI document of Krea's.

    The exit code is 1 if they differ, 2 if the document cannot be read. JSON is then an object with an error.
    """
    from mockkrea import data, server
    from mockkrea.core.clock import iso_date
    from mockkrea.spec import report
    from mockkrea.spec.drift import differences

    catalogue = data.load_catalogue()
    try:
        spec = _read(against, "--against")
    except click.BadParameter as reason:
        if as_json:
            click.echo(json.dumps({"error": reason.message}, indent=2, ensure_ascii=False))
            raise SystemExit(reason.exit_code) from None
        raise
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
    from mockkrea.spec_source import content_of, name_of

    try:
        return read_spec(content_of(source), name_of(source))
    except InvalidDocument as reason:
        raise click.BadParameter(str(reason), param_hint=param_hint) from None
