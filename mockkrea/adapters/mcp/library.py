"""What the tools for node apps, styles and moodboards do.

Their names and arguments are recorded, their answers are not: those are REST's, where REST has one.
"""

from __future__ import annotations

from mockkrea import moodboard_calls, node_app_calls, style_calls
from mockkrea.adapters import library_wire
from mockkrea.adapters.mcp.call import Call, Result, submission_result
from mockkrea.adapters.query import LIMIT_MAX, before_in
from mockkrea.core.errors import InvalidInput, Issue, RefusedMedia
from mockkrea.node_app_calls import Owner, Page
from mockkrea.style_calls import StyleFilter

# The tool's name of a field → the name that it has in REST's body for a training.
TRAINING_FIELDS = {
    "name": "name",
    "images": "urls",
    "model": "model",
    "train_type": "type",
    "trigger_word": "trigger_word",
}


async def execute_node_app(call: Call) -> Result:
    """Submit the jobs of an app's version."""
    version_id = call.arguments["nodeAppVersionId"]
    _, version = node_app_calls.find_version(call.tenant, call.caller, version_id)
    jobs = await node_app_calls.execute(
        call.tenant,
        call.caller,
        version,
        call.arguments["input"],
        size_bytes=call.size_bytes,
        terms=call.terms,
    )
    return await submission_result(call, jobs)


async def get_node_apps(call: Call) -> Result:
    """The apps that the caller may execute."""
    owner = Owner(call.arguments["owner"])
    return Result(
        library_wire.runnable_page(
            *node_app_calls.see_apps(call.tenant, call.caller, _page(call), owner=owner)
        )
    )


async def get_node_app_versions(call: Call) -> Result:
    """The versions of one app."""
    app_id = call.arguments["nodeAppId"]
    return Result(
        library_wire.runnable_page(
            *node_app_calls.see_versions(call.tenant, call.caller, _page(call), app_id)
        )
    )


async def list_styles(call: Call) -> Result:
    """The styles that the caller may use."""
    page = _page(call)
    wanted = StyleFilter(limit=page.limit, before=page.before)
    views, more = await style_calls.see_styles(call.tenant, call.caller, wanted)
    return Result(library_wire.style_page(views, more, call.request.base_url))


async def create_style(call: Call) -> Result:
    """Submit a training."""
    given = call.arguments
    body = {theirs: given[ours] for ours, theirs in TRAINING_FIELDS.items() if ours in given}
    try:
        job = await style_calls.train(
            call.tenant, call.caller, body, size_bytes=call.size_bytes, terms=call.terms
        )
    except InvalidInput as refusal:
        raise InvalidInput([_by_our_names(issue) for issue in refusal.issues]) from None
    except RefusedMedia as refusal:
        issues = [_by_our_names(issue) for issue in refusal.issues]
        raise RefusedMedia(issues, headline=refusal.headline) from None
    return await submission_result(call, [job])


async def update_style(call: Call) -> Result:
    """Change a style's title."""
    changes = {"title": call.arguments["title"]}
    view = await style_calls.update_style(
        call.tenant, call.caller, call.arguments["id"], changes, terms=call.terms
    )
    return Result(library_wire.style_body(view, call.request.base_url))


async def delete_style(call: Call) -> Result:
    """Take a style away."""
    await style_calls.delete_style(call.tenant, call.caller, call.arguments["id"])
    return Result({"id": call.arguments["id"], "deleted": True})


async def list_moodboards(call: Call) -> Result:
    """The moodboards that the caller may use."""
    moodboards = await moodboard_calls.see_moodboards(call.tenant, call.caller)
    return Result(
        {"items": [library_wire.moodboard_body(each, call.request.base_url) for each in moodboards]}
    )


async def create_moodboard(call: Call) -> Result:
    """Make a moodboard of pictures that have URLs."""
    moodboard = await moodboard_calls.create_moodboard(
        call.tenant,
        call.caller,
        images=call.arguments["images"],
        name=call.arguments.get("name"),
        terms=call.terms,
    )
    return Result(library_wire.moodboard_body(moodboard, call.request.base_url))


async def update_moodboard(call: Call) -> Result:
    """Rename a moodboard."""
    moodboard = await moodboard_calls.rename_moodboard(
        call.tenant, call.caller, call.arguments["id"], call.arguments["name"]
    )
    return Result(library_wire.moodboard_body(moodboard, call.request.base_url))


async def delete_moodboard(call: Call) -> Result:
    """Take a moodboard away."""
    await moodboard_calls.delete_moodboard(call.tenant, call.caller, call.arguments["id"])
    return Result({"id": call.arguments["id"], "deleted": True})


def _page(call: Call) -> Page:
    cursor = {"cursor": call.arguments["cursor"]} if "cursor" in call.arguments else {}
    return Page(call.arguments.get("limit", LIMIT_MAX), before_in(cursor))


def _by_our_names(issue: Issue) -> Issue:
    """An issue with REST's body for a training, told by the name that the tool's argument has."""
    for ours, theirs in TRAINING_FIELDS.items():
        pointer = f"/{theirs}"
        if issue.path == pointer or issue.path.startswith(f"{pointer}/"):
            path = f"/{ours}{issue.path.removeprefix(pointer)}"
            return Issue(path, f"{path}{issue.message.removeprefix(issue.path)}")
    return issue
