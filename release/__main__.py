"""``make release VERSION=x``: writes ``dist/x`` from the commit that is checked out."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from tests.cluster.console import ClusterError, say, step
from tests.cluster.layout import PROJECT

from . import (
    audit,
    changelog,
    charts,
    checksums,
    distributions,
    images,
    licenses,
    manifests,
    plugin,
    sbom,
    signature,
)
from .source import Source, export
from .tools import ReleaseError

NOTES = "RELEASE-NOTES.md"


def main() -> int:
    """Make the release, and return the exit code."""
    args = _arguments()
    try:
        with tempfile.TemporaryDirectory() as work:
            folder = make(args, Path(work))
    except (ReleaseError, ClusterError) as error:
        say(f"error: {error}")
        return 1
    print(f"{folder}: {len(list(folder.iterdir()))} files")
    return 0


def make(args: argparse.Namespace, work: Path) -> Path:
    """Make all files of the release in ``work``, then move them to their folder and return it."""
    source = export(PROJECT, work / "source", args.version)
    platforms = plugin.selected(args.platforms)
    key = _key(args.key)
    date, changes = changelog.section((source.folder / "CHANGELOG.md").read_text(), args.version)
    _warn(source, args, date)
    output = work / "output"
    output.mkdir()
    with step("building the wheel and the source distribution"):
        wheel = distributions.build(source, output)
    manifests.package(source, output, args.registry)
    with step("packaging the charts"):
        charts.package(source, output, args.registry)
    (output / "artifacthub-repo.yml").write_text(charts.repository_metadata(args.artifacthub_id))
    sbom.write(source, output)
    (output / "LICENSES.txt").write_text(licenses.listing(source))
    with step("building kubectl-sweepjob", "2 min for each platform"):
        plugin.package(source, output, wheel, platforms, args.url)
    if args.images:
        images.write(source, output, args.registry)
    (output / "provenance.json").write_text(provenance(source))
    signature.sign(checksums.write(output), key)
    with step("auditing the dependencies"):
        clean, audited = audit.run_audit(work / "audit", args.advisories)
    if not clean:
        say(f"warning: see {NOTES}:\n{audited}")
    (output / NOTES).write_text(changelog.notes(args.version, source.commit, changes, audited))
    target = Path(args.output, args.version)
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(output, target)
    return target


def provenance(source: Source) -> str:
    """Return what went into the release, as JSON: the commit, and the checksums of the lock files."""
    locks = {
        name: checksums.sha256(source.folder / name) for name in ("uv.lock", "release/uv.lock")
    }
    found = {"version": source.version, "commit": source.commit, "sourceDateEpoch": source.epoch}
    return json.dumps({**found, "locks": locks}, indent=2) + "\n"


def _key(file: str) -> ec.EllipticCurvePrivateKey:
    """Return the given key, or one that nobody keeps."""
    if not file:
        return signature.generate_key()
    return signature.load_key(Path(file), os.environ.get("SIGNING_KEY_PASSWORD", ""))


def _warn(source: Source, args: argparse.Namespace, date: str) -> None:
    if source.changes:
        say(f"warning: uncommitted changes are not released: {', '.join(source.changes[:5])}")
    if date == "unreleased":
        say(f"warning: CHANGELOG.md calls {args.version} unreleased; set the date before the tag")
    if not args.key:
        say("warning: no SIGNING_KEY; a key made for this run signs, so nobody can tell who signed")
    if not args.registry:
        say("warning: no REGISTRY; charts and manifests name images without a registry")
    if not args.url:
        say("warning: no RELEASE_URL; krew installs the plug-in by --archive only")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m release", description=__doc__)
    parser.add_argument("version", help="version of the commit, such as 1.2.3")
    parser.add_argument("--registry", default="", help="prefix of the images")
    parser.add_argument("--url", default="", help="folder from which users download the release")
    parser.add_argument("--key", default="", help="private key, ECDSA on P-256 in PEM")
    parser.add_argument(
        "--platforms", default="", help="platforms of kubectl-sweepjob; all by default"
    )
    parser.add_argument("--images", action="store_true", help="build the images, too; needs root")
    audit.add_argument(parser)
    parser.add_argument("--artifacthub-id", default="", help="repository id of Artifact Hub")
    parser.add_argument("--output", default=str(PROJECT / "dist"), help="folder of all releases")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
