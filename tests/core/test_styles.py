"""Styles and moodboards in core: how they come into being, who may use them, what changes them."""

from __future__ import annotations

from typing import Any

import pytest

from mockkrea.core.command import Command
from mockkrea.core.commands import DeleteJob, SetOutcome, Submit, SubmitAll
from mockkrea.core.errors import (
    Forbidden,
    InsufficientBalance,
    MockKreaError,
    NotFound,
    PlanRequired,
    TooManyJobs,
    UnusableReference,
)
from mockkrea.core.jobs import Job, JobError, Progression, Status
from mockkrea.core.ledger import Balance, Meter
from mockkrea.core.library_commands import (
    CreateMoodboard,
    DeleteMoodboard,
    DeleteStyle,
    MakeShareLink,
    ShareStyle,
    UnshareStyle,
    UpdateMoodboard,
    UpdateStyle,
)
from mockkrea.core.money import Unit
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.styles import Style
from mockkrea.core.world import World
from tests.contract.requirements import requirement
from tests.making import DURATION_US, PRICE, START_US, a_state, a_training, a_world, an_order

ADA, LIN = "ada", "lin"


def trained(world: World) -> Style:
    """A style of Ada's, trained in workspace w."""
    job = world.execute(Submit(a_training(progression=Progression.IMMEDIATE)))
    return world.query(lambda state: state.library.styles[job.style_id])


def styles_of(world: World) -> list[str]:
    return world.query(lambda state: list(state.library.styles))


def using(style_id: str, *, person_id: str = ADA, workspace_id: str = "w", **input: object) -> Submit:
    body = {"prompt": "a fox", "styles": [{"id": style_id, "strength": 1}]} | input
    return Submit(an_order(workspace_id=workspace_id, input=body, price=0)._replace(person_id=person_id))


def refused(world: World, command: Command[object]) -> MockKreaError:
    before = world.query(lambda state: state.as_bytes())
    with pytest.raises(MockKreaError) as refusal:
        world.execute(command)
    assert world.query(lambda state: state.as_bytes()) == before
    return refusal.value


# --- training


@requirement("style:train:result")
def test_a_training_that_completes_makes_a_style_of_its_owner_and_names_it() -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(a_training()))
    assert styles_of(world) == []

    real.us += DURATION_US

    ended = world.query(lambda state: state.any_job(job.id))
    style = world.query(lambda state: state.library.styles[ended.style_id])
    assert ended.result == {"style_id": style.id}
    assert (style.title, style.owner_id, style.base_models) == ("Foxes", ADA, ("flux_dev",))
    assert style.created_at_us == START_US + DURATION_US
    assert not style.public


def test_a_style_has_a_short_id_that_the_seed_decides() -> None:
    ids = [trained(a_world(a_state(seed=seed))[0]).id for seed in (7, 7, 8)]

    assert ids[0] == ids[1] != ids[2]
    assert all(len(id) == 9 and id.isalnum() and id.islower() for id in ids)


@requirement("style:train:billing")
def test_a_training_is_held_at_its_submission_and_captured_at_its_end() -> None:
    world, real, _ = a_world(a_state())
    world.execute(Submit(a_training()))

    def balance(state: State) -> Balance:
        return state.ledger.balance(Meter("w", Unit.USD), at_us=state.settled_us)

    assert world.query(balance).held == PRICE
    real.us += DURATION_US
    assert world.query(balance) == Balance(-1_000_000, 1_000_000 - PRICE, 0, PRICE)


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_a_training_that_fails_or_is_cancelled_makes_no_style_and_costs_nothing(end: Status) -> None:
    world, real, _ = a_world(a_state())
    job = world.execute(Submit(a_training()))
    error = JobError("nsfw") if end is Status.FAILED else None

    world.execute(SetOutcome(job_id=job.id, status=end, error=error))
    real.us += DURATION_US

    assert styles_of(world) == []
    assert world.query(lambda state: state.ledger.balance(Meter("w", Unit.USD), at_us=START_US)).revenue == 0


def test_a_training_that_a_test_gave_a_result_makes_no_style_and_answers_with_that() -> None:
    world, _, _ = a_world(a_state())
    job = world.execute(Submit(a_training()))

    ended = world.execute(SetOutcome(job_id=job.id, status=Status.COMPLETED, result={}))

    assert ended.result == {}
    assert styles_of(world) == []


def test_a_style_outlives_the_job_that_made_it() -> None:
    world, _, _ = a_world(a_state(jobs_kept=1))
    style = trained(world)

    for _ in range(3):
        job = world.execute(Submit(an_order(progression=Progression.IMMEDIATE)))
        world.execute(DeleteJob(workspace_id="w", job_id=job.id))

    assert styles_of(world) == [style.id]


# --- who may use a style


@requirement("style:private")
def test_a_trained_style_is_its_owners_alone_in_every_workspace() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)

    assert isinstance(world.execute(using(style.id)), Job)
    assert isinstance(world.execute(using(style.id, workspace_id="other")), Job)
    assert isinstance(refused(world, using(style.id, person_id=LIN)), UnusableReference)


@requirement("style:share")
def test_a_shared_style_is_for_everybody_in_that_workspace_until_it_is_taken_back() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)

    world.execute(ShareStyle(person_id=ADA, workspace_id="other", style_id=style.id))
    assert isinstance(world.execute(using(style.id, person_id=LIN, workspace_id="other")), Job)
    assert isinstance(refused(world, using(style.id, person_id=LIN, workspace_id="w")), UnusableReference)

    world.execute(UnshareStyle(person_id=ADA, workspace_id="other", style_id=style.id))
    assert isinstance(refused(world, using(style.id, person_id=LIN, workspace_id="other")), UnusableReference)


def test_a_public_style_is_for_everybody_and_private_again_when_its_owner_says_so() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)

    world.execute(UpdateStyle(person_id=ADA, style_id=style.id, public=True))
    assert isinstance(world.execute(using(style.id, person_id=LIN, workspace_id="other")), Job)

    world.execute(UpdateStyle(person_id=ADA, style_id=style.id, public=False))
    assert isinstance(refused(world, using(style.id, person_id=LIN, workspace_id="other")), UnusableReference)


def test_what_others_share_or_change_is_refused_as_forbidden_where_they_see_it_and_else_as_unknown() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)
    lins: dict[str, Any] = {"person_id": LIN, "style_id": style.id}

    assert isinstance(refused(world, ShareStyle(workspace_id="w", **lins)), NotFound)
    world.execute(ShareStyle(person_id=ADA, workspace_id="w", style_id=style.id))
    assert isinstance(refused(world, ShareStyle(workspace_id="w", **lins)), Forbidden)
    assert isinstance(refused(world, UnshareStyle(workspace_id="w", **lins)), Forbidden)
    for command in (UpdateStyle(title="mine", **lins), DeleteStyle(**lins), MakeShareLink(**lins)):
        assert isinstance(refused(world, command), NotFound)


def test_a_style_that_is_not_shared_cannot_be_taken_back() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)

    command = UnshareStyle(person_id=ADA, workspace_id="w", style_id=style.id)

    assert isinstance(refused(world, command), NotFound)


def test_a_style_keeps_the_link_that_it_was_given_first() -> None:
    world, _, _ = a_world(a_state())
    command = MakeShareLink(person_id=ADA, style_id=trained(world).id)

    first = world.execute(command)

    assert first.share_token
    assert world.execute(command) == first


def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)

    changed = world.execute(UpdateStyle(person_id=ADA, style_id=style.id, title="Red foxes", urls=()))

    assert (changed.title, changed.urls) == ("Red foxes", ())
    assert (changed.cover_url, changed.public) == (style.cover_url, False)


def test_a_deleted_style_is_gone_and_jobs_that_have_it_complete() -> None:
    world, real, _ = a_world(a_state())
    style = trained(world)
    job = world.execute(using(style.id))

    world.execute(DeleteStyle(person_id=ADA, style_id=style.id))
    real.us += DURATION_US

    assert styles_of(world) == []
    assert world.query(lambda state: state.any_job(job.id)).status is Status.COMPLETED


# --- references


@requirement("style:unknown")
def test_every_unknown_style_and_moodboard_is_named_by_its_pointer_and_id() -> None:
    world, _, _ = a_world(a_state())
    style = trained(world)
    wanted = [{"id": style.id}, {"id": f"{style.id}x"}, {"id": "y" * 1000}]

    refusal = refused(world, using(style.id, styles=wanted, moodboards=[{"id": "m"}]))

    assert isinstance(refusal, UnusableReference)
    assert [issue.path for issue in refusal.issues] == ["/styles/1/id", "/styles/2/id", "/moodboards/0/id"]
    assert refusal.issues[0].message.endswith(f"'{style.id}x'. Did you mean {style.id}?")
    assert len(refusal.issues[1].message) < 150


@requirement("style:unknown:order")
def test_unknown_styles_are_refused_after_the_plan_and_before_concurrency_and_balance() -> None:
    poor: dict[str, Any] = {"usd_micros": 0, "limits": Limits(concurrency=0, backlog=0)}
    order = an_order(input={"styles": [{"id": "unknown"}]})

    without_plan, _, _ = a_world(a_state(excluded_models=frozenset({order.model}), **poor))
    assert isinstance(refused(without_plan, Submit(order)), PlanRequired)
    world, _, _ = a_world(a_state(**poor))
    assert isinstance(refused(world, Submit(order)), UnusableReference)
    assert isinstance(refused(world, Submit(an_order())), TooManyJobs)


# --- moodboards


def test_a_moodboard_belongs_to_its_workspace_which_uses_renames_and_deletes_it() -> None:
    world, _, _ = a_world(a_state())
    urls = ("https://example.com/sea.png",)
    made = world.execute(CreateMoodboard(workspace_id="w", image_urls=urls, name="Sea"))
    order = an_order(input={"moodboards": [{"id": made.id}]}, price=0)

    assert isinstance(world.execute(Submit(order)), Job)
    assert isinstance(refused(world, Submit(order._replace(workspace_id="other"))), UnusableReference)
    for command in (
        UpdateMoodboard(workspace_id="other", moodboard_id=made.id, name="Mine"),
        DeleteMoodboard(workspace_id="other", moodboard_id=made.id),
    ):
        assert isinstance(refused(world, command), NotFound)
    renamed = world.execute(UpdateMoodboard(workspace_id="w", moodboard_id=made.id, name="Lake"))
    assert (renamed.id, renamed.name, renamed.image_urls) == (made.id, "Lake", urls)

    world.execute(DeleteMoodboard(workspace_id="w", moodboard_id=made.id))

    assert isinstance(refused(world, Submit(order)), UnusableReference)


# --- several jobs at once


def test_of_several_orders_all_are_taken_or_none() -> None:
    world, _, _ = a_world(a_state(usd_micros=2 * PRICE, limits=Limits(concurrency=1, backlog=2)))

    assert isinstance(refused(world, SubmitAll((an_order(),) * 3)), InsufficientBalance)
    assert isinstance(refused(world, SubmitAll((an_order(price=0),) * 4)), TooManyJobs)
    jobs = world.execute(SubmitAll((an_order(),) * 2))

    assert [job.status for job in jobs] == [Status.QUEUED, Status.BACKLOGGED]
    assert len({job.id for job in jobs}) == 2
