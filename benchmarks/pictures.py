"""How long a client waits for a picture that nobody has looked at yet."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from figures import Figure, Goal, NotMeasurable
from PIL import Image
from servers import mockkrea

FIRST_BYTE_GOAL = Goal("≤", 15)

SIDE_PX = 1024
PICTURES = 20
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def measure_pictures(folder: Path) -> list[Figure]:
    """Request to first byte of 20 different pictures, 1024 x 1024, beside Pillow's time for a flat one.

    Raises:
        NotMeasurable: some picture could not be had.
    """
    first_bytes_ms, flat_ms = [], []
    with mockkrea(folder, "--progression", "immediate") as server, server.client() as client:
        client.grant()
        # The first one pays for importing Pillow, and is told apart.
        for number in range(1 + PICTURES):
            [job_id] = client.submit({"prompt": f"picture {number}", "width": SIDE_PX, "height": SIDE_PX}, 1)
            [url] = client.get(f"/jobs/{job_id}")["result"]["urls"]
            content, waited_s = client.download(urlsplit(url).path)
            if not content.startswith(PNG_SIGNATURE):
                raise NotMeasurable(f"{url} is no PNG.")
            first_bytes_ms.append(waited_s * 1e3)
            flat_ms.append(_flat_picture_s() * 1e3)
    return [
        Figure(
            name="picture, first byte",
            unit="ms",
            ours=tuple(first_bytes_ms[1:]),
            theirs=tuple(flat_ms[1:]),
            goal=FIRST_BYTE_GOAL,
            more={"first_picture_of_all_ms": first_bytes_ms[0]},
        )
    ]


def _flat_picture_s() -> float:
    began_s = perf_counter()
    picture = Image.new("P", (SIDE_PX, SIDE_PX), 1)
    picture.putpalette([0, 0, 0, 200, 120, 40])
    picture.save(BytesIO(), "PNG")
    return perf_counter() - began_s
