"""The page about what clients uploaded."""

from __future__ import annotations

from itertools import islice

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.words import ago, size, span
from mockkrea.core.assets import Asset, Medium
from mockkrea.core.state import State

UPLOADS_A_PAGE = 60


async def uploads_page(look: Look) -> Facts:
    """The last uploads, newest first."""

    def page(state: State) -> Facts:
        newest = islice(reversed(state.assets.values()), UPLOADS_A_PAGE)
        return {"uploads": [_upload(look, state, each) for each in newest], "total": len(state.assets)}

    return await look.ask(page)


def _upload(look: Look, state: State, asset: Asset) -> Facts:
    medium = asset.mime_type.partition("/")[0]
    sides = f"{asset.width} × {asset.height}" if asset.width else ""
    plays = span(asset.duration_us) if asset.duration_us else ""
    return {
        "id": asset.id,
        "short_id": asset.id[:8],
        "url": look.file(asset.path),
        "is_picture": medium == Medium.IMAGE,
        "glyph": medium if medium in ("video", "audio", "model") else "image",
        "mime_type": asset.mime_type,
        "facts": " · ".join(filter(None, (sides, plays, size(asset.size_bytes)))),
        "description": asset.description or "",
        "workspace": state.directory.workspaces[asset.workspace_id].name,
        "age": ago(asset.created_at_us, look.now_us),
        "at_ms": asset.created_at_us // 1000,
    }
