import pytest

from mockkrea.core.initial_state import InitialConditions, Setup, fresh_state
from mockkrea.core.ledger import Meter
from mockkrea.core.money import Unit
from mockkrea.core.queue import Limits
from mockkrea.core.workspaces import Role
from mockkrea.data import load_setup
from tests.making import START_US

BEGINNING = InitialConditions(seed=0, at_us=START_US, frozen=False, jobs_kept=10)

FACTS = {
    "plans": {"free": {"name": "Free", "limits": {"concurrency": "2"}}},
    "people": {"eve": {"name": "Eve", "email": "eve@example.com", "default_workspace": "lab"}},
    "workspaces": {"lab": {"name": "Lab", "plan": "free", "members": {"eve": "admin"}, "usd": "0.02"}},
    "tokens": {"secret": {"workspace": "lab", "person": "eve"}},
}


def test_a_workspace_has_the_limits_of_its_plan_unless_it_names_its_own() -> None:
    workspace = Setup.read(FACTS).workspaces["lab"]

    assert workspace.limits == Limits(concurrency=2)
    assert workspace.roles == {"eve": Role.ADMIN}


def test_a_fresh_world_has_given_every_workspace_what_the_file_says() -> None:
    state = fresh_state(Setup.read(FACTS), BEGINNING)

    assert state.ledger.balance(Meter("lab", Unit.USD), at_us=state.now_us).available == 20_000
    assert [row.memo for row in state.ledger.entries_at("lab", at_us=state.now_us)] == [
        "what the world began with"
    ]


def test_every_token_and_default_workspace_of_the_shipped_world_exists() -> None:
    setup = load_setup()

    for token in setup.tokens.values():
        assert token.person_id in setup.workspaces[token.workspace_id].roles
    for person in setup.people.values():
        assert person.id in setup.workspaces[person.default_workspace_id].roles


def test_the_shipped_world_is_the_one_that_the_documentation_describes() -> None:
    setup = load_setup()

    assert list(setup.people) == ["ada", "lin"]
    assert next(iter(setup.tokens)) == "mockkrea:dev"
    assert setup.tokens["mockkrea:dev"].workspace_id == setup.people["ada"].default_workspace_id
    assert {id: (each.plan.id, each.limits) for id, each in setup.workspaces.items()} == {
        "ada-personal": ("pro", Limits()),
        "studio": ("enterprise", Limits(concurrency=32, backlog=1000)),
        "lin-personal": ("free", Limits(concurrency=2, backlog=10)),
    }
    assert setup.workspaces["studio"].roles == {"ada": Role.OWNER, "lin": Role.MEMBER}


@pytest.mark.parametrize("workspace_id", ["ada-personal", "studio"])
def test_the_first_two_workspaces_can_pay_for_a_4k_video_of_fifteen_seconds(workspace_id: str) -> None:
    grants = load_setup().grants[workspace_id]

    # The dearest known job: 2.8671 USD a second, and 6,000 units for 11 USD.
    dearest_usd_micros = 2_867_100 * 15
    assert grants[Unit.USD] >= dearest_usd_micros
    assert grants[Unit.COMPUTE_UNITS] >= dearest_usd_micros * 6 // 11
