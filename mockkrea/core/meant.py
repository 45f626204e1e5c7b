"""What matchers can mean: paths, tools, and what a world has, and what a wrong one probably meant.

Rules, expectations and questions about requests all ask here, so none of them takes what can never match.
A test holds the tables and the routes together.
"""

from __future__ import annotations

from collections.abc import Collection

from mockkrea.core.globs import fits
from mockkrea.core.hints import clause, nearest_word, shortened
from mockkrea.core.matching import APPS, TRAININGS

# The first part of every path.
BEGINNINGS = (
    "generate", "jobs", "assets", "styles", "node-apps", "usage", "export", "mcp", "files",
    "auth", ".well-known", "public-api", "health", "openapi.json",
)  # fmt: skip

# All MCP tools, those of Krea's page and those recorded from its server.
TOOLS = (
    "generate", "list_models", "get_model_schema", "get_job", "cancel_job", "get_upload_url", "upload_asset",
    "generate_image", "generate_video", "generate_audio", "generate_3d", "enhance_image",
    "list_styles", "create_style", "update_style", "delete_style",
    "list_moodboards", "create_moodboard", "update_moodboard", "delete_moodboard",
    "get_node_apps", "get_node_app_versions", "execute_node_app",
)  # fmt: skip

# What a glob has in the place of plain text.
WILD = frozenset("*?")


def mistake_in_slash(glob: str) -> str:
    """Why no request can be for such a path, served or not; nothing if one can."""
    return "" if glob.startswith("/") or WILD & set(glob[:1]) else f"a path begins with a slash: /{glob[:60]}"


def mistake_in_path(glob: str) -> str:
    """Why no path that there is can match this glob; nothing if one can."""
    if WILD & set(glob[:1]):
        return ""
    if mistake := mistake_in_slash(glob):
        return mistake
    first = glob[1:].partition("/")[0]
    if any(fits(first, each) for each in BEGINNINGS):
        return ""
    near = nearest_word(first, BEGINNINGS)
    return f"no path begins so; did you mean /{near}?" if near else "no path begins so"


def mistake_in_tool(glob: str) -> str:
    """Why no tool can match this glob; nothing if one can."""
    if any(fits(glob, tool) for tool in TOOLS):
        return ""
    near = nearest_word(glob, TOOLS)
    return f"did you mean {near}?" if near else f"there are {', '.join(TOOLS)}"


def mistake_in_model(glob: str, models: Collection[str]) -> str:
    """Why nothing that makes jobs, a training or a node app too, can match this glob; nothing if one can."""
    if glob.startswith((TRAININGS, APPS)) or any(fits(glob, each) for each in models):
        return ""
    return f'there is no model "{shortened(glob)}"{clause(glob, models)}'


def mistake_in_workspace(id: str, workspaces: Collection[str]) -> str:
    """Why no workspace has this id; nothing if one has."""
    if id in workspaces:
        return ""
    return f'there is no workspace "{shortened(id)}"{clause(id, workspaces)}'
