"""`mockkrea exec -- CMD…`: a command with a mock beside it, which is looked at in the end.

What costs to import is imported by the command itself.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mockkrea import flags
from mockkrea.stderr import tell

if TYPE_CHECKING:
    from mockkrea.intercept import Proxy
    from mockkrea.testing import Krea
    from mockkrea.worlds import Worlds

NO_REQUEST = (
    "mockkrea: No client came to the mock. Some ignore the proxy that the environment names,"
    " such as aiohttp without trust_env=True."
)

# As for every scenario and every test.
SEED = 0


@click.command("exec", context_settings={"allow_interspersed_args": False})
@flags.scenario
@flags.spec
@flags.seed("Decides every id and every jitter; else the scenario's, or 0.")
@flags.progression("immediate")
@flags.speed
@flags.changes
@flags.allow_host
@flags.ready_file
@click.argument("command", nargs=-1, required=True, metavar="-- CMD...")
def run(
    command: tuple[str, ...],
    ready_file: Path | None,
    allow_host: tuple[str, ...],
    **given: Any,  # noqa: ANN401
) -> None:
    """Run a command whose Krea clients find a mock, and say what they did.

    The exit code is the command's; 1 if it was 0 and something the scenario expects did not come true.
    """
    from mockkrea import log

    worlds, _ = flags.worlds(**given, default_seed=SEED)
    log.set_up(as_json=False)
    with flags.proxy(allow_host) as proxy:
        raise SystemExit(_beside(worlds, proxy, command, ready_file))


def _beside(worlds: Worlds, proxy: Proxy, command: tuple[str, ...], ready_file: Path | None) -> int:
    """Run the command beside these worlds; the exit code of both."""
    from mockkrea import running, server, shell_file
    from mockkrea.testing.krea import Krea
    from mockkrea.testing.reach import Reach
    from mockkrea.testing.thread import ServerThread

    thread = ServerThread(worlds, proxy=proxy)
    try:
        krea = Krea(Reach(thread, worlds.default))
        if ready_file is not None:
            way_through = shell_file.facts_of(proxy, krea.url, krea.api_key)
            facts = server.ready_facts(krea.url, krea.api_key, None, way_through)
            server.write_ready_file(ready_file, facts)
        code = running.run(command, environment_for(krea, proxy, os.environ))
        is_fine = _summed_up(krea, has_failed=code != 0, is_missed=not proxy.was_asked)
        if elsewhere := [tenant.name for tenant, _ in worlds.made() if tenant.requests.exchanges()]:
            told = f"mockkrea: not counted above: requests to other worlds, {', '.join(elsewhere)}"
            tell(told)
    except running.CannotRun as reason:
        tell(f"mockkrea: {reason}")
        return reason.exit_code
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)
        thread.close()
    return code or int(not is_fine)


def environment_for(krea: Krea, proxy: Proxy, inherited: Mapping[str, str]) -> dict[str, str]:
    """What the command is given: all that it would have without us, and where the mock is."""
    from mockkrea.environment import process_environment, proxy_environment

    return {
        **inherited,
        **process_environment(inherited, krea.url, krea.api_key),
        **proxy_environment(inherited, krea.url, proxy.ca_file),
    }


def _summed_up(krea: Krea, *, has_failed: bool, is_missed: bool) -> bool:
    """Say on stderr what happened, at length if something went wrong; whether the scenario came true.

    Args:
        is_missed: whether nobody asked the proxy for anything either.
    """
    verdict = krea.verdict()
    lines = verdict.lines if krea.has_expectations else []
    told = krea.report() if has_failed or not verdict.is_fine else [krea.tally()]
    hint = [NO_REQUEST] if has_failed and is_missed and not krea.requests.count() else []
    tell("\n".join([*lines, f"mockkrea: {told[0]}", *told[1:], *hint]))
    return verdict.is_fine
