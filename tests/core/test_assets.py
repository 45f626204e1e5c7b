"""Uploaded files as a world knows them: by their facts, and by the hash of their bytes."""

from __future__ import annotations

import pytest

from mockkrea.core import codec
from mockkrea.core.asset_commands import DeleteAsset
from mockkrea.core.assets import Asset
from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import NotFound
from mockkrea.core.state import State
from mockkrea.core.world import World, replay
from tests.making import START_US, a_state, a_world, an_upload


def newest(world: World, workspace_id: str = "w") -> list[Asset]:
    return world.query(lambda state: list(state.newest_assets(workspace_id)))


def test_an_upload_becomes_an_asset_with_its_facts_and_a_path_of_its_own() -> None:
    world, _, _ = a_world(a_state(), frozen=True)

    asset = world.execute(an_upload())

    assert asset.path == f"/files/uploads/{asset.id}.png"
    assert (asset.number, asset.created_at_us, asset.size_bytes) == (1, START_US, 1_000)
    assert (asset.width, asset.height, asset.duration_us, asset.description) == (30, 20, None, None)
    assert world.query(lambda state: state.asset("w", asset.id)) == asset
    assert world.query(lambda state: state.asset_of_file(asset.path)) == asset


def test_assets_are_listed_newest_first_each_in_its_workspace() -> None:
    world, real, _ = a_world(a_state())
    mine = []
    for _ in range(3):
        mine.append(world.execute(an_upload()))
        real.us += SECOND_US
    theirs = world.execute(an_upload(workspace_id="other"))

    assert newest(world) == mine[::-1]
    assert newest(world, "other") == [theirs]


def test_ids_of_assets_follow_from_the_seed_and_do_not_disturb_those_of_jobs() -> None:
    first, again, other = (a_world(a_state(seed=seed))[0].execute(an_upload()).id for seed in (1, 1, 2))

    assert first == again != other


def test_a_deleted_asset_is_gone_from_everywhere_and_its_id_is_not_dealt_again() -> None:
    world, _, _ = a_world(a_state())
    asset = world.execute(an_upload())

    assert world.execute(DeleteAsset(workspace_id="w", asset_id=asset.id)) == asset

    assert newest(world) == []
    for question in (lambda state: state.asset("w", asset.id), lambda state: state.asset_of_file(asset.path)):
        with pytest.raises(NotFound):
            world.query(question)
    assert world.execute(an_upload()).id != asset.id


@pytest.mark.parametrize("workspace_id", ["other", "nowhere"])
def test_another_workspace_neither_sees_nor_deletes_an_asset(workspace_id: str) -> None:
    world, _, records = a_world(a_state())
    asset = world.execute(an_upload())
    before = world.query(State.as_bytes)

    with pytest.raises(NotFound):
        world.query(lambda state: state.asset(workspace_id, asset.id))
    with pytest.raises(NotFound):
        world.execute(DeleteAsset(workspace_id=workspace_id, asset_id=asset.id))

    assert world.query(State.as_bytes) == before
    assert len(records) == 1


def test_an_upload_into_no_workspace_is_refused_and_counts_as_nothing() -> None:
    world, _, _ = a_world(a_state())
    before = world.query(State.as_bytes)

    with pytest.raises(NotFound):
        world.execute(an_upload(workspace_id="nowhere"))

    assert world.query(State.as_bytes) == before


@pytest.mark.parametrize(
    "trick", ["{id}", "{id}.jpg", "{id}.png.png", "../uploads/{id}.png", "x/{id}.png", ""]
)
def test_a_file_lies_at_its_own_path_only(trick: str) -> None:
    world, _, _ = a_world(a_state())
    asset = world.execute(an_upload())
    path = "/files/uploads/" + trick.format(id=asset.id)

    with pytest.raises(NotFound):
        world.query(lambda state: state.asset_of_file(path))


def test_a_world_with_assets_replays_and_reads_back_byte_for_byte() -> None:
    state = a_state()
    beginning = codec.copy(state)
    world, real, records = a_world(state)
    first = world.execute(an_upload())
    real.us += SECOND_US
    world.execute(an_upload(workspace_id="other", blob="cd" * 32, extension="mp4"))
    world.execute(DeleteAsset(workspace_id="w", asset_id=first.id))

    now = world.query(State.as_bytes)

    assert replay(beginning, records).as_bytes() == now
    assert codec.from_bytes(State, now).as_bytes() == now
