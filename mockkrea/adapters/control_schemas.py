"""What the control API answers, as its documentation shows it. `control_wire` makes the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from mockkrea.core.jobs import Status
from mockkrea.core.ledger import Account, EntryKind
from mockkrea.core.money import Unit
from mockkrea.core.outbox import DeliveryStatus

# Beside a type: until it has a value the key is absent, never null.
Absent = SkipJsonSchema[None]


def _without_null_defaults(schema: dict[str, Any]) -> None:
    for field in schema.get("properties", {}).values():
        if field.get("default", "") is None:
            del field["default"]


class Shown(BaseModel):
    """A shape in the documentation: every key it may have."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_null_defaults)


class Health(Shown):
    """That the mock answers, and which one it is."""

    status: Literal["ok"]
    version: str
    world: str
    seed: int
    models: int = Field(description="How many models are on sale.")
    catalogue: str = Field(description="The day as of which the models are known.")


class Connection(Shown):
    """Where the server's process has connected to."""

    host: str
    port: int
    on_purpose: bool = Field(
        description="Whether it was for a webhook, or for a host that clients may reach."
    )


class HealthAndProcess(Health):
    """The same, and what is known of the server's process."""

    pid: int
    outbound: list[Connection] | None = Field(
        description="Where its connections went, the first hundred places; null where nobody watches that."
    )


class Clock(Shown):
    """What the world's clock shows."""

    now: datetime
    mode: Literal["real", "frozen"]
    speed: float


class World(Shown):
    """A world, and how a client gets there."""

    name: str
    url: str = Field(description="What to put before Krea's paths.")
    api_key: str = Field(description="A key that leads there without the prefix, too.")
    seed: int
    idle_seconds: int = Field(ge=0, description="For how long nobody has asked for it, in real time.")


class Worlds(Shown):
    """All worlds, the default one first."""

    items: list[World]


class Dropped(Shown):
    """Which world is gone."""

    name: str
    deleted: Literal[True]


class Meter(Shown):
    """What a workspace has on one meter, in whole units; the balance is held and available."""

    balance: float
    held: float
    available: float


class Workspace(Shown):
    """A workspace with both meters."""

    id: str
    name: str
    plan: str
    is_default: bool = Field(description="Whether it is the default one of the world's first person.")
    usd: Meter
    compute_units: Meter


class Workspaces(Shown):
    """All workspaces."""

    items: list[Workspace]


class LedgerEntry(Shown):
    """One movement of money between two accounts."""

    seq: int
    at: datetime
    kind: EntryKind
    unit: Unit
    amount: float = Field(ge=0)
    source: Account = Field(alias="from")
    target: Account = Field(alias="to")
    job_id: str | None
    memo: str


class Ledger(Shown):
    """Every movement of a workspace's money, oldest first."""

    items: list[LedgerEntry]


class Limits(Shown):
    """A workspace's limits; null is no limit."""

    concurrency: int | None
    backlog: int | None
    requests_per_minute: int | None


class Fault(Shown):
    """A fault rule as it was written, how many requests it was about, and how often it fired."""

    id: str
    when: dict[str, Any]
    then: dict[str, Any]
    times: int | None = Field(description="How often it fires at most; null for any number.")
    on: bool = Field(description="While it is off it neither counts nor fires.")
    matched: int
    fired: int


class Faults(Shown):
    """All fault rules."""

    items: list[Fault]


class FaultAdded(Shown):
    """The id of a new rule."""

    id: str


class FaultRemoved(Shown):
    """Which rule is gone."""

    id: str
    deleted: Literal[True]


class JobError(Shown):
    """Why a job failed."""

    code: str
    message: str | Absent = None


class Job(Shown):
    """A job, as Krea's API shows it."""

    job_id: UUID
    status: Status
    type: str
    created_at: datetime
    position: int | Absent = None
    completed_at: datetime | Absent = None
    result: dict[str, Any] | Absent = None
    error: JobError | Absent = None


class LoggedRequest(Shown):
    """A request of a client, and its answer. Bodies are JSON, text, or null for what is neither."""

    id: str = Field(description="Its X-Request-Id, which stands in the answer too.")
    number: int = Field(description="Counts the requests of a world as they come.")
    at: datetime = Field(description="When it came, by the world's clock.")
    adapter: Literal["rest", "mcp", "oauth", "upload", "files"]
    tool: str | None = Field(description="The MCP tool that it called.")
    is_error: bool | None = Field(description="Whether an MCP message was refused, in whatever way.")
    method: str
    path: str = Field(description="With its query.")
    key: str | None = Field(description="The first characters of the key that it brought.")
    status: int = Field(description="0 where nothing was answered.")
    unanswered: str | None = Field(
        description="Why nothing was: it is pending, its client went away, or what a rule did to it."
    )
    latency_ms: float
    request_bytes: int
    request_body: Any = Field(description="Up to 64 KB of it; nothing of media.")
    answer_bytes: int
    answer_body: Any = Field(description="Up to 64 KB of it; nothing of media.")
    job_id: str | None
    fault_id: str | None = Field(description="The fault rule that fired for it.")


class SeenRequest(Shown):
    """A request in a line."""

    number: int
    line: str


class Verdict(Shown):
    """That clients asked what was expected, and the requests that were meant."""

    holds: Literal[True]
    detail: str
    found: list[SeenRequest]


class Scenario(Shown):
    """What a world began with; all of it is empty if that was no scenario."""

    name: str
    description: str
    files: list[str] = Field(description="Which it was read from, each over the ones before it.")
    scenario: dict[str, Any] = Field(description="As it was written.")


class Requests(Shown):
    """Requests in the order in which they came."""

    items: list[LoggedRequest]
    dropped: int = Field(description="How many earlier ones made room for later ones.")


class Forgotten(Shown):
    """How many requests are no longer logged."""

    deleted: int


class Settings(Shown):
    """All settings of the world."""

    model_config = ConfigDict(extra="allow")


class Attempt(Shown):
    """One try to deliver a webhook: the status of the answer, or why there was none."""

    at: datetime = Field(description="When it was due, by the world's clock.")
    duration: float = Field(description="Seconds of real time.")
    status: int | Absent = None
    error: str | Absent = None


class Webhook(Shown):
    """A job that ended, on its way to its webhook."""

    id: UUID
    url: str
    status: DeliveryStatus
    created_at: datetime
    due_at: datetime | Absent = None
    attempts: list[Attempt]
    job: Job = Field(description="What is sent.")


class Webhooks(Shown):
    """All webhooks, oldest first; of those that need no more work the last thousand."""

    items: list[Webhook]


class IssuedTokens(Shown):
    """What an OAuth client gets (RFC 6749), and the client that may refresh it."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int = Field(description="Seconds.")
    refresh_token: str
    scope: str
    client_id: str = Field(description="What to refresh with; any other registered client may as well.")


class Expired(Shown):
    """How many access tokens lived until now."""

    expired: int


class Revoked(Shown):
    """How many sessions ended."""

    revoked: int


class Session(Shown):
    """An OAuth session: whom it acts for, and how long."""

    id: str
    client: str = Field(description="The name that its client registered.")
    person: str
    workspace: str | None = Field(description="Null for a legacy one, which is bound to none.")
    scope: str
    access_until: datetime | None = Field(description="When its last access token ends or ended.")
    refresh_until: datetime


class Sessions(Shown):
    """OAuth sessions, oldest first."""

    items: list[Session]


class Upload(Shown):
    """An asset, as Krea's API shows it, and whose it is."""

    workspace: str
    id: UUID
    image_url: str
    uploaded_at: datetime
    width: int | None
    height: int | None
    size_bytes: int
    mime_type: str
    description: str | Absent = None


class Uploads(Shown):
    """Assets, oldest first."""

    items: list[Upload]


class ReadyMade(Shown):
    """A scenario that comes with the package."""

    name: str
    description: str


class Scenarios(Shown):
    """The scenarios that come with the package."""

    items: list[ReadyMade]


class Problem(Shown):
    """What was refused, in one sentence (RFC 9457); some calls add what they know further."""

    model_config = ConfigDict(extra="allow")

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
