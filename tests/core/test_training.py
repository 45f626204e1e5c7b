"""What a training takes and costs."""

from __future__ import annotations

import pytest

from mockkrea.core.clock import SECOND_US
from mockkrea.core.training import Training
from mockkrea.data import load_training
from tests.contract.requirements import requirement


@pytest.fixture(scope="module")
def training() -> Training:
    return load_training()


@requirement("style:train:price")
@pytest.mark.parametrize(
    ("base", "units"),
    [("qwen", 8.3), ("wan22", 5.3), ("flux_schnell", 3.4), ("wan", 3.4), ("flux_dev", 3.0), ("z-image", 2.4)],
)
def test_a_step_costs_what_krea_says_for_its_base_model(training: Training, base: str, units: float) -> None:
    price = training.price_of({"model": base, "max_train_steps": 200})

    assert price.cu_thousandths == round(units * 200_000)
    assert price.usd_micros == pytest.approx(units * 200 * 11 / 6000 * 1e6, abs=50)


@requirement("style:train:steps")
def test_a_training_without_a_number_of_steps_pays_for_a_thousand(training: Training) -> None:
    assert training.price_of({"model": "flux_dev"}).cu_thousandths == 3_000_000


def test_the_base_model_tells_which_form_counts(training: Training) -> None:
    whole, brief = training.form_of({}), training.form_of({"model": "qwen"})

    assert (
        training.form_of({"model": "wan22"})
        is training.form_of({"model": "flux_dev"})
        is training.forms["wan"]
    )
    assert "learning_rate" in whole.input_schema["properties"]
    assert "learning_rate" not in brief.input_schema["properties"]
    others: list[object] = [{"model": "sdxl"}, {"model": ["qwen"]}, {"model": None}, [], "x", None]
    for body in others:
        assert training.form_of(body) is training.any_form


def test_the_published_schema_has_both_forms(training: Training) -> None:
    forms = training.input_schema["oneOf"]

    assert [form["required"] for form in forms] == [["name", "urls"], ["model", "name", "urls"]]


@requirement("style:train:seconds")
def test_a_training_takes_from_fifteen_to_forty_five_minutes(training: Training) -> None:
    assert training.duration_us == (15 * 60 * SECOND_US, 45 * 60 * SECOND_US)
