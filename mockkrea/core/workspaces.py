"""People, their workspaces, and the API tokens and OAuth grants that act for them.

A token belongs to one workspace and speaks for one person. A person sees the workspaces they are a
member of; the one marked as default is where they land when nothing else is said.
(Workspaces, the picker and "only owners and admins create tokens" are documented; the roles
`member` and `viewer` are ASSUMED.)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from mockkrea.core.consent import Consent, Consents
from mockkrea.core.errors import Forbidden, NotFound, PlanRequired, Unauthorized
from mockkrea.core.queue import Limits
from mockkrea.core.randomness import draw, uuid_of

# How keys begin that lead into a world: mk_NAME:dev.
KEY_MARK = "mk_"

# How API tokens of the worlds themselves begin: mockkrea:dev.
TOKEN_MARK = "mockkrea:"


class Role(StrEnum):
    """What a person may do in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


class TokenKind(StrEnum):
    """What an API token is for. Service keys exist (documented); that they can do all else is ASSUMED."""

    ORDINARY = "ordinary"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a workspace has subscribed to.

    The models it lacks are `excluded_models`; `daily_cu_thousandths` are the compute units that it gives for
    nothing each day.
    """

    id: str
    name: str
    limits: Limits
    excluded_models: frozenset[str] = frozenset()
    daily_cu_thousandths: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can sign in."""

    id: str
    name: str
    email: str
    default_workspace_id: str

    @property
    def uuid(self) -> str:
        """What answers call the person by: Krea's ids of people are UUIDs (documented)."""
        return uuid_of(draw(0, f"person {self.id}", 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where jobs, files and money belong. `roles` is by person id, in the order of joining."""

    id: str
    name: str
    plan: Plan
    roles: dict[str, Role]
    limits: Limits

    def is_viewer(self, person_id: str) -> bool:
        """Whether the person may only look."""
        return self.roles.get(person_id) is Role.VIEWER


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A bearer token for REST and MCP, billed to the workspace's USD balance (documented)."""

    secret: str
    workspace_id: str
    person_id: str
    kind: TokenKind = TokenKind.ORDINARY


@dataclass(slots=True)
class Directory:
    """Who and what exists in one world; each by its id, tokens by their secret."""

    people: dict[str, Person] = field(default_factory=dict)
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    tokens: dict[str, ApiToken] = field(default_factory=dict)
    consents: Consents = field(default_factory=Consents)

    def person(self, person_id: str) -> Person:
        """The person with this id.

        Raises:
            NotFound: there is none.
        """
        try:
            return self.people[person_id]
        except KeyError:
            raise NotFound("person", person_id) from None

    def workspaces_of(self, person_id: str) -> list[Workspace]:
        """The workspaces that a person is a member of, the default one first.

        Raises:
            NotFound: no such person.
        """
        default_id = self.person(person_id).default_workspace_id
        own = [each for each in self.workspaces.values() if person_id in each.roles]
        return sorted(own, key=lambda each: each.id != default_id)

    def membership(self, person_id: str, workspace_id: str) -> Workspace:
        """The workspace with this id, in which the person has to be a member.

        Raises:
            NotFound: no such person or workspace.
            Forbidden: they are no member of it.
        """
        workspace = self.workspace(workspace_id)
        if self.person(person_id).id not in workspace.roles:
            own = ", ".join(each.id for each in self.workspaces_of(person_id))
            raise Forbidden(f"{person_id} is no member of the workspace {workspace_id}, but of {own}.")
        return workspace

    def seat(self, person_id: str | None, workspace_id: str | None) -> tuple[Person, Workspace]:
        """Who signs in, and for which workspace, where not all is said.

        The person is the workspace's owner, else the first one; the workspace is the person's default.

        Raises:
            NotFound, Forbidden: as `membership`.
        """
        if person_id is None and workspace_id is not None:
            roles = self.workspace(workspace_id).roles
            person_id = min(roles, key=lambda each: roles[each] is not Role.OWNER, default=None)
        person = self.first_person if person_id is None else self.person(person_id)
        return person, self.membership(person.id, workspace_id or person.default_workspace_id)

    def workspace(self, workspace_id: str) -> Workspace:
        """The workspace with this id.

        Raises:
            NotFound: there is none.
        """
        try:
            return self.workspaces[workspace_id]
        except KeyError:
            raise NotFound("workspace", workspace_id) from None

    def check_plan(self, workspace_id: str, model_id: str) -> None:
        """Raise unless the workspace's plan includes the model.

        Raises:
            PlanRequired: it does not.
        """
        plan = self.workspace(workspace_id).plan
        if model_id in plan.excluded_models:
            raise PlanRequired(f"The plan {plan.name} does not include {model_id}.")

    def token_of(self, secret: str | None) -> tuple[ApiToken, Workspace]:
        """The token with this secret, and the workspace it acts for.

        Raises:
            Unauthorized: nobody gave one, or nobody has it.
        """
        token = self.tokens.get(secret) if secret else None
        if token is None:
            raise Unauthorized("Send Authorization: Bearer and an API token that this world knows.")
        return token, self.workspaces[token.workspace_id]

    def session_of(self, access_token: str, *, at_us: int) -> tuple[Consent, Workspace] | None:
        """What an OAuth access token stands for, and the workspace it acts for; None if it is not valid."""
        grant = self.consents.grant_of(access_token, at_us=at_us)
        if grant is None:
            return None
        default_id = self.people[grant.consent.person_id].default_workspace_id
        return grant.consent, self.workspaces[grant.consent.workspace_id or default_id]

    @property
    def first_person(self) -> Person:
        """Whom an unattended sign-in takes."""
        return next(iter(self.people.values()))
