"""`when`: which requests or jobs a rule is about, and which of those that match it picks.

Counting begins with the first that matches everything else; `after` leaves out so many of them, and
`nth`, `first` and `every` count from there. `probability` rolls for each that was picked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from mockkrea.core.globs import fits

GENERATE_PATH = "/generate/"
TRAIN_PATH = "/styles/train"
APP_PATH = re.compile(r"/node-apps/([^/]+)/execute")

TRAIN_TOOL = "create_style"
APP_TOOL = "execute_node_app"

# What stands in the place of a model's id where a job is not made by one.
TRAININGS = "styles/train/"
APPS = "node-apps/"


def training_model(base: str) -> str:
    """What stands for the model of a training of this base model."""
    return f"{TRAININGS}{base}"


def app_model(version_id: str) -> str:
    """What stands for the model of a node app."""
    return f"{APPS}{version_id}"


def model_at(path: str) -> str | None:
    """The model that a submission to this path of the REST API is for, as far as the path says it."""
    if path.startswith(GENERATE_PATH):
        return path.removeprefix(GENERATE_PATH)
    app = APP_PATH.fullmatch(path)
    return app_model(app[1]) if app else None


def model_of_tool(tool: str, arguments: Mapping[str, object]) -> str | None:
    """The model that a tool is called for, as its arguments say it: perhaps without its category."""
    name = arguments.get("nodeAppVersionId" if tool == APP_TOOL else "model")
    if not isinstance(name, str):
        return None
    if tool == APP_TOOL:
        return app_model(name)
    return training_model(name) if tool == TRAIN_TOOL else name


# What `When` compares besides the adapter.
MATCHED = ("method", "path", "tool", "model", "workspace", "key", "prompt")


class Adapter(StrEnum):
    """Where a request comes in, or, of a webhook, goes out."""

    REST = "rest"
    MCP = "mcp"
    OAUTH = "oauth"
    FILES = "files"
    WEBHOOK = "webhook"


# By the first part of the path; all others are REST's.
_ADAPTERS = {"mcp": Adapter.MCP, "files": Adapter.FILES, "auth": Adapter.OAUTH, ".well-known": Adapter.OAUTH}


def adapter_at(path: str) -> Adapter:
    """Where a request for this path comes in. A presigned upload comes in over REST."""
    return _ADAPTERS.get(path[1:].partition("/")[0], Adapter.REST)


class RuleSubject(NamedTuple):
    """What a rule can see of a request, or of a job that is being submitted.

    `path` is seen from inside the world, `tool` the MCP tool, `model` a model's id or what stands for it,
    `key` the bearer token, `job_id` the job that the request is about.
    """

    adapter: Adapter | None = None
    method: str | None = None
    path: str | None = None
    tool: str | None = None
    model: str | None = None
    workspace: str | None = None
    key: str | None = None
    prompt: str | None = None
    job_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What has to hold; what is None does not matter. Where no `adapter` is named, webhooks are left out.

    `path` and `model` are globs: `*` is anything within a part, `**` anything at all, `?` one character.
    `prompt` is a text in the prompt, in any case.
    """

    adapter: tuple[Adapter, ...] = ()
    method: str | None = None
    path: str | None = None
    tool: str | None = None
    model: str | None = None
    workspace: str | None = None
    key: str | None = None
    prompt: str | None = None
    nth: int | None = None
    first: int | None = None
    after: int = 0
    every: int | None = None
    probability: float | None = None

    def matches(self, asked: RuleSubject) -> bool:
        """Whether the rule is about this request at all, however many there were before."""
        return (
            (asked.adapter in self.adapter if self.adapter else asked.adapter is not Adapter.WEBHOOK)
            and self.method in (None, asked.method)
            and _fits(self.path, asked.path)
            and self.tool in (None, asked.tool)
            and _fits(self.model, asked.model)
            and self.workspace in (None, asked.workspace)
            and self.key in (None, asked.key)
            and (self.prompt is None or self.prompt.casefold() in (asked.prompt or "").casefold())
        )

    def covers(self, other: When) -> bool:
        """Whether it picks everything that the other one matches."""
        picks_all = (self.nth, self.first, self.every, self.probability, self.after) == (*[None] * 4, 0)
        if self.adapter:
            adapters_fit = bool(other.adapter) and set(other.adapter) <= set(self.adapter)
        else:
            adapters_fit = Adapter.WEBHOOK not in other.adapter
        return (
            picks_all
            and adapters_fit
            and all(getattr(self, name) in (None, getattr(other, name)) for name in MATCHED)
        )

    def picks(self, number: int) -> bool:
        """Whether it picks the match with this number, the first being 1."""
        number -= self.after
        return (
            number > 0
            and self.nth in (None, number)
            and (self.first is None or number <= self.first)
            and (self.every is None or number % self.every == 0)
        )


def _fits(glob: str | None, text: str | None) -> bool:
    return glob is None or (text is not None and fits(glob, text))
