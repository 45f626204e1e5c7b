"""JSON Schemas of the tools' arguments and results.

Names, types and bounds: recorded from Krea's live server, autumn 2026; the words are ours. A result's
schema lists what may be there: clients check answers against it, and what a job does not have is absent.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from mockkrea.core.catalogue import Category

Schema: TypeAlias = dict[str, Any]

SYNC_SECONDS = 30
SYNC_SECONDS_MAX = 300

CATEGORIES = [category.value for category in Category]

ANY_OBJECT: Schema = {"type": "object"}
TEXT: Schema = {"type": "string"}
TIME: Schema = {"type": "string", "description": "When, as RFC 3339."}


def text(description: str) -> Schema:
    """A text that must not be empty."""
    return {"type": "string", "minLength": 1, "description": description}


def record(properties: Schema, *, required: tuple[str, ...] | None = None) -> Schema:
    """An object; all its properties are required if none is named."""
    names = list(properties) if required is None else list(required)
    return {"type": "object", "properties": properties} | ({"required": names} if names else {})


NOTHING: Schema = {"type": "object", "properties": {}}

JOB: Schema = record(
    {
        "job_id": {"type": "string", "description": "The job's UUID."},
        "status": {
            "type": "string",
            "description": "Where the job is; completed, failed and cancelled are the ends.",
        },
        "type": {"type": "string", "description": "What kind of job it is, such as k2 or node-app."},
        "created_at": TIME,
        "completed_at": {**TIME, "description": "When the job ended, once it has."},
        "position": {"type": "integer", "description": "Its place in the line while it waits."},
        "result": {
            "type": "object",
            "description": "What came of it, once it has completed.",
            "properties": {
                "urls": {
                    "type": ["array", "object"],
                    "description": "URLs of the files; of a node app by the name of the output.",
                },
                "style_id": {"type": "string", "description": "The style that a training made."},
            },
        },
        "error": {
            "type": "object",
            "description": "Why it failed, if it did.",
            "properties": {"code": TEXT, "message": TEXT},
        },
    },
    required=("job_id", "status", "type"),
)

SUBMISSION: Schema = record(
    {
        "mode": {
            "type": "string",
            "enum": ["async", "sync"],
            "description": "async: answered at once; sync: waited for the job's end.",
        },
        "completed": {"type": "boolean", "description": "Whether the job has completed."},
        "timedOut": {"type": "boolean", "description": "Whether a sync call ended before the job did."},
        "job_id": {"type": "string", "description": "The job's UUID, for get_job and cancel_job."},
        "job": JOB,
    }
)

WAITING: Schema = {
    "sync": {
        "type": "boolean",
        "default": False,
        "description": "Wait for the job's end. Leave it out to get an answer at once and poll with get_job.",
    },
    "timeoutSeconds": {
        "type": "integer",
        "minimum": 1,
        "maximum": SYNC_SECONDS_MAX,
        "default": SYNC_SECONDS,
        "description": "How long a sync call waits. The job goes on after that.",
    },
}

GENERATION_ARGUMENTS: Schema = record(
    {
        "model": text("A model's id from list_models."),
        "input": {
            "type": "object",
            "description": (
                "The model's own fields; get_model_schema says which. A medium is an https URL, a base64"
                " data URI, or the URL of an uploaded asset, each in its own field or list item."
            ),
        },
        **WAITING,
    },
    required=("model", "input"),
)

DEPRECATION: Schema = {
    "type": "object",
    "description": "Only on a model that Krea takes or has taken out of service.",
    "properties": {
        "sunset_date": {"type": "string", "description": "From this day on (YYYY-MM-DD) it is not there."},
        "replacement": {"type": "string", "description": "The model to use instead."},
        "migration_url": {"type": "string", "description": "What Krea says of moving to another model."},
        "message": TEXT,
    },
}

MODEL_FACTS: Schema = {
    "category": {"type": "string", "enum": CATEGORIES},
    "name": TEXT,
    "description": TEXT,
}

MODELS: Schema = record(
    {
        "models": {
            "type": "array",
            "items": record(
                {
                    "id": {"type": "string", "description": "What `model` means in other tools."},
                    **MODEL_FACTS,
                    "metadata": {
                        "type": "object",
                        "properties": {
                            "available": {"type": "boolean", "description": "Whether it takes jobs today."}
                        },
                    },
                    "deprecation": DEPRECATION,
                },
                required=("id", *MODEL_FACTS),
            ),
        }
    }
)

MODEL: Schema = record(
    {
        "model": TEXT,
        **MODEL_FACTS,
        "endpointPath": {"type": "string", "description": "The path of the REST API for this model."},
        "inputSchema": {**ANY_OBJECT, "description": "JSON Schema of `input`."},
        "outputSchemas": {**ANY_OBJECT, "description": "OpenAPI responses by HTTP status."},
        "deprecation": DEPRECATION,
    },
    required=("model", "category", "name", "endpointPath", "inputSchema", "outputSchemas"),
)

CANCELLED: Schema = record(
    {
        "job_id": {"type": "string", "description": "The job's UUID."},
        "deleted": {"type": "boolean", "description": "Whether it was taken off the list of jobs."},
    }
)

UPLOAD_URL: Schema = record(
    {
        "upload_url": {"type": "string", "description": "Where to POST the file."},
        "expires_at": {**TIME, "description": "Until when the URL can be used, three hours from now."},
    }
)

ASSET: Schema = record(
    {
        "id": TEXT,
        "image_url": {"type": "string", "description": "The asset's URL, whatever its medium."},
        "uploaded_at": TIME,
        "width": {"type": ["integer", "null"]},
        "height": {"type": ["integer", "null"]},
        "size_bytes": {"type": "integer"},
        "mime_type": TEXT,
        "description": TEXT,
    },
    required=("id", "image_url", "uploaded_at"),
)

CURSOR: Schema = {
    "type": "string",
    "format": "date-time",
    "description": "The next_cursor of the page before.",
}

IMAGES: Schema = {"type": "array", "items": {"type": "string"}, "minItems": 1}

STYLE: Schema = record({"id": TEXT, "title": {"type": ["string", "null"]}}, required=("id",))

MOODBOARD: Schema = record(
    {
        "id": TEXT,
        "name": {"type": ["string", "null"]},
        "images": {"type": "array", "items": {"type": "string"}},
        "created_at": TIME,
    }
)

TAKEN_AWAY: Schema = record({"id": TEXT, "deleted": {"type": "boolean"}})


def page_of(item: Schema) -> Schema:
    """A page of a list, with where the next one begins, null after the last."""
    return record({"items": {"type": "array", "items": item}, "next_cursor": {"type": ["string", "null"]}})
