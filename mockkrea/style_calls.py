"""What a caller can do with styles, the same through every adapter; beside `calls.py`, which has jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from mockkrea.calls import Caller, at_speed, judged, range_at_speed
from mockkrea.core import codec
from mockkrea.core.assets import MediaInput
from mockkrea.core.catalogue import EXTERNAL_TIMEOUT_US
from mockkrea.core.clock import iso_date
from mockkrea.core.commands import Submit
from mockkrea.core.errors import NoValidFields
from mockkrea.core.fields import FieldLanguage
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.jobs import Job, Order
from mockkrea.core.library_commands import DeleteStyle, MakeShareLink, ShareStyle, UnshareStyle, UpdateStyle
from mockkrea.core.matching import training_model
from mockkrea.core.state import State
from mockkrea.core.styles import Style
from mockkrea.core.workspaces import Directory, Person, Workspace
from mockkrea.fault_injection import apply_directives
from mockkrea.inputs import Intake, Terms
from mockkrea.tenant import Tenant

TRAINING_JOB_TYPE = "loraTraining"  # recorded

# What of a style can be changed (documented).
CHANGEABLE = {"public": "boolean or null", "urls": "list of uri", "title": "text", "cover_url": "uri"}


class StyleListFilter(StrEnum):
    """The values of the parameter `filter`."""

    ALL = "all"
    USER = "user"
    COMMUNITY = "community"
    KREA = "krea"
    SHARED = "shared"
    UNAPPROVED = "unapproved"
    EDITOR = "editor"
    GALLERY = "gallery"
    PUBLIC = "public"


# What stands on each list_filter, of the styles that the caller can see. The words are documented, what they
# mean is ASSUMED. Nobody approves or refuses styles here, so none is unapproved.
MATCHES: dict[StyleListFilter, Callable[[Style, Caller], bool]] = {
    StyleListFilter.ALL: lambda style, caller: True,
    StyleListFilter.USER: lambda style, caller: style.owner_id == caller.person_id,
    StyleListFilter.COMMUNITY: lambda style, caller: style.public and style.owner_id is not None,
    StyleListFilter.KREA: lambda style, caller: style.owner_id is None,
    StyleListFilter.SHARED: lambda style, caller: caller.workspace_id in style.shared_with,
    StyleListFilter.UNAPPROVED: lambda style, caller: False,
    StyleListFilter.EDITOR: lambda style, caller: style.public,
    StyleListFilter.GALLERY: lambda style, caller: style.public,
    StyleListFilter.PUBLIC: lambda style, caller: style.public,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StyleFilter:
    """Which styles a listing wants, newest first.

    `before` is (created_at_us, number): only styles made strictly before that one. `owner` is a person's
    id or UUID, `base_model` one of those that trainings know. Nobody can like a style here, so of the
    `liked` ones there are none.
    """

    limit: int
    before: tuple[int, int] | None = None
    ids: frozenset[str] | None = None
    liked: bool = False
    owner: str | None = None
    base_model: str | None = None
    list_filter: StyleListFilter = StyleListFilter.ALL

    def takes(self, style: Style, caller: Caller, directory: Directory) -> bool:
        """Whether the style belongs into the listing."""
        return (
            not self.liked
            and (self.before is None or (style.created_at_us, style.number) < self.before)
            and (self.ids is None or style.id in self.ids)
            and (self.owner is None or self.owner in _names(style, directory))
            and (self.base_model is None or self.base_model in style.base_models)
            and MATCHES[self.list_filter](style, caller)
        )


@dataclass(frozen=True, slots=True)
class StyleView:
    """A style and its owner, None for one of Krea's."""

    style: Style
    owner: Person | None


async def train(tenant: Tenant, caller: Caller, body: object, *, size_bytes: int, terms: Terms) -> Job:
    """Ask for a training.

    Raises:
        InvalidInput: the body fits no training.
        PlanRequired, TooManyJobs, InsufficientBalance: as `engine.submit` says.
        RetentionUnsupported, RefusedMedia: no training suits the terms, or a picture does not.
    """
    caller.check_may_change()
    form = tenant.training.form_of(body)
    input = await judged(size_bytes, lambda: _normalised(tenant, form, body))
    with Intake(tenant, caller.person_id, caller.workspace_id, terms) as intake:
        await intake.check_model(_model(input), zero_data_retention=False)
        input = await intake.take(form, input)
        order = _order(tenant, caller, input, intake.media)
        order = order._replace(webhook=terms.webhook)
        directed = await apply_directives(tenant, order, caller.magic)
        job = await tenant.execute(Submit(directed.order))
        intake.hand_over(job)
    directed.end(job)
    return job


async def see_styles(tenant: Tenant, caller: Caller, wanted: StyleFilter) -> tuple[list[StyleView], bool]:
    """The styles on one page, and whether there are more."""

    def page(state: State) -> list[StyleView]:
        return [
            _view(state, style)
            for style in state.library.newest_styles()
            if style.is_visible(caller.person_id, caller.workspace_id)
            and wanted.takes(style, caller, state.directory)
        ]

    views = await tenant.query(page)
    return views[: wanted.limit], len(views) > wanted.limit


async def see_style(tenant: Tenant, caller: Caller, style_id: str) -> StyleView:
    """One style.

    Raises:
        NotFound: there is none that the caller may see.
    """
    who = {"person_id": caller.person_id, "workspace_id": caller.workspace_id}
    return await tenant.query(lambda state: _view(state, state.library.style(style_id, **who)))


async def update_style(
    tenant: Tenant, caller: Caller, style_id: str, changes: object, *, terms: Terms
) -> StyleView:
    """Change some of the caller's own style. A null changes nothing, and it keeps no bytes (ASSUMED).

    Raises:
        NotFound: the caller owns no such style.
        InvalidInput: a value does not fit its field.
        NoValidFields: nothing is left to change.
        RefusedMedia: a picture cannot be used.
    """
    caller.check_may_change()
    await tenant.query(lambda state: state.library.own_style(style_id, person_id=caller.person_id))
    if isinstance(changes, dict):
        changes = {name: changes[name] for name in CHANGEABLE if changes.get(name) is not None}
        if not changes:
            raise NoValidFields(f"No valid fields to update. Known: {', '.join(CHANGEABLE)}.")
    form = PlainInputSpec.read("a style", CHANGEABLE, FieldLanguage())
    fitting = _normalised(tenant, form, changes)
    with Intake(tenant, caller.person_id, caller.workspace_id, terms, keeps_bytes=False) as intake:
        fitting = await intake.take(form, fitting)
    facts = {"person_id": caller.person_id, "style_id": style_id, **fitting}
    command: UpdateStyle = codec.from_data(UpdateStyle, facts)
    style = await tenant.execute(command)
    return await tenant.query(lambda state: _view(state, style))


async def delete_style(tenant: Tenant, caller: Caller, style_id: str) -> None:
    """Take the caller's own style out of the world.

    Raises:
        NotFound: the caller owns no such style.
    """
    caller.check_may_change()
    await tenant.execute(DeleteStyle(person_id=caller.person_id, style_id=style_id))


async def share_link(tenant: Tenant, caller: Caller, style_id: str) -> tuple[str, bool]:
    """The token in the link of the caller's own style, and whether it was made only now.

    Raises:
        NotFound: the caller owns no such style.
    """
    caller.check_may_change()
    style = await tenant.query(lambda state: state.library.own_style(style_id, person_id=caller.person_id))
    is_new = style.share_token is None
    if is_new:
        style = await tenant.execute(MakeShareLink(person_id=caller.person_id, style_id=style_id))
    assert style.share_token is not None
    return style.share_token, is_new


async def share(tenant: Tenant, caller: Caller, style_id: str) -> tuple[Workspace, Person]:
    """Let the caller's workspace use the caller's style; the workspace and the caller.

    Raises:
        NotFound: there is no such style that the caller may see.
        Forbidden: it is somebody else's.
    """
    caller.check_may_change()
    await tenant.execute(
        ShareStyle(person_id=caller.person_id, workspace_id=caller.workspace_id, style_id=style_id)
    )
    return await tenant.look_up(
        lambda directory: (directory.workspace(caller.workspace_id), directory.people[caller.person_id])
    )


async def unshare(tenant: Tenant, caller: Caller, style_id: str) -> None:
    """Take the caller's style back from the caller's workspace.

    Raises:
        NotFound: there is no such style that the caller may see, or it is not shared.
        Forbidden: it is somebody else's.
    """
    caller.check_may_change()
    await tenant.execute(
        UnshareStyle(person_id=caller.person_id, workspace_id=caller.workspace_id, style_id=style_id)
    )


def _normalised(tenant: Tenant, form: PlainInputSpec, body: object) -> dict[str, object]:
    return tenant.validation.normalise(form, body, on_date=lambda: iso_date(tenant.now_us()))


def _model(input: Mapping[str, object]) -> str:
    return training_model(str(input["model"]))


def _order(
    tenant: Tenant, caller: Caller, input: Mapping[str, object], media: tuple[MediaInput, ...]
) -> Order:
    settings, training = tenant.settings, tenant.training
    price = training.price_of(input)
    return Order(
        workspace_id=caller.workspace_id,
        person_id=caller.person_id,
        model=_model(input),
        job_type=TRAINING_JOB_TYPE,
        input=input,
        unit=caller.unit,
        usd_micros=price.usd_micros,
        cu_thousandths=price.cu_thousandths,
        progression=settings.progression,
        duration_us=range_at_speed(training.duration_us, settings.speed),
        files={},
        polls_per_step=settings.polls_per_step,
        media=media,
        trains=True,
        timeout_us=at_speed(EXTERNAL_TIMEOUT_US, settings.speed),
        speed=settings.speed,
        adapter=caller.adapter,
    )


def _names(style: Style, directory: Directory) -> tuple[str, ...]:
    return () if style.owner_id is None else (style.owner_id, directory.people[style.owner_id].uuid)


def _view(state: State, style: Style) -> StyleView:
    owner = None if style.owner_id is None else state.directory.people[style.owner_id]
    return StyleView(style, owner)
