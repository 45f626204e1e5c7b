"""What can happen to assets: they are uploaded and deleted."""

from __future__ import annotations

from dataclasses import dataclass

from mockkrea.core.assets import FILE_BYTES_MAX, UPLOADS_PATH, Asset
from mockkrea.core.command import Command
from mockkrea.core.randomness import draw, uuid_of
from mockkrea.core.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAsset(Command[Asset]):
    """Somebody uploaded a file whose bytes are kept as `blob` and whose facts were read from them.

    `extension` is that of its medium, without a dot; `width` and `height` are pixels.
    """

    workspace_id: str
    person_id: str
    blob: str
    mime_type: str
    extension: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    duration_us: int | None = None
    description: str | None = None
    has_sound: bool = False

    def apply(self, state: State, at_us: int) -> Asset:
        """The new asset.

        Raises:
            NotFound: no such workspace.
        """
        assert 0 < self.size_bytes <= FILE_BYTES_MAX, "a file is measured before it becomes an asset"
        workspace = state.directory.workspace(self.workspace_id)
        state.assets_made += 1
        id = uuid_of(draw(state.seed, "asset", state.assets_made))
        asset = state.assets[id] = Asset(
            id=id,
            number=state.assets_made,
            workspace_id=workspace.id,
            person_id=self.person_id,
            blob=self.blob,
            path=f"{UPLOADS_PATH}{id}.{self.extension}",
            mime_type=self.mime_type,
            width=self.width,
            height=self.height,
            duration_us=self.duration_us,
            size_bytes=self.size_bytes,
            created_at_us=at_us,
            description=self.description,
            has_sound=self.has_sound,
        )
        return asset


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteAsset(Command[Asset]):
    """Take an asset away, and its file with it (that the file goes is ASSUMED)."""

    workspace_id: str
    asset_id: str

    def apply(self, state: State, at_us: int) -> Asset:
        """The asset that was.

        Raises:
            NotFound: no such asset in this workspace.
        """
        return state.assets.pop(state.asset(self.workspace_id, self.asset_id).id)
