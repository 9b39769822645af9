"""Facts about the repository itself."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def test_operator_is_no_package() -> None:
    # With this file anything started from the root would import it instead of the standard library's.
    assert not (ROOT / "operator" / "__init__.py").exists()


def test_the_sidecar_imports_the_standard_library_only() -> None:
    import ast
    import sys

    allowed = set(sys.stdlib_module_names) | {"sweepjob"}
    for file in (ROOT / "operator/sweepjob/sidecar").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.append(node.module)
            assert {name.partition(".")[0] for name in names} <= allowed, file


def test_crds_fit_into_an_annotation_of_kubectl_apply() -> None:
    for file in (ROOT / "crds").glob("*.yaml"):
        assert file.stat().st_size < 256 * 1024
        assert yaml.safe_load(file.read_text())["kind"] == "CustomResourceDefinition"


def test_the_makefile_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    phony = {line.split()[1] for line in text.splitlines() if line.startswith(".PHONY")}
    listed = {line.partition(":")[0] for line in text.splitlines() if "## " in line and ":" in line}
    assert phony <= listed
