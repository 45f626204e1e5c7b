"""What MCP's model discovery says of a model that is or was taken out of service."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mockkrea.core.catalogue import Catalogue
from mockkrea.data import load_catalogue
from mockkrea.settings import Settings
from tests.asking import KREA_2, KREA_2_BODY, MakeKrea
from tests.contract.requirements import requirement
from tests.mcp.speaking import Speaker

LARGE = "image/krea/krea-2/large"


def with_sunset(make_krea: MakeKrea, sunset: str, tools: str = "documented") -> Speaker:
    models = [
        replace(model, sunset=sunset, replacement=LARGE) if model.id == KREA_2 else model
        for model in load_catalogue().models
    ]
    settings = Settings().having({"tools": tools})
    return Speaker(make_krea(settings, catalogue=Catalogue(models, edition="2026-10-09")))


@requirement("mcp:deprecation")
@pytest.mark.parametrize(("sunset", "available"), [("2026-04-27", False), ("2027-04-27", True)])
def test_a_deprecated_model_says_until_when_it_is_there_and_what_to_use_instead(
    make_krea: MakeKrea, sunset: str, available: bool
) -> None:
    speaker = with_sunset(make_krea, sunset)

    [listed] = [each for each in speaker.call("list_models")["models"] if each["id"] == KREA_2]
    schema = speaker.call("get_model_schema", model=KREA_2)

    assert listed["metadata"] == {"available": available}
    assert listed["deprecation"] == schema["deprecation"]
    assert listed["deprecation"]["sunset_date"] == sunset
    assert listed["deprecation"]["replacement"] == LARGE
    assert sunset in listed["deprecation"]["message"]


def test_a_model_that_stays_has_no_deprecation(make_krea: MakeKrea) -> None:
    speaker = with_sunset(make_krea, "2026-04-27")

    assert "deprecation" not in speaker.call("get_model_schema", model=LARGE)


def test_the_live_profile_names_the_replacement_as_it_lists_it(make_krea: MakeKrea) -> None:
    speaker = with_sunset(make_krea, "2026-04-27", tools="live")

    deprecation = speaker.call("get_model_schema", model=KREA_2)["deprecation"]

    assert deprecation["replacement"] == "krea/krea-2/large"


def test_generating_with_a_model_past_its_sunset_is_refused_with_its_replacement(
    make_krea: MakeKrea,
) -> None:
    refusal = with_sunset(make_krea, "2026-04-27").refused("generate", model=KREA_2, input=KREA_2_BODY)

    assert refusal["status"] == 410
    assert refusal["response"]["replacement"] == LARGE
    assert LARGE in refusal["response"]["message"]
