"""Assets over REST: files are uploaded, listed and deleted; presigned URLs take one without a token."""

from __future__ import annotations

from mockkrea import calls, uploads
from mockkrea.adapters import hosts, library_wire, refusal_wire, wire
from mockkrea.adapters.http import Request
from mockkrea.adapters.http_answers import Answer, json_answer
from mockkrea.adapters.query import before_in, limit_in
from mockkrea.adapters.routing import Methods
from mockkrea.calls import Caller
from mockkrea.core.assets import Asset
from mockkrea.tenant import Tenant


async def upload(tenant: Tenant, request: Request) -> Answer:
    """`POST /assets`."""
    caller = await calls.identify(tenant, request.bearer)
    asset = await _received(tenant, caller, request, presigned=False)
    return json_answer(library_wire.asset_body(asset, request.base_url))


async def upload_presigned(tenant: Tenant, request: Request) -> Answer:
    """`POST` to a presigned URL. The answer is the asset's URL as text, or as JSON for whoever asks."""
    caller = uploads.holder_of(tenant, request.query)
    asset = await _received(tenant, caller, request, presigned=True)
    url = hosts.url(request.base_url, asset.path)
    if refusal_wire.prefers_json(request):
        return json_answer({"image_url": url})
    return Answer(200, url.encode(), b"text/plain; charset=utf-8")


async def list_assets(tenant: Tenant, request: Request) -> Answer:
    """`GET /assets`."""
    caller = await calls.identify(tenant, request.bearer)
    query = request.query
    limit, before = limit_in(query), before_in(query)
    assets, more = await uploads.see_assets(tenant, caller, limit=limit, before=before)
    last = assets[-1] if more else None
    items = [library_wire.asset_body(asset, request.base_url) for asset in assets]
    return json_answer(wire.page(items, (last.created_at_us, last.number) if last else None))


async def get_asset(tenant: Tenant, request: Request) -> Answer:
    """`GET /assets/{id}`."""
    [asset_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    asset = await uploads.see_asset(tenant, caller, asset_id)
    return json_answer(library_wire.asset_body(asset, request.base_url))


async def delete_asset(tenant: Tenant, request: Request) -> Answer:
    """`DELETE /assets/{id}`."""
    [asset_id] = request.args
    caller = await calls.identify(tenant, request.bearer)
    await uploads.delete_asset(tenant, caller, asset_id)
    return json_answer({"success": True, "message": "The asset was deleted."})


ROUTES: dict[str, Methods] = {
    "/assets": {"GET": list_assets, "POST": upload},
    "/assets/presigned": {"POST": upload_presigned},
    "/assets/{asset_id}": {"GET": get_asset, "DELETE": delete_asset},
    "/public-api/assets/presigned/{name}": {"POST": upload_presigned},
}


async def _received(tenant: Tenant, caller: Caller, request: Request, *, presigned: bool) -> Asset:
    # Imported by the first upload, with the parser behind it.
    from mockkrea.adapters.multipart import FIELDS, FIELDS_PRESIGNED, UploadForm

    form = UploadForm(request, FIELDS_PRESIGNED if presigned else FIELDS)
    with tenant.blobs.writer() as blob:
        description = await form.read(blob.write)
        return await uploads.add_asset(tenant, caller, blob, description)
