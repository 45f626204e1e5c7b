"""`mockkrea doctor`: what it finds between clients here and a mock, and how it says to mend it."""

from __future__ import annotations

import json
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner

import mockkrea
from mockkrea import doctor as examination
from mockkrea.cli import main
from mockkrea.environment import TRUSTED, client_environment
from mockkrea.findings import Level
from mockkrea.surroundings import surroundings
from tests.answering import answering
from tests.asking import KEY, Json, Served, facts_in

URL = "http://127.0.0.1:5732"
WELL = client_environment(URL, KEY)

# What the machine that runs the tests may have, and a test does not want.
UNWANTED = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", *WELL)
CLEAN = dict.fromkeys([*UNWANTED, *(name.lower() for name in UNWANTED), *TRUSTED])


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with Served("--port", "0") as running:
        yield running


def doctor(*arguments: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code, and what is printed."""
    variables = CLEAN | dict(environment or {})
    result = CliRunner().invoke(main, ["doctor", *arguments], env=variables, prog_name="mockkrea")
    return result.exit_code, result.output


def findings(*arguments: str, environment: Mapping[str, str] | None = None) -> dict[str, Json]:
    """The findings by their checks; the exit code agrees with them."""
    code, out = doctor(*arguments, "--json", environment=environment)
    report = json.loads(out)
    found = {each["check"]: each for each in report["findings"]}
    assert len(found) == len(report["findings"])
    assert report["ok"] == all(each["level"] != "problem" for each in found.values()) == (code == 0)
    return found


def around(environment: Mapping[str, str], url: str = URL) -> dict[str, tuple[Level, str]]:
    """What is found around a mock: levels and sentences, the way to mend it included."""
    found = surroundings(url, KEY, environment)
    return {each.check: (each.level, f"{each.found} {each.fix}") for each in found}


def told(
    outbound: list[tuple[str, int, bool]], urls: str = URL, *, drop: str = "", **otherwise: object
) -> bytes:
    """Whatever a mock is asked that connected to these places, and whose URLs begin so."""
    places = [dict(zip(("host", "port", "on_purpose"), each, strict=True)) for each in outbound]
    identity = {"version": mockkrea.__version__, "world": "default", "seed": 0, "pid": os.getpid()}
    catalogue = {"models": 1, "catalogue": "2026-01-01"}
    clock = {"now": "2026-11-22T10:00:00.000Z", "mode": "real", "speed": 1}
    urls_in_answers = {"authorization_servers": [urls]}
    facts = {**identity, **catalogue, **clock, **urls_in_answers, "outbound": places, **otherwise}
    return json.dumps({name: fact for name, fact in facts.items() if name != drop}).encode()


def test_all_is_well_with_a_fresh_server_in_an_environment_that_leads_there(served: Served) -> None:
    found = findings("--url", served.url, environment=client_environment(served.url, KEY))

    of_the_mock = ["port", "versions", "host names", "URLs", "clock", "network", "key"]
    assert list(found) == [*of_the_mock, "proxy", "CA", "variables"]
    assert {each["level"] for name, each in found.items() if name != "host names"} == {"ok"}
    assert found["network"]["found"].startswith("no connection left the server's process since its start")
    assert all(bool(each["fix"]) == (each["level"] != "ok") for each in found.values())


def test_a_line_for_people_has_the_level_the_check_and_the_way_to_mend_it(served: Served) -> None:
    code, out = doctor("--url", served.url)

    assert code == 0
    assert f"ok       port         {served.url} answers, 122 models (" in out
    assert "warn     variables    clients of this shell are not told where the mock is\n" in out
    assert f'\n{"":<22}Run eval "$(mockkrea env)"' in out


def test_looking_changes_nothing_and_asks_as_no_client_of_the_api(served: Served) -> None:
    with served.client() as client:
        client.delete("/__mockkrea/requests")
        doctor("--url", served.url)
        asked = client.get("/__mockkrea/requests").json()["items"]
        worlds = client.get("/__mockkrea/worlds").json()["items"]

    assert [(each["method"], each["path"]) for each in asked] == [
        ("GET", "/.well-known/oauth-protected-resource")
    ]
    assert len(worlds) == 1


def test_where_nothing_answers_it_says_how_to_start_a_mock_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        found = findings("--url", f"http://127.0.0.1:{port}")

    assert found["port"]["level"] == "problem"
    assert f"`mockkrea serve --port {port}`" in found["port"]["fix"]
    assert list(found) == ["port", "proxy", "CA", "variables"]


@pytest.mark.parametrize("names", [["http_proxy"], ["https_proxy"], ["http_proxy", "https_proxy"]])
def test_a_proxy_that_has_ended_with_the_mock_is_a_problem_and_is_started_as_one(names: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        url = f"http://127.0.0.1:{port}"

        left_over = {**dict.fromkeys(names, url), "no_proxy": "127.0.0.1"}
        found = findings("--url", url, environment=left_over)

    assert f"`mockkrea serve --tls-proxy --port {port}`" in found["port"]["fix"]
    assert found["proxy"]["level"] == "problem"
    assert f"nobody answers at 127.0.0.1:{port}, where {' and '.join(names)} lead" in found["proxy"]["found"]
    assert f"`mockkrea serve --tls-proxy --port {port}`" in found["proxy"]["fix"]
    assert f"unset {' and '.join(names)}." in found["proxy"]["fix"]


@pytest.mark.parametrize("body", [b"hello", b"[]", b'{"status": "ok"}'])
def test_another_program_on_the_port_is_not_taken_for_a_mock(body: bytes) -> None:
    with answering(200, body) as url:
        found = findings("--url", url)

    assert found["port"]["found"] == f"what answers at {url} is not mockkrea (200)"


def test_a_name_that_the_server_does_not_answer_to_is_named_with_its_flag() -> None:
    with answering(421, b"{}") as url:
        found = findings("--url", url.replace("127.0.0.1", "localhost"))

    assert found["host names"]["level"] == "problem"
    assert "--allowed-host localhost" in found["host names"]["fix"]


def test_another_version_of_the_server_is_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examination, "__version__", "9.9.9")

    found = findings("--url", served.url)["versions"]

    assert found["level"] == "warn"
    assert found["found"] == f"the server is mockkrea {mockkrea.__version__}, this command 9.9.9"


def test_a_localhost_that_is_another_address_first_is_told(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = socket.getaddrinfo

    def getaddrinfo(host: str, port: int, *rest: object, **named: object) -> Json:
        return really("::1" if host == "localhost" else host, port, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    found = findings("--url", served.url)["host names"]

    assert found["level"] == "warn"
    assert found["found"].startswith("localhost is ::1 first, which does not lead to the mock")
    assert found["fix"] == "Write 127.0.0.1 in URLs, as `mockkrea env` does."


def test_urls_in_answers_that_lead_elsewhere_are_a_problem() -> None:
    with answering(200, b"hello") as elsewhere, answering(200, told([], urls=elsewhere)) as url:
        found = findings("--url", url)["URLs"]

    assert found["level"] == "problem"
    assert f"URLs in answers begin with {elsewhere}, which does not lead to the mock" in found["found"]
    assert "--public-url" in found["fix"]


def test_a_certificate_that_is_not_trusted_is_told_with_the_variable_that_mends_it(tmp_path: Path) -> None:
    authority, file = trustme.CA(), tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    with answering(200, told([]), tls=context) as url:
        without = findings("--url", url)
        with_it = findings("--url", url, environment={"SSL_CERT_FILE": str(file)})

    assert without["trust"]["level"] == "problem"
    assert "SSL_CERT_FILE" in without["trust"]["fix"]
    assert with_it["port"]["level"] == "ok"


def test_a_server_that_ends_while_it_is_looked_at_is_a_problem_too() -> None:
    with answering(200, told([]), only="/health") as url:
        found = findings("--url", url)

    assert found["port"]["level"] == "ok"
    assert found["end"]["found"].startswith(f"{url} does not answer any more: ")


def test_a_frozen_clock_and_one_that_runs_ahead_are_told_with_the_call_that_mends_it() -> None:
    with Served("--port", "0") as served, served.client() as client:
        client.post("/__mockkrea/clock", json={"action": "advance", "seconds": 3600})
        ahead = findings("--url", served.url)["clock"]
        client.post("/__mockkrea/clock", json={"action": "freeze"})
        frozen = findings("--url", served.url)["clock"]

    assert (ahead["level"], frozen["level"]) == ("warn", "warn")
    assert "3,600 seconds ahead of this machine's" in ahead["found"]
    assert f"POST {served.url}/__mockkrea/reset" in ahead["fix"]
    assert frozen["found"].startswith("the clock stands still at 20")
    assert '{"action":"resume"}' in frozen["fix"]


def test_beyond_loopback_the_admin_token_is_needed_and_the_ready_file_has_it(tmp_path: Path) -> None:
    path = tmp_path / "ready.json"
    with Served("--port", "0", "--host", "0.0.0.0", "--ready-file", str(path)) as served:
        token = facts_in(path)["admin_token"]
        without = findings("--url", served.url)
        from_file = findings("--ready-file", str(path))
        by_flag = findings("--url", served.url, "--admin-token", token)
        by_variable = findings("--url", served.url, environment={"MOCKKREA_ADMIN_TOKEN": token})

    assert [without[check]["level"] for check in ("clock", "network")] == ["warn", "warn"]
    assert "--admin-token or --ready-file" in without["network"]["fix"]
    for found in (from_file, by_flag, by_variable):
        assert [found[check]["level"] for check in ("port", "URLs", "clock", "network")] == ["ok"] * 4


def test_a_world_is_looked_at_by_its_name_and_one_that_is_not_there_is_not_made(served: Served) -> None:
    with served.client() as client:
        client.post("/__mockkrea/worlds", json={"name": "alice", "seed": 7})
    there = findings("--url", served.url, "--world", "alice")
    missing = findings("--url", served.url, "--world", "bob")

    assert f"{served.url}/w/alice" in there["URLs"]["found"]
    assert there["URLs"]["level"] == there["clock"]["level"] == "ok"
    assert missing["clock"]["level"] == "warn"
    assert "bob" in missing["clock"]["found"]


def test_a_mock_within_a_test_is_not_said_to_be_watched() -> None:
    with mockkrea.serve() as krea:
        found = findings("--url", krea.url)["network"]

    assert found["level"] == "warn"
    assert "shares a process with a test or with `mockkrea exec`" in found["found"]


@pytest.mark.parametrize(
    ("outbound", "level", "words"),
    [
        ([("127.0.0.1", 9, True)], "ok", "began connections to this machine only, 127.0.0.1:9"),
        (
            [("::1", 9, True), ("10.0.0.5", 443, True)],
            "warn",
            "began connections to 10.0.0.5:443, as its flags allow",
        ),
        (
            [("10.0.0.5", 443, True), ("192.0.2.1", 443, False)],
            "problem",
            "began connections to 192.0.2.1:443, as no flag allows",
        ),
    ],
)
def test_what_was_connected_to_decides_how_bad_it_is(
    outbound: list[tuple[str, int, bool]], level: str, words: str
) -> None:
    with answering(200, told(outbound)) as url:
        found = findings("--url", url)["network"]

    assert found["level"] == level
    assert words in found["found"]


def test_a_proxy_is_a_problem_unless_the_mocks_host_is_excepted() -> None:
    proxy = {"http_proxy": "http://user:secret@proxy.test:3128"}

    level, text = around(proxy)["proxy"]
    assert level == "problem"
    assert "http_proxy is set to proxy.test:3128 and NO_PROXY does not have 127.0.0.1" in text
    assert "secret" not in text
    for excepted in ("127.0.0.1", "localhost, 127.0.0.1:5732", "*"):
        assert around(proxy | {"NO_PROXY": excepted})["proxy"][0] == "ok", excepted
    assert around(proxy | {"NO_PROXY": "27.0.0.1,other.test"})["proxy"][0] == "problem"
    assert around(proxy | {"no_proxy": ".box.test"}, "http://a.box.test")["proxy"][0] == "ok"
    assert around({"https_proxy": "http://proxy.test"})["proxy"][0] == "ok"
    assert around({"ALL_PROXY": "proxy.test:1080"})["proxy"][0] == "problem"
    assert around({"http_proxy": URL})["proxy"] == ("ok", "http_proxy leads to the mock's own address ")


def test_the_lower_case_spelling_of_a_variable_counts_if_it_is_there_be_it_empty() -> None:
    proxy = {"http_proxy": "http://proxy.test:3128"}

    assert around(proxy | {"NO_PROXY": "127.0.0.1", "no_proxy": ""})["proxy"][0] == "problem"
    assert around({"HTTP_PROXY": "http://proxy.test:3128", "http_proxy": ""})["proxy"][0] == "ok"


@pytest.mark.parametrize("name", TRUSTED)
def test_a_file_or_folder_without_authorities_is_a_problem(tmp_path: Path, name: str) -> None:
    missing, empty, folder, good = (tmp_path / each for each in ("missing", "empty", "folder", "good"))
    empty.touch()
    folder.mkdir()
    trustme.CA().cert_pem.write_to_path(str(good))

    for path, reason in [(missing, "No such file"), (empty, "NO_CERTIFICATE"), ("a" * 5000, "too long")]:
        level, text = around({name: str(path)})["CA"]
        assert level == "problem"
        assert f"{name} names {str(path)[:200]}" in text
        assert reason in text
        assert len(text) < 500
    assert around({name: str(folder)})["CA"][0] == around({name: str(good)})["CA"][0] == "ok"
    assert around({}, "https://mock.test")["CA"][0] == "ok"


def test_variables_that_lead_to_krea_itself_are_a_problem_and_none_at_all_a_warning() -> None:
    level, text = around({**WELL, "KREA_BASE_URL": "https://api.krea.ai"})["variables"]

    assert level == "problem"
    assert f"KREA_BASE_URL is https://api.krea.ai and not {URL}" in text
    assert around({})["variables"][0] == "warn"
    assert around(WELL)["variables"][0] == "ok"
    assert around({"KREA_MCP_URL": f"{URL}/mcp/"})["variables"][0] == "ok"


def test_variables_may_call_this_machine_by_any_of_its_names() -> None:
    assert around({"KREA_BASE_URL": "http://localhost:5732"})["variables"][0] == "ok"
    assert around(WELL, "http://localhost:5732")["variables"][0] == "ok"
    assert around({"KREA_BASE_URL": "http://localhost:5733"})["variables"][0] == "problem"


def test_a_variable_is_shown_with_its_path_and_without_its_password() -> None:
    _, of_a_world = around({"KREA_BASE_URL": f"{URL}/w/alice"})["variables"]
    _, of_a_user = around({"KREA_BASE_URL": "http://me:secret@mock.test/v1?key=secret"})["variables"]

    assert f"KREA_BASE_URL is {URL}/w/alice and not {URL}" in of_a_world
    assert f"KREA_BASE_URL is http://mock.test/v1 and not {URL}" in of_a_user
    assert "secret" not in of_a_user


def test_a_key_that_the_mock_does_not_know_is_a_problem(served: Served) -> None:
    wrong = client_environment(served.url, "sk-wrong")
    other = client_environment(served.url, "mk_other:key")

    found = findings("--url", served.url, environment=wrong)["key"]

    assert found["level"] == "problem"
    assert "does not know the key in KREA_API_KEY and KREA_API_TOKEN: it answers 401" in found["found"]
    assert "mockkrea env" in found["fix"]
    assert "sk-wrong" not in str(found)
    assert findings("--url", served.url, environment=other)["key"]["level"] == "ok"


def test_an_admin_token_that_is_wrong_is_not_called_missing() -> None:
    with Served("--port", "0", "--host", "0.0.0.0") as served:
        found = findings("--url", served.url, "--admin-token", "wrong")["clock"]

    assert found["found"] == "the control API does not know this admin token"


@pytest.mark.parametrize(
    ("body", "check", "words"),
    [
        (b'{"models": 1}', "port", "is not mockkrea (200)"),
        (b'{"models": []}', "port", "is not mockkrea (200)"),
        (told([], authorization_servers=[]), "URLs", "does not say what URLs in answers begin with"),
        (told([], authorization_servers=["http://["]), "URLs", "begin with http://[, which does not lead"),
        (told([], drop="mode"), "clock", "answers otherwise than this version"),
    ],
    ids=["one key", "a list", "no servers", "no URL", "no mode"],
)
def test_whatever_answers_is_told_in_words(body: bytes, check: str, words: str) -> None:
    with answering(200, body) as url:
        found = findings("--url", url)

    assert words in found[check]["found"]
    assert found[check]["fix"]


def test_an_answer_that_cannot_be_unpacked_is_told_in_words() -> None:
    with answering(200, b"hello", headers={"Content-Encoding": "gzip"}) as url:
        found = findings("--url", url)["port"]

    assert found["level"] == "problem"
    assert f"what listens at {url} does not answer in HTTP" in found["found"]


def test_the_wrong_scheme_is_told(served: Served, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)

    with answering(200, told([]), tls=context) as url:
        plain = findings("--url", url.replace("https:", "http:"))["port"]
    secure = findings("--url", served.url.replace("http:", "https:"))["port"]

    assert "Write https://" in plain["fix"]
    assert "Write http://" in secure["fix"]


def test_a_server_that_says_nothing_is_told_from_a_port_where_nobody_listens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(examination, "PATIENCE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = findings("--url", f"http://127.0.0.1:{silent.getsockname()[1]}")["port"]

    assert "something listens at" in found["found"]


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.test"])
def test_a_name_that_is_none_is_told_in_words(host: str) -> None:
    found = findings("--url", f"http://{host}")["port"]

    assert found["found"].startswith(f"nothing answers at http://{host}: ")


def test_a_path_behind_the_mocks_url_is_told_with_the_url(served: Served) -> None:
    found = findings("--url", f"{served.url}/mcp")["port"]

    assert found["found"] == f"mockkrea answers at {served.url}, not at {served.url}/mcp"
    assert found["fix"] == f"Give --url {served.url}."


def test_krea_itself_is_never_asked() -> None:
    found = findings("--url", "https://api.krea.ai")

    assert list(found) == ["port"]
    assert "Krea is not asked" in found["port"]["found"]


def test_one_model_is_one_model() -> None:
    with answering(200, told([])) as url:
        assert ", 1 model (" in findings("--url", url)["port"]["found"]
