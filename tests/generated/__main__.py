"""``python -m tests.generated`` writes the generated files; ``--check`` only lists those that are out of date."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml

from .crd import with_sections
from .dashboard import dashboard
from .fields import field_list
from .layers import with_layers
from .schema import editor_schema

ROOT = Path(__file__).parents[2]


def contents() -> dict[Path, str]:
    """Returns the expected text of each generated file."""
    files = ("sweepjobs", "sweeptrials")
    texts = {name: (ROOT / "crds" / f"{name}.yaml").read_text() for name in files}
    texts["sweepjobs"] = with_sections(texts["sweepjobs"])
    crds = [yaml.safe_load(text) for text in texts.values()]
    architecture = ROOT / "docs" / "explanation" / "architecture.md"
    schema = json.dumps(editor_schema(crds[0]), indent=2, ensure_ascii=False)
    return {
        ROOT / "crds" / "sweepjobs.yaml": texts["sweepjobs"],
        ROOT / "docs" / "reference" / "api.md": field_list(crds),
        architecture: with_layers(architecture.read_text()),
        ROOT / "docs" / "reference" / "sweepjob.schema.json": schema + "\n",
        ROOT / "helm" / "sweepjob" / "files" / "dashboard.json": json.dumps(dashboard(), indent=1)
        + "\n",
    }


def outdated() -> list[Path]:
    return [f for f, text in contents().items() if not f.exists() or f.read_text() != text]


def main() -> int:
    stale = outdated()
    for file in stale:
        if "--check" not in sys.argv:
            file.write_text(contents()[file])
        print(f"{'out of date' if '--check' in sys.argv else 'written'}: {file.relative_to(ROOT)}")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
