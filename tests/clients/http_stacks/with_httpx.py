"""Draws a fox at Krea's own address with httpx, and tries to get elsewhere."""

import json
import os

import httpx

API = "https://api.krea.ai"
HEADERS = {"Authorization": f"Bearer {os.environ['KREA_API_KEY']}"}

with httpx.Client(timeout=30) as client:
    submitted = client.post(
        f"{API}/generate/image/bfl/flux-1-dev", json={"prompt": "a fox"}, headers=HEADERS
    ).json()
    job = client.get(f"{API}/jobs/{submitted['job_id']}", headers=HEADERS).json()
    url = job["result"]["urls"][0]
    size_bytes = len(client.get(url).content)
    try:
        elsewhere = client.get("https://example.com/").text
    except httpx.HTTPError as refusal:
        elsewhere = str(refusal)
print(json.dumps({"url": url, "size_bytes": size_bytes, "elsewhere": elsewhere}))  # noqa: T201
