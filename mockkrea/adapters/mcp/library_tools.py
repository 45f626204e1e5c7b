"""The tools for node apps, styles and moodboards; but for execution all are of the live server (recorded)."""

from __future__ import annotations

from collections.abc import Mapping

from mockkrea.adapters.mcp import library
from mockkrea.adapters.mcp.call import Handler
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
from mockkrea.adapters.mcp.tool import ADDS, CHANGES, EVERYWHERE, HOW_JOBS_GO, LIVE, READS, TAKES_AWAY, Tool

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
    """The one tool for node apps that Krea's page has."""
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
    """What node apps there are."""
    limit = {"type": "integer", "minimum": 1, "maximum": 1000}
    owner = {"type": "string", "enum": ["all", "workspace"], "default": "all"}
    return (
        _live(
            "List node apps",
            "Lists the node apps that can be run, newest first, each in its newest version.",
            record({"cursor": CURSOR, "limit": {**limit, "default": 1000}, "owner": owner}, required=()),
            page_of(ANY_OBJECT),
            READS,
            library.get_node_apps,
        ),
        _live(
            "List a node app's versions",
            "Lists the versions of a node app, newest first, with what each takes and gives.",
            record(
                {"cursor": CURSOR, "limit": limit, "nodeAppId": text("The app's id.")},
                required=("nodeAppId",),
            ),
            page_of(ANY_OBJECT),
            READS,
            library.get_node_app_versions,
        ),
    )


def about_styles() -> tuple[Tool, ...]:
    """Trained styles."""
    title = text("The new title.")
    return (
        _live(
            "List styles",
            "Lists the styles that jobs of this workspace can use, newest first.",
            record({"cursor": CURSOR}, required=()),
            page_of(STYLE),
            READS,
            library.list_styles,
        ),
        _live(
            "Train a style",
            "Submits a training; its result has the style_id once get_job says completed.",
            TRAINING,
            SUBMISSION,
            ADDS,
            library.create_style,
        ),
        _live(
            "Rename a style",
            "Gives a style of your own another title.",
            record({"id": STYLE_ID, "title": title}),
            STYLE,
            CHANGES,
            library.update_style,
        ),
        _live(
            "Delete a style",
            "Takes a style of your own away for good.",
            record({"id": STYLE_ID}),
            TAKEN_AWAY,
            TAKES_AWAY,
            library.delete_style,
        ),
    )


def about_moodboards() -> tuple[Tool, ...]:
    """Moodboards, which exist over MCP only."""
    name = {"type": "string", "description": "What to call the moodboard."}
    return (
        _live(
            "List moodboards",
            "Lists the moodboards that jobs of this workspace can use, newest first.",
            NOTHING,
            record({"items": {"type": "array", "items": MOODBOARD}}),
            READS,
            library.list_moodboards,
        ),
        _live(
            "Create a moodboard",
            "Makes a moodboard of pictures that have URLs.",
            record({"images": IMAGES, "name": name}, required=("images",)),
            MOODBOARD,
            ADDS,
            library.create_moodboard,
        ),
        _live(
            "Rename a moodboard",
            "Gives a moodboard of the workspace another name.",
            record({"id": MOODBOARD_ID, "name": text("The new name.")}),
            MOODBOARD,
            CHANGES,
            library.update_moodboard,
        ),
        _live(
            "Delete a moodboard",
            "Takes a moodboard of the workspace away for good.",
            record({"id": MOODBOARD_ID}),
            TAKEN_AWAY,
            TAKES_AWAY,
            library.delete_moodboard,
        ),
    )


def _live(
    title: str,
    description: str,
    arguments: Schema,
    result: Schema,
    annotations: Mapping[str, bool],
    handler: Handler,
) -> Tool:
    """A tool by the name of its handler."""
    return Tool(
        name=handler.__name__,
        title=title,
        description=description,
        arguments=arguments,
        result=result,
        annotations=annotations,
        profiles=LIVE,
        handler=handler,
    )
