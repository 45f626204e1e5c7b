"""What a test does to a world, the same from the control API and from the test's own process."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Collection, Mapping

from mockkrea.core.clock import moment_of
from mockkrea.core.command import Command
from mockkrea.core.commands import AdvanceTo, RunToNextStep, RunUntilEnded, RunUntilIdle
from mockkrea.core.consent import Consent, Tokens
from mockkrea.core.consent_commands import IssueTokens
from mockkrea.core.errors import Finding, InvalidChange, InvalidRule
from mockkrea.core.fault_commands import AddFault
from mockkrea.core.faults import Fault
from mockkrea.core.hints import did_you_mean, shortened
from mockkrea.core.meant import mistake_in_model, mistake_in_token, mistake_in_workspace
from mockkrea.core.paths import mistake_in_path_of_model
from mockkrea.core.rule_reading import read_fault, read_next_error
from mockkrea.core.tools import mistake_in_profile
from mockkrea.tenant import Tenant
from mockkrea.verification import Match, Question, Seen, Verdict, find, verify
from mockkrea.webhooks.dispatcher import Dispatcher

JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The moments that have a name.
MOMENTS = ("idle", "next")

# Whom "the next error" meets unless the test says so: generations and tools, not pictures or sign-ins.
API_ADAPTERS = ("rest", "mcp")


def run_until(until: str) -> Command[None]:
    """What moves the clock to a time, to the end of a job, to `idle`, or to the `next` thing that happens.

    Raises:
        InvalidChange: the text names no moment.
    """
    if until == "idle":
        return RunUntilIdle()
    if until == "next":
        return RunToNextStep()
    if JOB_ID.fullmatch(until):
        return RunUntilEnded(until)
    try:
        return AdvanceTo(moment_of(until))
    except ValueError:
        raise InvalidChange(
            "until must be a time such as 2026-11-22T10:00:00Z, a job id, idle or next;"
            f" it was {shortened(until)!r}.{did_you_mean(until, MOMENTS)}"
        ) from None


async def add_fault(tenant: Tenant, rule: Mapping[str, object]) -> str:
    """Let requests go wrong from now on as this rule says; its id.

    Raises:
        InvalidRule: as `read_fault`, or it is about a model, workspace or token that the world does not have.
    """
    return await _add(tenant, rule, read_fault)


async def next_error(tenant: Tenant, answer: Mapping[str, object]) -> str:
    """Answer the very next request so, whatever other rules there are; the rule's id.

    Args:
        answer: as `read_next_error`; without `when` it is for the next request to the API or MCP server.

    Raises:
        InvalidRule: as `read_next_error`, or as `add_fault`.
    """
    return await _add(tenant, {"when": {"adapter": list(API_ADAPTERS)}, **answer}, read_next_error)


async def find_requests(tenant: Tenant, match: Match) -> list[Seen]:
    """The requests that clients made and that are meant, oldest first.

    Raises:
        InvalidChange: they are about a model that the world does not have.
    """
    _check_models(tenant, match)
    return find(match, _seen(tenant))


async def verify_requests(tenant: Tenant, question: Question) -> Verdict:
    """Whether clients asked what was expected.

    Raises:
        InvalidChange: as `find_requests`, or they are expected and no such path or tool is served.
    """
    _check_models(tenant, question.match, *question.in_order)
    _check_served(tenant, *(() if question.count.is_none else (question.match,)), *question.in_order)
    return verify(question, _seen(tenant))


async def move_clock(tenant: Tenant, dispatcher: Dispatcher, command: Command[None]) -> None:
    """Move the clock; a run until nothing is left to do also sends the webhooks, with all their retries.

    Raises:
        MockKreaError: as the command says.
    """
    await tenant.execute(command)
    if isinstance(command, RunUntilIdle):
        await dispatcher.drain(tenant)
        # Each attempt that failed has planned the next one.
        while await tenant.query(lambda state: state.outbox.agenda.size):
            await tenant.execute(command)
            await dispatcher.drain(tenant)


async def issue_tokens(
    tenant: Tenant, *, person: str | None, workspace: str | None, life_us: int | None, legacy: bool = False
) -> Tokens:
    """Tokens as if a person had allowed some client; a `legacy` session is bound to no workspace.
    Without `life_us` they live as long as the world's usual ones.

    Raises:
        InvalidChange: a workspace for a legacy session.
        NotFound, Forbidden: no such person or workspace, or they are no member of it.
    """
    if legacy and workspace is not None:
        raise InvalidChange("A legacy session is bound to no workspace; leave workspace or legacy out.")
    someone, seat = await tenant.look_up(lambda directory: directory.seat(person, workspace))
    consent = Consent(client_id=None, person_id=someone.id, workspace_id=None if legacy else seat.id)
    return await tenant.execute(IssueTokens(consent=consent, access_life_us=life_us))


async def _add(
    tenant: Tenant, rule: Mapping[str, object], read: Callable[[Mapping[str, object]], Fault]
) -> str:
    found: list[Finding] = []
    fault = None
    try:
        fault = read(rule)
    except InvalidRule as refusal:
        found += refusal.found
    judged = {each.path for each in found}
    found += [each async for each in _not_there(tenant, rule) if each.path not in judged]
    if fault is None or found:
        raise InvalidRule(found)
    return await tenant.execute(AddFault(fault))


async def _not_there(tenant: Tenant, rule: Mapping[str, object]) -> AsyncIterator[Finding]:
    """What a rule names that the world does not have, whatever else is wrong with the rule."""
    when = rule.get("when")
    if not isinstance(when, Mapping):
        return
    workspaces, tokens = await tenant.look_up(lambda directory: (directory.workspaces, directory.tokens))
    known: dict[str, tuple[Callable[[str, Collection[str]], str], Collection[str]]] = {
        "model": (mistake_in_model, _models(tenant)),
        "path": (mistake_in_path_of_model, _models(tenant)),
        "workspace": (mistake_in_workspace, workspaces),
        "key": (mistake_in_token, tokens),
    }
    for key, (mistake_in, there) in known.items():
        if isinstance(name := when.get(key), str) and (mistake := mistake_in(name, there)):
            yield Finding(("when", key), mistake)
    tool = when.get("tool")
    if isinstance(tool, str) and (mistake := mistake_in_profile(tool, tenant.settings.tools)):
        yield Finding(("when", "tool"), mistake)


def _check_models(tenant: Tenant, *matches: Match) -> None:
    for match in matches:
        if match.model and (mistake := mistake_in_model(match.model, _models(tenant))):
            raise InvalidChange(f"{mistake[0].upper()}{mistake[1:]}")


def _check_served(tenant: Tenant, *matches: Match) -> None:
    models, profile = _models(tenant), tenant.settings.tools
    for match in matches:
        mistake = mistake_in_path_of_model(match.path or "", models) or mistake_in_profile(
            match.tool or "", profile
        )
        if mistake:
            raise InvalidChange(f"{mistake[0].upper()}{mistake[1:]}")


def _models(tenant: Tenant) -> list[str]:
    return [model.id for model in tenant.catalogue.models]


def _seen(tenant: Tenant) -> list[Seen]:
    return [Seen.of(exchange) for exchange in tenant.requests.exchanges()]
