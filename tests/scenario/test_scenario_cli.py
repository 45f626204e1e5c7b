"""`serve --scenario`, `--watch`, `lint` and `schema`, as a shell sees them."""

import asyncio
import json
import os
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from mockkrea.cli import main
from mockkrea.data import Fixtures
from mockkrea.scenario.loading import load_scenario, scenario_defaults
from mockkrea.watch import Watch
from tests.asking import Krea, Served


def test_lint_names_every_finding_and_counts_them(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("name: good\n")
    bad.write_text("nmae: bad\nseed: x\n")

    ran = CliRunner().invoke(main, ["lint", str(good), str(bad)])

    assert ran.exit_code == 1
    first, second, count = ran.output.splitlines()
    assert first == f'{bad}:1:1: unknown key "nmae"; did you mean "name"?'
    assert second.startswith(f"{bad}:2:7: seed must be a whole number")
    assert count == "2 findings"


def test_a_missing_file_is_a_wrong_call() -> None:
    for command in (["lint"], ["serve", "--scenario"]):
        ran = CliRunner().invoke(main, [*command, "plan-requird.yaml"])

        assert ran.exit_code == 2
        assert 'did you mean the ready-made scenario "plan-required"?' in ran.output


def test_a_directory_is_a_wrong_call(tmp_path: Path) -> None:
    for command in (["lint"], ["serve", "--scenario"]):
        ran = CliRunner().invoke(main, [*command, str(tmp_path)])

        assert ran.exit_code == 2
        assert f"{tmp_path} is a directory; name a file in it." in ran.output


def test_lint_plays_a_scenario_and_fails_where_it_does_not_come_true(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text("expect: [{jobs: {count: 1}}]\n")

    fine = CliRunner().invoke(main, ["lint", "--play", "plan-required"])
    failed = CliRunner().invoke(main, ["lint", "--play", str(odd)])

    assert (fine.exit_code, fine.output) == (0, "✓ plan-required\n0 findings\n")
    assert failed.exit_code == 1
    assert failed.output == (
        f"✗ {odd}\n  jobs: expected 1 of any kind, found 0\n0 findings, 1 of 1 did not come true\n"
    )


def test_lint_shows_the_whole_refusal_of_a_step_and_where_it_stands(tmp_path: Path) -> None:
    odd = tmp_path / "odd.yaml"
    odd.write_text("steps:\n  - submit: {model: image/bfl/flux-1-dev, body: {promt: a fox}}\n")

    ran = CliRunner().invoke(main, ["lint", "--play", str(odd)])

    step = ran.output.splitlines()[1].strip()
    assert step.startswith(f"{odd}:2:5: step 1, submit: ")
    assert "did you mean prompt?" in step


def test_layers_are_linted_together_and_files_each_by_itself(tmp_path: Path) -> None:
    base, layer = tmp_path / "base.yaml", tmp_path / "layer.yaml"
    base.write_text("workspaces: [{id: mine}]\n")
    layer.write_text("expect: [{jobs: {workspace: mine, none: true}}]\n")
    files = [str(base), str(layer)]

    together = CliRunner().invoke(main, ["lint", "--layered", "--play", *files])
    apart = CliRunner().invoke(main, ["lint", *files])

    assert (together.exit_code, together.output) == (0, f"✓ {base} + {layer}\n0 findings\n")
    assert apart.exit_code == 1
    known = "ada-personal, studio, lin-personal"
    assert apart.output == f'{layer}:1:29: there is no workspace "mine"; known: {known}.\n1 finding\n'


def test_lint_reads_what_comes_in() -> None:
    ran = CliRunner().invoke(main, ["lint", "-"], input="nmae: x\n")

    assert (ran.exit_code, ran.output) == (1, '-:1:1: unknown key "nmae"; did you mean "name"?\n1 finding\n')


def test_schema_prints_a_schema_that_editors_can_use() -> None:
    ran = CliRunner().invoke(main, ["schema"])

    schema = json.loads(ran.output)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["properties"]["workspaces"]["items"]["required"] == ["id"]
    assert all("description" in schema["properties"][key] for key in ("seed", "steps", "expect"))


def test_watch_without_a_scenario_is_a_wrong_call() -> None:
    ran = CliRunner().invoke(main, ["serve", "--port", "0", "--watch"])

    assert ran.exit_code == 2
    assert "--scenario FILE" in ran.output


def test_a_wrong_scenario_keeps_the_server_from_starting(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("nmae: bad\n")

    ran = CliRunner().invoke(main, ["serve", "--port", "0", "--scenario", str(bad)])

    assert ran.exit_code == 2
    assert f"{bad}:1:1" in ran.output


def test_flags_stand_above_the_scenario(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("seed: 5\nsettings: {progression: manual, speed: 3}\n")

    flags = ("--scenario", str(file), "--progression", "time", "--seed", "9")
    with Served("--port", "0", *flags) as served, served.client() as client:
        settings = client.get("/__mockkrea/settings").json()
        health = client.get("/__mockkrea/health").json()

    assert (settings["progression"], settings["speed"], health["seed"]) == ("time", 3, 9)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s.yaml"
    path.write_text("name: before\n")
    return path


def test_a_changed_file_lets_the_worlds_start_over(krea: Krea, file: Path, fixtures: Fixtures) -> None:
    watch = watching(krea, file, fixtures)
    krea.submit()

    asyncio.run(watch.look())
    assert len(krea.listed()) == 1

    file.write_text("name: afterwards\n")
    asyncio.run(watch.look())
    assert (krea.listed(), krea.control("scenario")["name"]) == ([], "afterwards")


def test_a_file_that_was_only_touched_leaves_the_worlds_as_they_are(
    krea: Krea, file: Path, fixtures: Fixtures, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watching(krea, file, fixtures)

    with krea.unchanged():
        os.utime(file, (1, 1))
        asyncio.run(watch.look())
    assert "was changed" not in caplog.text


def test_a_file_that_became_wrong_or_is_gone_keeps_the_worlds_as_they_are(
    krea: Krea, file: Path, fixtures: Fixtures, caplog: pytest.LogCaptureFixture
) -> None:
    watch = watching(krea, file, fixtures)

    with krea.unchanged():
        file.write_text("nmae: wrong\n")
        asyncio.run(watch.look())
        file.unlink()
        asyncio.run(watch.look())
    assert krea.control("scenario")["name"] == "before"
    assert f'{file}:1:1: unknown key "nmae"; did you mean "name"?' in caplog.text

    file.write_text("name: right-again\n")
    asyncio.run(watch.look())
    assert krea.control("scenario")["name"] == "right-again"


def test_a_watching_server_takes_up_a_change_by_itself(file: Path) -> None:
    with Served("--port", "0", "--scenario", str(file), "--watch") as served, served.client() as client:
        file.write_text("name: afterwards\n")
        deadline = time.monotonic() + Served.WAIT_S
        while client.get("/__mockkrea/scenario").json()["name"] != "afterwards":
            assert time.monotonic() < deadline, "the server did not take up the change"
            os.sched_yield()


def test_a_watching_server_outlives_a_wrong_edit_and_a_file_that_is_gone_for_a_moment(file: Path) -> None:
    with Served("--port", "0", "--scenario", str(file), "--watch") as served, served.client() as client:
        file.write_text("nmae: wrong\n")
        served.wait_for_log('unknown key "nmae"')
        file.unlink()
        served.wait_for_log(f"there is no file {file}")
        file.with_suffix(".new").write_text("name: afterwards\n")
        file.with_suffix(".new").rename(file)

        while client.get("/__mockkrea/scenario").json()["name"] != "afterwards":
            os.sched_yield()


def watching(krea: Krea, file: Path, fixtures: Fixtures) -> Watch:
    def load() -> object:
        return load_scenario([str(file)], scenario_defaults(fixtures))

    krea.worlds.begin_all(load())  # type: ignore[arg-type]
    return Watch([file], load, krea.worlds.begin_all)  # type: ignore[arg-type]
