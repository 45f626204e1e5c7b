"""The page about money: both meters of each workspace, its ledger, and what it spent over mock time."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from mockkrea.adapters.dashboard.look import Facts, Look
from mockkrea.adapters.dashboard.tone import Tone
from mockkrea.adapters.dashboard.words import moment, money
from mockkrea.core.ledger import Account, Entry, EntryKind, Meter
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.state import State
from mockkrea.core.workspaces import Workspace

ROWS_SHOWN = 100

# The chart, in its own units: as wide as it is seen on a desk, bars at most so many.
CHART_WIDTH, CHART_HEIGHT, BARS = 720, 120, 48
BAR_GAP = 2

TONES = {
    EntryKind.GRANT: Tone.GOOD,
    EntryKind.ADJUST: Tone.GOOD,
    EntryKind.HOLD: Tone.WAIT,
    EntryKind.CAPTURE: Tone.BUSY,
    EntryKind.RELEASE: Tone.PAST,
    EntryKind.EXPIRE: Tone.PAST,
    EntryKind.CARRIED_FORWARD: Tone.BUSY,
}

UNIT_TITLES = {Unit.USD: "US dollars", Unit.COMPUTE_UNITS: "Compute units"}
UNIT_PAYERS = {Unit.USD: "API tokens pay with it", Unit.COMPUTE_UNITS: "OAuth sessions pay with it"}


class Bar(NamedTuple):
    """A bar of the chart, and what it says."""

    x: float
    y: float
    width: float
    height: float
    title: str


async def money_page(look: Look) -> Facts:
    """All workspaces, and the ledger of one."""
    wanted = look.request.query.get("workspace", "")
    unit = Unit.COMPUTE_UNITS if look.request.query.get("unit") == Unit.COMPUTE_UNITS else Unit.USD

    def page(state: State) -> Facts:
        directory = state.directory
        default_id = directory.first_person.default_workspace_id
        chosen = directory.workspaces.get(wanted) or directory.workspaces[default_id]
        rows = state.ledger.entries_at(chosen.id, at_us=state.settled_us)
        of_unit = [row for row in rows if row.unit is unit]
        return {
            "workspaces": [_workspace(look, state, each, chosen) for each in directory.workspaces.values()],
            "chosen": {"id": chosen.id, "name": chosen.name},
            "unit": unit.value,
            "unit_title": UNIT_TITLES[unit],
            "units": [
                {"title": title, "url": look.here(unit=each.value), "chosen": each is unit}
                for each, title in UNIT_TITLES.items()
            ],
            "rows": _rows(look, unit, of_unit),
            "total": len(of_unit),
            "chart": _chart(unit, of_unit, look.now_us),
            "chart_width": CHART_WIDTH,
            "chart_height": CHART_HEIGHT,
        }

    return await look.ask(page)


def _workspace(look: Look, state: State, workspace: Workspace, chosen: Workspace) -> Facts:
    return {
        "id": workspace.id,
        "name": workspace.name,
        "plan": workspace.plan.name,
        "chosen": workspace is chosen,
        "url": look.here(workspace=workspace.id),
        "meters": [_meter(state, Meter(workspace.id, unit)) for unit in Unit],
    }


def _meter(state: State, meter: Meter) -> Facts:
    balance = state.ledger.balance(meter, at_us=state.settled_us)
    return {
        "title": UNIT_TITLES[meter.unit],
        "payer": UNIT_PAYERS[meter.unit],
        "available": money(meter.unit, balance.available),
        "held": money(meter.unit, balance.held),
        "spent": money(meter.unit, balance.revenue),
        "free": in_whole_units(meter.unit, balance.available),
        "whole": in_whole_units(meter.unit, balance.available + balance.held + balance.revenue) or 1,
    }


def _rows(look: Look, unit: Unit, entries: list[Entry]) -> list[Facts]:
    """The last entries, newest first, each with what was available after it."""
    changes = (
        entry.amount * ((entry.target is Account.AVAILABLE) - (entry.source is Account.AVAILABLE))
        for entry in entries
    )
    seen = list(zip(entries, accumulate(changes), strict=True))[-ROWS_SHOWN:]
    return [_row(look, unit, entry, available) for entry, available in reversed(seen)]


def _row(look: Look, unit: Unit, entry: Entry, available: int) -> Facts:
    return {
        "seq": entry.seq,
        "time": moment(entry.at_us),
        "entry": entry.kind.value.replace("_", " "),
        "tone": TONES[entry.kind],
        "amount": money(unit, entry.amount),
        "route": f"{entry.source.value} → {entry.target.value}",
        "available": money(unit, available),
        "memo": entry.memo,
        "job": entry.job_id and entry.job_id[:8],
        "job_url": entry.job_id and f"{look.ui}/jobs/{entry.job_id}",
    }


def _chart(unit: Unit, entries: list[Entry], now_us: int) -> Facts | None:
    """What was captured, in equal spans from the first entry until now; None before anything was."""
    spent = [entry for entry in entries if entry.kind is EntryKind.CAPTURE]
    if not spent:
        return None
    first_us = entries[0].at_us
    span_us = max(now_us - first_us, 1) / BARS
    sums = [0] * BARS
    for entry in spent:
        sums[min(BARS - 1, int((entry.at_us - first_us) / span_us))] += entry.amount
    most, step = max(sums), CHART_WIDTH / BARS
    bars = [
        Bar(
            round(place * step, 1),
            round(CHART_HEIGHT - CHART_HEIGHT * amount / most, 1),
            round(step - BAR_GAP, 1),
            round(CHART_HEIGHT * amount / most, 1),
            f"{moment(int(first_us + place * span_us))}: {money(unit, amount)}",
        )
        for place, amount in enumerate(sums)
        if amount
    ]
    total = money(unit, sum(sums))
    return {
        "bars": bars,
        "from": moment(first_us),
        "until": moment(now_us),
        "most": money(unit, most),
        "total": total,
        "label": f"{total} spent between {moment(first_us)} and {moment(now_us)}",
    }
