"""How assets, styles, node apps and usage look from outside (shapes: documented); beside `wire.py`."""

from __future__ import annotations

from mockkrea.adapters import hosts
from mockkrea.adapters.wire import page, with_base_url
from mockkrea.core.assets import Asset
from mockkrea.core.clock import iso
from mockkrea.core.jobs import Job
from mockkrea.core.money import Unit, in_whole_units
from mockkrea.core.node_apps import NodeApp, Version
from mockkrea.core.styles import Moodboard
from mockkrea.core.workspaces import Person, Workspace
from mockkrea.node_app_calls import Listed
from mockkrea.style_calls import StyleView


def asset_body(asset: Asset, base_url: str) -> dict[str, object]:
    """An asset, as documented: its URL is an image's by name whatever its medium, its sizes can be null."""
    return {
        "id": asset.id,
        "image_url": hosts.url(base_url, asset.path),
        "uploaded_at": iso(asset.created_at_us),
        "width": asset.width,
        "height": asset.height,
        "size_bytes": asset.size_bytes,
        "mime_type": asset.mime_type,
        **({} if asset.description is None else {"description": asset.description}),
    }


def style_body(view: StyleView, base_url: str) -> dict[str, object]:
    """A style, as documented."""
    style, owner = view.style, view.owner
    return {
        "id": style.id,
        "title": style.title,
        "urls": with_base_url(style.urls, base_url),
        "public": style.public,
        "cover_url": with_base_url(style.cover_url, base_url),
        "prompt": style.prompt,
        "models": list(style.base_models),
        "owner": None if owner is None else {"id": owner.uuid, "name": owner.name, "avatar_url": None},
        "like_count": style.like_count,
        "created_at": iso(style.created_at_us),
    }


def node_app_body(app: NodeApp, version: Version) -> dict[str, object]:
    """One version of a node app, as `GET /node-apps/{version id}` shows it (documented)."""
    # Our apps have no nodes inside, so there is nothing to map their keys to.
    mappings: dict[str, object] = {"input_key_mapping": None, "output_key_mapping": None}
    return {**_version_body(app, version), "last_version_id": app.last_version.id, **mappings}


def style_page(views: list[StyleView], more: bool, base_url: str) -> dict[str, object]:
    """A page of styles (documented)."""
    last = views[-1].style if more else None
    items = [style_body(view, base_url) for view in views]
    return page(items, (last.created_at_us, last.number) if last else None)


def share_link_body(token: str, is_new: bool, base_url: str) -> dict[str, object]:
    """The link of a style (documented)."""
    return {"share_link": f"{base_url}/styles/shared/{token}", "is_new": is_new}


def shared_body(style_id: str, workspace: Workspace, person: Person) -> dict[str, object]:
    """With which workspace somebody has shared a style (documented)."""
    shown = {
        "id": workspace.id,
        "name": workspace.name,
        "is_default": workspace.id == person.default_workspace_id,
    }
    return {"success": True, "style_id": style_id, "workspace": shown}


def moodboard_body(moodboard: Moodboard, base_url: str) -> dict[str, object]:
    """A moodboard. Nobody has seen one of Krea's: ASSUMED."""
    return {
        "id": moodboard.id,
        "name": moodboard.name,
        "images": with_base_url(moodboard.image_urls, base_url),
        "created_at": iso(moodboard.created_at_us),
    }


def runnable_page(listed: list[Listed], more: bool) -> dict[str, object]:
    """A page of node apps in versions (documented)."""
    items = [_runnable_body(each.app, each.version) for each in listed]
    return page(items, listed[-1].moment if more else None)


def _runnable_body(app: NodeApp, version: Version) -> dict[str, object]:
    return {**_version_body(app, version), "node_app_version_id": version.id}


def started(job: Job) -> dict[str, object]:
    """A job in the answer to an execution, which has no nulls (documented)."""
    return {"job_id": job.id, "status": job.status.value, "created_at": iso(job.ticket.created_at_us)}


def usage_row(job: Job) -> dict[str, object]:
    """A billed job in the usage of its workspace."""
    units = in_whole_units(Unit.COMPUTE_UNITS, job.order.cu_thousandths)
    return {"job_id": job.id, "type": job.order.job_type, "compute_units": units}


def _version_body(app: NodeApp, version: Version) -> dict[str, object]:
    return {
        "id": app.id,
        "author_id": app.author_id,
        "workspace_id": app.workspace_id,
        "name": app.name,
        "slug": app.slug,
        "description": app.description,
        "scope": app.scope.value,
        "created_at": iso(app.created_at_us),
        "updated_at": iso(app.last_version.created_at_us),
        "version": version.number,
        "version_created_at": iso(version.created_at_us),
        "username": app.author_id,
        "example_outputs": None,
        "input_openapi_schema": version.form.input_schema,
        "output_openapi_schema": version.output_schema,
    }
