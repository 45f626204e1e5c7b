"""From a request body to a normalised input, or to a refusal that names every offending field.

One place for all adapters. A body that fits its model's schema is judged by the compiled validator
alone, the model's published schema; `refusals.py` is asked only when it does not fit.
Traps are what Krea refuses although its schema allows it (recorded); the catalogue names them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from jsonschema_rs import Draft202012Validator, ValidationError

from mockkrea.core.errors import InvalidInput
from mockkrea.core.fields import Schema
from mockkrea.core.forms import InputSpec
from mockkrea.validation.defaults import Fill, fill_of
from mockkrea.validation.media import Visit, field_visits, visited
from mockkrea.validation.refusals import issues_of, trap_issues

__all__ = ["Validation", "mistake_in"]


def mistake_in(schema: Schema) -> str:
    """Why nothing can be judged by this schema; empty if it can."""
    try:
        _validator(schema)
    except ValidationError as error:
        return f"{error.message} as JSON Schema has it (ECMA 262)."
    return ""


def _validator(schema: Schema) -> Draft202012Validator:
    return Draft202012Validator(schema, validate_formats=True)


@dataclass(frozen=True, slots=True)
class _Prepared:
    is_valid: Callable[[object], bool]
    fill: Fill
    media_fields: Mapping[str, Visit]

    @classmethod
    def of(cls, model: InputSpec) -> _Prepared:
        validator = _validator(model.input_schema)
        return cls(validator.is_valid, fill_of(model.input_schema), field_visits(model.input_schema))

    def fits(self, model: InputSpec, body: object) -> bool:
        """Whether the model takes the body."""
        try:
            return self.is_valid(body) and not trap_issues(model, body)
        except ValueError:  # nested deeper than the validator goes, or keys that are not Unicode
            return False


class Validation:
    """Judges bodies; one serves every world.

    A model's schema is compiled at its first body (a quarter millisecond) and kept as long as the
    model is, so that worlds with their own version of a model do not disturb each other.
    """

    def __init__(self) -> None:
        self._prepared: WeakKeyDictionary[InputSpec, _Prepared] = WeakKeyDictionary()

    def normalise(
        self, model: InputSpec, body: object, *, on_date: Callable[[], str], accept_old_names: bool = False
    ) -> dict[str, object]:
        """The input that a job of this model keeps: every field by its present name, defaults filled in.

        The body is left as it was, and the input shares no list or object with it.

        Args:
            body: parsed JSON of any shape.
            on_date: tells today by the world's clock, as YYYY-MM-DD; old field names pass before their
                sunset. Only asked for a body that does not fit otherwise.
            accept_old_names: let them pass on any day.

        Raises:
            InvalidInput: the body does not fit.
        """
        prepared = self._prepared.get(model)
        if prepared is None:
            prepared = self._prepared[model] = _Prepared.of(model)
        sent_as: Mapping[str, str] = {}
        if not prepared.fits(model, body):
            if isinstance(body, dict) and (accept_old_names or on_date() < model.renamed_until):
                body, sent_as = _with_present_names(model, body)
            if not sent_as or not prepared.fits(model, body):
                raise InvalidInput(issues_of(model, body, sent_as))
        filled = prepared.fill(body)
        assert isinstance(filled, dict), "a body that fits is an object"
        return filled

    def has_media(self, model: InputSpec, input: Mapping[str, object]) -> bool:
        """Whether a normalised input has a value in any of the fields where media can be."""
        for name in self._prepared[model].media_fields:  # noqa: SIM110 - a generator takes twice as long
            if input.get(name):
                return True
        return False

    def media_of(self, model: InputSpec, input: Mapping[str, object]) -> Mapping[str, str]:
        """The media URIs of a normalised input: JSON pointer → URI, in the order of the schema."""
        uris: dict[str, str] = {}
        visited(self._prepared[model].media_fields, input, "", uris.setdefault)
        return uris

    def with_media(
        self, model: InputSpec, input: Mapping[str, object], kept: Mapping[str, str]
    ) -> dict[str, object]:
        """The normalised input with other texts at some of its media URIs' JSON pointers."""
        fields = self._prepared[model].media_fields
        return visited(fields, input, "", kept.get)


def _with_present_names(
    model: InputSpec, body: dict[str, object]
) -> tuple[dict[str, object], Mapping[str, str]]:
    """The body with its old names replaced, and which name was sent for which field.

    An old name whose field is given as well stays, and is refused like an unknown key.
    """
    fields = model.input_schema["properties"].keys() - body.keys()
    sent_as = {new: old for old, new in model.renamed.items() if old in body and new in fields}
    present = {old: new for new, old in sent_as.items()}
    return {present.get(name, name): value for name, value in body.items()}, sent_as
