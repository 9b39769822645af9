"""Facts about the repository itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests.syntax_trees import syntax_tree

ROOT = Path(__file__).resolve().parents[2]


def test_operator_is_no_package() -> None:
    # With this file anything started from the root would import it instead of the standard library's.
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_the_sidecar_imports_the_standard_library_only() -> None:
    import sys

    allowed = set(sys.stdlib_module_names) | {"sweepjob"}
    sidecar, protocol = (ROOT / "operator/sweepjob" / name for name in ("sidecar", "protocol"))
    for file in (*sidecar.rglob("*.py"), *protocol.rglob("*.py")):
        for node in ast.walk(syntax_tree(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.append(node.module)
            assert {name.partition(".")[0] for name in names} <= allowed, file


def test_crds_fit_into_an_annotation_of_kubectl_apply() -> None:
    for file in (ROOT / "crds").glob("sweep*.yaml"):
        assert file.stat().st_size < 256 * 1024
        assert yaml.safe_load(file.read_text())["kind"] == "CustomResourceDefinition"


def test_the_makefile_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = {line.split()[1] for line in text.splitlines() if line.startswith(".PHONY")}
    listed = {line.partition(":")[0] for line in text.splitlines() if "## " in line and ":" in line}
    assert phony <= listed


def test_the_domain_imports_numpy_scipy_and_the_standard_library_only() -> None:
    import sys

    allowed = {*sys.stdlib_module_names, "numpy", "scipy"}
    for file in (ROOT / "operator/sweepjob/search").rglob("*.py"):
        for node in ast.walk(syntax_tree(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert (node.module or "").split(".")[0] in allowed, file
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, file


def statements_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.stmt]:
    """The body without the docstring."""
    first = function.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return function.body[has_docstring:] or function.body


def test_functions_are_short() -> None:
    """Lines of the body. A signature with Azure's arguments and its docstring may be longer."""
    lines = {}
    for file in (ROOT / "operator").rglob("*.py"):
        for node in ast.walk(syntax_tree(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                begin, end = statements_of(node)[0].lineno, node.end_lineno or 0
                lines[f"{file}:{node.lineno} {node.name}"] = end - begin + 1
    assert {where: count for where, count in lines.items() if count > 60} == {}
    assert sum(count <= 40 for count in lines.values()) > 0.9 * len(lines)


def imported_tests(tree: ast.Module) -> Iterator[str]:
    """The test modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not (node.module or "").startswith("aiohttp"):
            for name in (node.module or "", *(alias.name for alias in node.names)):
                if name.rpartition(".")[2].startswith("test_"):
                    yield name


def test_what_several_tests_use_is_in_no_test_module() -> None:
    files = [f for f in (ROOT / "tests").rglob("*.py") if ROOT / "tests" / "cases" not in f.parents]
    assert len(files) > 300
    found = {str(f.relative_to(ROOT)): [*imported_tests(syntax_tree(f.read_text()))] for f in files}
    assert {file: names for file, names in found.items() if names} == {}


CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "time"}


def test_no_test_has_a_short_limit_of_time() -> None:
    """It would fail on a busy machine. ``tests.processor_time`` and ``tests.waiting`` have limits that hold."""
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in (ROOT / "tests" / "unit").rglob("*.py")
        for node in ast.walk(syntax_tree(file.read_text()))
        if isinstance(node, ast.Assert) and _is_short_limit(node.test)
    ]
    assert not found


def _is_short_limit(test: ast.expr) -> bool:
    """Whether an expression says that the time since a moment is below so many seconds."""
    match test:
        case ast.Compare(
            ops=[ast.Lt() | ast.LtE()], comparators=[ast.Constant(int() | float() as limit)]
        ):
            called = {_name_of(n) for n in ast.walk(test.left) if isinstance(n, ast.Call)}
            return limit < 50 and bool(called & CLOCKS) and not _is_virtual(test.left)
    return False


def _is_virtual(left: ast.expr) -> bool:
    """Whether the clock is the loop's, as in tests in virtual time."""
    return any(isinstance(n, ast.Name) and n.id == "loop" for n in ast.walk(left))


def _name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
