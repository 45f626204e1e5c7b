"""The widget of MCP Apps: the resource that hosts show beside a generation, and what it is told of jobs.

Its URI, which tools have it and what it does: Krea's MCP page (documented). Metadata and MIME type: the
specification of MCP Apps, 2026-01-26. What Krea tells its own widget is unknown, so that is ours.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from mockkrea.adapters import pages, wire
from mockkrea.calls import JobView
from mockkrea.core.jobs import Job, Status
from mockkrea.core.money import in_whole_units
from mockkrea.core.timetable import progress
from mockkrea.media.media_file import source_of
from mockkrea.media.media_files import extent_of_result

Json = dict[str, Any]

WIDGET_URI = "ui://krea-public-api/job-result-frame"
WIDGET_TYPE = "text/html;profile=mcp-app"

# Older hosts read the flat key. Both stand there for every client: one revision of the protocol hides from
# us which of them show widgets, and the others pass over metadata.
TOOL_META = {"ui": {"resourceUri": WIDGET_URI}, "ui/resourceUri": WIDGET_URI}

# Where a result of a tool has, for each job by its id, what its structured content has no place for.
JOBS_KEY = "mockkrea/jobs"

# How a line of the widget begins that is a comment to its end.
COMMENTS = ("//", "/*")

# Spaces that mean nothing in a style sheet, beside what they stand around.
CSS_SPACES = re.compile(r"\s*([{};,])\s*|(?<=:) +")

# What the codes of failures mean, for people; a job's own message is said instead.
CAUSES = {
    "nsfw": "The content filter refused the result",
    "safety_filter": "The safety filter refused the prompt",
    "content_policy": "The prompt breaks the content policy",
    "ip_detected": "It shows protected characters or brands",
    "provider_error": "The model's provider failed",
    "timeout": "It took longer than it may",
}


def listed(origin: str) -> Json:
    """The widget as `resources/list` tells of it.

    Args:
        origin: where this client finds our files, the only place that the widget may load anything from.
    """
    return {
        "uri": WIDGET_URI,
        "name": "job-result-frame",
        "title": "Job result",
        "description": "Shows a job while it runs, and what came of it.",
        "mimeType": WIDGET_TYPE,
        "_meta": _meta(origin),
    }


def contents(origin: str) -> Json:
    """The widget as `resources/read` gives it."""
    return {"uri": WIDGET_URI, "mimeType": WIDGET_TYPE, "text": _html(), "_meta": _meta(origin)}


def job_facts(view: JobView, *, tool: str, at_us: int, base_url: str) -> Json:
    """What the widget wants to know of a job besides `wire.job_body`.

    `tool`: what made it, or was asked for it; `width` and `height`: its result's, as far as they are known;
    `price`: what it costs if it completes, `cost`: what it has cost; `progress`: from 0 to 1;
    `why`: a sentence about its failure, with the code.
    """
    job = view.job
    facts: Json = {
        "tool": tool,
        "model": job.order.model,
        "unit": job.order.unit.value,
        "price": in_whole_units(job.order.unit, job.order.amount),
        "cost": in_whole_units(job.order.unit, _charged(job)),
        "progress": progress(job, at_us),
    }
    if job.status is Status.FAILED:
        facts["why"] = _why_failed(job)
    extent = extent_of_result(job)
    if extent.width and extent.height:
        facts |= {"width": extent.width, "height": extent.height}
    source = source_of(job)
    if source is not None and source.path is not None:
        facts["source_url"] = wire.with_base_url(source.path, base_url)
    return facts


def _charged(job: Job) -> int:
    """Only completed jobs are billed (documented)."""
    return job.order.amount if job.status is Status.COMPLETED else 0


def _why_failed(job: Job) -> str:
    if job.error is None:
        return "Nobody said why."
    sentence = job.error.message or CAUSES.get(job.error.code, "The job failed")
    return f"{sentence.removesuffix('.')} ({job.error.code})."


def _meta(origin: str) -> Json:
    return {"ui": {"csp": {"resourceDomains": [origin]}, "prefersBorder": False}}


@cache
def _html() -> str:
    """The page without indentation, comments and the spaces of its style: hosts keep one for every result."""
    source = (pages.FOLDER / "widget.html").read_text(encoding="utf-8")
    lines = (line.strip() for line in source.splitlines())
    page = "\n".join(line for line in lines if line and not line.startswith(COMMENTS)) + "\n"
    head, style, rest = re.split("(?<=<style>)|(?=</style>)", page)
    return head + CSS_SPACES.sub(r"\1", style) + rest
