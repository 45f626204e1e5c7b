"""One row of the table of tools, and the words that rows share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mockkrea.adapters.mcp.apps import TOOL_META
from mockkrea.adapters.mcp.call import Handler
from mockkrea.adapters.mcp.schemas import Schema
from mockkrea.core.tools import Tools

# What a tool does to the world, in the protocol's words.
READS = {"readOnlyHint": True, "openWorldHint": False}
ADDS = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": False, "openWorldHint": False}
CHANGES = {"readOnlyHint": False, "destructiveHint": False, "idempotentHint": True, "openWorldHint": False}
TAKES_AWAY = {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True, "openWorldHint": False}


HOW_JOBS_GO = (
    "Answers at once with the job and its job_id, unless sync is true; poll get_job until the status is"
    " completed, failed or cancelled. Only completed jobs are billed."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One tool. `ends_job`: it wants to catch the job `jobId` before an `immediate` life begins.

    `shows_widget`: hosts of MCP Apps show the widget beside what it answers.
    """

    name: str
    title: str
    description: str
    arguments: Schema
    result: Schema
    annotations: Mapping[str, bool]
    profiles: frozenset[Tools]
    handler: Handler
    ends_job: bool = False
    shows_widget: bool = False

    def listed(self) -> dict[str, Any]:
        """What `tools/list` tells of it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.arguments,
            "outputSchema": self.result,
            "annotations": dict(self.annotations),
            **({"_meta": TOOL_META} if self.shows_widget else {}),
        }
