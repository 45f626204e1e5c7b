"""What matchers can mean together, and what of a world; what a wrong one probably meant.

Rules, expectations and questions about requests all ask here, and `paths` and `tools`, so none of them takes
what can never match.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mockkrea.core.globs import fits, overlap
from mockkrea.core.hints import clause, shortened
from mockkrea.core.matching import APPS, GENERATE_PATH, TRAIN_PATH, TRAININGS, Adapter
from mockkrea.core.paths import adapters_at
from mockkrea.core.tools import is_called_for
from mockkrea.core.workspaces import TOKEN_MARK

# Which adapters never see a model.
WITHOUT_MODELS = frozenset({Adapter.OAUTH, Adapter.FILES})


def contradictions(
    *, adapters: Collection[str], path: str | None, tool: str | None, model: str | None
) -> Iterator[tuple[str, str]]:
    """Why no request can be all of this, each time with the key that is at fault; nothing if one can.

    Args:
        adapters: none if any will do.
        path, tool, model: globs that each can match something; None if it does not matter.
    """
    reached = adapters_at(path or "**")
    if tool is not None and adapters and Adapter.MCP not in adapters:
        yield "tool", "tool needs adapter: mcp; only there are tools called."
    elif adapters and reached.isdisjoint(adapters):
        named = " or ".join(sorted(adapters))
        yield "path", f"path contradicts adapter: {named}; it leads to {' or '.join(sorted(reached))}."
    elif tool is not None and Adapter.MCP not in reached:
        yield "tool", f"tool contradicts path: {shortened(str(path))}; tools are called at /mcp."
    if model is None:
        return
    if adapters and WITHOUT_MODELS.issuperset(adapters):
        yield "model", f"model contradicts adapter: {' or '.join(sorted(adapters))}."
        return
    seen_by = reached.intersection(adapters) or reached
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
    elif tool is not None and not is_called_for(tool, "**"):
        yield f"model contradicts tool: {shortened(tool)}, which is called for none."
    elif tool is not None and not is_called_for(tool, model):
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
