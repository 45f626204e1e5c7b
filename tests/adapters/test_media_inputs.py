"""The media that a submission names: what is taken, what is refused, and what a world keeps of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from mockkrea.adapters.door import Door
from mockkrea.core.initial_state import Setup
from mockkrea.core.jobs import Order
from mockkrea.data import load_setup
from mockkrea.settings import ExternalUrls, Settings
from tests.asking import ADA, FLUX, KREA_2, KREA_2_BODY, LIN, URL, Json, Krea, MakeKrea, data_uri
from tests.contract.requirements import requirement
from tests.media.samples import gif, heic, jpeg, mp4, png

EXTERNAL = "https://example.com/a.png"
PICTURE = png(64, 48)
TOPAZ = "enhance/topaz/standard-enhance"
HAILUO = "video/minimax/hailuo-3"
LIN_KEY = "mockkrea:lin"
ZERO_RETENTION = {"X-Api-Zero-Data-Retention": "1"}

EXTERNAL_URL = "/image_url is a URL on another server"
INSTEAD = "send a data URI, or upload the file and send the URL that you are given."


def without_flux_for_lin() -> Setup:
    """The usual people, but Lin's plan lacks a model."""
    setup = load_setup()
    lin = setup.workspaces[LIN]
    poorer = replace(lin.plan, excluded_models=frozenset({FLUX}))
    return replace(setup, workspaces={**setup.workspaces, LIN: replace(lin, plan=poorer)})


def refusal(krea: Krea, body: Mapping[str, Json], *, model: str = FLUX, **rest: Json) -> str:
    """The sentence with which a body is refused as its media are; nothing has changed then."""
    with krea.unchanged():
        answer = krea.generate(model, {"prompt": "x"} | dict(body), **rest)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["message"])


def order_of(krea: Krea, job_id: str) -> Order:
    return krea.run(krea.tenant.query(lambda state: state.any_job(job_id).order))


def finished(krea: Krea, job_id: str) -> str:
    """The URL of a job's result, once it is there."""
    krea.clock("run_until", until=job_id)
    return str(krea.job(job_id)["result"]["urls"][0])


def blobs(krea: Krea) -> int:
    return len(list(krea.tenant.blobs._store.directory.iterdir()))


def test_a_data_uri_is_measured_and_kept_as_the_hash_of_its_bytes(krea: Krea) -> None:
    order = order_of(krea, krea.submit(image_url=data_uri(PICTURE, "image/jpeg")))

    [medium] = order.media
    assert (medium.pointer, medium.path, medium.mime_type) == ("/image_url", None, "image/png")
    assert (medium.width, medium.height) == (64, 48)
    assert medium.blob is not None
    assert order.input["image_url"] == f"data:image/png;sha256={medium.blob}"
    assert krea.tenant.blobs.open(medium.blob).content() == PICTURE


def test_base64_may_be_written_for_urls_and_without_padding(krea: Krea) -> None:
    written = base64.urlsafe_b64encode(PICTURE).decode().rstrip("=")

    [medium] = order_of(krea, krea.submit(image_url=f"data:;base64,{written}")).media

    assert medium.width == 64


@requirement("media:data-uri")
@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        (data_uri(gif()), "This file is a GIF picture. Accepted are JPEG, PNG, "),
        (data_uri(PICTURE[:-20]), "This file seems to be a PNG picture, but "),
        ("data:image/png;base64,AAAAA", "Its data are cut short or no base64 at all."),
        ("data:image/png;base64,AA=A", "Its data are cut short or no base64 at all."),
    ],
    ids=["of another kind", "cut short", "of a wrong length", "with padding inside"],
)
def test_a_data_uri_that_holds_no_medium_is_refused_without_repeating_it(
    krea: Krea, uri: str, reason: str
) -> None:
    message = refusal(krea, {"image_url": uri})

    assert message.startswith(f"Invalid media input: /image_url cannot be used. {reason}")
    assert len(message) < 300
    assert blobs(krea) == 0


@requirement("media:own-assets")
def test_an_uploaded_asset_is_measured_and_kept_as_its_path(krea: Krea) -> None:
    url = krea.upload(PICTURE)["image_url"]

    order = order_of(krea, krea.submit(image_url=url))

    assert order.input["image_url"] == url.removeprefix(URL)
    assert [(each.path, each.width) for each in order.media] == [(url.removeprefix(URL), 64)]


@pytest.mark.parametrize("host", ["localhost:5732", "[::1]:5732", "127.0.0.2:5732", "gen.krea.ai"])
def test_all_names_of_this_server_name_the_same_asset(krea: Krea, host: str) -> None:
    path = krea.upload(PICTURE)["image_url"].removeprefix(URL)

    order = order_of(krea, krea.submit(image_url=f"https://{host}{path}?size=1"))

    assert order.input["image_url"] == path


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/files/a.png",
        "https://gen.krea.ai/a.png",
        "https://a.test/files/uploads/a.png",
    ],
)
def test_urls_of_other_servers_are_taken_as_they_are(krea: Krea, url: str) -> None:
    order = order_of(krea, krea.submit(image_url=url))

    assert order.input["image_url"] == url
    assert order.media == ()


def test_the_public_url_and_allowed_hosts_name_this_server_too(make_krea: MakeKrea) -> None:
    door = Door(public_url="https://mock.example/krea", allowed_hosts=frozenset({"box"}))
    krea = make_krea(door=door)
    path = krea.upload(PICTURE)["image_url"].removeprefix(URL)

    for url in (f"http://box:5732{path}", f"{URL}{path}"):
        assert order_of(krea, krea.submit(image_url=url)).input["image_url"] == path

    answer = krea.generate(
        FLUX,
        {"prompt": "x", "image_url": f"https://mock.example/krea{path}"},
        headers={"Host": "mock.example"},
    )

    assert order_of(krea, answer.json()["job_id"]).input["image_url"] == path


def test_an_asset_of_another_world_is_refused_and_one_of_the_own_world_is_taken(krea: Krea) -> None:
    url = krea.upload(PICTURE, key="mk_bob:x")["image_url"]

    assert url.startswith(f"{URL}/w/bob/files/uploads/")
    assert krea.generate(FLUX, {"prompt": "x", "image_url": url}, key="mk_bob:x").status_code == 200
    assert krea.generate(FLUX, {"prompt": "x", "image_url": url}, key="mk_alice:x").status_code == 422
    assert refusal(krea, {"image_url": url}).startswith("Invalid asset URL: /image_url names /files/uploads/")


def test_a_result_of_an_own_job_is_a_medium_like_an_asset(krea: Krea) -> None:
    url = finished(krea, krea.submit(width=640, height=512))

    [medium] = order_of(krea, krea.submit(image_url=url)).media

    assert (medium.path, medium.blob) == (url.removeprefix(URL), None)
    assert (medium.mime_type, medium.width, medium.height) == ("image/png", 640, 512)


@requirement("media:own-assets")
@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/files/uploads/none.png", "/files/uploads/none.png,"),
        ("/files/../x", "/files/"),
        ("/files/uploads/%00", "/files/uploads/"),
        ("/w/other/files/uploads/a.png", "/files/uploads/a.png,"),
        ("/filfs/uploads/a.png", "/filfs/uploads/a.png,"),
        ("/jobs", "/jobs,"),
        ("", "/,"),
    ],
)
def test_an_own_url_under_which_nothing_lies_is_refused(krea: Krea, path: str, named: str) -> None:
    message = refusal(krea, {"image_url": f"{URL}{path}"})

    assert message.startswith(f"Invalid asset URL: /image_url names {named}")
    assert message.endswith(
        f"which is neither an asset of this workspace nor a result of one of its jobs; {INSTEAD}"
    )


@pytest.mark.parametrize("url", ["http://a:999999/x.png", "http://a:0/x.png", "http://:80/x.png"])
def test_a_url_without_a_host_or_with_a_port_that_is_none_is_no_url(krea: Krea, url: str) -> None:
    assert refusal(krea, {"image_url": url}) == (
        f"Invalid asset URL: /image_url is not a valid URL: its host or its port is not valid; {INSTEAD}"
    )


def test_deleted_assets_and_unfinished_results_are_refused(krea: Krea) -> None:
    asset = krea.upload(PICTURE)
    krea.ask("DELETE", f"/assets/{asset['id']}")
    job_id = krea.submit()

    for url in (asset["image_url"], f"{URL}/files/images/{job_id}.png"):
        assert refusal(krea, {"image_url": url}).startswith("Invalid asset URL: ")


def test_assets_and_results_of_another_workspace_are_refused(krea: Krea) -> None:
    krea.control(f"workspaces/{LIN}/grant", {"usd": 1})
    urls = [krea.upload(PICTURE)["image_url"], finished(krea, krea.submit())]

    for url in urls:
        assert refusal(krea, {"image_url": url}, key=LIN_KEY).startswith("Invalid asset URL: ")
        assert krea.submit(image_url=url)


def test_a_job_goes_on_with_an_asset_that_is_deleted_after_its_submission(krea: Krea) -> None:
    asset = krea.upload(PICTURE)
    job_id = krea.submit(image_url=asset["image_url"])

    krea.ask("DELETE", f"/assets/{asset['id']}")

    [medium] = order_of(krea, job_id).media
    assert medium.blob is not None
    assert krea.tenant.blobs.open(medium.blob).content() == PICTURE


def test_every_medium_in_lists_and_objects_is_judged_and_named_by_its_place(krea: Krea) -> None:
    styles = [{"url": EXTERNAL, "strength": 1}, {"url": data_uri(gif()), "strength": 1}]

    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "x", "style_images": styles, "image_url": f"{URL}/files/a"})

    issues = answer.json()["issues"]
    assert answer.json()["message"].startswith("Invalid asset URL: ")
    assert sorted(issue["path"] for issue in issues) == ["/image_url", "/style_images/1/url"]
    assert all(issue["message"].startswith(issue["path"]) for issue in issues)


def test_the_blobs_of_a_refused_submission_are_let_go(krea: Krea) -> None:
    krea.control(f"workspaces/{ADA}/balance", {"usd": 0})

    with krea.unchanged():
        answer = krea.generate(FLUX, {"prompt": "x", "image_url": data_uri(PICTURE)})

    assert answer.status_code == 402
    assert blobs(krea) == 0


def test_the_blobs_of_a_job_stay_as_long_as_the_job_is_kept(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(jobs_kept=1))
    for side in (32, 33, 34):
        finished(krea, krea.submit(image_url=data_uri(png(side, 16))))

    # The first job is forgotten with the third's submission, and its bytes go with the next medium.
    krea.submit(image_url=data_uri(png(35, 16)))

    assert blobs(krea) == 3


def test_a_reset_lets_all_blobs_go(krea: Krea) -> None:
    krea.submit(image_url=data_uri(PICTURE))

    krea.control("reset", {})

    assert blobs(krea) == 0


@requirement("media:external")
def test_external_urls_are_refused_where_the_setting_says_so(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(external_urls=ExternalUrls.REFUSE))

    assert refusal(krea, {"image_url": EXTERNAL}) == (
        f"Invalid asset URL: {EXTERNAL_URL}, and the setting external_urls refuses those; {INSTEAD}"
    )
    assert krea.submit(image_url=data_uri(PICTURE))


# ---- zero data retention


@requirement("media:zero-data-retention")
def test_zero_data_retention_refuses_external_urls_and_takes_all_others(krea: Krea) -> None:
    external = KREA_2_BODY | {"image_url": EXTERNAL}
    own = KREA_2_BODY | {"image_url": krea.upload(PICTURE)["image_url"]}
    data = KREA_2_BODY | {"image_style_references": [{"url": data_uri(PICTURE)}]}

    message = refusal(krea, external, model=KREA_2, headers=ZERO_RETENTION)

    assert message == f"Invalid asset URL: {EXTERNAL_URL}, and zero data retention takes none; {INSTEAD}"
    for body in (own, data, KREA_2_BODY):
        assert krea.generate(KREA_2, body, headers=ZERO_RETENTION).status_code == 200
    assert krea.generate(KREA_2, external).status_code == 200


@requirement("media:zero-data-retention:models")
def test_a_model_that_does_not_work_with_zero_data_retention_says_which_do(krea: Krea) -> None:
    message = refusal(krea, {}, headers=ZERO_RETENTION)

    assert message.startswith(f"{FLUX} does not work with zero data retention, only the krea-2 models do;")


@pytest.mark.parametrize("said", ["0", "true", "", "1, 1", "é"])
def test_the_header_for_zero_data_retention_is_1_or_a_bad_request(krea: Krea, said: str) -> None:
    with krea.unchanged():
        answer = krea.generate(
            KREA_2, KREA_2_BODY, headers={"X-Api-Zero-Data-Retention": said.encode("latin-1")}
        )

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("X-Api-Zero-Data-Retention must be 1, or left out; it was ")


# ---- the order of refusals


def test_the_schema_comes_before_media_and_they_before_concurrency_and_balance(krea: Krea) -> None:
    bad = {"prompt": "x", "image_url": f"{URL}/files/none.png"}
    krea.control(f"workspaces/{ADA}/balance", {"usd": 0})
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 0, "backlog": 0})

    def status(body: Json) -> int:
        return krea.generate(FLUX, body).status_code

    assert "steps" in krea.generate(FLUX, bad | {"steps": 0}).json()["message"]
    assert status(bad) == 422
    assert status({"prompt": "x", "image_url": EXTERNAL}) == 429
    krea.control(f"workspaces/{ADA}/limits", {"concurrency": 1})
    assert status({"prompt": "x", "image_url": EXTERNAL}) == 402


def test_a_plan_without_the_model_is_refused_before_its_media(make_krea: MakeKrea) -> None:
    krea = make_krea(setup=without_flux_for_lin())

    for body in ({"image_url": f"{URL}/files/none.png"}, {"image_url": data_uri(gif())}):
        answer = krea.generate(FLUX, {"prompt": "x"} | body, key=LIN_KEY, headers=ZERO_RETENTION)

        assert (answer.status_code, answer.json()["message"]) == (402, "Plan required")


# ---- what is measured


def test_the_measured_length_of_a_reference_video_is_billed(krea: Krea) -> None:
    body: Json = {"prompt": "x", "duration": 6}

    def usd(**rest: Json) -> int:
        return order_of(krea, krea.submit(HAILUO, **body, **rest)).usd_micros

    alone = usd()
    measured = usd(reference_videos=[data_uri(mp4(320, 240, seconds=2), "video/mp4")])
    unknown = usd(reference_videos=["https://example.com/a.mp4"])

    assert (measured - alone) * 5 == pytest.approx((unknown - alone) * 2, rel=0.02)
    assert unknown > measured > alone


# ---- enhancing


def enhanced(krea: Krea, source: str, **rest: Json) -> Image.Image:
    body: Json = {"width": 128, "height": 96, "model": "CGI", "image_url": source} | rest
    answer = krea.generate(TOPAZ, body)
    assert answer.status_code == 200, answer.text
    return Image.open(BytesIO(krea.get(finished(krea, answer.json()["job_id"])).content))


def corner(image: Image.Image) -> tuple[int, ...]:
    pixel = image.convert("RGB").getpixel((2, 2))
    assert isinstance(pixel, tuple)
    return pixel


@requirement("files:enhanced")
def test_an_enhance_job_shows_its_input_picture_enlarged(krea: Krea) -> None:
    red = BytesIO()
    Image.new("RGB", (64, 48), (250, 10, 10)).save(red, "PNG")
    sources = [data_uri(red.getvalue()), krea.upload(red.getvalue())["image_url"]]

    for source in sources:
        image = enhanced(krea, source)

        assert image.size == (128, 96)
        assert corner(image) == pytest.approx((250, 10, 10), abs=3)


def test_a_result_can_be_enhanced_and_that_again(krea: Krea) -> None:
    first = finished(krea, krea.submit(width=512, height=512))
    shown = Image.open(BytesIO(krea.get(first).content))
    job_id = krea.generate(TOPAZ, {"width": 1024, "height": 1024, "model": "CGI", "image_url": first})

    second = finished(krea, job_id.json()["job_id"])
    image = enhanced(krea, second, width=2048, height=2048)

    assert image.size == (2048, 2048)
    assert all(abs(a - b) < 40 for a, b in zip(corner(image), corner(shown), strict=True))


def test_an_external_or_undecodable_picture_is_enhanced_to_a_placeholder(krea: Krea) -> None:
    for source in (EXTERNAL, data_uri(heic())):
        assert enhanced(krea, source).size == (128, 96)


def test_a_large_photograph_stays_usable_as_a_data_uri(krea: Krea) -> None:
    job_id = krea.submit(image_url=data_uri(jpeg(3_000, 2_000), "image/jpeg"))

    assert len(krea.state()) < 20_000
    assert order_of(krea, job_id).media[0].width == 3_000
