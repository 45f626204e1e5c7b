"""What a caller can do with assets, the same through every adapter; beside `calls.py`, which has jobs.

A file comes with an API token, or without one to a presigned URL: that names the workspace and the
person, ends after three hours of the world's clock (documented), and carries a signature that only this
world's seed can make. So nothing has to be remembered of it, and it can be used until it ends (ASSUMED).
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple
from urllib.parse import urlencode

from mockkrea.calls import Caller
from mockkrea.core.asset_commands import AddAsset, DeleteAsset
from mockkrea.core.assets import Asset
from mockkrea.core.clock import SECOND_US, iso
from mockkrea.core.errors import Forbidden
from mockkrea.core.money import Unit
from mockkrea.core.randomness import draw
from mockkrea.core.state import State
from mockkrea.journal.blobs import BlobWriter
from mockkrea.tenant import Tenant

# The path that Krea's MCP page shows; what follows `presigned/` there is not known.
PRESIGNED_PATH = "/public-api/assets/presigned/upload"
PRESIGNED_LIFE_US = 3 * 3600 * SECOND_US


class PresignedUrl(NamedTuple):
    """Where a file can be sent without a token, and until when."""

    url: str
    expires_at_us: int


async def add_asset(tenant: Tenant, caller: Caller, blob: BlobWriter, description: str | None) -> Asset:
    """Make a file that was received whole an asset of the caller's workspace. It is judged in a thread.

    Raises:
        InvalidMedia: it is no medium that Krea takes.
    """
    from mockkrea.media.probe import probe

    caller.check_may_change()

    info = await asyncio.to_thread(probe, blob.rewound())
    return await tenant.execute(
        AddAsset(
            workspace_id=caller.workspace_id,
            person_id=caller.person_id,
            blob=blob.sha256,
            mime_type=info.mime_type,
            extension=info.extension,
            size_bytes=blob.size_bytes,
            width=info.width,
            height=info.height,
            duration_us=info.duration_us,
            description=description,
            has_sound=info.has_sound,
        )
    )


async def see_asset(tenant: Tenant, caller: Caller, asset_id: str) -> Asset:
    """One asset.

    Raises:
        NotFound: no such asset in the caller's workspace.
    """
    return await tenant.query(lambda state: state.asset(caller.workspace_id, asset_id))


async def see_assets(
    tenant: Tenant, caller: Caller, *, limit: int, before: tuple[int, int] | None
) -> tuple[list[Asset], bool]:
    """The newest assets of the caller's workspace, and whether there are more.

    `before` is (created_at_us, number): only assets uploaded strictly before that one.
    """

    def page(state: State) -> list[Asset]:
        assets = state.newest_assets(caller.workspace_id)
        wanted = (asset for asset in assets if before is None or (asset.created_at_us, asset.number) < before)
        return list(islice(wanted, limit + 1))

    assets = await tenant.query(page)
    return assets[:limit], len(assets) > limit


async def delete_asset(tenant: Tenant, caller: Caller, asset_id: str) -> None:
    """Take an asset and its file away.

    Raises:
        NotFound: no such asset in the caller's workspace.
    """
    caller.check_may_change()
    asset = await tenant.execute(DeleteAsset(workspace_id=caller.workspace_id, asset_id=asset_id))
    tenant.blobs.release(asset.blob)


def check_bound(caller: Caller) -> None:
    """Raise unless the caller's workspace was chosen: only then may they upload.

    Raises:
        Forbidden: it was not (documented).
    """
    if not caller.bound:
        raise Forbidden(
            "This session is bound to no workspace, and uploads need one: disconnect, connect again and"
            " choose a workspace when you are asked."
        )


def upload_url(tenant: Tenant, caller: Caller, base_url: str) -> PresignedUrl:
    """A URL to which anybody who has it can upload for the caller's workspace.

    Its parameters are recorded from Krea; that `exp` counts seconds since the epoch is ASSUMED.

    Raises:
        Forbidden: the caller's session is bound to no workspace (documented).
    """
    caller.check_may_change()
    check_bound(caller)
    expires_at_s = (tenant.now_us() + PRESIGNED_LIFE_US) // SECOND_US
    query = {
        "workspaceId": caller.workspace_id,
        "userId": caller.person_id,
        "sig": _signature(tenant, caller.workspace_id, caller.person_id, str(expires_at_s)),
        "exp": expires_at_s,
    }
    return PresignedUrl(f"{base_url}{PRESIGNED_PATH}?{urlencode(query)}", expires_at_s * SECOND_US)


def holder_of(tenant: Tenant, query: Mapping[str, str]) -> Caller:
    """For whom a presigned URL with these parameters uploads.

    Raises:
        Forbidden: this world has not signed them, or they have expired.
    """
    workspace_id, person_id = query.get("workspaceId", ""), query.get("userId", "")
    expires_at_s, signature = query.get("exp", ""), query.get("sig", "")
    expected = _signature(tenant, workspace_id, person_id, expires_at_s)
    if not hmac.compare_digest(signature.encode(), expected.encode()):
        raise Forbidden(
            "This upload URL was not signed here, or was changed; get_upload_url gives a new one."
        )
    # What was signed here is a number.
    if tenant.now_us() >= int(expires_at_s) * SECOND_US:
        ended = iso(int(expires_at_s) * SECOND_US)
        raise Forbidden(f"This upload URL expired at {ended}; get_upload_url gives a new one.")
    return Caller(person_id, workspace_id, Unit.USD)


def _signature(tenant: Tenant, workspace_id: str, person_id: str, expires_at_s: str) -> str:
    key = draw(tenant.seed, "presigned upload", 0)
    text = urlencode((("workspaceId", workspace_id), ("userId", person_id), ("exp", expires_at_s)))
    return hmac.digest(key, text.encode(), "sha256").hex()
