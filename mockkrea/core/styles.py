"""Styles and moodboards: what steers a generation besides its prompt, and who may use it.

A style that somebody trained is private to them until they share it with a workspace or make it
public (documented). That "them" is a person, whatever token they use, is ASSUMED; so is that a
moodboard belongs to a whole workspace. A style or moodboard without an owner is Krea's, for everybody.

The numbers count each kind from 1: of two made in one moment the later has the higher number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockkrea.core.errors import Forbidden, Issue, NotFound, UnusableReference
from mockkrea.core.hints import did_you_mean, shortened
from mockkrea.core.jobs import Job, Order

# Where the pictures of styles lie, as results lie under `/files/`.
COVERS_PATH = "/files/styles/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A trained style (LoRA).

    `base_models` are the names that trainings know: "flux_dev". `prompt` is a suggestion, "" for none.
    `urls` are pictures of it, in portrait, and like `cover_url` paths where they are our own files.
    `shared_with` are workspace ids; `share_token` is in its link, None before that was first asked for.
    """

    id: str
    number: int
    title: str | None
    owner_id: str | None
    base_models: tuple[str, ...]
    created_at_us: int
    prompt: str = ""
    public: bool = False
    urls: tuple[str, ...] = ()
    cover_url: str | None = None
    like_count: int = 0
    shared_with: frozenset[str] = frozenset()
    share_token: str | None = None

    def is_visible(self, person_id: str, workspace_id: str) -> bool:
        """Whether this person, acting in this workspace, may see and use it."""
        return self.public or self.owner_id == person_id or workspace_id in self.shared_with


@dataclass(frozen=True, slots=True, kw_only=True)
class Moodboard:
    """Pictures that set a mood. `workspace_id` is None for one of Krea's."""

    id: str
    number: int
    name: str | None
    workspace_id: str | None
    image_urls: tuple[str, ...]
    created_at_us: int

    def is_visible(self, workspace_id: str) -> bool:
        """Whether jobs of this workspace may use it."""
        return self.workspace_id in (None, workspace_id)


@dataclass(slots=True)
class Library:
    """The styles and moodboards of one world, by id, oldest first."""

    styles: dict[str, Style] = field(default_factory=dict)
    moodboards: dict[str, Moodboard] = field(default_factory=dict)
    styles_made: int = 0
    moodboards_made: int = 0

    def style(self, style_id: str, *, person_id: str, workspace_id: str) -> Style:
        """The style with this id.

        Raises:
            NotFound: there is none, or this person may not see it here.
        """
        style = self.styles.get(style_id)
        if style is None or not style.is_visible(person_id, workspace_id):
            raise NotFound("style", style_id)
        return style

    def style_of_cover(self, path: str) -> Style:
        """The style whose picture lies at this path, whosever it is.

        Raises:
            NotFound: nothing lies there.
        """
        style = self.styles.get(path.removeprefix(COVERS_PATH).removesuffix(".png"))
        if style is None or cover_path(style.id) != path:
            raise NotFound("file", path)
        return style

    def own_style(self, style_id: str, *, person_id: str) -> Style:
        """The style with this id, if it is this person's own.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        style = self.styles.get(style_id)
        if style is None or style.owner_id != person_id:
            raise NotFound("style", style_id)
        return style

    def shareable_style(self, style_id: str, *, person_id: str, workspace_id: str) -> Style:
        """The style with this id, for its owner to share it or to take it back.

        Raises:
            NotFound: there is none, or this person may not see it here.
            Forbidden: it is somebody else's.
        """
        style = self.style(style_id, person_id=person_id, workspace_id=workspace_id)
        if style.owner_id != person_id:
            raise Forbidden(f"Style {style_id} can be shared by its owner only.")
        return style

    def newest_styles(self) -> list[Style]:
        """All styles, whosever they are, newest first."""
        return sorted(self.styles.values(), key=lambda style: (style.created_at_us, style.number))[::-1]

    def add_style(self, job: Job, *, at_us: int) -> None:
        """Keep the style that a training has made."""
        self.styles_made += 1
        input, trigger_word = job.order.input, job.order.input.get("trigger_word")
        style = Style(
            id=job.style_id,
            number=self.styles_made,
            title=str(input["name"]),
            owner_id=job.order.person_id,
            base_models=(str(input["model"]),),
            created_at_us=at_us,
            prompt="" if trigger_word is None else str(trigger_word),
            urls=(cover_path(job.style_id),),
            cover_url=cover_path(job.style_id),
        )
        self.styles[style.id] = style

    def moodboard(self, moodboard_id: str, *, workspace_id: str) -> Moodboard:
        """The workspace's own moodboard with this id.

        Raises:
            NotFound: there is none, or it is not the workspace's.
        """
        moodboard = self.moodboards.get(moodboard_id)
        if moodboard is None or moodboard.workspace_id != workspace_id:
            raise NotFound("moodboard", moodboard_id)
        return moodboard


def cover_path(style_id: str) -> str:
    """Where the picture of a style lies."""
    return f"{COVERS_PATH}{style_id}.png"


def check_styles(library: Library, order: Order) -> None:
    """Raise unless whoever orders may use the styles and moodboards of the order.

    Raises:
        UnusableReference: some are not; one issue for each.
    """
    input, person_id, workspace_id = order.input, order.person_id, order.workspace_id
    if not input.get("styles") and not input.get("moodboards"):
        return
    styles = [id for id, each in library.styles.items() if each.is_visible(person_id, workspace_id)]
    moodboards = [id for id, each in library.moodboards.items() if each.is_visible(workspace_id)]
    if issues := [*_issues("style", input, styles), *_issues("moodboard", input, moodboards)]:
        raise UnusableReference(issues)


def _issues(kind: str, input: Mapping[str, object], usable: Sequence[str]) -> Iterator[Issue]:
    wanted = input.get(f"{kind}s")
    for index, each in enumerate(wanted if isinstance(wanted, list) else ()):
        if each["id"] not in usable:
            pointer = f"/{kind}s/{index}/id"
            said = f"{pointer} names no {kind} that this key can use: {shortened(each['id'])!r}."
            yield Issue(pointer, said + did_you_mean(each["id"], usable))
