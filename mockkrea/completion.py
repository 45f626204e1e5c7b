"""What a shell offers for words that are no flags; the rest of completion is click's own.

What costs to import is imported when a word is asked for.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem


def models(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Ids of models."""
    from click.shell_completion import CompletionItem

    from mockkrea import data

    known = data.load_catalogue().models
    return [CompletionItem(model.id, help=model.name) for model in known if model.id.startswith(begun)]


def scenarios(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of ready-made scenarios; where none begins so, files."""
    from click.shell_completion import CompletionItem

    from mockkrea.scenario.loading import ready_made

    names = [path.stem for path in ready_made() if path.stem.startswith(begun)]
    return [CompletionItem(name) for name in names] or [CompletionItem(begun, type="file")]


def files(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(begun, type="file")]


def settings(context: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of settings, each with what stands before its value."""
    from click.shell_completion import CompletionItem

    from mockkrea.settings import Settings

    names = [field.name for field in fields(Settings)]
    return [CompletionItem(f"{name}=") for name in names if name.startswith(begun)]
