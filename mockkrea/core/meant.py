"""What matchers can mean: paths, tools, and what a world has, and what a wrong one probably meant.

Rules, expectations and questions about requests all ask here, so none of them takes what can never match.
A test holds the tables and the routes together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import lru_cache

from mockkrea.core.globs import fits, overlap
from mockkrea.core.hints import clause, nearest_word, shortened
from mockkrea.core.matching import (
    APP_TOOL,
    APPS,
    GENERATE_PATH,
    TRAIN_PATH,
    TRAIN_TOOL,
    TRAININGS,
    Adapter,
    adapter_at,
)
from mockkrea.core.workspaces import TOKEN_MARK

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

# The tools that are called for a model, a training or a node app.
TOOLS_OF_MODELS = (
    "generate", "generate_image", "generate_video", "generate_audio", "generate_3d", "enhance_image",
    "get_model_schema", "create_style", "execute_node_app",
)  # fmt: skip

# What stands for a model in the calls of some of them; the others may be called for any.
MODELS_OF_TOOLS = {TRAIN_TOOL: f"{TRAININGS}**", APP_TOOL: f"{APPS}**"}

# Which adapters never see a model.
WITHOUT_MODELS = frozenset({Adapter.OAUTH, Adapter.FILES})

# Meets no rule and is not logged.
OURS = "health"
UNSEEN = f"/{OURS} is mockkrea's own: it meets no faults and is not logged"

# What a glob has in the place of plain text.
WILD = frozenset("*?")


def mistake_in_any_path(glob: str) -> str:
    """Why the log has no such path, served or not, that matches this glob; nothing if it may."""
    if not glob.startswith("/") and not WILD & set(glob[:1]):
        return f"a path begins with a slash: /{glob[:60]}"
    return UNSEEN if glob == f"/{OURS}" else ""


def mistake_in_path(glob: str) -> str:
    """Why no path that is served, and that rules and the log see, can match this glob; nothing if one can."""
    if mistake := mistake_in_any_path(glob):
        return mistake
    beginnings = _beginnings_of(glob)
    if beginnings == {OURS}:
        return UNSEEN
    if beginnings:
        return ""
    near = nearest_word(_first_part(glob), BEGINNINGS)
    return f"no path begins so; did you mean /{near}?" if near else "no path begins so"


def mistake_in_tool(glob: str) -> str:
    """Why no tool can match this glob; nothing if one can."""
    if any(fits(glob, tool) for tool in TOOLS):
        return ""
    near = nearest_word(glob, TOOLS)
    return f"did you mean {near}?" if near else f"there are {', '.join(TOOLS)}"


def contradictions(
    *, adapters: Collection[str], path: str | None, tool: str | None, model: str | None
) -> Iterator[tuple[str, str]]:
    """Why no request can be all of this, each time with the key that is at fault; nothing if one can.

    Args:
        adapters: none if any will do.
        path, tool, model: globs that each can match something; None if it does not matter.
    """
    over = {adapter_at(f"/{each}") for each in _beginnings_of(path or "**")} or {Adapter.REST}
    if tool is not None and adapters and Adapter.MCP not in adapters:
        yield "tool", "tool needs adapter: mcp; only there are tools called."
    elif adapters and over.isdisjoint(adapters):
        named = " or ".join(sorted(adapters))
        yield "path", f"path contradicts adapter: {named}; it leads to {' or '.join(sorted(over))}."
    elif tool is not None and Adapter.MCP not in over:
        yield "tool", f"tool contradicts path: {shortened(str(path))}; tools are called at /mcp."
    if model is None:
        return
    if adapters and WITHOUT_MODELS.issuperset(adapters):
        yield "model", f"model contradicts adapter: {' or '.join(sorted(adapters))}."
        return
    seen_by = over.intersection(adapters) or over
    for mistake in _contradictions_of_model(seen_by, path, tool, model):
        yield "model", mistake


def _contradictions_of_model(
    seen_by: Collection[str], path: str | None, tool: str | None, model: str
) -> Iterator[str]:
    if path is not None and not _leads_to(path, "**", seen_by):
        where = f"/generate/**, {TRAIN_PATH}, /node-apps/*/execute and /mcp"
        yield f"model contradicts path: {shortened(path)}; only requests for {where} are for one."
    elif path is not None and not _leads_to(path, model, seen_by):
        yield f"model contradicts path: {shortened(path)}; requests for it are for other models."
    elif tool is not None and not _is_called_for(tool, "**"):
        yield f"model contradicts tool: {shortened(tool)}, which is called for none."
    elif tool is not None and not _is_called_for(tool, model):
        yield f"model contradicts tool: {shortened(tool)}, which is called for others."


def _leads_to(path: str, model: str, seen_by: Collection[str]) -> bool:
    """Whether a request for such a path that one of these adapters sees can be for such a model."""
    if Adapter.MCP in seen_by:
        return True
    leads_to_apps = overlap(path, f"/{APPS}*/execute") and overlap(model, f"{APPS}*")
    return (
        overlap(path, f"{GENERATE_PATH}{model}")
        or (fits(path, TRAIN_PATH) and overlap(model, f"{TRAININGS}**"))
        or (leads_to_apps and overlap(path, f"/{model}/execute"))
    )


def _is_called_for(tool: str, model: str) -> bool:
    return any(
        fits(tool, each) and overlap(model, MODELS_OF_TOOLS.get(each, "**")) for each in TOOLS_OF_MODELS
    )


@lru_cache(maxsize=1024)
def _beginnings_of(glob: str) -> frozenset[str]:
    """The first parts of the paths that a glob can match."""
    return frozenset(each for each in BEGINNINGS if fits(glob, f"/{each}") or overlap(glob, f"/{each}/**"))


def _first_part(glob: str) -> str:
    return glob[1:].partition("/")[0]


def mistake_in_model(glob: str, models: Collection[str]) -> str:
    """Why nothing that makes jobs, a training or a node app too, can match this glob; nothing if one can."""
    if glob.startswith((TRAININGS, APPS)) or any(fits(glob, each) for each in models):
        return ""
    return f'there is no model "{shortened(glob)}"{clause(glob, models)}'


def mistake_in_token(token: str, tokens: Collection[str]) -> str:
    """Why no client can mean this token, if it is like mockkrea's own; clients may send any other."""
    if not token.startswith(TOKEN_MARK) or token in tokens:
        return ""
    return f'no workspace has the token "{shortened(token)}"{clause(token, tokens)}'


def mistake_in_workspace(id: str, workspaces: Collection[str]) -> str:
    """Why no workspace has this id; nothing if one has."""
    if id in workspaces:
        return ""
    known = f"; known: {shortened(', '.join(workspaces))}."
    return f'there is no workspace "{shortened(id)}"{clause(id, workspaces, known)}'
