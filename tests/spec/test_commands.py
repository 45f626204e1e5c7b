"""`mockkrea drift`, and `--spec`."""

from __future__ import annotations

import gzip
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockkrea.cli import main
from mockkrea.data import Fixtures
from mockkrea.scenario.loading import scenario_defaults
from mockkrea.scenario.reading import read_scenario
from mockkrea.scenario.source import InvalidScenario
from mockkrea.spec_cli import fixtures_of
from mockkrea.spec_source import content_of
from tests.answering import answering
from tests.asking import FLUX, Krea, Served
from tests.spec.documents import SMALL, own
from tests.tools import require


def run(*arguments: str) -> tuple[int, str]:
    """A command in this process: its exit code and what it printed, errors included."""
    result = CliRunner().invoke(main, arguments, prog_name="mockkrea")
    return result.exit_code, result.output


def test_drift_from_our_own_document_is_none_and_the_exit_code_0(krea: Krea, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(own(krea)), encoding="utf-8")

    assert run("drift", "--against", str(file)) == (
        0,
        f"No difference between the catalogue of 2026-10-09 and {file}.\n",
    )


def test_drift_from_another_document_is_told_and_the_exit_code_1() -> None:
    code, text = run("drift", "--against", str(SMALL))
    code_of_json, report = run("drift", "--against", str(SMALL), "--json")

    assert (code, code_of_json) == (1, 1)
    assert f"\n{FLUX}\n" in text
    assert "  default     steps: 25 → 20\n" in text
    found = json.loads(report)["differences"]
    assert {"model": "video/acme/film", "kind": "model added"}.items() <= found[0].items()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("openapi: 3.1.0", "It looks like YAML"),
        ('{"openapi": "3.1.0", "paths": {"/pets": {}}}', "not Krea's"),
    ],
    ids=["yaml", "vendor"],
)
def test_a_document_that_cannot_be_read_ends_with_2_and_the_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    file = tmp_path / "doc"
    file.write_text(content, encoding="utf-8")

    code, text = run("drift", "--against", str(file))
    code_of_serve, text_of_serve = run("serve", "--port", "0", "--spec", str(file))

    assert (code, code_of_serve) == (2, 2)
    assert "Invalid value for --against: " in text
    assert reason in text
    assert reason in text_of_serve


def test_a_file_or_an_address_that_is_not_there_ends_with_2(tmp_path: Path) -> None:
    code, text = run("drift", "--against", str(tmp_path / "gone.json"))
    code_of_url, text_of_url = run("drift", "--against", "http://127.0.0.1:9/openapi.json")

    assert (code, code_of_url) == (2, 2)
    assert f"{tmp_path / 'gone.json'}: No such file or directory." in text
    assert "127.0.0.1:9/openapi.json cannot be fetched: " in text_of_url


@pytest.mark.parametrize("content", [None, "openapi: 3.1.0"], ids=["gone", "yaml"])
def test_for_programs_the_reason_is_json_too(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "doc"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    result = CliRunner().invoke(main, ["drift", "--against", str(file), "--json"])
    told = json.loads(result.stdout)

    assert (result.exit_code, result.stderr) == (2, "")
    assert list(told) == ["error"]
    assert told["error"].startswith(str(file))


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_would_never_end_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = Path("/dev/zero") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(path)

    ran = subprocess.run(
        [sys.executable, "-m", "mockkrea", "drift", "--against", str(path)],
        capture_output=True,
        text=True,
        timeout=Served.WAIT_S,
        check=False,
    )

    assert ran.returncode == 2
    reason = "is a pipe that nobody writes to" if kind == "pipe" else "is no file but a device"
    assert reason in " ".join(ran.stderr.split())


@pytest.mark.parametrize("what", ["<(cat {})", "/dev/stdin < {}"])
def test_what_a_shell_hands_over_as_a_file_is_read(what: str) -> None:
    require("bash")
    document = shlex.quote(str(SMALL))
    command = f"{shlex.quote(sys.executable)} -m mockkrea drift --against {what.replace('{}', document)}"

    ran = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, timeout=Served.WAIT_S, check=False
    )

    assert (ran.returncode, ran.stderr) == (1, "")
    assert "video/acme/film" in ran.stdout


def test_a_writer_that_has_not_written_yet_is_waited_for() -> None:
    reading, writing = os.pipe()
    with ThreadPoolExecutor() as pool:
        content = pool.submit(content_of, f"/dev/fd/{reading}")
        os.write(writing, b"{}")
        os.close(writing)

        assert content.result(Served.WAIT_S) == b"{}"
    os.close(reading)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("", "it is empty; name a file, a URL, or - for stdin."),
        (".", ".: Is a directory."),
        (
            "ftp://user:secret@a.test/x.json",
            "a.test/x.json cannot be read: URLs begin with http:// or https://.",
        ),
        ("HTTP://127.0.0.1:9/x.json", "127.0.0.1:9/x.json cannot be fetched: "),
        ("http://a..b/x.json", "a..b/x.json cannot be fetched: "),
        (f"http://{'a' * 70}.test/x.json", ".test/x.json cannot be fetched: "),
        ("http://[/x.json", "[/x.json cannot be fetched: "),
    ],
    ids=["nothing", "folder", "ftp", "upper case", "no label", "long label", "no address"],
)
def test_a_place_where_nothing_can_be_read_ends_with_2_and_the_reason(source: str, reason: str) -> None:
    code, text = run("drift", "--against", source)

    assert code == 2
    assert reason in " ".join(text.split())
    assert "secret" not in text


def test_variables_that_httpx_stumbles_over_end_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("SSL_CERT_FILE", "a" * 5000), ("HTTP_PROXY", "socks5://127.0.0.1:9")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert run("drift", "--against", "http://mock.test/x.json")[0] == 2, name


def test_a_document_on_this_machine_is_fetched_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with answering(200, SMALL.read_bytes()) as url:
        code, text = run("drift", "--against", f"{url}/openapi.json")

    assert code == 1
    assert "model added" in text


def test_a_packed_answer_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200, gzip.compress(SMALL.read_bytes()), headers={"Content-Encoding": "gzip"}) as url:
        code, text = run("drift", "--against", url)

    assert code == 2
    assert "it comes as gzip; get it with `curl --compressed`" in text


def test_a_document_is_read_from_stdin() -> None:
    result = CliRunner().invoke(main, ["drift", "--against", "-"], input=SMALL.read_bytes())

    assert result.exit_code == 1
    assert "between the catalogue of 2026-10-09 and stdin: " in result.output


def test_a_server_started_with_a_document_serves_it_and_says_what_it_filled_in() -> None:
    with Served("--port", "0", "--spec", str(SMALL)) as served:
        with served.client() as client:
            paths = client.get("/openapi.json").json()["paths"]
            generated = client.post(f"/generate/{FLUX}", json={"prompt": "a fox"})
        drift = run("drift", "--against", f"{served.url}/openapi.json")
        not_found = run("drift", "--against", f"{served.url}/nowhere.json")
        _, out, errors = served.stop()

    models = [path for path in paths if path.startswith("/generate/")]
    assert models == [f"/generate/{FLUX}", "/generate/video/acme/film", "/generate/image/acme/dreamer"]
    assert generated.status_code == 200
    assert "3 models" in out
    assert "--spec: Without a time, which is assumed: video/acme/film, image/acme/dreamer.\n" in errors
    assert drift[0] == 1
    assert "2 × model added" in drift[1]
    assert not_found[0] == 2
    assert "the answer is 404" in not_found[1]


def test_a_scenario_cannot_change_the_models_of_a_document(fixtures: Fixtures) -> None:
    defaults = scenario_defaults(fixtures_of(str(SMALL), fixtures))
    scenario = f"name: x\nmodels:\n  override:\n    {FLUX}: {{seconds: 5}}\n"

    with pytest.raises(InvalidScenario, match="come from its --spec and cannot be changed"):
        read_scenario({"f.yaml": scenario}, defaults)
    assert len(read_scenario({"f.yaml": "name: x"}, defaults).catalogue.models) == 3
