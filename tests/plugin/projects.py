"""What small projects of other people have: code that asks a mock, and pytest with the plugin."""

from __future__ import annotations

from importlib.metadata import entry_points

# Where mockkrea is installed pytest finds its plugin by itself.
INSTALLED = any(each.name == "mockkrea" for each in entry_points(group="pytest11"))
PLUGIN = () if INSTALLED else ("-p", "mockkrea.pytest_plugin")

# A client that needs no library and knows its environment only.
CLIENT = """
import json, os, sys
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

def answer_to(path, body=None, key=None):
    key = key or os.environ["KREA_API_KEY"]
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    if path == "/mcp":
        headers["Accept"] = "application/json, text/event-stream"
    data = None if body is None else json.dumps(body).encode()
    request = Request(os.environ["KREA_BASE_URL"] + path, data, headers)
    try:
        with build_opener(ProxyHandler({})).open(request) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        return error.code, None

def ask(path, body=None, key=None):
    return answer_to(path, body, key)[0]

def call(tool, **arguments):
    params = {"name": tool, "arguments": arguments}
    answer_to("/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})

def draw(seed=1):
    return ask("/generate/image/bfl/flux-1-dev", {"prompt": "a fox", "seed": seed})

def drawn():
    return answer_to("/generate/image/bfl/flux-1-dev", {"prompt": "a fox"})[1]["job_id"]

def status_of(job_id):
    return answer_to("/jobs/" + job_id)[1]["status"]
"""
