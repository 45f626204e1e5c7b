import asyncio
import io
from collections import Counter
from collections.abc import Callable

import pytest
from PIL import Image

from mockkrea.core.errors import ServerStops
from mockkrea.media.clip import Clip
from mockkrea.media.formats import ImageFormat
from mockkrea.media.media_file import MediaFile
from mockkrea.media.picture import Picture
from mockkrea.media.render_cache import Render, RenderCache, Rendering
from mockkrea.media.track import AudioFormat, Track
from mockkrea.stopping import Shutdown


def a_picture(prompt: str = "a fox", *, side: int = 64) -> Picture:
    return Picture(
        width=side, height=side, format=ImageFormat.PNG, prompt=prompt, seed=1, model="m", owner_id="j"
    )


def a_track(prompt: str) -> Track:
    return Track(format=AudioFormat.WAV, duration_us=1_000, prompt=prompt, seed=1, model="m", owner_id="j")


def a_clip(prompt: str) -> Clip:
    return Clip(
        width=16,
        height=16,
        duration_us=125_000,
        has_sound=False,
        prompt=prompt,
        seed=1,
        model="m",
        owner_id="j",
    )


def shown(cache: RenderCache, *pictures: MediaFile) -> list[Rendering]:
    async def look() -> list[Rendering]:
        return list(await asyncio.gather(*map(cache.get, pictures)))

    return asyncio.run(look())


def test_two_who_look_at_one_picture_at_once_get_the_same_drawing() -> None:
    first, second = shown(RenderCache(), a_picture(), a_picture())

    assert first is second
    assert first.content.startswith(b"\x89PNG")


def test_a_picture_that_was_drawn_is_kept_and_not_drawn_again() -> None:
    cache = RenderCache()

    assert shown(cache, a_picture())[0] is shown(cache, a_picture())[0]


def test_another_picture_has_another_tag() -> None:
    first, second = shown(RenderCache(), a_picture("a fox"), a_picture("a hare"))

    assert first.etag != second.etag


def test_beyond_its_budget_the_picture_looked_at_longest_ago_goes_first() -> None:
    size = len(shown(RenderCache(), a_picture("0"))[0].content)
    cache = RenderCache(bytes_max=size * 5 // 2)
    old, new = shown(cache, a_picture("0"), a_picture("1"))
    shown(cache, a_picture("0"))

    shown(cache, a_picture("2"))

    assert shown(cache, a_picture("0"))[0] is old
    assert shown(cache, a_picture("1"))[0] is not new


def test_a_picture_larger_than_the_budget_is_shown_and_not_kept() -> None:
    cache = RenderCache(bytes_max=10)

    first, second = shown(cache, a_picture())[0], shown(cache, a_picture())[0]

    assert first == second
    assert first is not second


def test_who_goes_away_does_not_stop_the_drawing_that_another_waits_for() -> None:
    cache = RenderCache()

    async def look() -> Rendering:
        hasty = asyncio.create_task(cache.get(a_picture(side=1_024)))
        patient = asyncio.create_task(cache.get(a_picture(side=1_024)))
        await asyncio.sleep(0)
        hasty.cancel()
        return await patient

    assert asyncio.run(look()).content


def test_what_the_cache_gives_opens_as_the_picture_that_was_asked_for() -> None:
    with Image.open(io.BytesIO(shown(RenderCache(), a_picture(side=100))[0].content)) as image:
        assert image.size == (100, 100)


class Threads:
    """Threads that make files when they are told to, and count how many do so at once."""

    def __init__(self, held: type[MediaFile] | None = None) -> None:
        self._held = held
        self.may_end = asyncio.Event()
        self.at_once = Counter[type]()
        self.most = Counter[type]()

    async def run(self, render: Render, file: MediaFile, source: bytes | None) -> Rendering:
        kind = type(file)
        self.at_once[kind] += 1
        self.most |= self.at_once
        if kind is self._held:
            await self.may_end.wait()
        # Others get their turn, if there is one.
        for _ in range(20):
            await asyncio.sleep(0)
        self.at_once[kind] -= 1
        return Rendering(file.prompt.encode(), etag=file.prompt)


def test_no_more_than_two_pictures_and_two_videos_or_tracks_are_made_at_once() -> None:
    threads = Threads()

    shown(
        RenderCache(run=threads.run),
        *(made(str(number)) for number in range(6) for made in (a_picture, a_track)),
    )

    assert threads.most == {Picture: 2, Track: 2}


def test_large_pictures_are_drawn_one_at_a_time() -> None:
    threads = Threads()

    renderings = shown(RenderCache(run=threads.run), *(a_picture(name, side=4_200) for name in "abc"))

    assert [rendering.etag for rendering in renderings] == ["a", "b", "c"]
    assert threads.most == {Picture: 1}


@pytest.mark.parametrize("made", [a_track, a_clip])
def test_a_picture_does_not_wait_for_sound_or_videos_that_are_being_made(
    made: Callable[[str], MediaFile],
) -> None:
    async def look() -> Rendering:
        threads = Threads(held=type(made("")))
        cache = RenderCache(run=threads.run)
        slow = [asyncio.create_task(cache.get(made(str(number)))) for number in range(6)]
        await asyncio.sleep(0)
        picture = await asyncio.wait_for(cache.get(a_picture()), timeout=30)
        assert not any(each.done() for each in slow)
        threads.may_end.set()
        await asyncio.gather(*slow)
        return picture

    assert asyncio.run(look()).content


def test_after_a_stop_nothing_is_made_any_more_but_what_is_there_is_shown() -> None:
    shutdown = Shutdown()
    cache = RenderCache(check=shutdown.check)
    kept = shown(cache, a_picture("a fox"))
    shutdown.begin()

    with pytest.raises(ServerStops):
        shown(cache, a_picture("a hare"))

    assert shown(cache, a_picture("a fox")) == kept


def test_a_drawing_that_fails_is_tried_again_the_next_time() -> None:
    tries = []

    async def run(render: Render, file: MediaFile, source: bytes | None) -> Rendering:
        tries.append(file)
        if len(tries) == 1:
            raise OSError("the disk is full")
        return render(file, source)

    cache = RenderCache(run=run)

    with pytest.raises(OSError, match="the disk is full"):
        shown(cache, a_picture())

    assert shown(cache, a_picture())[0].content.startswith(b"\x89PNG")
    assert len(tries) == 2
