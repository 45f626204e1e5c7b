import ast
from pathlib import Path

from tests.contract import fidelity
from tests.contract.requirements import BY_ID, REQUIREMENTS, Confidence

TESTS = Path(__file__).parents[1]


def required_by_tests() -> set[str]:
    """The ids that stand in `@requirement(…)` above some test."""
    ids = set()
    for path in TESTS.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "requirement":
                        ids.add(ast.literal_eval(decorator.args[0]))
    return ids


def test_every_requirement_has_a_test_and_every_marked_test_a_requirement() -> None:
    assert required_by_tests() == set(BY_ID)


def test_every_requirement_has_an_id_and_a_sentence_of_its_own() -> None:
    assert len(BY_ID) == len(REQUIREMENTS) == len({each.sentence for each in REQUIREMENTS})
    assert all(each.sentence.endswith(".") for each in REQUIREMENTS)


def test_what_is_our_choice_is_called_assumed_and_nothing_else_is() -> None:
    for each in REQUIREMENTS:
        assert (each.confidence is Confidence.ASSUMED) == each.source.startswith("our choice"), each.id


def test_the_page_about_fidelity_is_the_one_made_from_the_requirements() -> None:
    assert fidelity.PAGE.read_text(encoding="utf-8") == fidelity.page(), (
        "run python -m tests.contract.fidelity"
    )
