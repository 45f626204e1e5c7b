"""The people, workspaces and tokens of a scenario.

What a workspace does not say it has from the fresh world's workspace of the same id, if there is one. Its own
plan it may name; limits that it does not give are the plan's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mockkrea.core.catalogue import Catalogue
from mockkrea.core.globs import fits
from mockkrea.core.initial_state import Setup
from mockkrea.core.money import Unit
from mockkrea.core.workspaces import ApiToken, Person, Plan, Role, TokenKind, Workspace
from mockkrea.scenario.shapes import Facts

PLAN_OF_THE_UNKNOWN = "pro"


def setup_of(listed: Sequence[Facts], fresh: Setup, catalogue: Catalogue) -> Setup:
    """The setup with these workspaces in place of the fresh world's, if there are any."""
    if not listed:
        return fresh
    workspaces = {each["id"]: _workspace(each, fresh, catalogue) for each in listed}
    people = _people(listed, workspaces, fresh)
    return replace(
        fresh,
        people=people,
        workspaces=workspaces,
        tokens=_tokens(listed, workspaces, fresh),
        grants={each["id"]: _grants(each, fresh) for each in listed},
        styles={id: each for id, each in fresh.styles.items() if each.owner_id in (None, *people)},
        moodboards={
            id: each for id, each in fresh.moodboards.items() if each.workspace_id in (None, *workspaces)
        },
    )


def bare_setup(listed: Sequence[Facts], fresh: Setup, catalogue: Catalogue) -> Setup:
    """The same with no more than ids, people and tokens, whatever else is wrong with the workspaces."""
    return setup_of([_bare(each) for each in listed if "id" in each], fresh, catalogue)


def _bare(facts: Facts) -> Facts:
    members = [{"person": each["person"]} for _, each in _members(facts) if "person" in each]
    tokens = [{"secret": each["secret"]} for each in facts.get("tokens", ()) if "secret" in each]
    return {"id": facts["id"], "members": members, "tokens": tokens}


def _workspace(facts: Facts, fresh: Setup, catalogue: Catalogue) -> Workspace:
    known = fresh.workspaces.get(facts["id"])
    plan = _plan(facts, known, fresh, catalogue)
    limits = plan.limits if known is None or "plan" in facts else known.limits
    roles = {each["person"]: Role(each.get("role", _usual_role(n))) for n, each in _members(facts)}
    return Workspace(
        id=facts["id"],
        name=facts.get("name", known.name if known else facts["id"].capitalize()),
        plan=plan,
        roles=roles or (known.roles if known else {fresh_person(fresh): Role.OWNER}),
        limits=replace(limits, **facts["limits"]) if "limits" in facts else limits,
    )


def _plan(facts: Facts, known: Workspace | None, fresh: Setup, catalogue: Catalogue) -> Plan:
    plans = {each.plan.id: each.plan for each in fresh.workspaces.values()}
    plan = plans[facts.get("plan", known.plan.id if known else PLAN_OF_THE_UNKNOWN)]
    globs = facts.get("excluded_models", ())
    excluded = {model.id for model in catalogue.models if any(fits(glob, model.id) for glob in globs)}
    return replace(plan, excluded_models=plan.excluded_models | excluded)


def fresh_person(fresh: Setup) -> str:
    """The id of the fresh world's first person."""
    return next(iter(fresh.people))


def _people(listed: Sequence[Facts], workspaces: Mapping[str, Workspace], fresh: Setup) -> dict[str, Person]:
    names = {
        each["person"]: each["name"] for facts in listed for _, each in _members(facts) if "name" in each
    }
    people = {}
    for workspace in workspaces.values():
        for id in workspace.roles:
            if id in people:
                continue
            known = fresh.people.get(id)
            home = known.default_workspace_id if known else ""
            if home not in workspaces or id not in workspaces[home].roles:
                home = workspace.id
            people[id] = Person(
                id=id,
                name=names.get(id, known.name if known else id.capitalize()),
                email=known.email if known else f"{id}@example.com",
                default_workspace_id=home,
            )
    return people


def _tokens(
    listed: Sequence[Facts], workspaces: Mapping[str, Workspace], fresh: Setup
) -> dict[str, ApiToken]:
    given = [(facts["id"], token) for facts in listed for token in facts.get("tokens", ())]
    tokens = {
        token["secret"]: ApiToken(
            secret=token["secret"],
            workspace_id=id,
            person_id=token.get("person", next(iter(workspaces[id].roles))),
            kind=TokenKind(token.get("kind", TokenKind.ORDINARY)),
        )
        for id, token in given
    }
    if not tokens:
        tokens = {
            secret: token
            for secret, token in fresh.tokens.items()
            if token.workspace_id in workspaces and token.person_id in workspaces[token.workspace_id].roles
        }
    if tokens:
        return tokens
    first = next(iter(workspaces.values()))
    secret = fresh.default_key
    return {secret: ApiToken(secret=secret, workspace_id=first.id, person_id=next(iter(first.roles)))}


def _grants(facts: Facts, fresh: Setup) -> Mapping[Unit, int]:
    return {**fresh.grants.get(facts["id"], {}), **{unit: facts[unit] for unit in Unit if unit in facts}}


def _members(facts: Facts) -> Iterator[tuple[int, Facts]]:
    return enumerate(facts.get("members", ()))


def _usual_role(number: int) -> Role:
    return Role.MEMBER if number else Role.OWNER
