"""The tools for node apps, styles and moodboards; but for execution all are of the live server (recorded)."""

from __future__ import annotations

from mockkrea.adapters.mcp import library
from mockkrea.adapters.mcp.schemas import (
    ANY_OBJECT,
    CURSOR,
    IMAGES,
    MOODBOARD,
    NOTHING,
    STYLE,
    SUBMISSION,
    TAKEN_AWAY,
    WAITING,
    Schema,
    page_of,
    record,
    text,
)
from mockkrea.adapters.mcp.tool import ADDS, CHANGES, HOW_JOBS_GO, READS, TAKES_AWAY, Tool
from mockkrea.core.tools import EVERYWHERE, LIVE

STYLE_ID = text("A style's id.")
MOODBOARD_ID = text("A moodboard's id.")

# The base models of the live server's tool (recorded); a training takes fewer, and says which.
BASE_MODELS = [
    "k2",
    "k2-large",
    "k1",
    "flux_dev",
    "wan",
    "wan22",
    "ltx-23-22b",
    "qwen",
    "z-image",
    "flux_schnell",
]

TRAINING: Schema = record(
    {
        "images": {**IMAGES, "description": "URLs of 3 to 2,000 pictures to learn from."},
        "model": {"type": "string", "enum": BASE_MODELS},
        "name": text("What to call the style."),
        "train_type": {"type": "string", "enum": ["Style", "Object", "Character"], "default": "Style"},
        "trigger_word": {"type": "string", "description": "The word that calls the style in a prompt."},
    },
    required=("name", "images", "model"),
)


def execute_node_app() -> Tool:
    """The tool that runs a node app, the only one for node apps that Krea's page has."""
    input = {**ANY_OBJECT, "description": "The app's own fields, by its input schema."}
    return Tool(
        name="execute_node_app",
        title="Run a node app",
        description=f"Submits a job that runs one version of a node app. {HOW_JOBS_GO}",
        arguments=record(
            {"nodeAppVersionId": text("The id of the app's version."), "input": input, **WAITING},
            required=("nodeAppVersionId", "input"),
        ),
        result=SUBMISSION,
        annotations=ADDS,
        profiles=EVERYWHERE,
        handler=library.execute_node_app,
        shows_widget=True,
    )


def about_node_apps() -> tuple[Tool, ...]:
    """The tools that list node apps and their versions."""
    limit = {"type": "integer", "minimum": 1, "maximum": 1000}
    owner = {"type": "string", "enum": ["all", "workspace"], "default": "all"}
    return (
        Tool(
            name="get_node_apps",
            title="List node apps",
            description="Lists the node apps that can be run, newest first, each in its newest version.",
            arguments=record(
                {"cursor": CURSOR, "limit": {**limit, "default": 1000}, "owner": owner}, required=()
            ),
            result=page_of(ANY_OBJECT),
            annotations=READS,
            profiles=LIVE,
            handler=library.get_node_apps,
        ),
        Tool(
            name="get_node_app_versions",
            title="List a node app's versions",
            description="Lists the versions of a node app, newest first, with what each takes and gives.",
            arguments=record(
                {"cursor": CURSOR, "limit": limit, "nodeAppId": text("The app's id.")},
                required=("nodeAppId",),
            ),
            result=page_of(ANY_OBJECT),
            annotations=READS,
            profiles=LIVE,
            handler=library.get_node_app_versions,
        ),
    )


def about_styles() -> tuple[Tool, ...]:
    """The tools for trained styles."""
    title = text("The new title.")
    return (
        Tool(
            name="list_styles",
            title="List styles",
            description="Lists the styles that jobs of this workspace can use, newest first.",
            arguments=record({"cursor": CURSOR}, required=()),
            result=page_of(STYLE),
            annotations=READS,
            profiles=LIVE,
            handler=library.list_styles,
        ),
        _create_style(),
        Tool(
            name="update_style",
            title="Rename a style",
            description="Gives a style of your own another title.",
            arguments=record({"id": STYLE_ID, "title": title}),
            result=STYLE,
            annotations=CHANGES,
            profiles=LIVE,
            handler=library.update_style,
        ),
        Tool(
            name="delete_style",
            title="Delete a style",
            description="Takes a style of your own away for good.",
            arguments=record({"id": STYLE_ID}),
            result=TAKEN_AWAY,
            annotations=TAKES_AWAY,
            profiles=LIVE,
            handler=library.delete_style,
        ),
    )


def _create_style() -> Tool:
    """The tool that submits a training."""
    return Tool(
        name="create_style",
        title="Train a style",
        description="Submits a training; its result has the style_id once get_job says completed.",
        arguments=TRAINING,
        result=SUBMISSION,
        annotations=ADDS,
        profiles=LIVE,
        handler=library.create_style,
    )


def about_moodboards() -> tuple[Tool, ...]:
    """The tools for moodboards, which exist over MCP only."""
    return (
        Tool(
            name="list_moodboards",
            title="List moodboards",
            description="Lists the moodboards that jobs of this workspace can use, newest first.",
            arguments=NOTHING,
            result=record({"items": {"type": "array", "items": MOODBOARD}}),
            annotations=READS,
            profiles=LIVE,
            handler=library.list_moodboards,
        ),
        _create_moodboard(),
        Tool(
            name="update_moodboard",
            title="Rename a moodboard",
            description="Gives a moodboard of the workspace another name.",
            arguments=record({"id": MOODBOARD_ID, "name": text("The new name.")}),
            result=MOODBOARD,
            annotations=CHANGES,
            profiles=LIVE,
            handler=library.update_moodboard,
        ),
        Tool(
            name="delete_moodboard",
            title="Delete a moodboard",
            description="Takes a moodboard of the workspace away for good.",
            arguments=record({"id": MOODBOARD_ID}),
            result=TAKEN_AWAY,
            annotations=TAKES_AWAY,
            profiles=LIVE,
            handler=library.delete_moodboard,
        ),
    )


def _create_moodboard() -> Tool:
    """The tool that makes a moodboard."""
    name = {"type": "string", "description": "What to call the moodboard."}
    return Tool(
        name="create_moodboard",
        title="Create a moodboard",
        description="Makes a moodboard of pictures that have URLs.",
        arguments=record({"images": IMAGES, "name": name}, required=("images",)),
        result=MOODBOARD,
        annotations=ADDS,
        profiles=LIVE,
        handler=library.create_moodboard,
    )
