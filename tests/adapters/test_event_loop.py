"""Work that takes long leaves the event loop: whoever asks for little is answered meanwhile."""

import asyncio
import json
from collections.abc import Coroutine, Mapping

from mockkrea import calls, uploads
from mockkrea.adapters.door import Door
from mockkrea.adapters.http import Request
from mockkrea.adapters.openapi import OpenApi
from mockkrea.core.money import Unit
from mockkrea.inputs import Terms
from mockkrea.media.clip import Clip
from mockkrea.media.formats import ImageFormat
from mockkrea.media.picture import Picture
from mockkrea.media.render_cache import RenderCache
from tests.asking import Krea, data_uri
from tests.media.samples import jpeg


async def is_done_in_a_few_turns_of_the_loop(work: Coroutine[object, object, object]) -> bool:
    """Whether the work was over before others had a chance; on the loop itself it always would be."""
    task = asyncio.create_task(work)
    for _ in range(5):
        await asyncio.sleep(0)
    done = task.done()
    await task
    return done


def test_a_large_picture_is_drawn_off_the_event_loop() -> None:
    picture = Picture(
        width=5_000, height=5_000, format=ImageFormat.JPEG, prompt="a fox", seed=1, model="m", owner_id="j"
    )

    assert not asyncio.run(is_done_in_a_few_turns_of_the_loop(RenderCache().get(picture)))


def test_an_upload_is_judged_off_the_event_loop(krea: Krea) -> None:
    caller = calls.Caller("ada", "ada-personal", Unit.USD)

    with krea.tenant.blobs.writer() as blob:
        blob.write(jpeg(4_000, 4_000))
        upload = uploads.add_asset(krea.tenant, caller, blob, None)
        assert not krea.run(is_done_in_a_few_turns_of_the_loop(upload))


def test_a_video_is_made_off_the_event_loop() -> None:
    clip = Clip(
        width=640,
        height=360,
        duration_us=2_000_000,
        has_sound=True,
        prompt="a fox",
        seed=1,
        model="m",
        owner_id="j",
    )

    assert not asyncio.run(is_done_in_a_few_turns_of_the_loop(RenderCache().get(clip)))


def test_large_bodies_and_media_are_judged_off_the_event_loop_and_small_bodies_on_it(krea: Krea) -> None:
    caller = calls.Caller("ada", "ada-personal", Unit.USD)
    terms = Terms(lambda url: None)
    model = krea.tenant.catalogue.find("image/bfl/flux-1-dev")
    large = {
        "prompt": "a fox",
        "style_images": [{"url": "https://example.com/a.png", "strength": 1}] * 50_000,
    }

    def submit(body: Mapping[str, object]) -> bool:
        size_bytes = len(json.dumps(body))
        submission = calls.submit(krea.tenant, caller, model, body, size_bytes=size_bytes, terms=terms)
        return krea.run(is_done_in_a_few_turns_of_the_loop(submission))

    assert not submit(large)
    assert submit({"prompt": "a fox"})
    assert not submit({"prompt": "a fox", "image_url": data_uri(jpeg(4_000, 4_000))})


def test_the_api_document_is_built_off_the_event_loop_once_and_kept(krea: Krea) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.request"}

    scope = {"method": "GET", "path": "/openapi.json", "scheme": "http", "headers": [(b"host", b"localhost")]}
    documents = OpenApi()

    def ask() -> bool:
        answer = documents.get(krea.tenant, Request(scope, receive, Door()))
        return krea.run(is_done_in_a_few_turns_of_the_loop(answer))

    assert not ask()
    assert ask()
