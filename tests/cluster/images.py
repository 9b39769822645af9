"""Build the project's images without a registry or a container engine, and put them on nodes.

The Dockerfiles are the users' own; only their base image is replaced by one made here from Debian
packages. Results are archives in the cache, named by a digest of everything that went in.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import layout
from .components import PAUSE_IMAGE
from .console import ClusterError, run, step
from .layout import PROJECT, Node
from .lock import exclusive
from .namespaces import inside

_SUITE = "trixie"
_DOCS = "--dpkgopt=path-exclude=/usr/share/{doc,man,locale,info}/*"


@dataclass(frozen=True, slots=True)
class Base:
    """A base image made of Debian packages.

    ``extract`` only unpacks the packages named and what they need: no shell, no package manager.
    """

    name: str
    variant: str
    packages: tuple[str, ...]


PYTHON = Base(
    "base-python", "essential", ("python3", "python3-venv", "ca-certificates", "libstdc++6")
)
PYTHON_ONLY = Base(
    "base-python-only", "extract", ("base-files", "python3-minimal", "libpython3-stdlib")
)


@dataclass(frozen=True, slots=True)
class Image:
    """One of the project's images: its base, what it is made from, and the folder of its folder."""

    name: str
    base: Base
    sources: tuple[str, ...]
    place: str = "images"

    @property
    def dockerfile(self) -> str:
        return f"{self.place}/{self.name}/Dockerfile"

    def key(self) -> str:
        """A digest of everything that goes into it."""
        parts = [PROJECT / source for source in (*self.sources, self.dockerfile)]
        return layout.digest(*parts, repr(self.base))


# It has the requirements of pyproject.toml; of the rest of that file nothing comes into an image.
_LOCKED = "uv.lock"
OPERATOR = Image("operator", PYTHON, (_LOCKED, "operator/sweepjob"))
SIDECAR = Image(
    "sidecar",
    PYTHON_ONLY,
    (
        "operator/sweepjob/__init__.py",
        "operator/sweepjob/version.py",
        "operator/sweepjob/protocol",
        "operator/sweepjob/sidecar",
    ),
)
TRAINER = Image("trainer", PYTHON, (_LOCKED, "examples/digits/train.py"))
# Only the tests that need it build it.
CLIENTS = Image("clients", PYTHON, (_LOCKED,), place="tests/e2e")
ALL = {image.name: image for image in (OPERATOR, SIDECAR, TRAINER)}


@dataclass(frozen=True, slots=True)
class Built:
    """An image in the cache: the name pods use, and its docker-archive."""

    reference: str
    file: Path


def is_built(image: Image) -> bool:
    """Whether the image as it stands in the working tree is in the cache."""
    return (layout.cache() / "images" / f"{image.name}-{image.key()}.tar").exists()


def built(image: Image) -> Built:
    """The image as it stands in the working tree, built when it is missing."""
    key = image.key()
    reference = f"localhost/sweepjob-{image.name}:{key}"
    target = layout.cache() / "images" / f"{image.name}-{key}.tar"
    if not target.exists():
        with exclusive(f"image-{image.name}"):
            if not target.exists():
                _build(image, reference, target)
    return Built(reference, target)


def _build(image: Image, reference: str, target: Path) -> None:
    base = _base(image.base)
    with step(f"building image {image.name}", "40 s"):
        _buildah(
            ["build", "--layers", "--tag", reference, "--file", image.dockerfile]
            + ["--build-arg", f"BASE_IMAGE={base}", *_machine_settings(), str(PROJECT)]
        )
        _push(reference, target)
    _forget_older(target, image.name)


def write_archive(image: Image, folder: Path, reference: str, target: Path, epoch: int) -> None:
    """Build an image from another folder than the working tree, and write it as an OCI archive.

    Nothing is taken from earlier builds, whose files have other times: it has a store of its own, which reads base
    images from the usual one.

    Args:
        image: the image.
        folder: the folder with its sources.
        reference: its name.
        target: the archive.
        epoch: time of the image and its files, in seconds since 1970.
    """
    base = _base(image.base)
    with tempfile.TemporaryDirectory(prefix="build-", dir=_store()) as store:
        _buildah(
            ["build", "--layers", "--no-cache", "--timestamp", str(epoch), "--tag", reference]
            + ["--file", str(folder / image.dockerfile), "--build-arg", f"BASE_IMAGE={base}"]
            + [*_machine_settings(), str(folder)],
            store=Path(store),
        )
        archive = f"oci-archive:{target}:{reference}"
        _buildah(["push", "--quiet", reference, archive], store=Path(store))


def push(archive: Path, reference: str, command: Sequence[str] = ()) -> None:
    """Push an OCI archive to a registry without TLS.

    Args:
        archive: the archive.
        reference: name of the image, with the registry.
        command: what runs buildah where the registry can be reached, such as nsenter.
    """
    _buildah(["pull", "--quiet", f"oci-archive:{archive}"])
    _buildah(["push", "--quiet", "--tls-verify=false", reference, f"docker://{reference}"], command)


def pause() -> Path:
    """The image of every pod's first container: Debian's catatonit and nothing else."""
    target = layout.cache() / "images" / f"pause-{layout.digest(PAUSE_IMAGE)}.tar"
    if not target.exists():
        with exclusive("image-pause"):
            _build_pause(target)
    return target


def _build_pause(target: Path) -> None:
    context = layout.cache() / "images" / "pause"
    context.mkdir(parents=True, exist_ok=True)
    program = shutil.which("catatonit")
    assert program, "packages.require_packages() was called before"
    shutil.copy(program, context / "pause")
    (context / "Dockerfile").write_text(
        'FROM scratch\nCOPY pause /pause\nUSER 65534\nENTRYPOINT ["/pause", "-P"]\n'
    )
    build_plain(context, PAUSE_IMAGE, target)


def load(node: Node, file: Path) -> None:
    """Import an archive into the node's containerd, unless it was: its disk outlives its power."""
    if not is_loaded(node, file):
        run(inside(node, ["ctr", "--namespace", "k8s.io", "images", "import", str(file)]))
        mark_loaded(node, file)


def is_loaded(node: Node, file: Path) -> bool:
    """Whether an archive has been imported on a node."""
    return _mark(node, file).exists()


def mark_loaded(node: Node, file: Path) -> None:
    """Remember that a node has an archive's image."""
    mark = _mark(node, file)
    mark.parent.mkdir(exist_ok=True)
    mark.touch()


def _mark(node: Node, file: Path) -> Path:
    return node.folder / "imported" / file.name


def built_from(image: Image, folder: Path, commit: str) -> Built:
    """The image as it was at an earlier commit, whose files are in a folder."""
    reference = f"localhost/sweepjob-{image.name}:{commit}"
    target = layout.cache() / "images" / f"commit-{commit}-{image.name}.tar"
    with exclusive(f"image-{image.name}-{commit}"):
        if not target.exists():
            base = _base(image.base)
            with step(f"building image {image.name} of {commit}", "60 s"):
                _buildah(
                    ["build", "--layers", "--tag", reference]
                    + ["--file", str(folder / image.dockerfile)]
                    + ["--build-arg", f"BASE_IMAGE={base}", *_machine_settings(), str(folder)]
                )
                _push(reference, target)
    return Built(reference, target)


def build_any(folder: Path, tag: str) -> Path:
    """Build a Dockerfile of the user's (``load-image``) and return its archive."""
    target = layout.cache() / "images" / f"user-{layout.digest(tag, folder)}.tar"
    if not target.exists():
        base = _base(PYTHON)
        _buildah(
            ["build", "--layers", "--tag", tag, "--build-arg", f"BASE_IMAGE={base}"]
            + [*_machine_settings(), str(folder)]
        )
        _push(tag, target)
    return target


def build_plain(context: Path, reference: str, target: Path) -> None:
    """Build a folder with a Dockerfile that needs no base image."""
    _buildah(["build", "--tag", reference, str(context)])
    _push(reference, target)


def _base(base: Base) -> str:
    key = layout.digest(repr(base), _SUITE, _DOCS)
    reference = f"localhost/sweepjob-{base.name}:{key}"
    with exclusive(base.name):
        if reference not in _buildah(["images", "--format", "{{.Name}}:{{.Tag}}"]).split():
            _build_base(base, key, reference)
    return reference


def _build_base(base: Base, key: str, reference: str) -> None:
    tarball = layout.cache() / "images" / f"{base.name}-{key}.rootfs.tar"
    with step(f"making the base image {base.name} from Debian packages", "30 s"):
        tarball.parent.mkdir(parents=True, exist_ok=True)
        run(
            ["mmdebstrap", f"--variant={base.variant}", f"--include={','.join(base.packages)}"]
            + [_DOCS, "--aptopt=Acquire::Retries 3", _SUITE, str(tarball), _mirror()],
            log=layout.cache() / "logs" / f"{base.name}.log",
        )
        dockerfile = tarball.with_suffix(".Dockerfile")
        dockerfile.write_text(
            f"FROM scratch\nADD {tarball.name} /\nENV LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin\n"
        )
        _buildah(["build", "--tag", reference, "--file", str(dockerfile), str(tarball.parent)])
        tarball.unlink()


def _mirror() -> str:
    """The mirror that this machine's own apt uses, so that no host is named here."""
    for file in (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list")):
        text = file.read_text() if file.exists() else ""
        found = re.search(
            r"^(?:URIs:|deb(?: \[.*?\])?)\s+(\S+/debian/?)(?:\s|$)", text, re.MULTILINE
        )
        if found:
            return found[1]
    raise ClusterError(
        "cannot tell which Debian mirror this machine uses: no 'URIs:' or 'deb' line that ends in "
        "/debian in /etc/apt. Add one, or set SWEEPJOB_KUBECONFIG to a cluster of your own."
    )


def _machine_settings() -> list[str]:
    """pip's and uv's settings and the machine's certificates, visible during the build only."""
    settings = []
    for file in ("/etc/pip.conf", "/etc/ssl/certs/ca-certificates.crt"):
        if Path(file).exists():
            settings += ["--volume", f"{file}:{file}:ro"]
    return settings


def _store() -> Path:
    """Return the folder with the images of all builds."""
    store = layout.cache() / "buildah"
    store.mkdir(parents=True, exist_ok=True)
    return store


def _buildah(arguments: list[str], prefix: Sequence[str] = (), *, store: Path | None = None) -> str:
    """Run buildah.

    Args:
        prefix: what runs it somewhere else, such as nsenter.
        store: another folder than the usual one for what it makes.
    """
    shared = [] if store is None else ["--storage-opt", f"{_driver()}.imagestore={_store()}/root"]
    store = store or _store()
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": _driver()}
    command = [
        *prefix,
        "buildah",
        "--root",
        f"{store}/root",
        "--runroot",
        f"{store}/run",
        *shared,
        *arguments,
    ]
    if arguments[0] != "build":
        return run(command, env=env, cwd=PROJECT)
    log = layout.cache() / "logs" / "buildah.log"
    return run(command, env=env, log=log, cwd=PROJECT, heartbeat="building")


def _driver() -> str:
    return os.environ.get("SWEEPJOB_STORAGE_DRIVER", "overlay")


def _push(reference: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(f".partial-{os.getpid()}")
    _buildah(["push", "--quiet", reference, f"docker-archive:{partial}:{reference}"])
    partial.rename(target)


def _forget_older(kept: Path, name: str) -> None:
    """Keep three builds of each image; the cache must not grow with every edit."""
    builds = sorted(kept.parent.glob(f"{name}-*.tar"), key=lambda p: -p.stat().st_mtime)
    for old in builds[3:]:
        old.unlink(missing_ok=True)
