"""What a document of Krea's says of the models: one record each, silent where the document is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mockkrea.core.catalogue import Category
from mockkrea.core.clock import day_of
from mockkrea.core.fields import Schema
from mockkrea.spec.document import Document, ExcessiveDocument, InvalidDocument, Part, printable
from mockkrea.spec.figures import Stated, stated_figures, without_table
from mockkrea.spec.schemas import read_body

GENERATE = "/generate/"
MODEL_PATH = re.compile(rf"{GENERATE}(?P<id>(?P<category>[\w-]+)(?:/\w[\w.-]*){{2,}})", re.ASCII)
MODELS_MAX = 2_000

# As our own document puts it; Krea's have no word for it.
_ENDING = re.compile(r"^Not available from (?P<date>\d{4}-\d\d-\d\d) on\.$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """One model as a document describes it.

    `renamed` is old field name → field, `renamed_until` the ISO date that stands with them, and `sunset`
    that of the model's own end; None where the document says none. `passed_over` are the JSON Schema keywords
    of its input that were not heeded.
    """

    id: str
    category: Category
    name: str
    description: str
    input_schema: Schema
    figures: Stated
    renamed: Mapping[str, str]
    renamed_until: str | None
    is_deprecated: bool
    sunset: str | None
    passed_over: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spec:
    """All that was read of a document.

    `left_out` are the ids of models of categories that mockkrea does not have; `unreadable` those of models
    whose description cannot be read, each with the reason. `without_post` are paths that could be a model's
    and take no jobs.
    """

    source: str
    models: tuple[Described, ...]
    left_out: tuple[str, ...]
    unreadable: Mapping[str, str]
    without_post: tuple[str, ...] = ()

    @property
    def passed_over(self) -> frozenset[str]:
        """The JSON Schema keywords that were not heeded."""
        return frozenset().union(*(each.passed_over for each in self.models))


def read_spec(content: bytes, source: str) -> Spec:
    """The models of an OpenAPI document of Krea's, in its order.

    Raises:
        InvalidDocument: it is none, or none of its models can be read.
    """
    document = Document.read(content, source)
    paths = _paths(document)
    found: list[re.Match[str]] = []
    without_post: list[str] = []
    for path, operations in paths.mapping().items():
        if match := MODEL_PATH.fullmatch(path):
            if _takes_jobs(operations):
                found.append(match)
            else:
                without_post.append(path)
    if not found:
        raise InvalidDocument(
            f"{source} is the document of {_title(document.root)}, not Krea's: it has no path such as"
            f" {GENERATE}image/krea/krea-2/medium that takes a POST."
        )
    if len(found) > MODELS_MAX:
        raise InvalidDocument(f"{source} has {len(found):,} models; more than {MODELS_MAX:,} are not read.")
    known = [match for match in found if match["category"] in tuple(Category)]
    left_out = tuple(match["id"] for match in found if match["category"] not in tuple(Category))
    models: list[Described] = []
    refusals: dict[str, InvalidDocument] = {}
    for match in known:
        try:
            models.append(_described(match, paths.at(match[0])))
        except ExcessiveDocument:
            raise
        except InvalidDocument as refusal:
            refusals[match["id"]] = refusal
    if refusals and not models:
        raise next(iter(refusals.values()))
    unreadable = {id: str(refusal) for id, refusal in refusals.items()}
    return Spec(source, tuple(models), left_out, unreadable, tuple(without_post))


def _takes_jobs(operations: object) -> bool:
    """Whether a path is a model's; one that is no object passes, and is refused later, with its place."""
    return not isinstance(operations, dict) or bool(operations.keys() & {"post", "$ref"})


def _paths(document: Document) -> Part:
    root = document.root
    version = root.mapping().get("openapi") if isinstance(root.value, dict) else None
    if not isinstance(version, str) or not version.startswith("3."):
        raise InvalidDocument(
            f'{document.source} is no OpenAPI 3 document: it must be an object with "openapi": "3.…".'
        )
    return root.at("paths")


def _title(root: Part) -> str:
    info = root.mapping().get("info")
    title = info.get("title") if isinstance(info, dict) else None
    return f'"{printable(title)}"' if isinstance(title, str) else "something without a title"


def _described(match: re.Match[str], path: Part) -> Described:
    operation = path.at("post")
    operation.document.passed_over = set()
    said = operation.text_at("description")
    ending = _ENDING.search(said)
    renamed, until = _renamed(operation)
    input_schema = read_body(operation.at("requestBody", "content", "application/json", "schema"))
    return Described(
        id=match["id"],
        category=Category(match["category"]),
        name=operation.text_at("summary") or match["id"].rpartition("/")[2],
        description=without_table(_ENDING.sub("", said)),
        input_schema=input_schema,
        figures=stated_figures(operation.mapping().get("x-krea-pricing"), said),
        renamed=renamed,
        renamed_until=until,
        is_deprecated=operation.mapping().get("deprecated") is True,
        sunset=_date(operation, ending["date"]) if ending else None,
        passed_over=frozenset(operation.document.passed_over),
    )


def _renamed(operation: Part) -> tuple[Mapping[str, str], str | None]:
    """Old name → field, and the last of the dates until which old names are taken."""
    if "x-krea-deprecated-field-aliases" not in operation.mapping():
        return {}, None
    aliases = operation.at("x-krea-deprecated-field-aliases").parts()
    renamed = {alias.at("from").text(): alias.at("to").text() for alias in aliases}
    dates = [
        _date(alias, alias.text_at("sunset_date")) for alias in aliases if "sunset_date" in alias.mapping()
    ]
    return renamed, max(dates, default=None)


def _date(part: Part, text: str) -> str:
    try:
        day_of(text)
    except ValueError:
        raise part.wrong(
            f"names the date {printable(text)!r}, which must be one such as 2026-06-19."
        ) from None
    return text
