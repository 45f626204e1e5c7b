"""The commands about styles and moodboards; `styles.py` has the rules about who may see which.

A style comes into being when its training completes, which is nobody's command.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from mockkrea.core.command import Command
from mockkrea.core.errors import NotFound
from mockkrea.core.randomness import draw, short_id, uuid_of
from mockkrea.core.state import State
from mockkrea.core.styles import Moodboard, Style


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateStyle(Command[Style]):
    """Change some of a style; None leaves a field unchanged."""

    person_id: str
    style_id: str
    title: str | None = None
    public: bool | None = None
    urls: tuple[str, ...] | None = None
    cover_url: str | None = None

    def apply(self, state: State, at_us: int) -> Style:
        """The changed style.

        Raises:
            NotFound: the person owns no such style.
        """
        style = state.library.own_style(self.style_id, person_id=self.person_id)
        style = replace(
            style,
            title=style.title if self.title is None else self.title,
            public=style.public if self.public is None else self.public,
            urls=style.urls if self.urls is None else self.urls,
            cover_url=style.cover_url if self.cover_url is None else self.cover_url,
        )
        return _keep(state, style)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteStyle(Command[None]):
    """Take a style out of the world. Jobs that were submitted with it go on."""

    person_id: str
    style_id: str

    def apply(self, state: State, at_us: int) -> None:
        """Forget it.

        Raises:
            NotFound: the person owns no such style.
        """
        del state.library.styles[state.library.own_style(self.style_id, person_id=self.person_id).id]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeShareLink(Command[Style]):
    """Give a style the link that it keeps from then on."""

    person_id: str
    style_id: str

    def apply(self, state: State, at_us: int) -> Style:
        """The style with its link.

        Raises:
            NotFound: the person owns no such style.
        """
        style = state.library.own_style(self.style_id, person_id=self.person_id)
        if style.share_token is not None:
            return style
        return _keep(state, replace(style, share_token=short_id(draw(state.seed, "share", style.number))))


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareStyle(Command[Style]):
    """Let everybody who acts in a workspace use a style."""

    person_id: str
    workspace_id: str
    style_id: str

    def apply(self, state: State, at_us: int) -> Style:
        """The shared style. Refuses as `Library.shareable_style` says."""
        style = state.library.shareable_style(
            self.style_id, person_id=self.person_id, workspace_id=self.workspace_id
        )
        return _keep(state, replace(style, shared_with=style.shared_with | {self.workspace_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshareStyle(Command[Style]):
    """Take a style back from a workspace."""

    person_id: str
    workspace_id: str
    style_id: str

    def apply(self, state: State, at_us: int) -> Style:
        """The style. Refuses as `Library.shareable_style` says.

        Raises:
            NotFound: also when it is not shared with this workspace.
        """
        style = state.library.shareable_style(
            self.style_id, person_id=self.person_id, workspace_id=self.workspace_id
        )
        if self.workspace_id not in style.shared_with:
            raise NotFound("style", self.style_id, "It is there, but not shared with this workspace.")
        return _keep(state, replace(style, shared_with=style.shared_with - {self.workspace_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMoodboard(Command[Moodboard]):
    """Make a moodboard for a workspace."""

    workspace_id: str
    image_urls: tuple[str, ...]
    name: str | None = None

    def apply(self, state: State, at_us: int) -> Moodboard:
        """The new moodboard."""
        library = state.library
        library.moodboards_made += 1
        number = library.moodboards_made
        moodboard = Moodboard(
            id=uuid_of(draw(state.seed, "moodboard", number)),
            number=number,
            name=self.name,
            workspace_id=self.workspace_id,
            image_urls=self.image_urls,
            created_at_us=at_us,
        )
        library.moodboards[moodboard.id] = moodboard
        return moodboard


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateMoodboard(Command[Moodboard]):
    """Call a moodboard something else."""

    workspace_id: str
    moodboard_id: str
    name: str

    def apply(self, state: State, at_us: int) -> Moodboard:
        """The renamed moodboard.

        Raises:
            NotFound: the workspace has no such moodboard of its own.
        """
        moodboard = state.library.moodboard(self.moodboard_id, workspace_id=self.workspace_id)
        renamed = state.library.moodboards[moodboard.id] = replace(moodboard, name=self.name)
        return renamed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMoodboard(Command[None]):
    """Take a moodboard out of the world. Jobs that were submitted with it go on."""

    workspace_id: str
    moodboard_id: str

    def apply(self, state: State, at_us: int) -> None:
        """Forget it.

        Raises:
            NotFound: the workspace has no such moodboard of its own.
        """
        moodboard = state.library.moodboard(self.moodboard_id, workspace_id=self.workspace_id)
        del state.library.moodboards[moodboard.id]


LIBRARY_COMMANDS: dict[str, type[Command[object]]] = {
    kind.__name__: kind
    for kind in (
        UpdateStyle,
        DeleteStyle,
        MakeShareLink,
        ShareStyle,
        UnshareStyle,
        CreateMoodboard,
        UpdateMoodboard,
        DeleteMoodboard,
    )
}


def _keep(state: State, style: Style) -> Style:
    state.library.styles[style.id] = style
    return style
