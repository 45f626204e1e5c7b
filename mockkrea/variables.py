"""Environment variables that begin with MOCKKREA_: a misspelt one would be passed over in silence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import click

from mockkrea.core.hints import nearest_word

PREFIX = "MOCKKREA_"

# Those that no flag has: what `mockkrea env` prints, and what our own tests and CI heed.
WITHOUT_FLAG = (
    "MOCKKREA_ARTIFACTS",
    "MOCKKREA_CLIENTS_DIR",
    "MOCKKREA_CONTROL_URL",
    "MOCKKREA_FUZZ_SECONDS",
    "MOCKKREA_REQUIRE_ALL",
)


def warnings_about(environment: Mapping[str, str], group: click.Group) -> Iterator[str]:
    """A sentence about each of our variables that no flag of any command has, with the nearest right name."""
    flags = (parameter.envvar for command in group.commands.values() for parameter in command.params)
    known = [name.removeprefix(PREFIX) for name in (*WITHOUT_FLAG, *flags) if isinstance(name, str)]
    for name in sorted(environment):
        word = name.removeprefix(PREFIX)
        if word == name or word in known:
            continue
        nearest = nearest_word(word, known)
        hint = (
            f"did you mean {PREFIX}{nearest}?"
            if nearest
            else "`mockkrea serve --help` lists those there are."
        )
        yield f"Warning: the environment variable {name} is not known here, {hint}"
