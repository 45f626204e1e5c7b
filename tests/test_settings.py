import pytest

from mockkrea.core.errors import InvalidChange
from mockkrea.core.jobs import Progression
from mockkrea.settings import VALUES, ErrorKeys, Settings


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("progression", "manual", Progression.MANUAL),
        ("polls_per_step", "3", 3),
        ("speed", "0.5", 0.5),
        ("error_keys", "error", ErrorKeys.ERROR),
        ("validation_status", "400", 400),
        ("accept_old_names", "True", True),
        ("delete_finished", "409", 409),
        ("jobs_kept", "20", 20),
    ],
)
def test_every_setting_is_read_from_what_a_user_writes(name: str, text: str, value: object) -> None:
    assert getattr(Settings().having({name: text}), name) == value


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidChange) as refused:
        Settings().having({"validation_status": 401, "magic": False, "speeed": 2})

    assert str(refused.value) == (
        "validation_status must be 422 or 400; it was 401. Unknown setting speeed. Did you mean speed?"
    )


def test_every_setting_reads_its_own_value_again() -> None:
    settings = Settings(speed=3.0, progression=Progression.IMMEDIATE)

    assert Settings().having({name: getattr(settings, name) for name in VALUES}) == settings


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("sped", "1", "Unknown setting sped. Did you mean speed?"),
        ("colour", "red", "Unknown setting colour. Known: progression, polls_per_step"),
        ("speed", "0", 'speed must be a number above 0 and at most 1,000,000; it was "0".'),
        ("speed", "nan", "speed must be a number above 0"),
        ("speed", "inf", "speed must be a number above 0"),
        ("progression", "slow", 'progression must be one of time, immediate, manual; it was "slow".'),
        ("validation_status", "500", "validation_status must be 422 or 400"),
        ("accept_old_names", "yes", 'accept_old_names must be true or false; it was "yes".'),
        ("jobs_kept", "0", "jobs_kept must be a whole number from 1"),
        ("jobs_kept", "-5", "jobs_kept must be a whole number from 1"),
        ("polls_per_step", "9" * 50, "polls_per_step must be a whole number from 1"),
    ],
)
def test_a_wrong_setting_is_answered_with_what_would_have_been_right(
    name: str, text: str, reason: str
) -> None:
    with pytest.raises(InvalidChange, match=reason.replace("?", r"\?").replace(".", r"\.")):
        Settings().having({name: text})
