"""The data files that come with the package, and where they are.

In a checkout `fixtures/` and `scenarios/` stand beside the package; in an installed wheel the build
has put them inside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mockkrea.core.catalogue import Catalogue, Category, Model
from mockkrea.core.initial_state import Setup
from mockkrea.core.node_apps import NodeApps
from mockkrea.core.training import Training
from mockkrea.validation import Validation

BLANK: dict[str, object] = {"name": "", "about": "", "fields": {}}

_PACKAGE = Path(__file__).parent

# libyaml's loaders are about eight times faster, and not in every build of PyYAML.
_TYPED_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TEXT_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Fixtures:
    """What all worlds of a process begin with and sell; `validation` keeps the compiled schemas.

    `spec` is the document that the catalogue was read from, None for the package's own.
    """

    setup: Setup
    catalogue: Catalogue
    validation: Validation
    training: Training
    node_apps: NodeApps
    spec: str | None = None


def load_fixtures() -> Fixtures:
    """Everything that ships in `fixtures/`."""
    return Fixtures(load_setup(), load_catalogue(), Validation(), load_training(), load_node_apps())


def fixtures_dir() -> Path:
    """The folder with the catalogue and the seed data of a fresh world."""
    return _folder("fixtures")


def scenarios_dir() -> Path:
    """The folder with the ready-made scenario files."""
    return _folder("scenarios")


def read_fixture(name: str, *, as_text: bool = False) -> object:
    """The contents of one YAML file of `fixtures/`.

    Args:
        name: with its extension, "catalogue.yaml" or "models/image.yaml".
        as_text: leave every scalar as the text in the file, so that prices stay exact and 16:9 and
            1K need no quotes.
    """
    content = (fixtures_dir() / name).read_bytes()
    return yaml.load(content, Loader=_TEXT_LOADER if as_text else _TYPED_LOADER)


def read_fixtures(folder: str) -> list[Any]:
    """The contents of each YAML file of a folder of `fixtures/`, by the order of their names."""
    names = sorted(path.name for path in (fixtures_dir() / folder).glob("*.yaml"))
    return [read_fixture(f"{folder}/{name}") for name in names]


def load_catalogue() -> Catalogue:
    """The models that mockkrea ships, read again at every call (milliseconds)."""
    return Catalogue.read(catalogue_facts())


def catalogue_facts() -> dict[str, Any]:
    """What `Catalogue.read` makes that of."""
    models: dict[str, object] = {}
    for category in Category:
        models |= _facts(f"models/{category}.yaml")
    return {**_facts("catalogue.yaml"), "models": models}


def load_blank_models() -> dict[Category, Model]:
    """Of each category a model of which nothing is known: what is assumed of it and no more."""
    facts = {**catalogue_facts(), "models": {f"{each}/assumed/blank": BLANK for each in Category}}
    return {model.category: model for model in Catalogue.read(facts).models}


def load_setup() -> Setup:
    """Who and what a fresh world begins with."""
    return Setup.read(_facts("world.yaml"))


def load_training() -> Training:
    """What training a style takes and costs."""
    return Training.read(_facts("training.yaml"))


def load_node_apps() -> NodeApps:
    """The node apps there are."""
    return NodeApps.read(_facts("node_apps.yaml"))


def _facts(name: str) -> dict[str, object]:
    facts = read_fixture(name, as_text=True)
    assert isinstance(facts, dict), f"{name} is a mapping"
    return facts


def _folder(name: str) -> Path:
    packed = _PACKAGE / f"_{name}"
    return packed if packed.is_dir() else _PACKAGE.parent / name
