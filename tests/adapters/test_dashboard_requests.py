"""What the dashboard shows of requests: their jobs, all of them by pages, and how to ask each again."""

from __future__ import annotations

import re
import shlex
from html import unescape

import httpx
import pytest

from mockkrea.adapters.dashboard.requests import BODY_IN_CURL_MAX, REQUESTS_A_PAGE
from tests.asking import FLUX, KEY, Json, Krea, Served
from tests.dashboard import show
from tests.oauth import Agent

HOOK = "http://127.0.0.1:9/hook"


LOST = "[[mock:lost]]"
BREAKS = {"when": {"method": "POST"}, "then": {"phase": "after_apply", "connection": "reset"}}
SUBMISSION = {"name": "generate", "arguments": {"model": "bfl/flux-1-dev", "input": {"prompt": LOST}}}
MCP_HEADERS = {"Accept": "application/json, text/event-stream"}


def after_apply(krea: Krea, **then: Json) -> None:
    """Let this happen to the answer of the next request, once all was done."""
    krea.control("faults", {"when": {}, "then": {"phase": "after_apply", **then}, "times": 1})


def call_tool(krea: Krea, name: str, key: str = KEY, **arguments: Json) -> httpx.Response:
    """Call a tool as a client does that shook no hands."""
    params = {"name": name, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    return krea.ask("POST", "/mcp", key=key, json=message, headers=MCP_HEADERS)


def forget(krea: Krea) -> None:
    """Empty the log."""
    assert krea.ask("DELETE", "/__mockkrea/requests", key=None).status_code == 200


def requests_of(page: str) -> str:
    """The requests on the page of a job."""
    return page.partition("<h2>Requests</h2>")[2].partition("<h2>")[0]


@pytest.mark.parametrize(
    ("fault", "path", "body"),
    [
        (None, f"/generate/{FLUX}", {"prompt": LOST}),
        (BREAKS, f"/generate/{FLUX}", {"prompt": "a fox"}),
        (None, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": SUBMISSION}),
    ],
    ids=["magic word", "rule", "magic word over MCP"],
)
def test_a_submission_whose_answer_is_lost_is_linked_to_its_job(fault: Json, path: str, body: Json) -> None:
    with Served("--port", "0") as served, served.client() as client:
        if fault:
            client.post("/__mockkrea/faults", json=fault).raise_for_status()
        with pytest.raises(httpx.TransportError):
            client.post(path, json=body, headers=MCP_HEADERS)
        [job_id] = [each["job_id"] for each in client.get("/jobs").json()["items"]]
        logged = client.get("/__mockkrea/requests").json()["items"]
        page = client.get(f"/__mockkrea/ui/jobs/{job_id}").text

    assert (logged[0]["path"], logged[0]["job_id"]) == (path, job_id)
    assert 'class="badge bad">answer lost<' in requests_of(page)


def test_a_submission_that_a_rule_answered_otherwise_is_linked_to_its_job(krea: Krea) -> None:
    after_apply(krea, status=502)
    assert krea.generate(FLUX, {"prompt": "a fox"}).status_code == 502
    [job_id] = krea.listed()

    assert krea.control("requests")["items"][0]["job_id"] == job_id
    assert "answer lost" in requests_of(show(krea, f"/jobs/{job_id}").text)


def test_a_request_that_did_nothing_lost_nothing(krea: Krea) -> None:
    krea.control("faults", {"when": {"method": "POST"}, "then": {"status": 502}})
    assert krea.generate(FLUX, {"prompt": "a fox"}).status_code == 502

    assert krea.control("requests")["items"][0]["job_id"] is None
    assert "answer lost" not in show(krea, "/requests").text


def test_an_answer_that_came_late_is_not_called_lost(krea: Krea) -> None:
    after_apply(krea, headers={"X-Late": "1"})
    job_id = krea.submit()

    told = requests_of(show(krea, f"/jobs/{job_id}").text)
    assert 'id="request-1"' in told
    assert "answer lost" not in told


def test_older_requests_are_a_link_away_and_the_page_says_how_many_it_shows(krea: Krea) -> None:
    count = 2 * REQUESTS_A_PAGE + 3
    for _ in range(count):
        krea.get("/jobs")
    seen, query, said = list[int](), "", list[str]()
    while True:
        text = show(krea, f"/requests?{query}").text
        seen += [int(each) for each in re.findall(r'id="request-(\d+)"', text)]
        said += re.findall(r'quiet">((?:newest )?[\d, of]+ kept)', text)
        if not (older := re.findall(r'<a href="\?([^"]+)">Older requests', text)):
            break
        query = unescape(older[0])

    assert seen == [*range(count, 0, -1)]
    assert said == ["newest 60 of 123 kept", "60 of 123 kept", "3 of 123 kept"]
    assert ">Newest</a>" in show(krea, f"/requests?{query}").text


def test_older_requests_stay_within_the_filter(krea: Krea) -> None:
    for _ in range(REQUESTS_A_PAGE + 1):
        krea.get("/jobs")
        krea.get("/jobs/none")

    [older] = re.findall(
        r'<a href="\?([^"]+)">Older requests', show(krea, "/requests?status=4xx&path=none").text
    )
    assert re.findall(r'id="request-(\d+)"', show(krea, f"/requests?{unescape(older)}").text) == ["2"]


def command(krea: Krea) -> list[str]:
    """The words of the only command that asks again."""
    [text] = re.findall(r"curl (?:-X|&#39;|http)[^<]+", show(krea, "/requests").text)
    return shlex.split(unescape(text))


def headers_of(words: list[str]) -> dict[str, str]:
    return dict(words[place + 1].split(": ", 1) for place, word in enumerate(words) if word == "-H")


def test_a_submission_is_asked_again_with_its_webhook(krea: Krea) -> None:
    job_id = krea.submit(hook=HOOK)
    words = command(krea)
    headers = headers_of(words)
    assert headers["X-Webhook-URL"] == HOOK

    krea.ask(
        "POST", f"/generate/{FLUX}", content=words[-1], headers=headers | {"Authorization": f"Bearer {KEY}"}
    )
    krea.clock("run_until", until="idle")
    krea.deliver()

    told = {job["job_id"] for job in krea.mailbox.jobs}
    assert told == {*krea.listed()} > {job_id}


def test_a_webhook_with_a_secret_in_it_is_not_offered_to_be_asked_again(krea: Krea) -> None:
    krea.submit(hook=f"{HOOK}?token=let-me-in")

    text = show(krea, "/requests").text
    assert "No curl: it has a secret in it." in text
    assert "let-me-in" not in text


def test_the_command_names_the_credential_that_the_request_had(krea: Krea) -> None:
    token = Agent(krea).tokens()["access_token"]
    forget(krea)

    call_tool(krea, "list_models", key=token)

    assert headers_of(command(krea))["Authorization"] == "Bearer $KREA_OAUTH_TOKEN"
    assert "POST /oauth/issue" in show(krea, "/requests").text
    forget(krea)
    call_tool(krea, "list_models")
    assert headers_of(command(krea))["Authorization"] == "Bearer $KREA_API_TOKEN"


def test_a_tool_is_called_again_by_its_command(krea: Krea) -> None:
    answer = call_tool(krea, "list_models").json()
    words = command(krea)
    headers = headers_of(words) | {"Authorization": f"Bearer {KEY}", "Accept": "*/*"}

    assert krea.ask("POST", "/mcp", content=words[-1], headers=headers).json() == answer


@pytest.mark.parametrize(
    ("ask", "reason"),
    [
        (
            lambda krea: krea.generate(FLUX, {"prompt": "x" * BODY_IN_CURL_MAX}),
            "a command takes bodies of up to 4.0 kB",
        ),
        (lambda krea: krea.ask("POST", "/assets", files={"file": b"x" * 99}), "the body was not kept"),
        (lambda krea: krea.post(f"/generate/{FLUX}", b"\xff\xfe"), "the body is no text"),
        (lambda krea: krea.post(f"/generate/{FLUX}", b'{"\0"}'), "the body is no text"),
        (lambda krea: krea.get("/jobs?token=let-me-in"), "it has a secret in it"),
    ],
)
def test_where_there_is_no_command_the_page_says_why(krea: Krea, ask: Json, reason: str) -> None:
    ask(krea)

    text = show(krea, "/requests").text
    assert f"No curl: {reason}" in text
    assert "Ask again" not in text


def badges(krea: Krea, number: int) -> tuple[str, bool]:
    """What the row of a request says of its path, and whether it says that it was refused."""
    row = show(krea, "/requests").text.partition(f'id="request-{number}"')[2].partition("</summary>")[0]
    [path] = re.findall(r'<span class="path">(.*?)</span>\n', row)
    return re.sub("<[^>]+>", "", path), 'class="badge bad">refused<' in row


def test_mcp_requests_are_told_apart_by_their_tool_and_by_whether_they_were_refused(krea: Krea) -> None:
    call_tool(krea, "list_models")
    call_tool(krea, "get_job", jobId="00000000-0000-4000-8000-000000000000")
    call_tool(krea, "no_such_tool")
    krea.ask("POST", "/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=MCP_HEADERS)
    krea.get("/jobs")

    assert [badges(krea, number) for number in range(1, 6)] == [
        ("/mcp · list_models", False),
        ("/mcp · get_job", True),
        ("/mcp · no_such_tool", True),
        ("/mcp · tools/list", False),
        ("/jobs", False),
    ]


def test_the_filter_of_paths_takes_globs_as_the_control_api_does(krea: Krea) -> None:
    krea.submit()
    krea.get("/jobs")
    krea.get("/jobs/none")

    def numbers(path: str) -> list[str]:
        return re.findall(r'id="request-(\d+)"', show(krea, f"/requests?path={path}").text)

    assert numbers("/generate/**") == ["1"]
    assert numbers("/jobs/*") == ["3"]
    assert numbers("/jobs") == ["3", "2"]


def test_jobs_are_searched_by_the_workspace_and_adapter_that_their_row_shows(krea: Krea) -> None:
    by_rest = krea.submit(key="mockkrea:studio")
    call_tool(krea, "generate", model="bfl/flux-1-dev", input={"prompt": "a fox"})

    def found(search: str) -> list[str]:
        return re.findall(r'<tr id="job-([^"]+)"', show(krea, f"?search={search}").text)

    [by_mcp] = found("mcp")
    assert found("studio") == found("Studio+REST") == [by_rest]
    assert by_mcp != by_rest
