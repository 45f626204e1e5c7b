"""What mockkrea promises to do as Krea does, and how sure anybody can be of it.

Each behaviour has an id, a sentence, a source and a confidence. Tests carry `@requirement(id)`; one
test checks that none is without the other, and `docs/fidelity.md` is made from this list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])


class Confidence(StrEnum):
    """How a behaviour of Krea is known."""

    DOCUMENTED = "documented"
    RECORDED = "recorded"
    INFERRED = "inferred"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One behaviour. `divergence` says where and why mockkrea does otherwise."""

    id: str
    sentence: str
    source: str
    confidence: Confidence
    divergence: str = ""


D, R, C, A = Confidence.DOCUMENTED, Confidence.RECORDED, Confidence.INFERRED, Confidence.ASSUMED
OPENAPI = "OpenAPI of api.krea.ai"
MCP_SPEC = "specification of the Model Context Protocol"
MCP_RECORDED = "recorded tool schemas, autumn 2026"
LIFECYCLE = "job-lifecycle page of docs.krea.ai"
BILLING = "API keys and billing page of docs.krea.ai"
MCP_PAGE = "MCP page of docs.krea.ai"
NODE_APPS = "node app pages of docs.krea.ai"
USAGE = "usage page of docs.krea.ai"
ANSWERS = "answers of the live service, recorded by its users"
CLIENTS = "what published clients handle"
OURS = "our choice, docs/decisions.md"

REQUIREMENTS = (
    Requirement("auth:bearer", "Every route but `/health` and `/files/` wants a bearer token.", OPENAPI, D),
    Requirement("auth:401", "Without a known token the answer is 401 `Unauthorized`.", ANSWERS, R),
    Requirement("auth:before-body", "The token is checked before the body is read.", ANSWERS, R),
    Requirement(
        "submit:answer",
        "A submission is answered with job_id, status, created_at, and completed_at and result as null.",
        OPENAPI,
        D,
    ),
    Requirement("submit:seed", "A seed may be written as 7.0.", CLIENTS, C),
    Requirement("job:shape", "A job has no key before it has its value, and `type` always.", OPENAPI, D),
    Requirement("job:position", "A job has a position while it is pending.", ANSWERS, R),
    Requirement("job:position:numbers", "1 is the next of the line, 0 a queued job.", OURS, A),
    Requirement("job:error", "A failed job tells its error at the top, code and message.", OPENAPI, D),
    Requirement(
        "job:silent-failures",
        "A job may complete with an empty result, and fail without an error; control can make both.",
        ANSWERS,
        R,
    ),
    Requirement("job:states", "There are nine states, three of them ends.", LIFECYCLE, D),
    Requirement(
        "job:arrows", "queued, scheduled, processing, sampling, completed follow each other.", OURS, A
    ),
    Requirement("job:seconds", "A job takes about as long as Krea says its model does.", OPENAPI, D),
    Requirement(
        "job:timeout",
        "A job that hangs fails after 3 minutes, an external model's after 2 hours.",
        LIFECYCLE,
        D,
    ),
    Requirement(
        "job:preview",
        "A job may show previews before its end, told as such.",
        LIFECYCLE,
        D,
        "Only 3D jobs do, at intermediate-complete; which jobs of Krea's do is unknown.",
    ),
    Requirement("job:timeout:code", "Its error has the code timeout.", OURS, A),
    Requirement(
        "job:timeout:others", "A training or a node app's run that hangs fails after 2 hours.", OURS, A
    ),
    Requirement(
        "job:cancel",
        "A job can be cancelled in every state that is no end.",
        MCP_PAGE,
        D,
        "The job-lifecycle page names queued and processing only; the two pages contradict each other.",
    ),
    Requirement("job:cancel:list", "A cancelled job leaves the list; its id still answers.", OURS, A),
    Requirement("job:delete", "DELETE is answered with job_id and deleted.", ANSWERS, R),
    Requirement(
        "job:delete:finished", "Deleting a finished job takes it off the list, without refund.", OURS, A
    ),
    Requirement("job:404", "An unknown or foreign job is 404 `Job not found or unauthorized`.", ANSWERS, R),
    Requirement("jobs:order", "Jobs are listed newest first.", OURS, A),
    Requirement("jobs:limit", "A page has 1 to 1000 jobs, 100 unless asked otherwise.", OPENAPI, D),
    Requirement("jobs:filters", "`types` and `status` filter the list.", OPENAPI, D),
    Requirement("jobs:cursor", "`cursor` is a time; jobs created before it are listed.", OPENAPI, D),
    Requirement("jobs:cursor:exact", "Pages neither skip nor repeat jobs of one instant.", OURS, A),
    Requirement("jobs:400", "A query parameter that makes no sense is a 400.", OPENAPI, D),
    Requirement(
        "error:keys",
        "The sentence stands under `error` and `message`.",
        f"{OPENAPI}; {ANSWERS}",
        R,
        "Krea sends one of them, by route and time; the setting error_keys sends one only.",
    ),
    Requirement("error:order", "Refusals come in one order.", OURS, A),
    Requirement("error:400", "A body that is no JSON is a 400.", OPENAPI, D),
    Requirement("error:413", "A body over 105 MB is a 413.", OURS, A),
    Requirement("error:503:bodies", "A body is a 503 while those of others take 420 MB of memory.", OURS, A),
    Requirement(
        "error:404:html",
        "An unknown path is an HTML page.",
        "developer pages of docs.krea.ai",
        D,
        "JSON for a client whose Accept names it first.",
    ),
    Requirement("error:405", "A method that a path does not take is a 405.", OURS, A),
    Requirement(
        "validation:strict",
        "A body that breaks its model's schema is a 422 that names the fields.",
        ANSWERS,
        R,
        "The OpenAPI says 400: setting validation_status. Every field is named, with the nearest right one.",
    ),
    Requirement("validation:unknown-key", "An unknown key is refused.", OPENAPI, D),
    Requirement(
        "validation:schema",
        "Bodies are taken and refused as the published schemas say.",
        OPENAPI,
        D,
        "Data URIs may be longer than 1024 characters (recorded); other text ends at 100,000.",
    ),
    Requirement("validation:media", "A media input is one URL or one base64 data URI.", MCP_PAGE, D),
    Requirement(
        "validation:exclusive", "seedance-2 takes end_image or reference_images, not both.", ANSWERS, R
    ),
    Requirement(
        "media:data-uri",
        "A data URI that holds none of the accepted media is a 422 that says what it is.",
        OPENAPI,
        D,
    ),
    Requirement(
        "media:kind",
        "A field takes the media that its name says; a data URI or own file of another kind is a 422.",
        OURS,
        A,
        "URLs of other servers are not looked at.",
    ),
    Requirement(
        "media:own-assets",
        "An asset URL that is gone or another workspace's is a 422 `Invalid asset URL`.",
        ANSWERS,
        R,
        "Results of the workspace's own jobs are taken as well.",
    ),
    Requirement(
        "media:external",
        "Some models take no URLs of other servers.",
        ANSWERS,
        R,
        "Which ones is not known; all take them, unfetched, unless the setting external_urls refuses them.",
    ),
    Requirement(
        "media:zero-data-retention",
        "With X-Api-Zero-Data-Retention: 1 the krea-2 models refuse external URLs and take data URIs.",
        OPENAPI,
        D,
    ),
    Requirement(
        "media:zero-data-retention:models",
        "Other models refuse the header for zero data retention.",
        OURS,
        A,
    ),
    Requirement("validation:multiples-of-16", "gpt-image-2 takes sides in multiples of 16.", ANSWERS, R),
    Requirement(
        "validation:old-names",
        "Renamed fields are taken until 2026-06-19.",
        OPENAPI,
        D,
        "Whether they are refused from then on is not known; the setting accept_old_names takes them.",
    ),
    Requirement("model:410", "A model past its sunset is a 410 that names its replacement.", OPENAPI, D),
    Requirement(
        "model:deprecated",
        "Before its sunset a model answers with the headers Deprecation, Sunset and Link.",
        OPENAPI,
        D,
    ),
    Requirement("openapi:public", "`/openapi.json` describes the API, without a token.", OPENAPI, D),
    Requirement(
        "openapi:pricing",
        "Each model has its US dollar prices in x-krea-pricing.",
        CLIENTS,
        C,
        "Prices that are derived or guessed stand there as well; x-mockkrea-assumed names guesses.",
    ),
    Requirement(
        "openapi:description",
        "Each model's description has a table of compute units and the average time.",
        OPENAPI,
        D,
    ),
    Requirement("openapi:old-names", "Renamed fields stand in x-krea-deprecated-field-aliases.", OPENAPI, D),
    Requirement(
        "openapi:deprecated",
        "A model with a sunset is marked deprecated, and left out from that day on.",
        OPENAPI,
        D,
    ),
    Requirement("billing:price", "A job costs what Krea's tables say.", OPENAPI, D),
    Requirement("billing:derived", "Where one meter has no price, 6,000 units are 11 USD.", OURS, A),
    Requirement(
        "billing:moodboards", "A moodboard's price goes before that of style references.", BILLING, D
    ),
    Requirement(
        "billing:unpublished", "A model without a published price costs what its category does.", OURS, A
    ),
    Requirement(
        "billing:billable-seconds", "Reference videos are billed by the second like the output.", OURS, A
    ),
    Requirement("billing:completed-only", "Only completed jobs are billed.", BILLING, D),
    Requirement("billing:hold", "A job's price is held from its submission on.", OURS, A),
    Requirement("billing:daily", "The free plan gives 100 compute units a day.", BILLING, D),
    Requirement("billing:daily-rest", "What is left of a day's free units expires at midnight UTC.", OURS, A),
    Requirement("billing:402", "An empty API balance is a 402 in Krea's own words.", ANSWERS, R),
    Requirement("billing:in-flight", "Jobs in flight finish when the balance runs out.", BILLING, D),
    Requirement("billing:plan", "A plan without the model is a 402 `Plan required`.", OPENAPI, D),
    Requirement(
        "billing:oauth", "An OAuth session spends compute units of its workspace, no dollars.", MCP_PAGE, D
    ),
    Requirement(
        "oauth:challenge", "Without a token the MCP server's 401 names the resource's metadata.", ANSWERS, R
    ),
    Requirement("oauth:metadata", "The resource's metadata names its authorization server.", ANSWERS, R),
    Requirement(
        "oauth:endpoints",
        "Authorization, token and registration lie under `/auth/v1/oauth/`.",
        ANSWERS,
        R,
        "The issuer is the mock itself, where Krea's is another host than its API.",
    ),
    Requirement("oauth:public-clients", "Clients are public: they have no secret.", ANSWERS, R),
    Requirement("oauth:pkce", "A code is given only for the verifier of its S256 challenge.", CLIENTS, C),
    Requirement("oauth:rotation", "A refresh gives a new refresh token.", CLIENTS, C),
    Requirement("oauth:code-once", "A code that is presented twice revokes what it gave.", OURS, A),
    Requirement(
        "oauth:lifetimes", "Access tokens live 3,600 s, refresh tokens 30 days, codes 10 minutes.", OURS, A
    ),
    Requirement("oauth:resource", "A token for another resource is refused as `invalid_target`.", OURS, A),
    Requirement("oauth:revoke", "A revoked refresh token ends the session.", OURS, A),
    Requirement("oauth:rest", "The REST API takes no access tokens of OAuth.", OURS, A),
    Requirement(
        "oauth:picker", "Consent lists every workspace of the person, the default chosen.", MCP_PAGE, D
    ),
    Requirement("oauth:workspace", "The session is bound to the workspace chosen at consent.", MCP_PAGE, D),
    Requirement(
        "oauth:legacy", "A session without a workspace falls back to the person's default one.", MCP_PAGE, D
    ),
    Requirement(
        "limits:backlog", "Over its concurrency a workspace's jobs wait, first in, first out.", BILLING, D
    ),
    Requirement("limits:429", "Over its backlog it is refused with CONCURRENCY_LIMIT_REACHED.", ANSWERS, R),
    Requirement("limits:model", "A model may limit the unfinished jobs of a workspace.", ANSWERS, R),
    Requirement(
        "limits:rate",
        "Too many requests a minute are a 429 with Retry-After.",
        BILLING,
        D,
        "Off until a limit is set: no number is published.",
    ),
    Requirement("style:train", "A training is answered with a pending job of type loraTraining.", OPENAPI, D),
    Requirement(
        "style:train:forms",
        "The base model decides which of two bodies a training takes.",
        OPENAPI,
        D,
        "Krea's schema lets unknown keys pass and does not bound the pictures; here they are refused, and"
        " 3 to 2,000 are wanted, as its pages say.",
    ),
    Requirement("style:train:price", "A training costs compute units by step and base model.", OPENAPI, D),
    Requirement("style:train:steps", "It has 1,000 steps when it names none.", OURS, A),
    Requirement("style:train:seconds", "It takes 15 to 45 minutes.", ANSWERS, R),
    Requirement("style:train:result", "A completed training says which style it made.", OPENAPI, D),
    Requirement("style:train:billing", "A training is held and captured like any job.", OURS, A),
    Requirement("style:shape", "A style has the documented fields.", OPENAPI, D),
    Requirement("style:private", "A trained style is private to the API user who trained it.", OPENAPI, D),
    Requirement("style:share", "A style can be shared with a workspace and taken back.", OPENAPI, D),
    Requirement(
        "style:share:workspace", "Sharing tells the workspace, and everybody in it can use it.", OPENAPI, D
    ),
    Requirement("style:share:link", "The link is a 201 the first time, then a 200.", OPENAPI, D),
    Requirement("style:share:403", "Only its owner shares a style; others get 403.", OPENAPI, D),
    Requirement("style:list", "Public, own and shared styles are listed in pages.", OPENAPI, D),
    Requirement(
        "style:list:filters",
        "ids, liked, user, model and filter narrow the list.",
        OPENAPI,
        D,
        "What the words of filter mean is assumed; nothing can be liked or approved here.",
    ),
    Requirement("style:update", "Its owner changes public, urls, title and cover_url.", OPENAPI, D),
    Requirement("style:update:400", "A change without a valid field is a 400.", OPENAPI, D),
    Requirement("style:404", "A style that the caller cannot see is a 404.", OPENAPI, D),
    Requirement("style:unknown", "An unknown style in a generation is a 422.", OURS, A),
    Requirement("style:unknown:order", "It comes after the plan and before concurrency.", OURS, A),
    Requirement("moodboard:unknown", "An unknown moodboard in a generation is a 422.", OURS, A),
    Requirement("node-app:list", "Node apps are listed in pages, all or the workspace's.", NODE_APPS, D),
    Requirement("node-app:shape", "A node app has the documented fields.", OPENAPI, D),
    Requirement("node-app:versions", "The versions of an app are listed with their ids.", NODE_APPS, D),
    Requirement("node-app:execute", "An execution is answered with an array of jobs.", OPENAPI, D),
    Requirement("node-app:several-jobs", "An app may make several jobs, all of them or none.", OURS, A),
    Requirement("node-app:refusals", "Executions are refused in the order of generations.", OURS, A),
    Requirement("node-app:404", "A version that the caller may not execute is a 404.", OPENAPI, D),
    Requirement("usage:403", "Usage is told to service keys only.", USAGE, D),
    Requirement("usage:shape", "Usage lists job_id, type and compute_units.", USAGE, D),
    Requirement(
        "usage:days", "Both days are included, a job counts when it completes, 30 days back.", OURS, A
    ),
    Requirement(
        "export:formats",
        "A 3D model can be had as OBJ, FBX, STL or PLY.",
        OPENAPI,
        D,
        "Each in a zip archive; the FBX is ASCII.",
    ),
    Requirement("export:unfinished", "Exporting a job that has not completed is a 409.", OPENAPI, D),
    Requirement(
        "files:no-auth",
        "Result files need no key.",
        ANSWERS,
        R,
        "They lie on this server under /files/, named by their job.",
    ),
    Requirement(
        "asset:shape",
        "An asset has an id, URL, time, sizes that may be null, a type, and a description if one was given.",
        OPENAPI,
        D,
    ),
    Requirement("asset:media", "Ten kinds of media can be uploaded.", OPENAPI, D),
    Requirement("asset:by-bytes", "A medium is known by its bytes, not by its name or header.", OURS, A),
    Requirement(
        "asset:size",
        "A file over 75 MB is a 400.",
        OPENAPI,
        D,
        "The limit is 75 × 1024 × 1024 bytes: ASSUMED.",
    ),
    Requirement("asset:multipart", "An upload that is no multipart form is refused.", CLIENTS, C),
    Requirement("asset:form", "A form has one file, with a file name, and no unknown field.", OURS, A),
    Requirement("asset:boundaries", "A form may have any boundary, its file any name.", CLIENTS, C),
    Requirement("asset:list", "Assets are listed in pages of 1 to 1000, 100 unless asked.", OPENAPI, D),
    Requirement("asset:404", "An unknown or foreign asset is a 404 `Asset not found`.", OPENAPI, D),
    Requirement("asset:delete", "DELETE of an asset is answered with success and message.", OPENAPI, D),
    Requirement("asset:delete:file", "The file of a deleted asset is gone as well.", OURS, A),
    Requirement("asset:head", "HEAD of an asset or its file is answered like GET.", CLIENTS, C),
    Requirement(
        "presigned:post", "A presigned URL takes a form with the one field file, without a key.", MCP_PAGE, D
    ),
    Requirement("presigned:life", "A presigned URL is valid for three hours.", MCP_PAGE, D),
    Requirement(
        "presigned:paths",
        "It lies under /public-api/assets/presigned/ or at /assets/presigned.",
        f"{MCP_PAGE}; {ANSWERS}",
        R,
        "URLs of the first kind are made; what follows there is not known.",
    ),
    Requirement(
        "presigned:answer",
        "An upload to it is answered with the asset's URL as text.",
        ANSWERS,
        R,
        "As JSON, which older answers were, if Accept names that first.",
    ),
    Requirement("presigned:403", "A changed or expired presigned URL is a 403.", OURS, A),
    Requirement("presigned:again", "A presigned URL can be used again until it expires.", OURS, A),
    Requirement(
        "viewer:403", "A viewer of a workspace may look; whatever changes something is a 403.", OURS, A
    ),
    Requirement(
        "webhook:once",
        "A job with X-Webhook-URL is posted there once, when it completes, fails or is cancelled.",
        LIFECYCLE,
        D,
    ),
    Requirement("webhook:body", "A webhook's body is the job as GET shows it.", LIFECYCLE, D),
    Requirement("webhook:node-app", "X-Webhook-URL works for node apps: each job is posted.", OURS, A),
    Requirement("webhook:url", "A URL that nothing can be sent to is a 400.", OURS, A),
    Requirement(
        "webhook:retries",
        "What is not answered 2xx within 10 seconds is sent again 1, 5 and 25 seconds after it failed.",
        OURS,
        A,
    ),
    Requirement(
        "webhook:reach",
        "Webhooks leave for the hosts that a client names.",
        LIFECYCLE,
        D,
        "Only for this machine, and for hosts that --webhook-host names; the others are shown as blocked.",
    ),
    Requirement("files:size", "A picture has the size that was asked for.", OURS, A),
    Requirement("files:enhanced", "An enhance job's result is its input, enlarged.", OURS, A),
    Requirement(
        "files:video",
        "A video plays, and has the size, length and sound that were asked for.",
        OURS,
        A,
        "It shows a placeholder, at 8 frames a second, at most 3,840 pixels a side and 60 seconds long.",
    ),
    Requirement(
        "files:audio",
        "Music is as long as asked for, speech as its text takes at 15 characters a second.",
        OURS,
        A,
        "It is a tune that the seed decides, whatever the text says.",
    ),
    Requirement(
        "files:3d",
        "A 3D job's URLs name a model and its preview, each with its type.",
        OPENAPI,
        D,
        "Files are GLB and PNG, which the source does not say.",
    ),
    Requirement(
        "files:real", "A result is a real file of its format.", OPENAPI, D, "What it shows is a placeholder."
    ),
    Requirement("mcp:tools:documented", "The MCP server has the tools of Krea's MCP page.", MCP_PAGE, D),
    Requirement(
        "mcp:tools:live",
        "The profile `live` has the tools of Krea's own server, with their arguments and results.",
        MCP_RECORDED,
        R,
        divergence="without show_plans, start_free_trial, get_prompting_guide and list_node_types, whose"
        " answers nobody has seen",
    ),
    Requirement("mcp:model-ids", "A model is known by its id with and without the category.", OURS, A),
    Requirement("mcp:list-models", "list_models lists all models, or those of a category.", MCP_RECORDED, R),
    Requirement("mcp:model-schema", "get_model_schema gives the schema of a model's input.", MCP_RECORDED, R),
    Requirement(
        "mcp:deprecation",
        "list_models and get_model_schema say of a deprecated model until when it is there and what to"
        " use instead; the keys are those of REST's 410.",
        f"{MCP_PAGE}; keys assumed",
        D,
    ),
    Requirement(
        "mcp:generate:async",
        "A generation is answered at once, with the job beside its job_id.",
        f"{MCP_PAGE}; {MCP_RECORDED}",
        D,
    ),
    Requirement(
        "mcp:generate:sync", "With `sync` a generation is answered when the job has ended.", MCP_PAGE, D
    ),
    Requirement(
        "mcp:generate:sync:timeout",
        "A sync call that times out says `timedOut`, and the job goes on.",
        MCP_RECORDED,
        R,
    ),
    Requirement(
        "mcp:generate:sync:stuck",
        "Where no time passes for a job, a sync call is answered at once with `timedOut` and the reason.",
        OURS,
        A,
    ),
    Requirement("mcp:job", "get_job gives a job; what it does not have is absent.", MCP_RECORDED, R),
    Requirement(
        "mcp:cancel",
        "cancel_job answers {job_id, deleted: true}; the job is not billed and leaves the list.",
        MCP_PAGE,
        D,
    ),
    Requirement(
        "mcp:node-app",
        "execute_node_app submits a job and answers with it beside its job_id.",
        MCP_PAGE,
        D,
    ),
    Requirement(
        "mcp:library",
        "Node apps, styles and moodboards can be listed and changed; the answers are those of REST.",
        OURS,
        A,
    ),
    Requirement("mcp:one-world", "REST and MCP are two ways to the same jobs, files and money.", MCP_PAGE, D),
    Requirement(
        "mcp:refusals",
        "A refused tool call is a result with `isError`, REST's status and REST's sentence, as JSON in its"
        " text; it has no structured content.",
        OURS,
        A,
    ),
    Requirement("mcp:invalid-input", "An input that does not fit is refused with all its issues.", OURS, A),
    Requirement("mcp:unknown-model", "An unknown model is refused with the nearest id.", OURS, A),
    Requirement("mcp:balance:usd", "An API token pays from the API balance.", MCP_PAGE, D),
    Requirement(
        "mcp:balance:units",
        "An OAuth session pays with the compute units of its workspace; a lack of them is told as"
        " INSUFFICIENT_BALANCE with `availableUnits`.",
        f"{MCP_PAGE}; {ANSWERS}",
        R,
        divergence="told in the text alone: as structured content it breaks the tool's schema of results,"
        " and the TypeScript SDK throws it away",
    ),
    Requirement(
        "mcp:upload-url",
        "get_upload_url gives a URL for three hours; the file POSTed there becomes an asset whose URL the"
        " next generation takes.",
        MCP_PAGE,
        D,
    ),
    Requirement("mcp:upload-url:text", "The text of get_upload_url's answer is the bare URL.", CLIENTS, C),
    Requirement(
        "mcp:upload-asset",
        "upload_asset keeps a file of the bound workspace; its arguments are made up.",
        OURS,
        A,
    ),
    Requirement("mcp:unbound", "A session that is bound to no workspace is refused uploads.", MCP_PAGE, D),
    Requirement(
        "mcp:401",
        "Without a known token /mcp answers 401 and names the metadata of the protected resource,"
        " also to GET, with which mcp-remote asks first.",
        ANSWERS,
        R,
    ),
    Requirement(
        "mcp:get",
        "GET and DELETE of /mcp are 405: there is no stream to open and no session to end. The TypeScript SDK"
        " tries after the handshake, and goes on without.",
        CLIENTS,
        C,
    ),
    Requirement(
        "mcp:protocol-errors",
        "An unknown tool and a malformed call are errors of the protocol.",
        MCP_SPEC,
        D,
    ),
    Requirement(
        "mcp:revisions",
        "The revisions with a handshake and 2026-07-28 are spoken.",
        OURS,
        A,
    ),
    Requirement(
        "mcp:widget",
        "Generation and node-app tools point at the MCP Apps resource `ui://krea-public-api/job-result-frame`.",
        MCP_PAGE,
        D,
    ),
    Requirement("mcp:widget:tile", "The widget's loading tile has the job's aspect ratio.", MCP_PAGE, D),
    Requirement("mcp:widget:polls", "The widget polls get_job until the job has ended.", MCP_PAGE, D),
    Requirement("mcp:widget:buttons", "The widget can retry a generation and cancel a job.", MCP_PAGE, D),
    Requirement(
        "mcp:widget:slider",
        "The widget compares an enhance result with its source, in full screen, with a slider.",
        MCP_PAGE,
        D,
    ),
    Requirement(
        "mcp:widget:host",
        "The widget follows the theme and the size of its host, and tells it its own height.",
        "specification of MCP Apps",
        C,
    ),
    Requirement(
        "mcp:widget:facts",
        "What the widget wants to know beside a job stands in `_meta`: price, progress, size, source.",
        OURS,
        A,
    ),
    Requirement(
        "mcp:clients",
        "Clients that others wrote sign in, find models, generate, cancel and read refusals: the Python"
        " SDK 1 and 2, the TypeScript SDK, mcp-remote, Claude Code, Codex, the Inspector, mcporter, fastmcp,"
        " langchain-mcp-adapters, openai-agents, pydantic-ai.",
        CLIENTS,
        C,
    ),
    Requirement(
        "mcp:conformance",
        "The conformance suite of the protocol passes, but for what a server with these tools does not have.",
        MCP_SPEC,
        D,
    ),
    Requirement(
        "oauth:conformance",
        "The conformance suite gets a token from the authorization server.",
        MCP_SPEC,
        D,
    ),
    Requirement(
        "hosts:results",
        "Under interception results lie at gen.krea.ai.",
        ANSWERS,
        R,
        "Their paths there begin with /files/, which on Krea they do not.",
    ),
    Requirement(
        "hosts:uploads",
        "Under interception all uploads lie at app-uploads.krea.ai, at paths of ours.",
        OURS,
        A,
    ),
    Requirement(
        "hosts:oauth",
        "Under interception the MCP server is https://api.krea.ai/mcp, its authorization server and issuer"
        " https://www.krea.ai.",
        ANSWERS,
        R,
    ),
    Requirement(
        "hosts:clients",
        "Clients that know Krea's own address alone come to the mock with nothing of them changed: curl,"
        " Python's requests, httpx and aiohttp, Node's fetch, https and Axios, Go, the Krea plugin of"
        " hermes-agent, and the MCP clients fastmcp and langchain-mcp-adapters.",
        CLIENTS,
        C,
    ),
    Requirement(
        "clients:hermes",
        "hermes-agent shows the message of a refused submission. It looks for the error of a failed job"
        " inside the result, where Krea tells none, and says `unknown error`.",
        CLIENTS,
        C,
    ),
)

BY_ID = {each.id: each for each in REQUIREMENTS}


def requirement(id: str) -> Callable[[Test], Test]:
    """Say which behaviour a test holds up."""
    assert id in BY_ID, f"there is no requirement {id!r}"
    return pytest.mark.requirement(id)
