"""Which MCP tools there are in which profile, and what the name of one that is not there probably meant.

A test holds the table and the tools together.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mockkrea.core.globs import fits, overlap
from mockkrea.core.hints import nearest_word, shortened
from mockkrea.core.matching import APP_TOOL, APPS, TRAIN_TOOL, TRAININGS


class Tools(StrEnum):
    """Which tools the MCP server has: those of Krea's page, those recorded from its server, or both."""

    DOCUMENTED = "documented"
    LIVE = "live"
    ALL = "all"


DOCUMENTED = frozenset({Tools.DOCUMENTED, Tools.ALL})
LIVE = frozenset({Tools.LIVE, Tools.ALL})
EVERYWHERE = frozenset(Tools)

# All tools, each with the profiles that have it.
TOOLS: Mapping[str, frozenset[Tools]] = {
    "generate": DOCUMENTED,
    "list_models": EVERYWHERE,
    "get_model_schema": EVERYWHERE,
    "get_job": EVERYWHERE,
    "cancel_job": EVERYWHERE,
    "get_upload_url": EVERYWHERE,
    "upload_asset": DOCUMENTED,
    "generate_image": LIVE,
    "generate_video": LIVE,
    "generate_audio": LIVE,
    "generate_3d": LIVE,
    "enhance_image": LIVE,
    "list_styles": LIVE,
    "create_style": LIVE,
    "update_style": LIVE,
    "delete_style": LIVE,
    "list_moodboards": LIVE,
    "create_moodboard": LIVE,
    "update_moodboard": LIVE,
    "delete_moodboard": LIVE,
    "get_node_apps": LIVE,
    "get_node_app_versions": LIVE,
    "execute_node_app": EVERYWHERE,
}

# The tools that are called for a model, a training or a node app.
TOOLS_OF_MODELS = (
    "generate", "generate_image", "generate_video", "generate_audio", "generate_3d", "enhance_image",
    "get_model_schema", "create_style", "execute_node_app",
)  # fmt: skip

# What stands for a model in the calls of some of them; the others may be called for any.
MODELS_OF_TOOLS = {TRAIN_TOOL: f"{TRAININGS}**", APP_TOOL: f"{APPS}**"}


def mistake_in_tool(glob: str) -> str:
    """Why no tool of any profile can match this glob; nothing if one can."""
    if any(fits(glob, tool) for tool in TOOLS):
        return ""
    near = nearest_word(glob, TOOLS)
    if near is None:
        return f"there are {', '.join(TOOLS)}"
    of_profile = "" if TOOLS[near] == EVERYWHERE else f" of the profile {_profile_of(near)}"
    return f"did you mean {near}{of_profile}?"


def mistake_in_profile(glob: str, profile: Tools) -> str:
    """Why no tool of this profile can match this glob, though one of another can; nothing if one can."""
    meant = [tool for tool in TOOLS if fits(glob, tool)]
    if not meant or any(profile in TOOLS[tool] for tool in meant):
        return ""
    return (
        f'the tools of the profile {profile} do not include "{shortened(glob)}";'
        f" the setting tools: {_profile_of(meant[0])} has it."
    )


def is_called_for(tool: str, model: str) -> bool:
    """Whether a tool that fits one glob can be called for a model that fits the other."""
    return any(
        fits(tool, each) and overlap(model, MODELS_OF_TOOLS.get(each, "**")) for each in TOOLS_OF_MODELS
    )


def _profile_of(tool: str) -> Tools:
    """The smallest profile that has the tool."""
    return next(profile for profile in Tools if profile in TOOLS[tool])
