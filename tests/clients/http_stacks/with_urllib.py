"""Draws a fox at Krea's own address with Python's urllib, and tries to get elsewhere."""

import json
import os
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

API = "https://api.krea.ai"
HEADERS = {"Authorization": f"Bearer {os.environ['KREA_API_KEY']}", "Content-Type": "application/json"}


def ask(path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(API + path, data, HEADERS), timeout=30) as answer:
        return json.load(answer)


job_id = ask("/generate/image/bfl/flux-1-dev", {"prompt": "a fox"})["job_id"]
url = ask(f"/jobs/{job_id}")["result"]["urls"][0]
with urlopen(url, timeout=30) as answer:
    size_bytes = len(answer.read())
try:
    with urlopen("https://example.com/", timeout=30) as answer:
        elsewhere = answer.read().decode()
except URLError as refusal:
    elsewhere = str(refusal)
print(json.dumps({"url": url, "size_bytes": size_bytes, "elsewhere": elsewhere}))  # noqa: T201
