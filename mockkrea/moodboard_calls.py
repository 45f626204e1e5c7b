"""What a caller can do with moodboards; beside `calls.py`, which has jobs. REST has no paths for them."""

from __future__ import annotations

from collections.abc import Sequence

from mockkrea.calls import Caller
from mockkrea.core import codec
from mockkrea.core.clock import iso_date
from mockkrea.core.fields import FieldLanguage
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.library_commands import CreateMoodboard, DeleteMoodboard, UpdateMoodboard
from mockkrea.core.styles import Moodboard
from mockkrea.inputs import Intake, Terms
from mockkrea.tenant import Tenant


async def see_moodboards(tenant: Tenant, caller: Caller) -> list[Moodboard]:
    """The moodboards that the caller's jobs may use, newest first."""

    def seen(moodboards: Sequence[Moodboard]) -> list[Moodboard]:
        visible = [each for each in moodboards if each.is_visible(caller.workspace_id)]
        return sorted(visible, key=lambda each: (each.created_at_us, each.number))[::-1]

    return await tenant.query(lambda state: seen(list(state.library.moodboards.values())))


async def create_moodboard(
    tenant: Tenant, caller: Caller, *, images: Sequence[str], name: str | None, terms: Terms
) -> Moodboard:
    """A new moodboard of the caller's workspace, of pictures with URLs: it keeps no bytes (ASSUMED).

    Raises:
        InvalidInput: an image is no URL.
        RefusedMedia: a picture cannot be used.
    """
    caller.check_may_change()
    form = PlainInputSpec.read("a moodboard", {"images": "list of uri"}, FieldLanguage())
    input = tenant.validation.normalise(form, {"images": images}, on_date=lambda: iso_date(tenant.now_us()))
    with Intake(tenant, caller.person_id, caller.workspace_id, terms, keeps_bytes=False) as intake:
        kept = await intake.take(form, input)
    facts = {"workspace_id": caller.workspace_id, "image_urls": kept["images"], "name": name}
    command: CreateMoodboard = codec.from_data(CreateMoodboard, facts)
    return await tenant.execute(command)


async def rename_moodboard(tenant: Tenant, caller: Caller, moodboard_id: str, name: str) -> Moodboard:
    """Call a moodboard of the caller's workspace something else.

    Raises:
        NotFound: the workspace has no such moodboard of its own.
    """
    caller.check_may_change()
    return await tenant.execute(
        UpdateMoodboard(workspace_id=caller.workspace_id, moodboard_id=moodboard_id, name=name)
    )


async def delete_moodboard(tenant: Tenant, caller: Caller, moodboard_id: str) -> None:
    """Take a moodboard of the caller's workspace out of the world.

    Raises:
        NotFound: the workspace has no such moodboard of its own.
    """
    caller.check_may_change()
    await tenant.execute(DeleteMoodboard(workspace_id=caller.workspace_id, moodboard_id=moodboard_id))
