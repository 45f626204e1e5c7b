"""Settings of a running world: `GET` and `PATCH /__mockkrea/settings`."""

from __future__ import annotations

import httpx
import pytest

from mockkrea.core.jobs import Progression
from mockkrea.settings import VALUES, Settings
from tests.asking import FLUX, Json, Krea, MakeKrea


def patch(krea: Krea, values: Json) -> httpx.Response:
    return krea.ask("PATCH", "/__mockkrea/settings", json=values, key=None)


def test_all_settings_are_shown_with_their_values(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(progression=Progression.MANUAL, speed=2.5))

    shown = krea.control("settings")

    assert list(shown) == list(VALUES)
    assert (shown["progression"], shown["speed"], shown["validation_status"]) == ("manual", 2.5, 422)


def test_a_change_counts_from_the_next_request_on(krea: Krea) -> None:
    before = krea.generate(FLUX, {})

    answer = patch(krea, {"validation_status": 400, "error_keys": "message"})
    after = krea.generate(FLUX, {})

    assert (answer.json()["validation_status"], answer.json()["error_keys"]) == (400, "message")
    assert (before.status_code, after.status_code) == (422, 400)
    assert "error" in before.json()
    assert "error" not in after.json()


def test_what_is_shown_can_be_sent_back(krea: Krea) -> None:
    shown = krea.control("settings")

    assert patch(krea, shown).json() == shown


def test_all_of_a_change_is_made_or_nothing(krea: Krea) -> None:
    shown = krea.control("settings")

    with krea.unchanged():
        answer = patch(krea, {"speed": 10, "validation_status": 500})

    assert answer.status_code == 422
    assert krea.control("settings") == shown


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"sped": 1}, "Unknown setting sped. Did you mean speed?"),
        ({"speed": "fast"}, 'speed must be a number above 0 and at most 1,000,000; it was "fast".'),
        ({"accept_old_names": None}, "accept_old_names must be true or false"),
        ({"progression": ["time"]}, "progression must be one of time, immediate, manual"),
        (
            {"jobs_kept": 5},
            "jobs_kept is decided when a world begins and is 10000 here;"
            " start the server with --set jobs_kept=5.",
        ),
        ([], "The body"),
    ],
)
def test_a_wrong_change_is_answered_with_what_would_have_been_right(
    krea: Krea, values: Json, sentence: str
) -> None:
    with krea.unchanged():
        answer = patch(krea, values)

    assert answer.status_code == 422
    assert sentence in answer.json()["detail"]


def test_a_reset_brings_the_settings_of_the_start_back(make_krea: MakeKrea) -> None:
    krea = make_krea(Settings(speed=3.0))
    patch(krea, {"speed": 10})

    krea.control("reset", {})

    assert krea.control("settings")["speed"] == 3


def test_each_world_has_settings_of_its_own(krea: Krea) -> None:
    krea.get("/jobs", key="mk_alice:x")

    krea.ask("PATCH", "/w/alice/__mockkrea/settings", json={"speed": 10})

    assert krea.control("settings")["speed"] == 1
