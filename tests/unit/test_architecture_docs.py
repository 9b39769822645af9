"""What CONTRIBUTING.md and the architecture page say about the code is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from sweepjob import sweep
from sweepjob.api import spec_parser
from sweepjob.early_stopping.policies.registry import POLICIES
from sweepjob.sdk.policies import early_termination_policy
from sweepjob.sdk.sampling_algorithms import sampling_algorithm
from sweepjob.search.samplers.registry import SAMPLERS

from tests.e2e.invalid_specs import RICH
from tests.generated.layers import ROOT, layers, with_layers

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
ARCHITECTURE = ROOT / "docs" / "explanation" / "architecture.md"
PACKAGE = ROOT / "operator" / "sweepjob"


def rows(page: Path) -> list[list[str]]:
    """Returns the cells of all rows of all tables of a page."""
    lines = [line for line in page.read_text().splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if not set("".join(row)) <= {"-", " "}]


def paths(page: Path) -> set[str]:
    """Returns the paths in the tables of a page: code that contains a slash or names a module."""
    cells = " ".join(cell for row in rows(page) for cell in row)
    code = re.findall(r"`([^`\s]+)`", cells)
    return {text for text in code if "/" in text or text.endswith(".py")}


@pytest.mark.parametrize("page", [CONTRIBUTING, ARCHITECTURE], ids=lambda page: page.name)
def test_every_path_exists(page: Path) -> None:
    named = paths(page)
    assert len(named) > 10
    missing = {p for p in named if not (ROOT / p).exists() and not (PACKAGE / p).exists()}
    assert missing == set()


def test_a_name_behind_a_path_is_in_the_file() -> None:
    """`` `lifecycle/planner.py` (`end_reason`) ``: the function that is to be changed is there."""
    cells = " ".join(cell for row in rows(CONTRIBUTING) for cell in row)
    named = re.findall(r"`([^`\s]+)` \(`([^`\s]+)`\)", cells)
    assert len(named) > 6
    for path, name in named:
        place = next(p for p in (PACKAGE / path, ROOT / path) if p.exists())
        files = sorted(place.glob("*")) if place.is_dir() else [place]
        defined = re.compile(rf"^ *(def |async def |class )?{name}\b *[(:=]", re.MULTILINE)
        assert any(defined.search(file.read_text()) for file in files), f"{name} is not in {path}"


def test_every_target_of_make_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    [*commands] = re.findall(r"`make ([a-z -]+)`", CONTRIBUTING.read_text())
    assert len(commands) > 7
    assert {target for command in commands for target in command.split()} <= set(targets)


def test_the_layers_are_those_of_import_linter() -> None:
    """The table numbers the layers in the order of the configuration, with a row for each package."""
    block = with_layers(ARCHITECTURE.read_text()).partition("<!-- layers: begin -->")[2]
    table = block.partition("<!-- layers: end -->")[0]
    listed = re.findall(r"^\| (\d+) \| `([^`]+)` \|", table, re.MULTILINE)
    assert listed == [
        (str(number), name.partition(".")[2])
        for number, names in enumerate(layers(), 1)
        for name in names
    ]
    assert table in ARCHITECTURE.read_text(), "run make generated"


def test_every_package_has_a_layer() -> None:
    """import-linter does not check a package that its layers do not name."""
    named = {name.partition(".")[2] for names in layers() for name in names}
    found = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert found - named == {"__init__"}
    assert named - found == set()


def test_classes_of_policies_and_samplers_are_exported() -> None:
    """The rows about a policy and a sampler name all that a user of the Python SDK needs."""
    needed = {
        "bandit": {"slack_factor": 0.1},
        "truncation_selection": {"truncation_percentage": 10},
        "forecast": {"probability": 0.05},
        "hyperband": {"max_reports": 81},
    }
    for name in set(POLICIES.names()) - {"none"}:
        made = type(early_termination_policy(name, **needed.get(name, {})))
        assert made.__name__ in sweep.__all__, name
    for name in SAMPLERS.names():
        assert type(sampling_algorithm(name)).__name__ in sweep.__all__, name


def test_fields_of_a_spec_are_those_of_the_crd() -> None:
    """The rows about fields and limits name all files that list them."""
    crd = yaml.safe_load((ROOT / "crds" / "sweepjobs.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert set(schema["properties"]) == set(spec_parser._SPEC_KEYS)
    assert set(schema["properties"]["limits"]["properties"]) == set(RICH["limits"])


def test_every_metric_is_documented() -> None:
    source = (PACKAGE / "telemetry" / "metrics.py").read_text()
    page = (ROOT / "docs" / "reference" / "operator-metrics.md").read_text()
    metrics = set(re.findall(r'"(sweepjob_[a-z_]+)"', source))
    assert len(metrics) > 20
    assert {metric for metric in metrics if f"`{metric}" not in page} == set()
