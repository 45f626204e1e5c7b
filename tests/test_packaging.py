"""The wheel that users install: it holds everything it needs, and works outside a checkout."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import mockkrea
from tests.asking import clean_environment

ROOT = Path(__file__).parent.parent

# The plugin is imported by the pytest of whoever uses it.
BROUGHT_BY_ITS_USER = {"pytest"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's contents in a folder far from the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def run(installed: Path, *arguments: str) -> str:
    """What Python prints when only the installed package can be found."""
    environment = clean_environment() | {"PYTHONPATH": str(installed)}
    ran = subprocess.run(
        [sys.executable, *arguments],
        cwd=installed.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    return ran.stdout


def imported() -> set[str]:
    """The top packages that any module of ours imports, at once or later."""
    names = set()
    for path in (ROOT / "mockkrea").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                names.add(node.module.partition(".")[0])
    return names


def distribution(name: str) -> str:
    """The name of a distribution, or of a requirement, as it is compared."""
    return re.sub("[-_.]+", "-", re.split("[^A-Za-z0-9._-]", name)[0]).lower()


def test_every_package_that_is_imported_comes_with_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {distribution(requirement) for requirement in project["dependencies"]}
    providers = packages_distributions()

    foreign = imported() - sys.stdlib_module_names - {"mockkrea"} - BROUGHT_BY_ITS_USER
    missing = {name for name in foreign if not declared & set(map(distribution, providers.get(name, [])))}

    assert {"httpx", "orjson"} <= foreign
    assert not missing, f"name what provides {missing} in the dependencies of pyproject.toml"


def test_the_wheel_holds_fixtures_fonts_pages_licences_and_types(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    info = f"mockkrea-{mockkrea.__version__}.dist-info"

    fixtures = [path for path in (ROOT / "fixtures").rglob("*") if path.is_file()]
    assert {f"mockkrea/_{path.relative_to(ROOT).as_posix()}" for path in fixtures} <= names
    assert {str(path.relative_to(ROOT)) for path in (ROOT / "mockkrea").rglob("*.ttf")} <= names
    assert {"mockkrea/py.typed", f"{info}/licenses/LICENSE"} <= names
    assert any("LICENSE-NotoSans" in name for name in names)
    pages = {"consent.html", "page.css", "widget.html"}
    assert {f"mockkrea/adapters/pages/{page}" for page in pages} <= names
    assert not any(name.startswith(("tests/", "benchmarks/", "docs/")) for name in names)


def test_the_wheel_tells_pytest_of_its_plugin(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        declared = archive.read(f"mockkrea-{mockkrea.__version__}.dist-info/entry_points.txt").decode()

    assert "[pytest11]\nmockkrea = mockkrea.pytest_plugin" in declared


def test_the_installed_package_finds_its_own_fixtures_and_not_the_checkouts(installed: Path) -> None:
    code = "import mockkrea, mockkrea.data as d; print(mockkrea.__file__); print(d.fixtures_dir())"
    package, fixtures = run(installed, "-c", code).splitlines()

    assert Path(package).is_relative_to(installed)
    assert Path(fixtures) == installed / "mockkrea" / "_fixtures"


def test_the_installed_command_lists_the_same_models_as_the_checkout(installed: Path) -> None:
    models = json.loads(run(installed, "-m", "mockkrea", "models", "--json"))

    assert len(models) == 122
    assert models[0]["id"] == "image/krea/krea-2/medium"


def test_the_installed_package_draws_a_captioned_picture(installed: Path) -> None:
    code = (
        "from mockkrea.media.draw import ImageFormat, Picture, render;"
        "print(len(render(Picture(width=256, height=256, format=ImageFormat.PNG,"
        " prompt='狐', seed=1, model='m', owner_id='j'))))"
    )

    assert int(run(installed, "-c", code)) > 1_000


def test_importing_mockkrea_brings_in_nothing_else(installed: Path) -> None:
    code = "import sys; before = set(sys.modules); import mockkrea; print(sorted(set(sys.modules) - before))"

    assert run(installed, "-c", code).strip() == "['mockkrea']"


def test_serving_imports_neither_fastapi_nor_pillow_before_they_are_asked_for(installed: Path) -> None:
    code = (
        "import sys, mockkrea.cli, mockkrea.data, mockkrea.server, mockkrea.app;"
        "print(sorted({'fastapi', 'PIL', 'mcp', 'httpx'} & set(sys.modules)))"
    )

    assert run(installed, "-c", code).strip() == "[]"
