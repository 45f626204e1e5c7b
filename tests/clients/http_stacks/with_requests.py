"""Draws a fox at Krea's own address with requests, and tries to get elsewhere."""

import json
import os

import requests

API = "https://api.krea.ai"
HEADERS = {"Authorization": f"Bearer {os.environ['KREA_API_KEY']}"}

with requests.Session() as session:
    submitted = session.post(
        f"{API}/generate/image/bfl/flux-1-dev", json={"prompt": "a fox"}, headers=HEADERS, timeout=30
    ).json()
    job = session.get(f"{API}/jobs/{submitted['job_id']}", headers=HEADERS, timeout=30).json()
    url = job["result"]["urls"][0]
    size_bytes = len(session.get(url, timeout=30).content)
    try:
        elsewhere = session.get("https://example.com/", timeout=30).text
    except requests.RequestException as refusal:
        elsewhere = str(refusal)
print(json.dumps({"url": url, "size_bytes": size_bytes, "elsewhere": elsewhere}))  # noqa: T201
