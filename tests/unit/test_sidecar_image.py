"""What the sidecar's image contains is all that the sidecar needs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sweepjob.api import names

from tests.cluster import images

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "images" / "sidecar" / "Dockerfile"


def copied() -> dict[str, list[str]]:
    """Sources of the Dockerfile's COPY instructions, by target."""
    found = {}
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE.read_text(), re.MULTILINE):
        *sources, target = line.split()
        found[target] = sources
    return found


def installed(folder: Path) -> Path:
    """The image's folder for Python, copied as the Dockerfile says."""
    for target, sources in copied().items():
        for source in map(ROOT.joinpath, sources):
            if source.is_dir():
                shutil.copytree(source, folder / target.lstrip("/"))
            else:
                (folder / target.lstrip("/")).mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / target.lstrip("/"))
    return folder / "opt" / "sweepjob"


def test_every_module_loads_from_what_the_image_has(tmp_path: Path) -> None:
    path = installed(tmp_path)
    modules = [
        ".".join(file.relative_to(path).with_suffix("").parts).removesuffix(".__init__")
        for file in (path / "sweepjob" / "sidecar").rglob("*.py")
    ]
    code = f"import importlib; [importlib.import_module(m) for m in {modules}]"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(path)!r}); {code}",
        ],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_post_start_hook_is_in_the_image(tmp_path: Path) -> None:
    installed(tmp_path)
    assert os.path.isfile(tmp_path / names.READY_SCRIPT.lstrip("/"))


def test_a_change_of_any_source_is_a_new_image() -> None:
    assert {source for sources in copied().values() for source in sources} == {
        *images.SIDECAR.sources
    }
