"""What it takes to train a style: the request bodies, what a step costs, and how long it lasts.

The facts are those of `fixtures/training.yaml`. Which of the bodies counts is told by the base model
that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockkrea.core.fields import FieldLanguage, Schema
from mockkrea.core.forms import PlainInputSpec
from mockkrea.core.money import Unit, parts_of
from mockkrea.core.pricing import Price, price_in_units, range_us

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """Every training there is.

    `forms` are by base model, `cu_thousandths_per_step` as well. `any_form` judges a body without a base
    model that we know. `steps` are done when the body names no number of them.
    """

    forms: Mapping[str, PlainInputSpec]
    any_form: PlainInputSpec
    cu_thousandths_per_step: Mapping[str, int]
    steps: int
    duration_us: tuple[int, int]

    @classmethod
    def read(cls, facts: Facts) -> Training:
        """The trainings that a file describes; every scalar is the text in the file."""
        language = FieldLanguage()
        bodies = [PlainInputSpec.read("the training", form, language) for form in facts["forms"]]
        forms = {base: body for body in bodies for base in _base_models(body)}
        per_step = facts["compute_units_per_step"]
        return cls(
            forms=forms,
            any_form=_with_base_models(bodies[0], list(forms)),
            cu_thousandths_per_step={
                base: parts_of(Unit.COMPUTE_UNITS, units) for base, units in per_step.items()
            },
            steps=int(facts["steps"]),
            duration_us=range_us(facts["seconds"]),
        )

    @property
    def input_schema(self) -> Schema:
        """JSON Schema of a body of any form."""
        forms = {id(form): form.input_schema for form in self.forms.values()}
        return {"oneOf": list(forms.values())}

    def base_of(self, body: object) -> str | None:
        """The base model that this body names, or the usual one; None if it is no body."""
        fields = self.any_form.input_schema["properties"]
        base = body.get("model", fields["model"]["default"]) if isinstance(body, dict) else None
        return base if isinstance(base, str) else None

    def form_of(self, body: object) -> PlainInputSpec:
        """What this body has to fit."""
        return self.forms.get(self.base_of(body) or "", self.any_form)

    def price_of(self, input: Mapping[str, object]) -> Price:
        """What the training with this normalised input costs."""
        steps = input.get("max_train_steps", self.steps)
        assert isinstance(steps, int)
        return price_in_units(self.cu_thousandths_per_step[str(input["model"])] * steps)


def _base_models(body: PlainInputSpec) -> list[str]:
    names: list[str] = body.input_schema["properties"]["model"]["enum"]
    return names


def _with_base_models(body: PlainInputSpec, names: list[str]) -> PlainInputSpec:
    fields = body.input_schema["properties"]
    widened = {**fields, "model": {**fields["model"], "enum": names}}
    return replace(body, input_schema={**body.input_schema, "properties": widened})
