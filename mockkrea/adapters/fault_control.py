"""The part of the control API that adds fault rules, lists them and takes them away."""

from __future__ import annotations

from mockkrea import control_calls
from mockkrea.adapters import bodies, control_schemas, fault_wire
from mockkrea.adapters.control_context import Addressed, Answered, Route
from mockkrea.core.fault_commands import RemoveFaults, SwitchFault
from mockkrea.core.state import State


async def list_faults(tenant: Addressed) -> Answered:
    """The fault rules in the order in which they are asked, with how often each matched and fired."""

    def all_of(state: State) -> list[Answered]:
        return [
            fault_wire.fault_body(id, each, state.rules.tallies[id])
            for id, each in state.rules.faults_in_turn()
        ]

    return {"items": await tenant.query(all_of)}


async def add_fault(tenant: Addressed, wanted: bodies.FaultBody) -> Answered:
    """Let requests go wrong from now on; answers the id of the rule."""
    return {"id": await control_calls.add_fault(tenant, wanted.root)}


async def provoke_next(tenant: Addressed, wanted: bodies.NextErrorBody) -> Answered:
    """Let the next request go wrong, to Krea's API or MCP server unless `when` says which; the rule's id."""
    return {"id": await control_calls.next_error(tenant, wanted.root)}


async def remove_faults(tenant: Addressed) -> Answered:
    """Take all fault rules away; answers which are left."""
    await tenant.execute(RemoveFaults())
    return {"items": []}


async def remove_fault(tenant: Addressed, fault_id: str) -> Answered:
    """Take one fault rule away; answers its id."""
    await tenant.execute(RemoveFaults(fault_id))
    return {"id": fault_id, "deleted": True}


async def switch_fault(tenant: Addressed, fault_id: str, wanted: bodies.SwitchBody) -> Answered:
    """Let one fault rule rest, or count and fire again; answers it."""
    await tenant.execute(SwitchFault(fault_id, wanted.on))
    return await tenant.query(
        lambda state: fault_wire.fault_body(
            fault_id, state.rules.faults[fault_id], state.rules.tallies[fault_id]
        )
    )


ROUTES: tuple[Route, ...] = (
    Route("GET", "/faults", list_faults, control_schemas.Faults),
    Route("POST", "/faults", add_fault, control_schemas.FaultAdded, (422,)),
    Route("DELETE", "/faults", remove_faults, control_schemas.Faults),
    Route("PATCH", "/faults/{fault_id}", switch_fault, control_schemas.Fault, (404, 422)),
    Route("DELETE", "/faults/{fault_id}", remove_fault, control_schemas.FaultRemoved, (404,)),
    Route("POST", "/next-error", provoke_next, control_schemas.FaultAdded, (422,)),
)
