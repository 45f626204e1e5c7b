"""Media of generations, trainings and node apps: the same rules for all, and what happens in between."""

from __future__ import annotations

import asyncio
from io import BytesIO

import av
import httpx
import pytest
from PIL import Image, ImageStat

from mockkrea.calls import Caller
from mockkrea.core.jobs import Order
from mockkrea.core.money import Unit
from mockkrea.inputs import Intake, Terms
from mockkrea.settings import ExternalUrls, Settings
from tests.adapters.test_node_apps import app_called, execute
from tests.adapters.test_styles import BODY, train
from tests.asking import FLUX, KEY, URL, Json, Krea, MakeKrea, data_uri
from tests.contract.requirements import requirement
from tests.media.samples import glb, heic, jpeg, mov, mp4, png, wav

LIN = "mockkrea:lin"
ZERO_RETENTION = {"X-Api-Zero-Data-Retention": "1"}
EXTERNAL = "https://example.com/a.png"
PICTURE = png(64, 48)
TOPAZ = "enhance/topaz/standard-enhance"
UPSCALE = "enhance/black-forest-labs/flux-video-upscale"
IMAGES = "takes images (JPEG, PNG, WebP, HEIC), not"
VIDEOS = "takes videos (MP4, MOV, WebM), not"


def ask(krea: Krea, kind: str, uri: str, **rest: Json) -> httpx.Response:
    """Submit something with this medium: a generation, a training or a node app."""
    if kind == "generation":
        return krea.generate(FLUX, {"prompt": "x", "image_url": uri}, **rest)
    if kind == "training":
        return krea.ask("POST", "/styles/train", json=BODY | {"urls": [EXTERNAL, EXTERNAL, uri]}, **rest)
    version_id = app_called(krea, "backdrop-swap")["node_app_version_id"]
    body = {"image_url": uri, "backdrop": "the sea"}
    return krea.ask("POST", f"/node-apps/{version_id}/execute", json=body, **rest)


def accepted(krea: Krea, kind: str, uri: str, **rest: Json) -> Order:
    """What a submission with this medium ordered."""
    answer = ask(krea, kind, uri, **rest)
    assert answer.status_code == 200, answer.text
    [job] = answer.json() if kind == "node app" else [answer.json()]
    return order_of(krea, job["job_id"])


def order_of(krea: Krea, job_id: str) -> Order:
    return krea.run(krea.tenant.query(lambda state: state.any_job(job_id).order))


def refusal(krea: Krea, kind: str, uri: str, **rest: Json) -> str:
    with krea.unchanged():
        answer = ask(krea, kind, uri, **rest)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["message"])


def result(krea: Krea, job_id: str) -> Json:
    krea.clock("run_until", until=job_id)
    return krea.job(job_id)["result"]


def blobs(krea: Krea) -> int:
    return len(list(krea.tenant.blobs._store.directory.iterdir()))


def upper_half(krea: Krea, url: str) -> list[float]:
    """The mean colour of that part of a picture which no caption covers."""
    with Image.open(BytesIO(krea.get(url).content)) as picture:
        half = picture.convert("RGB").crop((0, 0, picture.width, picture.height // 2))
    return ImageStat.Stat(half).mean


POINTERS = {"generation": "/image_url", "training": "/urls/2", "node app": "/image_url"}
every_kind = pytest.mark.parametrize("kind", POINTERS)


# ---- one set of rules


@every_kind
def test_a_data_uri_is_kept_as_a_blob_wherever_it_is_submitted(krea: Krea, kind: str) -> None:
    order = accepted(krea, kind, data_uri(PICTURE))

    [medium] = order.media
    assert (medium.pointer, medium.width, medium.mime_type) == (POINTERS[kind], 64, "image/png")
    assert medium.blob is not None
    assert krea.tenant.blobs.open(medium.blob).content() == PICTURE
    assert f"data:image/png;sha256={medium.blob}" in str(order.input)
    assert "base64" not in str(order.input)


@every_kind
def test_an_asset_is_kept_as_its_path_wherever_it_is_submitted(krea: Krea, kind: str) -> None:
    url = krea.upload(PICTURE)["image_url"]

    order = accepted(krea, kind, url)

    assert [each.path for each in order.media] == [url.removeprefix(URL)]
    assert URL not in str(order.input)


@every_kind
@requirement("media:own-assets")
def test_an_own_url_under_which_nothing_lies_is_refused_wherever_it_is_submitted(
    krea: Krea, kind: str
) -> None:
    message = refusal(krea, kind, f"{URL}/files/uploads/none.png")

    assert message.startswith(f"Invalid asset URL: {POINTERS[kind]} names /files/uploads/none.png, which is")


@every_kind
@requirement("media:external")
def test_external_urls_follow_the_setting_wherever_they_are_submitted(make_krea: MakeKrea, kind: str) -> None:
    assert EXTERNAL in str(accepted(make_krea(), kind, EXTERNAL).input)

    message = refusal(make_krea(Settings(external_urls=ExternalUrls.REFUSE)), kind, EXTERNAL)

    assert f"{POINTERS[kind]} is a URL on another server, and the setting external_urls refuses" in message


@pytest.mark.parametrize(
    ("kind", "model"), [("training", "styles/train/flux_dev"), ("node app", "node-apps/")]
)
@requirement("media:zero-data-retention:models")
def test_trainings_and_node_apps_do_not_work_with_zero_data_retention(
    krea: Krea, kind: str, model: str
) -> None:
    message = refusal(krea, kind, EXTERNAL, headers=ZERO_RETENTION)

    assert message.startswith(model)
    assert "does not work with zero data retention, only the krea-2 models do;" in message
    assert ask(krea, kind, EXTERNAL, headers={"X-Api-Zero-Data-Retention": "yes"}).status_code == 400


@every_kind
def test_a_refused_submission_leaves_no_bytes_behind(krea: Krea, kind: str) -> None:
    krea.control("workspaces/ada-personal/balance", {"usd": 0})

    with krea.unchanged():
        assert ask(krea, kind, data_uri(PICTURE)).status_code == 402

    assert blobs(krea) == 0


def test_each_of_several_jobs_holds_the_bytes_for_itself(krea: Krea) -> None:
    async def take(first: str, second: str) -> str:
        caller = Caller("ada", "ada-personal", Unit.USD)
        model = krea.tenant.catalogue.find(FLUX)
        jobs = await krea.tenant.query(lambda state: [state.any_job(id) for id in (first, second)])
        with Intake(krea.tenant, caller.person_id, caller.workspace_id, Terms(lambda url: None)) as intake:
            await intake.take(model, {"image_url": data_uri(PICTURE)})
            intake.hand_over(*jobs)
        [medium] = intake.media
        assert medium.blob is not None
        return medium.blob

    first, second = krea.submit(), krea.submit()
    blob = krea.run(take(first, second))

    krea.tenant.job_blobs.release_forgotten({second})
    assert krea.tenant.blobs.open(blob).content() == PICTURE
    krea.tenant.job_blobs.release_forgotten({})
    assert blobs(krea) == 0


@pytest.mark.parametrize("event", ["the asset is deleted", "the world begins anew"])
def test_an_asset_that_goes_while_its_submission_waits_is_no_mistake_of_the_server(
    krea: Krea, event: str
) -> None:
    asset = krea.upload(PICTURE)

    async def meet() -> int:
        body = {"prompt": "x [[mock:latency=50ms]]", "image_url": asset["image_url"]}
        headers = {"Authorization": f"Bearer {KEY}"}
        asked = asyncio.create_task(krea.client.post(f"/generate/{FLUX}", json=body, headers=headers))
        for _ in range(10):
            await asyncio.sleep(0)
        if event == "the asset is deleted":
            await krea.client.delete(f"/assets/{asset['id']}", headers=headers)
        else:
            krea.tenant.reset()
        return (await asked).status_code

    assert krea.run(meet()) == 200
    assert blobs(krea) == 0


# ---- files of ours


def test_an_output_of_an_own_node_app_job_is_a_medium_and_of_no_other_workspace(krea: Krea) -> None:
    [job] = execute(krea, "poster-maker", {"headline": "Sea", "prompt": "waves"}).json()
    url = result(krea, job["job_id"])["urls"]["poster"]

    [medium] = accepted(krea, "generation", url).media

    assert (medium.path, medium.width, medium.height) == (url.removeprefix(URL), 1080, 1440)
    assert refusal(krea, "generation", url, key=LIN).startswith("Invalid asset URL: ")


def test_the_cover_of_a_style_is_a_medium_for_whoever_sees_the_style(krea: Krea) -> None:
    style_id = train(krea)
    url = krea.get(f"/styles/{style_id}").json()["cover_url"]

    assert [each.path for each in accepted(krea, "generation", url).media] == [
        f"/files/styles/{style_id}.png"
    ]
    assert refusal(krea, "generation", url, key=LIN).startswith("Invalid asset URL: ")
    krea.control("workspaces/lin-personal/grant", {"usd": 1})
    krea.ask("PATCH", f"/styles/{style_id}", json={"public": True})
    assert ask(krea, "generation", url, key=LIN).status_code == 200


def test_an_enhanced_output_of_a_node_app_shows_that_output(krea: Krea) -> None:
    [job] = execute(krea, "poster-maker", {"headline": "Sea", "prompt": "waves"}).json()
    source = result(krea, job["job_id"])["urls"]["poster"]
    body = {"width": 1080, "height": 1440, "model": "CGI", "image_url": source}

    [url] = result(krea, krea.generate(TOPAZ, body).json()["job_id"])["urls"]

    assert upper_half(krea, url) == pytest.approx(upper_half(krea, source), abs=4)


# ---- the medium that a field takes


@requirement("media:kind")
@pytest.mark.parametrize(
    ("content", "mime_type"),
    [(mp4, "video/mp4"), (mov, "video/quicktime"), (wav, "audio/wav"), (glb, "model/gltf-binary")],
)
@every_kind
def test_a_medium_that_its_field_does_not_take_is_refused(
    krea: Krea, kind: str, content: Json, mime_type: str
) -> None:
    asset = krea.upload(content())["image_url"]

    for uri, headline in ((data_uri(content()), "Invalid media input"), (asset, "Invalid asset URL")):
        assert refusal(krea, kind, uri) == f"{headline}: {POINTERS[kind]} {IMAGES} {mime_type}."
    assert blobs(krea) == 1


def test_a_heic_is_an_image(krea: Krea) -> None:
    [medium] = accepted(krea, "generation", data_uri(heic())).media

    assert medium.mime_type == "image/heic"


def test_the_result_of_a_job_is_refused_where_it_is_another_medium(krea: Krea) -> None:
    [image] = result(krea, krea.submit())["urls"]

    with krea.unchanged():
        answer = krea.generate(UPSCALE, {"video_url": image})

    assert answer.status_code == 422
    assert f"/video_url {VIDEOS} image/png." in answer.json()["message"]


def test_an_enhanced_video_has_sound_if_its_source_was_measured_and_has(krea: Krea) -> None:
    for has_sound in (True, False):
        content = mp4(64, 48, has_sound=has_sound)
        for url in (data_uri(content), krea.upload(content)["image_url"]):
            job_id = krea.generate(UPSCALE, {"video_url": url}).json()["job_id"]

            with av.open(BytesIO(krea.get(result(krea, job_id)["urls"][0]).content)) as video:
                assert bool(video.streams.audio) is has_sound


def test_an_external_url_is_not_looked_at(krea: Krea) -> None:
    assert accepted(krea, "generation", "https://example.com/a.mp4").media == ()


# ---- a world that goes while a submission is under way


async def half_taken_in(krea: Krea) -> None:
    """Wait until the first of two data URIs has been decoded and the second has been begun."""
    already = blobs(krea)
    async with asyncio.timeout(60):
        while blobs(krea) < already + 2:
            await asyncio.sleep(0)


def submission(krea: Krea, second: bytes, *, at: str = "", **body: Json) -> asyncio.Task[httpx.Response]:
    styles = [{"url": data_uri(each), "strength": 1} for each in (PICTURE, second)]
    body = {"prompt": "x", "style_images": styles} | body
    headers = {"Authorization": "Bearer mockkrea:dev"}
    return asyncio.create_task(krea.client.post(f"{at}/generate/{FLUX}", json=body, headers=headers))


def test_a_job_whose_world_was_reset_while_it_was_submitted_has_all_its_bytes(krea: Krea) -> None:
    async def reset_halfway() -> httpx.Response:
        submitting = submission(krea, jpeg(4_000, 3_000))
        await half_taken_in(krea)
        krea.tenant.reset()
        return await submitting

    answer = krea.run(reset_halfway())

    assert answer.status_code == 200, answer.text
    first, second = order_of(krea, answer.json()["job_id"]).media
    assert first.blob is not None
    assert krea.tenant.blobs.open(first.blob).content() == PICTURE
    assert second.width == 4_000
    krea.control("reset", {})
    assert blobs(krea) == 0


def test_a_submission_that_is_refused_after_a_reset_leaves_no_bytes_behind(krea: Krea) -> None:
    async def reset_halfway() -> httpx.Response:
        submitting = submission(krea, jpeg(4_000, 3_000)[:-20])
        await half_taken_in(krea)
        krea.tenant.reset()
        return await submitting

    assert krea.run(reset_halfway()).status_code == 422

    assert blobs(krea) == 0


def test_a_world_that_is_dropped_while_a_job_is_submitted_leaves_no_bytes_behind(krea: Krea) -> None:
    asset = krea.upload(png(32, 32), key="mk_bob:x")["image_url"]

    async def drop_halfway() -> httpx.Response:
        submitting = submission(krea, jpeg(4_000, 3_000), at="/w/bob", image_url=asset)
        await half_taken_in(krea)
        krea.worlds.drop("bob")
        return await submitting

    assert krea.run(drop_halfway()).status_code == 200

    assert krea.worlds.made() == []
    assert blobs(krea) == 0
