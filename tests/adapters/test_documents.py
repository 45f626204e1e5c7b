"""Both OpenAPI documents are true: whatever schemathesis makes of them, the answers are the described ones.

It makes bodies and parameters that fit the document, and such as do not. A throw-away world answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.asking import ADA, IMMEDIATE, KEY, TIMELESS, URL, Json, Krea, MakeKrea
from tests.media.samples import png

# schemathesis's own types are generic in what nobody needs here.
Operation: TypeAlias = Any
Case: TypeAlias = Any

CHECKED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 25

# A model's route gets so many in each of the two modes, half a minute for all on one core.
EXAMPLES_OF_A_MODEL = 13

MODES = pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)


def operations(krea: Krea, path: str) -> Iterator[Operation]:
    """Every operation of a document, to be answered by this mock."""
    schema: Any = schemathesis.openapi.from_dict(krea.get(path, key=None).json())
    schema.validate()
    schema.app = krea.app
    for operation in schema.get_all_operations():
        yield operation.ok()


def try_out(
    operation: Operation, mode: GenerationMode, *, examples: int = EXAMPLES, **known: Json
) -> Counter[int]:
    """Make requests and hold the answers against the document; how often each status came."""
    described = operation.definition.raw["responses"].keys()
    came: Counter[int] = Counter()

    @settings(TIMELESS, max_examples=examples, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=mode, **known))
    def answers_as_described(case: Case) -> None:
        answer = case.call(base_url=URL, headers={"Authorization": f"Bearer {KEY}"})
        came[answer.status_code] += 1

        # `default` stands for what the server refuses before it looks at the path.
        assert str(answer.status_code) in described
        case.validate_response(answer, checks=CHECKED)

    answers_as_described()
    return came


def try_out_all(krea: Krea, path: str, mode: GenerationMode) -> None:
    """Try out all operations of a document but the models', with ids that exist and with others."""
    job_id = krea.submit()
    known = {
        "/jobs/{id}": job_id,
        "/assets/{id}": krea.upload(png())["id"],
        "/__mockkrea/jobs/{job_id}": job_id,
        "/__mockkrea/workspaces/{workspace_id}": ADA,
    }
    for operation in operations(krea, path):
        if operation.path.startswith("/generate/"):
            continue
        [places] = [
            {each.name: id for each in operation.path_parameters}
            for pattern, id in known.items()
            if operation.path.startswith(pattern)
        ] or [{}]
        if mode is GenerationMode.NEGATIVE and not (operation.query or operation.body):
            continue
        try_out(operation, mode)
        if places:
            try_out(operation, mode, path_parameters=places)


@MODES
def test_krea_paths_answer_as_their_document_says(krea: Krea, mode: GenerationMode) -> None:
    try_out_all(krea, "/openapi.json", mode)


@MODES
def test_control_paths_answer_as_their_document_says(krea: Krea, mode: GenerationMode) -> None:
    try_out_all(krea, "/__mockkrea/openapi.json", mode)


@pytest.mark.parametrize(
    ("mode", "expected"), [(GenerationMode.POSITIVE, 200), (GenerationMode.NEGATIVE, 422)]
)
def test_every_model_answers_as_the_document_says(
    make_krea: MakeKrea, mode: GenerationMode, expected: int
) -> None:
    krea = make_krea(IMMEDIATE)
    krea.control(f"workspaces/{ADA}/grant", {"usd": 1_000_000})
    models = [each for each in operations(krea, "/openapi.json") if each.path.startswith("/generate/")]
    came: Counter[int] = Counter()

    for operation in models:
        came += try_out(operation, mode, examples=EXAMPLES_OF_A_MODEL)

    assert came[expected] > 0
