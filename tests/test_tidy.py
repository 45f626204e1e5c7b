"""Checks of the code itself: which way imports point, how long things are, what core may touch."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "mockkrea"

# Inner layers first. A module may import its own layer and the ones before it.
LAYERS = [
    "core",
    "settings",
    "validation",
    "media",
    "signals",
    "journal",
    "request_log",
    "verification",
    "data",
    "spec",
    "scenario",
    "stopping",
    "tenant",
    "worlds",
    "fault_injection",
    "inputs",
    "calls",
    "uploads",
    "waiting",
    "style_calls",
    "node_app_calls",
    "moodboard_calls",
    "outbound",
    "webhooks",
    "control_calls",
    "adapters",
    "arrival",
    "app",
    "scenario_run",
    "authorities",
    "intercept",
    "relay",
    "tunnels",
    "forward",
    "cycle",
    "log",
    "tables",
    "watch",
    "protocol",
    "server",
    "environment",
    "variable_formats",
    "shell_file",
    "mcp_config",
    "sockets",
    "findings",
    "surroundings",
    "greeting",
    "testing",
    "running",
    "stderr",
    "completion",
    "scenario_cli",
    "spec_source",
    "spec_cli",
    "variables",
    "flags",
    "target",
    "connect_cli",
    "probe",
    "interception",
    "doctor",
    "doctor_cli",
    "exec_cli",
    "cli",
    "pytest_plugin",
]

# The files that may see everything, and what everything may see.
ENTRANCES = {"__init__", "__main__"}

# What all adapters speak through. Apart from these they do not know each other.
SHARED_BY_ADAPTERS = {
    "http",
    "http_answers",
    "cors",
    "memory",
    "wire",
    "refusal_wire",
    "control_wire",
    "fault_wire",
    "control_context",
    "asgi",
    "asked",
    "fault_control",
    "listing_control",
    "oauth_control",
    "session_wire",
    "library_wire",
    "webhook_wire",
    "request_wire",
    "request_filter",
    "strict_body",
    "guard",
    "admission",
    "own_urls",
    "submissions",
    "control_schemas",
    "hosts",
    "bodies",
    "body_errors",
    "routing",
    "query",
    "parsing",
    "multipart",
    "door",
    "oauth_fields",
    "pages",
}

# Core is told the time, drawn its chance, handed its bytes.
CORE_MAY_IMPORT = {
    "base64",
    "binascii",
    "__future__",
    "abc",
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "re",
    "types",
    "typing",
    "mockkrea",
}
CORE_MAY_NOT_CALL = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "open",
    "input",
    "hash",
}

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 40
PARAMETERS_MAX = 6

# Written in two parts, so that this file does not contain what it looks for.
REGISTRY_HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "deb.deb" + "ian.org"]


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def adapter_of(path: Path) -> str:
    return path.relative_to(PACKAGE / "adapters").parts[0].removesuffix(".py")


MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [path for path in MODULES if path.parent.name == "core"]
ADAPTERS = [path for path in MODULES if layer_of(path) == "adapters" and adapter_of(path) not in ENTRANCES]
TESTS = sorted((ROOT / "tests").rglob("*.py"))

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports_of(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: write the whole import path"
            assert node.module is not None
            names.append(node.module)
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    return names


def functions_of(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def test_every_part_of_the_package_belongs_to_a_layer() -> None:
    unknown = {layer_of(path) for path in MODULES} - set(LAYERS) - ENTRANCES

    assert not unknown, f"name {unknown} in LAYERS"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_from_the_outer_layers_to_the_inner_ones(path: Path) -> None:
    if layer_of(path) in ENTRANCES:
        return
    for name in imports_of(path):
        target = name.split(".")[1] if name.startswith("mockkrea.") else ""
        if target in LAYERS:
            assert LAYERS.index(target) <= LAYERS.index(layer_of(path)), f"{name_of(path)} imports {name}"


@pytest.mark.parametrize("path", ADAPTERS, ids=name_of)
def test_adapters_do_not_import_each_other(path: Path) -> None:
    others = {
        name.split(".")[2]
        for name in imports_of(path)
        if name.startswith("mockkrea.adapters.") and name.split(".")[2] != adapter_of(path)
    }

    assert others <= SHARED_BY_ADAPTERS, f"{name_of(path)} imports {others - SHARED_BY_ADAPTERS}"


@pytest.mark.parametrize("path", CORE, ids=name_of)
def test_core_imports_and_calls_nothing_that_touches_the_real_world(path: Path) -> None:
    outside = {name.split(".")[0] for name in imports_of(path)} - CORE_MAY_IMPORT
    called = {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    }

    assert not outside, f"{name_of(path)} imports {outside}"
    assert not called & CORE_MAY_NOT_CALL, f"{name_of(path)} calls {called & CORE_MAY_NOT_CALL}"


@pytest.mark.parametrize("path", [*MODULES, *TESTS], ids=name_of)
def test_no_module_function_or_list_of_parameters_is_too_long_to_read(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= MODULE_LINES_MAX or path in TESTS, f"{name_of(path)} has {lines} lines"
    for function in functions_of(path):
        assert function.end_lineno is not None
        length = function.end_lineno - function.lineno + 1
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        parameters = [each for each in arguments if each.arg not in ("self", "cls")]
        where = f"{name_of(path)}:{function.lineno} {function.name}"
        assert length <= FUNCTION_LINES_MAX or path in TESTS, f"{where} has {length} lines"
        assert len(parameters) <= PARAMETERS_MAX or path in TESTS, f"{where} has {len(parameters)} parameters"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_lives_in_it(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), name_of(path)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_outermost_layer_catches_everything(path: Path) -> None:
    caught = [
        node.lineno
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
    ]

    assert not caught or path == PACKAGE / "app.py", f"{name_of(path)}:{caught}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_nothing_of_ours_is_made_when_a_module_is_imported(path: Path) -> None:
    made = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call):
            maker = ast.unparse(node.value.func).partition("[")[0].rpartition(".")[2]
            if maker[0].isupper() and maker not in ("TypeVar", "ParamSpec", "Lock", "StashKey"):
                made.append(f"{node.lineno} {maker}")

    assert not made, f"{name_of(path)}: {made}"


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_tests_do_not_sleep_and_are_named_by_sentences(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\bsleep\(\s*[0-9.]*[1-9]", text), f"{name_of(path)} sleeps"
    for function in functions_of(path):
        if function.name.startswith("test_"):
            words = function.name.split("_")[1:]
            assert len(words) >= 5, f"{name_of(path)}: {function.name} is no sentence"


def test_no_committed_file_names_a_package_registry() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        content = path.read_bytes().decode("utf-8", errors="ignore") if path.is_file() else ""
        named = [host for host in REGISTRY_HOSTS if host in content]
        assert not named, f"{name} names {named}"
