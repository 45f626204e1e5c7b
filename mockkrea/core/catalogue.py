"""What Krea sells: the models, what each takes, what it costs and how long it lasts.

The facts come as plain mappings (from the files in `fixtures/`, or from a scenario that adds a
model) and are read here, strictly: an unknown key is an error. Nothing here opens a file.
Fields are written in the language of `fields.py`. Figures (`usd`, `compute_units`, `seconds`) are
written on one line, or as a table whose header names dimensions and amounts:

    usd: 0.007              a job          compute_units: |
    compute_units: ~3       an average       resolution  generateAudio  cu
    usd: 0.5/s              a second         720p        false          573
    seconds: 30..40         a range          720p        true           1145

In a table one dimension may run across: `duration:` is followed by its values, the cells below them
are amounts of the table's own figure, and "-" is a value without a row.

    compute_units: |
      resolution  duration:  5    10
      720p                   207  389
      1080p                  487  -

What the dimensions mean is `pricing.py`'s matter. Where no figure is known the catalogue's table
`assumed` gives one by category, and `Model.assumed` says which figures those are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from difflib import get_close_matches
from enum import StrEnum

from mockkrea.core.clock import SECOND_US
from mockkrea.core.errors import UnknownModel
from mockkrea.core.fields import FieldLanguage, NotationError, Schema
from mockkrea.core.forms import RENAMED_UNTIL
from mockkrea.core.hints import did_you_mean, nearest_word, shortened
from mockkrea.core.money import AMOUNT_MAX

Facts = Mapping[str, object]


class Category(StrEnum):
    """The first part of a model's id."""

    IMAGE = "image"
    VIDEO = "video"
    ENHANCE = "enhance"
    AUDIO = "audio"
    THREE_D = "3d"


class Hosting(StrEnum):
    """Who runs the model; it decides after how long a job that hangs is given up."""

    KREA = "krea"
    EXTERNAL = "external"


# A shorter part of an id stands in too many of them to tell which was meant.
NAME_LENGTH_MIN = 3

TIMEOUT_S = {Hosting.KREA: 180, Hosting.EXTERNAL: 7_200}  # Krea's job-lifecycle page (documented)

# Also of what no model of the catalogue makes: trainings and runs of node apps (ASSUMED).
EXTERNAL_TIMEOUT_US = TIMEOUT_S[Hosting.EXTERNAL] * SECOND_US

# Column of a figure's table → the amount it gives and its decimal places: micro-dollars,
# thousandths of a compute unit, microseconds. Every other column is a dimension.
COLUMNS = {
    "usd": ("flat", 6),
    "usd/s": ("per_second", 6),
    "usd/billable_second": ("per_billable_second", 6),
    "usd/reference": ("per_reference", 6),
    "cu": ("flat", 3),
    "cu/s": ("per_second", 3),
    "free_references": ("free_references", 0),
    "seconds": ("flat", 6),
    "seconds_min": ("shortest", 6),
    "seconds_max": ("longest", 6),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Amounts that hold when the input has all the values of `where` (dimension → value, as text)."""

    where: Mapping[str, str]
    amounts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Figures:
    """The rows of one figure. `approximate`: Krea gave an average, not a price."""

    rows: tuple[Row, ...]
    approximate: bool = False

    @classmethod
    def read(cls, text: str, column: str) -> Figures:
        """Read a line, whose amount stands in `column`, or a table that names its columns."""
        text = text.strip()
        approximate = "~" in text
        header, *lines = text.replace("~", "").splitlines() or [""]
        if not lines:
            return cls((Row({}, _line_amounts(header, column)),), approximate)
        cells = _table(header.split(), [line.split() for line in lines], column)
        return cls(tuple(map(_row, cells)), approximate)


# Compiled validators are kept by model and go with it: so models can be hashed and weakly referred to.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Model:
    """One model and every fact about it. Two are equal when they are the same object.

    Args:
        input_schema: JSON Schema 2020-12 of the request body; unknown keys are refused.
        renamed: deprecated field name → field, accepted before `renamed_until` (ISO date).
        sunset: ISO date from which the model is not available; None while nothing is announced.
        last_seen: the month (YYYY-MM) of the last list of Krea's that had the model, None if it was
            the list of the catalogue's edition.
        multiple_of: width and height must be multiples of this.
        not_both: fields of which a body may hold one at most.
        unfinished_max: jobs of this model a workspace may have unfinished, None without limit.
        has_sound: its videos have sound though no field asks for it.
        deals_seed: the published default seed changes at every fetch, so each job gets one that is drawn.
        usd, compute_units: None where only the other is known.
        assumed: which of "price", "seconds", "job_type" and "fields" are guesses.
        source: where the figures were seen.
    """

    id: str
    name: str
    category: Category
    description: str
    job_type: str
    hosting: Hosting
    input_schema: Schema
    renamed: Mapping[str, str]
    renamed_until: str = RENAMED_UNTIL
    sunset: str | None = None
    last_seen: str | None = None
    replacement: str | None = None
    multiple_of: int = 1
    not_both: tuple[str, ...] = ()
    unfinished_max: int | None = None
    zero_data_retention: bool = False
    has_sound: bool = False
    deals_seed: bool = False
    usd: Figures | None
    compute_units: Figures | None
    seconds: Figures
    assumed: frozenset[str] = frozenset()
    source: str = ""

    @property
    def short_name(self) -> str:
        """The id without category and provider: "krea-2/medium"."""
        return self.id.split("/", 2)[2]

    @property
    def id_without_category(self) -> str:
        """The id as Krea's live MCP server gives it out (recorded): "krea/krea-2/medium"."""
        return self.id.partition("/")[2]

    @property
    def medium(self) -> Category:
        """What its results are: its category, but an enhancer gives back what it is given."""
        if self.category is not Category.ENHANCE:
            return self.category
        return Category.VIDEO if "video_url" in self.input_schema["properties"] else Category.IMAGE

    @property
    def timeout_s(self) -> int:
        """Seconds after which a job that has not ended fails."""
        return TIMEOUT_S[self.hosting]

    def is_available_on(self, date: str) -> bool:
        """Whether the model still answers on an ISO date; on its sunset date it does not (ASSUMED)."""
        return self.sunset is None or date < self.sunset


class Catalogue:
    """All models, in the order of the fixtures, as known on the day `edition` (ISO date)."""

    def __init__(self, models: Iterable[Model], *, edition: str) -> None:
        self.edition = edition
        self.models = tuple(models)
        self._by_id = {model.id: model for model in self.models}
        self._by_name = {model.id_without_category: model for model in self.models}

    @classmethod
    def read(cls, facts: Facts) -> Catalogue:
        """Compile the mappings of a catalogue file.

        Raises:
            NotationError: a line cannot be read; the message names the model.
        """
        language = FieldLanguage()
        for name, notation in _mapping(facts.get("definitions", {})).items():
            language.define(name, notation)
        assumed = {category: _mapping(row) for category, row in _mapping(facts["assumed"]).items()}
        return cls(
            (_model(id, _mapping(row), language, assumed) for id, row in _mapping(facts["models"]).items()),
            edition=str(facts["edition"]),
        )

    def find_by_any_id(self, model_id: str) -> Model:
        """The model with this id, its category included or not.

        Raises:
            UnknownModel: there is none; says the nearest id.
        """
        return self._by_name.get(model_id) or self.find(model_id)

    def find(self, model_id: str) -> Model:
        """The model with this id.

        Raises:
            UnknownModel: there is none; says the nearest id.
        """
        try:
            return self._by_id[model_id]
        except KeyError:
            shown = shortened(model_id)
            # A model of another category is no answer, however alike its name is.
            category = shown.partition("/")[0]
            near = [id for id in self._by_id if id.startswith(f"{category}/")] or self._by_id
            # "nano" is nearly none of the long ids, but stands in some.
            name = shown.rpartition("/")[2]
            holding = [id for id in near if len(name) >= NAME_LENGTH_MIN and name.lower() in id]
            nearest = next(iter(get_close_matches(shown, holding, n=1, cutoff=0)), None)
            raise UnknownModel(shown, nearest=nearest or nearest_word(shown, near)) from None


MODEL_KEYS = frozenset(
    {"name", "about", "source", "fields", "renamed", "job_type", "hosting"}
    | {"usd", "compute_units", "seconds", "assumed"}
    | {"sunset", "replacement", "last_seen"}
    | {"multiple_of", "not_both", "unfinished_max", "zero_data_retention", "has_sound", "deals_seed"}
)


def _model(model_id: str, facts: Facts, language: FieldLanguage, assumed: Mapping[str, Facts]) -> Model:
    _refuse_unknown_keys(model_id, facts)
    category = Category(model_id.partition("/")[0])
    guesses = assumed[category]
    prices = facts if facts.keys() & {"usd", "compute_units"} else guesses
    try:
        return Model(
            id=model_id,
            name=str(facts["name"]),
            category=category,
            description=str(facts["about"]),
            job_type=str(facts.get("job_type", guesses["job_type"])),
            hosting=Hosting(str(facts.get("hosting", Hosting.EXTERNAL))),
            input_schema=_body(facts["fields"], language),
            renamed={old: str(new) for old, new in _mapping(facts.get("renamed", {})).items()},
            sunset=_optional(facts, "sunset"),
            last_seen=_optional(facts, "last_seen"),
            replacement=_optional(facts, "replacement"),
            multiple_of=int(str(facts.get("multiple_of", 1))),
            not_both=_words(facts, "not_both"),
            unfinished_max=int(most) if (most := _optional(facts, "unfinished_max")) else None,
            zero_data_retention=_flag(facts, "zero_data_retention"),
            has_sound=_flag(facts, "has_sound"),
            deals_seed=_flag(facts, "deals_seed"),
            usd=Figures.read(usd, "usd") if (usd := _optional(prices, "usd")) else None,
            compute_units=Figures.read(cu, "cu") if (cu := _optional(prices, "compute_units")) else None,
            seconds=Figures.read(str(facts.get("seconds", guesses["seconds"])), "seconds"),
            assumed=_assumed(facts, prices is guesses),
            source=str(facts.get("source", "")),
        )
    except NotationError as error:
        raise NotationError(error.reason, model_id) from None


def _body(notation: object, language: FieldLanguage) -> Schema:
    """The body's schema: fields, the name of a definition, or a list of such parts one after the other."""
    parts = [language.compile(part) for part in (notation if isinstance(notation, list) else [notation])]
    if not all("properties" in part for part in parts):
        raise NotationError(f"{shortened(str(notation))!r} should be a mapping of fields.")
    properties = {name: schema for part in parts for name, schema in part["properties"].items()}
    required = [name for part in parts for name in part.get("required", [])]
    body: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return body | {"required": required} if required else body


def _line_amounts(text: str, column: str) -> Mapping[str, int]:
    if ".." in text:
        shortest, _, longest = text.partition("..")
        return _amounts({f"{column}_min": shortest, f"{column}_max": longest})
    return _amounts({f"{column}/s": text.removesuffix("/s")} if text.endswith("/s") else {column: text})


def _table(header: list[str], lines: Iterable[list[str]], column: str) -> Iterator[Mapping[str, str]]:
    """Each row's cells by the names of their columns, the rows that run across one by one."""
    across = next((name for name in header if name.endswith(":")), "")
    width = header.index(across) if across else len(header)
    names, values = header[:width], header[width + 1 :]
    for cells in lines:
        if len(cells) != len(names) + len(values):
            wanted = f"{len(names) + len(values)} cells: {' '.join(header)}"
            raise NotationError(f"the row {' '.join(cells)} needs {wanted}.")
        row = dict(zip(names, cells, strict=False))
        if not across:
            yield row
        for value, cell in zip(values, cells[width:], strict=False):
            if cell != "-":
                yield {**row, across.removesuffix(":"): value, column: cell}


def _row(cell_of: Mapping[str, str]) -> Row:
    return Row({name: cell for name, cell in cell_of.items() if name not in COLUMNS}, _amounts(cell_of))


def _amounts(cell_of: Mapping[str, str]) -> Mapping[str, int]:
    present = [name for name in COLUMNS if name in cell_of]
    if not present:
        raise NotationError(f"a table needs a column of {', '.join(COLUMNS)}; it has {', '.join(cell_of)}.")
    amounts = {COLUMNS[name][0]: _scaled(cell_of[name], COLUMNS[name][1]) for name in present}
    if amounts.get("shortest", 0) > amounts.get("longest", AMOUNT_MAX):
        raise NotationError(
            f"{cell_of['seconds_min']}..{cell_of['seconds_max']} should begin with the lower."
        )
    return amounts


def _scaled(cell: str, places: int) -> int:
    try:
        scaled = Decimal(cell).scaleb(places)
    except DecimalException:
        raise NotationError(f"{shortened(cell)!r} should be a number.") from None
    if not scaled.is_finite() or not 0 <= scaled <= AMOUNT_MAX:
        most = Decimal(AMOUNT_MAX).scaleb(-places)
        raise NotationError(f"{shortened(cell)} should be a number from 0 to {most:,}.")
    if scaled != int(scaled):
        raise NotationError(f"{cell} has more than {places} decimal places.")
    return int(scaled)


def _assumed(facts: Facts, price_is_assumed: bool) -> frozenset[str]:
    missing = {figure for figure in ("seconds", "job_type") if figure not in facts}
    return frozenset({*missing, *_words(facts, "assumed"), *(["price"] if price_is_assumed else [])})


def _refuse_unknown_keys(model_id: str, facts: Facts) -> None:
    for key in sorted(facts.keys() - MODEL_KEYS):
        raise NotationError(f"{key} is not a key of a model.{did_you_mean(key, MODEL_KEYS)}", model_id)


def _mapping(value: object) -> Facts:
    if not isinstance(value, Mapping):
        raise NotationError(f"{shortened(str(value))!r} should be a mapping.")
    return value


def _optional(facts: Facts, key: str) -> str | None:
    return str(facts[key]) if key in facts else None


def _words(facts: Facts, key: str) -> tuple[str, ...]:
    return tuple(str(facts.get(key, "")).replace(",", " ").split())


def _flag(facts: Facts, key: str) -> bool:
    return str(facts.get(key, "false")).lower() == "true"
