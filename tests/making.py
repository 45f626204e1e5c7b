"""Small worlds and orders for tests of the core."""

from collections.abc import Mapping

from mockkrea.core.asset_commands import AddAsset
from mockkrea.core.clock import SECOND_US, Clock
from mockkrea.core.commands import Record
from mockkrea.core.jobs import FileRole, Order, Progression
from mockkrea.core.ledger import Meter
from mockkrea.core.money import Unit
from mockkrea.core.queue import Limits
from mockkrea.core.state import State
from mockkrea.core.webhooks import Webhook
from mockkrea.core.workspaces import Plan, Workspace
from mockkrea.core.world import World
from tests.real_time import RealTime

# 2026-11-22T10:00:00Z
START_US = 1_795_341_600 * SECOND_US

NO_LIMITS = Limits()
WEBHOOK = Webhook("http://localhost:9/hooks", "http://127.0.0.1:5732")
PRICE = 30_000
DURATION_US = 10 * SECOND_US


def a_state(
    *,
    usd_micros: int = 1_000_000,
    limits: Limits = NO_LIMITS,
    excluded_models: frozenset[str] = frozenset(),
    jobs_kept: int = 10_000,
    seed: int = 0,
    daily_cu_thousandths: int = 0,
) -> State:
    """Two workspaces, "w" as wanted and "other" rich and without limits."""
    state = State(seed=seed, now_us=START_US, settled_us=START_US, jobs_kept=jobs_kept)
    plan = Plan(
        id="pro",
        name="Pro",
        limits=limits,
        excluded_models=excluded_models,
        daily_cu_thousandths=daily_cu_thousandths,
    )
    for id, balance, its_limits in (("w", usd_micros, limits), ("other", 10**9, NO_LIMITS)):
        state.directory.workspaces[id] = Workspace(id=id, name=id, plan=plan, roles={}, limits=its_limits)
        state.ledger.open(id, at_us=START_US, daily_cu_thousandths=daily_cu_thousandths)
        state.ledger.grant(Meter(id, Unit.USD), balance, at_us=START_US)
    return state


def a_world(state: State, *, frozen: bool = False) -> tuple[World, RealTime, list[Record]]:
    """A world over this state, its real time, and the records it keeps."""
    real = RealTime()
    records: list[Record] = []
    state.frozen = frozen
    clock = Clock(real, at_us=state.now_us, frozen=frozen)
    return World(state, clock, keep=lambda record, state: records.append(record)), real, records


def an_order(
    *,
    workspace_id: str = "w",
    price: int = PRICE,
    unit: Unit = Unit.USD,
    progression: Progression = Progression.TIME,
    duration_us: tuple[int, int] = (DURATION_US, DURATION_US),
    polls_per_step: int = 1,
    unfinished_max: int | None = None,
    input: Mapping[str, object] | None = None,
    timeout_us: int | None = None,
    webhook: Webhook | None = None,
) -> Order:
    """An order for a picture, which costs 3 compute units unless it is paid in USD."""
    return Order(
        workspace_id=workspace_id,
        person_id="ada",
        model="image/bfl/flux-1-dev",
        job_type="flux",
        input=input or {"prompt": "a fox"},
        unit=unit,
        usd_micros=price,
        cu_thousandths=3_000,
        progression=progression,
        duration_us=duration_us,
        files={FileRole.IMAGE: "/files/images/{id}.png"},
        polls_per_step=polls_per_step,
        unfinished_max=unfinished_max,
        timeout_us=timeout_us,
        webhook=webhook,
    )


def an_upload(
    *,
    workspace_id: str = "w",
    blob: str = "ab" * 32,
    extension: str = "png",
    description: str | None = None,
) -> AddAsset:
    """An upload of a small picture."""
    return AddAsset(
        workspace_id=workspace_id,
        person_id="ada",
        blob=blob,
        mime_type="image/png",
        extension=extension,
        size_bytes=1_000,
        width=30,
        height=20,
        description=description,
    )


def a_training(**rest: object) -> Order:
    """An order for a style of Ada's; the rest is as of `an_order`."""
    input = {"model": "flux_dev", "name": "Foxes", "urls": ["https://example.com/fox.png"] * 3}
    order = an_order(**rest)  # type: ignore[arg-type]
    return order._replace(
        model="styles/train/flux_dev", job_type="loraTraining", input=input, files={}, trains=True
    )
