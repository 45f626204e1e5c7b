"""The files that come with the package can be found and read, quickly and exactly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mockkrea import data


def test_fixtures_and_scenarios_stand_beside_the_package_in_a_checkout() -> None:
    root = Path(data.__file__).parents[1]

    assert data.fixtures_dir() == root / "fixtures"
    assert data.scenarios_dir() == root / "scenarios"


def test_an_installed_package_has_its_fixtures_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mockkrea" / "_fixtures").mkdir(parents=True)
    monkeypatch.setattr(data, "_PACKAGE", tmp_path / "mockkrea")

    assert data.fixtures_dir() == tmp_path / "mockkrea" / "_fixtures"


def test_a_fixture_is_read_with_types_or_as_the_text_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "_fixtures").mkdir()
    (tmp_path / "_fixtures" / "some.yaml").write_text(
        "price: 0.10\nready: true\nratio: 16:9\n", encoding="utf-8"
    )
    monkeypatch.setattr(data, "_PACKAGE", tmp_path)

    assert data.read_fixture("some.yaml", as_text=True) == {"price": "0.10", "ready": "true", "ratio": "16:9"}
    assert data.read_fixture("some.yaml") == {"price": 0.1, "ready": True, "ratio": 969}


@pytest.mark.parametrize("path", sorted(data.fixtures_dir().rglob("*.yaml")), ids=lambda path: path.name)
def test_no_fixture_says_the_same_key_twice(path: Path) -> None:
    """A second mapping key would silently replace the first."""
    for mapping in _mappings(yaml.compose(path.read_text(encoding="utf-8"))):
        keys = [key.value for key, _ in mapping.value]
        assert len(keys) == len(set(keys)), keys


def test_the_catalogue_is_made_anew_at_every_call() -> None:
    first, second = data.load_catalogue(), data.load_catalogue()

    assert first is not second
    assert [model.id for model in first.models] == [model.id for model in second.models]


def _mappings(node: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item)
