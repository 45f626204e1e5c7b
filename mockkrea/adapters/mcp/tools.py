"""The table of tools: what `tools/list` tells of each, which profiles have it, and who answers it.

Names and schemas: Krea's MCP page (documented) and its live server of autumn 2026 (recorded); titles,
descriptions and annotations are ours. Of the recorded tools those are left out whose answers nobody has
seen and nobody could make up offline: plans, trials, prompting guides, node types.
"""

from __future__ import annotations

from mockkrea.adapters.mcp import handlers, library_tools, schemas
from mockkrea.adapters.mcp.schemas import record, text
from mockkrea.adapters.mcp.tool import (
    ADDS,
    HOW_JOBS_GO,
    READS,
    TAKES_AWAY,
    Tool,
)
from mockkrea.core.catalogue import Category
from mockkrea.core.tools import DOCUMENTED, EVERYWHERE, LIVE

# The live server's tools for generations, one for each category (recorded).
TOOL_OF = {
    Category.IMAGE: "generate_image",
    Category.VIDEO: "generate_video",
    Category.AUDIO: "generate_audio",
    Category.THREE_D: "generate_3d",
    Category.ENHANCE: "enhance_image",
}
MAKES = {
    Category.IMAGE: ("Generate an image", "an image"),
    Category.VIDEO: ("Generate a video", "a video"),
    Category.AUDIO: ("Generate audio", "speech, music or sound"),
    Category.THREE_D: ("Generate a 3D model", "a 3D model"),
    Category.ENHANCE: ("Enhance an image", "an enhanced or enlarged version of a medium"),
}


def all_tools() -> tuple[Tool, ...]:
    """Every tool of every profile, in the order in which they are listed."""
    return (
        *_about_models(),
        *_about_generations(),
        library_tools.execute_node_app(),
        *_about_jobs(),
        *_about_uploads(),
        *library_tools.about_node_apps(),
        *library_tools.about_styles(),
        *library_tools.about_moodboards(),
    )


def _about_models() -> tuple[Tool, ...]:
    category = {"type": "string", "enum": schemas.CATEGORIES, "description": "Only models of this kind."}
    return (
        Tool(
            name="list_models",
            title="List models",
            description="Lists the models that jobs can be submitted to, with what each of them makes.",
            arguments=record({"category": category}, required=()),
            result=schemas.MODELS,
            annotations=READS,
            profiles=EVERYWHERE,
            handler=handlers.list_models,
        ),
        Tool(
            name="get_model_schema",
            title="Get a model's schema",
            description="Gives the JSON Schema of a model's input. Read it before the first generation.",
            arguments=record({"model": text("A model's id from list_models.")}),
            result=schemas.MODEL,
            annotations=READS,
            profiles=EVERYWHERE,
            handler=handlers.get_model_schema,
        ),
    )


def _about_generations() -> tuple[Tool, ...]:
    generate = Tool(
        name="generate",
        title="Generate",
        description=f"Submits a job to a model, for an image, a video or another medium. {HOW_JOBS_GO}",
        arguments=schemas.GENERATION_ARGUMENTS,
        result=schemas.SUBMISSION,
        annotations=ADDS,
        profiles=DOCUMENTED,
        handler=handlers.generate,
        shows_widget=True,
    )
    return (generate, *(_generation_of(category) for category in TOOL_OF))


def _generation_of(category: Category) -> Tool:
    title, result = MAKES[category]
    return Tool(
        name=TOOL_OF[category],
        title=title,
        description=f"Submits a job that makes {result}. {HOW_JOBS_GO}",
        arguments=schemas.GENERATION_ARGUMENTS,
        result=schemas.SUBMISSION,
        annotations=ADDS,
        profiles=LIVE,
        handler=handlers.generate_of(category, TOOL_OF),
        shows_widget=True,
    )


def _about_jobs() -> tuple[Tool, ...]:
    arguments = record({"jobId": text("The job_id that a submission answered.")})
    return (
        Tool(
            name="get_job",
            title="Get a job",
            description="Gives a job's status, and its result once it has completed.",
            arguments=arguments,
            result=schemas.JOB,
            annotations=READS,
            profiles=EVERYWHERE,
            handler=handlers.get_job,
        ),
        Tool(
            name="cancel_job",
            title="Cancel a job",
            description="Cancels a job that has not ended: it is not billed and leaves the list.",
            arguments=arguments,
            result=schemas.CANCELLED,
            annotations=TAKES_AWAY,
            profiles=EVERYWHERE,
            handler=handlers.cancel_job,
            ends_job=True,
        ),
    )


def _about_uploads() -> tuple[Tool, ...]:
    data_uri = text("The file as a base64 data URI: data:image/png;base64,…")
    description = {"type": "string", "description": "What to remember of it."}
    return (
        Tool(
            name="get_upload_url",
            title="Get an upload URL",
            description=(
                "Gives a URL for a local file, valid for three hours. POST the file to it as"
                " multipart/form-data in the field `file`, without a token; the answer is the asset's URL,"
                " which a model's input takes wherever it takes a medium."
            ),
            arguments=schemas.NOTHING,
            result=schemas.UPLOAD_URL,
            annotations=ADDS,
            profiles=EVERYWHERE,
            handler=handlers.get_upload_url,
        ),
        Tool(
            name="upload_asset",
            title="Upload an asset",
            description="Keeps a small file, given as a data URI, as an asset of the workspace.",
            arguments=record({"file": data_uri, "description": description}, required=("file",)),
            result=schemas.ASSET,
            annotations=ADDS,
            profiles=DOCUMENTED,
            handler=handlers.upload_asset,
        ),
    )
