"""`mockkrea doctor`: what may be wrong between clients here and a mock, and how to mend it.

What costs to import is imported by the command itself.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import click

from mockkrea import target
from mockkrea.flags import flag
from mockkrea.target import Target

if TYPE_CHECKING:
    from mockkrea.findings import Finding


@click.command()
@flag("--admin-token", metavar="TOKEN", help="What control calls need, if others can reach the server.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@target.flags
def doctor(at: Target, admin_token: str | None, as_json: bool) -> None:
    """Look for what is wrong between clients here and a mock, and say how to mend it.

    The exit code is 1 if there is a problem.
    """
    from mockkrea.doctor import examine
    from mockkrea.findings import Level

    at = replace(at, admin_token=admin_token or at.admin_token)
    findings = list(examine(at, os.environ, now_s=time.time()))
    is_well = all(finding.level is not Level.PROBLEM for finding in findings)
    if as_json:
        facts = {"ok": is_well, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo("\n".join(_shown(finding) for finding in findings))
    raise SystemExit(int(not is_well))


def _shown(finding: Finding) -> str:
    level = click.style(f"{finding.level:<7}", fg=finding.level.color)
    fix = f"\n{'':<22}{finding.fix}" if finding.fix else ""
    return f"{level}  {finding.check:<12} {finding.found}{fix}"
