"""Draws a fox at Krea's own address with aiohttp, and tries to get elsewhere."""

import asyncio
import json
import os
from typing import Any

import aiohttp

API = "https://api.krea.ai"
HEADERS = {"Authorization": f"Bearer {os.environ['KREA_API_KEY']}"}


async def draw(session: aiohttp.ClientSession) -> dict[str, Any]:
    body = {"prompt": "a fox"}
    async with session.post(f"{API}/generate/image/bfl/flux-1-dev", json=body, headers=HEADERS) as answer:
        submitted = await answer.json()
    async with session.get(f"{API}/jobs/{submitted['job_id']}", headers=HEADERS) as answer:
        job = await answer.json()
    url = job["result"]["urls"][0]
    async with session.get(url) as answer:
        size_bytes = len(await answer.read())
    try:
        async with session.get("https://example.com/") as answer:
            elsewhere = await answer.text()
    except aiohttp.ClientError as refusal:
        elsewhere = str(refusal)
    return {"url": url, "size_bytes": size_bytes, "elsewhere": elsewhere}


async def main() -> None:
    async with aiohttp.ClientSession(trust_env=True) as session:
        print(json.dumps(await draw(session)))  # noqa: T201


asyncio.run(main())
