"""The pytest plugin, seen from the projects that use it: each test runs a small project of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from textwrap import dedent

import pytest

from tests.plugin.projects import CLIENT, PLUGIN

pytest_plugins = ["pytester"]

Run = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester) -> Run:
    """Runs tests of a project that has the plugin, in this process or in one of its own."""

    def run(tests: str, *arguments: str, own_process: bool = False) -> pytest.RunResult:
        pytester.makepyfile("import pytest\n" + CLIENT + dedent(tests))
        start = pytester.runpytest_subprocess if own_process else pytester.runpytest_inprocess
        return start(*PLUGIN, "-p", "no:cacheprovider", *arguments)

    return run


def test_the_fixture_leads_the_common_clients_to_a_fresh_world(run: Run) -> None:
    result = run("""
        def test_one(mockkrea):
            assert draw() == 200
            assert os.environ["KREA_API_TOKEN"] == mockkrea.api_key
            assert os.environ["KREA_MCP_URL"] == mockkrea.mcp_url == mockkrea.env["KREA_MCP_URL"]
            assert mockkrea.workspace().usd.spent == 0.007

        def test_two(mockkrea):
            assert mockkrea.workspace().usd.spent == 0
            assert (mockkrea.seed, mockkrea.clock.frozen) == (0, True)
            assert mockkrea.submit("bfl/flux-1-dev", prompt="a fox").status == "completed"
    """)

    result.assert_outcomes(passed=2)


def test_the_environment_is_as_before_when_the_test_has_ended(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KREA_API_KEY", "a real one")
    monkeypatch.delenv("KREA_MCP_URL", raising=False)
    monkeypatch.setenv("no_proxy", "intranet")
    monkeypatch.delenv("NO_PROXY", raising=False)

    result = run("""
        def test_one(mockkrea):
            assert os.environ["KREA_API_KEY"] == mockkrea.api_key
            assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "intranet,127.0.0.1,localhost,::1"

        def test_two(mockkrea):
            raise RuntimeError

        def test_three():
            assert os.environ["KREA_API_KEY"] == "a real one"
            assert os.environ["no_proxy"] == "intranet"
            assert "KREA_MCP_URL" not in os.environ
    """)

    result.assert_outcomes(passed=2, failed=1)


def test_the_environment_is_as_before_where_an_earlier_fixture_and_the_test_change_it_too(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KREA_API_KEY", "a real one")
    monkeypatch.delenv("KREA_BASE_URL", raising=False)

    result = run("""
        @pytest.fixture(autouse=True)
        def of_the_project(monkeypatch):
            monkeypatch.setenv("PROJECT", "here")

        def test_one(mockkrea, monkeypatch):
            monkeypatch.setenv("KREA_API_KEY", "a wrong one")
            monkeypatch.setenv("KREA_BASE_URL", mockkrea.url + "/elsewhere")

        def test_two():
            assert os.environ["KREA_API_KEY"] == "a real one"
            assert "KREA_BASE_URL" not in os.environ
    """)

    result.assert_outcomes(passed=2)


def test_a_project_that_does_not_use_the_fixture_imports_nothing_of_ours(run: Run) -> None:
    result = run(
        """
        import sys

        def test_one():
            ours = {name for name in sys.modules if name.partition(".")[0] == "mockkrea"}
            assert ours == {"mockkrea", "mockkrea.pytest_plugin"}
            assert not {"uvicorn", "orjson", "yaml"} & set(sys.modules)
        """,
        # Plugins of others may import what they like.
        "-p",
        "no:schemathesis",
        own_process=True,
    )

    result.assert_outcomes(passed=1)


def test_a_failing_test_shows_requests_open_jobs_and_money(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(progression="time")
        def test_it_asks_once(mockkrea):
            draw()
            draw()
            ask("/job")
            mockkrea.requests.verify(path="/generate/**", times=1)
    """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*AssertionError: expected 1 request to /generate/[*][*], saw 2",
            "*- mockkrea -*",
            '3 requests in world "test_it_asks_once"',
            "  1  POST /generate/image/bfl/flux-1-dev  200  job *",
            "  2  POST /generate/image/bfl/flux-1-dev  200  job *(same body as 1)",
            "  3  GET /job  404  there is no such path; did you mean /jobs?",
            "2 jobs open",
            "  *  queued  image/bfl/flux-1-dev",
            "ledger",
            "  ada-personal: 0.014 USD held, 99.986 USD left",
        ]
    )


def test_a_failed_verification_points_at_the_line_of_the_test(run: Run) -> None:
    result = run("""
        def test_it_asks_once(mockkrea):
            mockkrea.requests.verify(path="/generate/**")
    """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([">*mockkrea.requests.verify(path=*"])
    shown = result.stdout.str()
    assert "in verify" not in shown
    assert "testing/requests.py" not in shown


def test_a_test_that_passes_shows_nothing(run: Run) -> None:
    result = run("""
        def test_one(mockkrea):
            draw()
    """)

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*- mockkrea -*")


def test_a_failing_test_without_the_fixture_shows_nothing_of_it(run: Run) -> None:
    result = run("""
        def test_one(mockkrea):
            pass

        def test_two():
            assert False
    """)

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*- mockkrea -*")


def test_answers_that_the_settings_name_fail_a_test_that_did_not_expect_them(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nmockkrea_fail_on = 401 404 422")

    result = run("""
        def test_that_has_a_wrong_path(mockkrea):
            assert ask("/job") == 404

        def test_that_has_a_wrong_body(mockkrea):
            assert ask("/generate/image/bfl/flux-1-dev", {"promt": "a fox"}) == 422

        def test_that_has_a_wrong_key(mockkrea):
            assert ask("/jobs", key="guessed") == 401

        def test_that_goes_past_its_world(mockkrea, mockkrea_server, monkeypatch):
            monkeypatch.setenv("KREA_BASE_URL", mockkrea_server.url)
            assert ask("/jobs", key="guessed") == 401
    """)

    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "mockkrea: answers that nobody expected",
            "  GET /job  404  there is no such path; did you mean /jobs?",
        ]
    )


def test_a_tool_call_that_was_refused_counts_with_the_status_inside(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]\nmockkrea_fail_on = 4xx")

    result = run("""
        def test_that_is_surprised(mockkrea):
            call("generate", model="bfl/flux-1-dev", input={"promt": "a fox"})

        def test_that_knows(mockkrea):
            call("generate", model="bfl/flux-1-dev", input={"promt": "a fox"})
            assert [seen.tool for seen in mockkrea.requests.find(status=422)] == ["generate"]
            mockkrea.requests.verify(tool="generate", status=422)

        def test_that_provokes_it(mockkrea):
            mockkrea.next_error(429)
            call("list_models")
            call("generate", model="bfl/flux-1-dev", input={"prompt": "[[mock:402]]"})
    """)

    result.assert_outcomes(failed=1, passed=2)
    result.stdout.fnmatch_lines(
        [
            "mockkrea: answers that nobody expected",
            "  POST /mcp generate  422*",
            "        *did you mean prompt*",
        ]
    )


def test_answers_that_a_test_asked_for_do_not_fail_it(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmockkrea_fail_on = 4xx")

    result = run("""
        def test_that_provokes_it(mockkrea):
            mockkrea.next_error(404)
            assert ask("/jobs") == 404

        def test_that_provokes_it_by_magic(mockkrea):
            assert ask("/generate/image/bfl/flux-1-dev", {"prompt": "[[mock:402]]"}) == 402
            assert ask("/jobs", key=f"mk_{mockkrea.world}:rate-limited") == 429
            assert ask("/jobs", key=f"mk_{mockkrea.world}:revoked") == 401
            assert ask("/generate/image/bfl/flux-1-dev", {}, key=f"mk_{mockkrea.world}:viewer") == 403

        def test_that_verifies_it(mockkrea):
            assert ask("/jobs/none") == 404
            mockkrea.requests.verify(status=404, times=1)

        @pytest.mark.mockkrea(fail_on=())
        def test_that_says_so(mockkrea):
            assert ask("/jobs/none") == 404
    """)

    result.assert_outcomes(passed=4)


def test_an_error_that_was_asked_for_covers_its_own_answer_only(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(fail_on="404")
        def test_one(mockkrea):
            mockkrea.next_error(404)
            ask("/jobs")
            ask("/jobs/none")
    """)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["  GET /jobs/none  404  *"])
    result.stdout.no_fnmatch_line("  GET /jobs  404*")


def test_an_error_before_or_after_the_test_shows_what_happened_too(run: Run) -> None:
    result = run("""
        @pytest.fixture
        def early(mockkrea):
            assert ask("/early") == 200

        @pytest.fixture
        def late(mockkrea):
            yield
            assert ask("/late") == 200

        def test_one(early):
            pass

        def test_two(late):
            pass
    """)

    result.assert_outcomes(errors=2, passed=1)
    result.stdout.fnmatch_lines(["*- mockkrea -*", "  1  GET /early  404*"])
    result.stdout.fnmatch_lines(["*- mockkrea -*", "  1  GET /late  404*"])


def test_a_marker_names_the_answers_that_fail_its_test(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(fail_on="404")
        def test_one(mockkrea):
            assert ask("/jobs/none") == 404

        @pytest.mark.mockkrea(fail_on=[404])
        def test_two(mockkrea):
            assert ask("/jobs/none") == 404

        def test_three(mockkrea):
            assert ask("/jobs/none") == 404
    """)

    result.assert_outcomes(passed=1, failed=2)


def test_a_setting_that_is_no_list_of_statuses_stops_the_run(run: Run, pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nmockkrea_fail_on = errors")

    result = run("def test_one(): pass")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ["*mockkrea_fail_on takes statuses such as 404, or 40x or 4xx for several; it was 'errors'*"]
    )


def test_markers_of_a_test_stand_above_those_of_its_class(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(seed=1, progression="time")
        class TestSlow:
            @pytest.mark.mockkrea(seed=2, settings={"validation_status": 400}, frozen=False)
            def test_one(self, mockkrea):
                assert mockkrea.seed == 2
                assert mockkrea.submit("bfl/flux-1-dev", prompt="a fox").status == "queued"
                assert ask("/generate/image/bfl/flux-1-dev", {}) == 400
                assert not mockkrea.clock.frozen
    """)

    result.assert_outcomes(passed=1)


def test_a_scenario_is_found_from_the_root_of_the_project_or_by_its_name(
    run: Run, pytester: pytest.Pytester
) -> None:
    pytester.makeini("[pytest]")
    folder = pytester.mkdir("scenarios")
    (folder / "mine.yaml").write_text("seed: 5\n", encoding="utf-8")

    result = run(
        """
        @pytest.fixture(autouse=True)
        def elsewhere(monkeypatch, tmp_path):
            monkeypatch.chdir(tmp_path)

        @pytest.mark.mockkrea(scenario="scenarios/mine.yaml")
        def test_file(mockkrea):
            assert mockkrea.seed == 5

        @pytest.mark.mockkrea(scenario=["api-balance-exhausted", "scenarios/mine.yaml"])
        def test_both(mockkrea):
            assert (mockkrea.seed, mockkrea.workspace().usd.balance) == (5, 0)

        @pytest.mark.mockkrea(scenario={"seed": 6})
        def test_keys(mockkrea):
            assert mockkrea.seed == 6
    """,
        "-W",
        "default",
    )

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "sentence"),
    [
        ("scenaro='x'", "scenaro is not known. Did you mean scenario?"),
        ("xyz=1", "xyz is not known. Known: scenario, seed, *"),
        ("'x'", "it takes names only: scenario, seed, *"),
        ("progression='immediat'", 'progression must be one of time, immediate, manual; it was "immediat".'),
        ("scenario='api-balance-exhaust'", "there is no file *; did you mean *api-balance-exhausted*"),
        ("scenario={'sed': 1}", 'scenario:1:2: *unknown key "sed"; did you mean "seed"?*'),
        (
            "fail_on='errors'",
            "fail_on takes statuses such as 404, or 40x or 4xx for several; it was 'errors'.",
        ),
    ],
)
def test_a_marker_that_is_wrong_is_answered_with_what_would_have_been_right(
    run: Run, marker: str, sentence: str
) -> None:
    result = run(f"""
        @pytest.mark.mockkrea({marker})
        def test_one(mockkrea):
            pass
    """)

    result.stdout.fnmatch_lines([f"@pytest.mark.mockkrea: {sentence}"])
    result.stdout.no_fnmatch_line("*Error*mockkrea*")
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_tests_of_the_same_name_have_worlds_of_their_own(run: Run) -> None:
    result = run("""
        @pytest.mark.parametrize("word", ["../a", "ü" * 80, "a b"])
        def test_one(mockkrea, word):
            assert draw() == 200
            assert len(mockkrea.requests) == 1
            assert mockkrea.world.startswith("test_one")

        class TestOther:
            def test_one(self, mockkrea):
                assert len(mockkrea.requests) == 0
    """)

    result.assert_outcomes(passed=4)


def test_the_server_is_one_for_the_session(run: Run) -> None:
    result = run("""
        seen = set()

        @pytest.mark.parametrize("number", range(3))
        def test_one(mockkrea, mockkrea_server, number):
            assert mockkrea.url.startswith(mockkrea_server.url)
            seen.add(mockkrea_server.url)
            assert len(seen) == 1
    """)

    result.assert_outcomes(passed=3)


def test_workers_of_xdist_have_servers_of_their_own(run: Run) -> None:
    result = run(
        """
        @pytest.mark.parametrize("number", range(8))
        def test_one(mockkrea, mockkrea_server, number):
            assert draw(number) == 200
            assert [seen.body["seed"] for seen in mockkrea.requests] == [number]
            assert len(mockkrea.jobs()) == 1

        def test_that_fails(mockkrea):
            assert draw() == 500
        """,
        "-n",
        "2",
        own_process=True,
    )

    result.assert_outcomes(passed=8, failed=1)
    result.stdout.fnmatch_lines(["*- mockkrea -*", '1 request in world "test_that_fails"'])


def test_warnings_as_errors_find_nothing_left_open(run: Run) -> None:
    result = run(
        """
        def test_one(mockkrea):
            assert draw() == 200
        """,
        "-W",
        "error",
        "-p",
        "no:schemathesis",
        own_process=True,
    )

    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_the_marker_and_the_setting_explain_themselves(run: Run) -> None:
    markers, help = run("", "--markers"), run("", "--help")

    markers.stdout.fnmatch_lines(["@pytest.mark.mockkrea(scenario=*"])
    help.stdout.fnmatch_lines(["*mockkrea_fail_on*"])


def test_a_type_checker_knows_what_the_fixture_is(pytester: pytest.Pytester) -> None:
    file = pytester.makepyfile("""
        import mockkrea
        from mockkrea.testing import Krea

        def test_one(mockkrea: Krea) -> None:
            mockkrea.requests.verify(path="/generate/**", times=1)
            balance: float = mockkrea.workspace().usd.balance
            status: str = mockkrea.submit("bfl/flux-1-dev", prompt="a fox", seed=balance).status
            assert status

        def by_hand() -> str:
            with mockkrea.serve(progression="time") as krea:
                reveal_type(krea)
                krea.requests.verify(pth="/jobs")
                return krea.url
    """)

    result = pytester.run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", os.devnull, str(file))

    result.stdout.fnmatch_lines(
        [
            '*note: Revealed type is "mockkrea.testing.serving.Serving"',
            '*error: Unexpected keyword argument "pth"*',
            "Found 1 error in 1 file*",
        ]
    )


def test_expectations_that_a_test_never_asked_for_are_a_warning(run: Run) -> None:
    result = run(
        """
        @pytest.mark.mockkrea(scenario="rate-limited-then-ok")
        def test_that_forgets(mockkrea):
            draw()

        @pytest.mark.mockkrea(scenario={"expect": [{"jobs": {"count": 1}}]})
        def test_that_asks(mockkrea):
            draw()
            mockkrea.verify()
    """,
        "-W",
        "default",
    )

    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*the test did not call mockkrea.verify()*"])


def test_a_test_that_ended_before_it_could_verify_is_not_told_so(run: Run) -> None:
    result = run(
        """
        @pytest.mark.mockkrea(scenario="rate-limited-then-ok")
        def test_that_fails_before(mockkrea):
            assert draw() == 402
            mockkrea.verify()
    """,
        "-W",
        "default",
    )

    result.assert_outcomes(failed=1, warnings=0)


def test_a_call_of_a_tool_that_there_is_not_counts_as_404(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(fail_on="401 404 422")
        def test_that_is_surprised(mockkrea):
            call("generat", model="bfl/flux-1-dev")

        @pytest.mark.mockkrea(fail_on="40x")
        def test_that_knows(mockkrea):
            call("generat", model="bfl/flux-1-dev")
            mockkrea.requests.verify(path="/mcp", status=404)
    """)

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["  POST /mcp generat  404*"])


def test_a_marked_test_has_its_world_whether_or_not_it_asks_for_it(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(fail_on="404")
        def test_one():
            assert ask("/jobs") == 200
            assert "/w/test_one" in os.environ["KREA_BASE_URL"]

        @pytest.mark.mockkrea(scenario="flaky-5xxx")
        def test_two():
            pass

        def test_three():
            assert "KREA_BASE_URL" not in os.environ
    """)

    result.assert_outcomes(passed=2, errors=1)


def test_an_answer_that_nobody_expected_is_told_with_what_to_do(run: Run) -> None:
    result = run("""
        @pytest.mark.mockkrea(fail_on="404")
        def test_one(mockkrea):
            ask("/jobs/none")

        @pytest.mark.mockkrea(fail_on="4xx")
        def test_two(mockkrea):
            ask("/jobs/none")
            assert mockkrea.requests.count(status=404) == 1

        @pytest.mark.mockkrea(fail_on="4xx")
        def test_three(mockkrea):
            ask("/jobs/none")
            mockkrea.requests.verify(status="4xx")
    """)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*asks about its status, mockkrea.requests.verify(status=404)*"])


@pytest.mark.parametrize(
    "mistake",
    [
        'mockkrea.requests.verify(path="jobs")',
        'mockkrea.requests.count(model="image/nobody/x")',
        'mockkrea.workspace("studio").set_balance(usd=-1)',
        'mockkrea.submit("bfl/flux-1-dev", prompt=1)',
        'mockkrea.clock.advance("soon")',
        'mockkrea.job("none")',
        'mockkrea.faults.add(then={"stauts": 503})',
        'mockkrea_server.world("two", settings={"speed": "fast"})',
        'mockkrea_server.world("two", scenario="")',
    ],
)
def test_a_mistake_of_a_test_is_shown_where_the_test_makes_it(run: Run, mistake: str) -> None:
    result = run(f"""
        def test_one(mockkrea, mockkrea_server):
            {mistake}
    """)

    result.assert_outcomes(failed=1)
    frames = [line for line in result.outlines if ".py:" in line and ": " in line.partition(".py:")[2]]
    assert frames, result.outlines
    assert not [line for line in frames if not line.startswith(("test_", "FAILED"))], frames
