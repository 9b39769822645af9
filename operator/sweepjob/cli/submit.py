"""``sweepjob submit``: creates a sweep on the cluster, with the code of its trials."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from ..api import names
from ..loading.azure.conversion import PLACEHOLDER
from ..loading.sweep_code import read_sweep_with_code
from ..loading.sweep_files import is_sweepjob, read_documents
from ..loading.yaml_text import dump_yaml
from ..read_model.sweep_view import SweepView
from ..render.table import print_message, print_output
from . import warm_start_files
from .errors import CommandError
from .kubectl import Kubectl, add_cluster_flags
from .kubectl_errors import AlreadyExists
from .node_devices import missing_devices


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "submit",
        help="create a sweep on the cluster, with the code of its trials",
        description="Create a sweep on the cluster. With --code, a snapshot of a folder goes along in "
        "ConfigMaps: trials find it in their working directory, so a public image is enough. "
        "Files of .sweepjobignore, else of .amlignore or .gitignore, are left out. The snapshot is "
        "deleted with the last sweep that uses it.",
    )
    parser.add_argument(
        "-f", "--file", required=True, metavar="SWEEP.yaml", help="sweep file; - for standard input"
    )
    parser.add_argument("--code", metavar="DIR", help="folder with the training script")
    warm_start_files.add_flag(parser)
    parser.add_argument("--name", help="name of the sweep, in place of the file's")
    parser.add_argument("--follow", action="store_true", help="show the sweep until it has ended")
    parser.add_argument(
        "--dry-run", action="store_true", help="print the objects as YAML, and create nothing"
    )
    add_cluster_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command, and return its exit code."""
    sweep, code = read_sweep_with_code(args.file, args.code)
    sweep, files = warm_start_files.read(args, sweep)
    uploads = [made for made in (code, *files) if made is not None]
    manifest = {**sweep.manifest, "metadata": dict(sweep.manifest["metadata"])}
    manifest["metadata"] |= {"name": args.name} if args.name else {}
    if PLACEHOLDER in str(manifest["spec"]):
        raise CommandError(
            f"{args.file}: lacks what {PLACEHOLDER} stands for, such as the image; convert it first: "
            f"sweepjob convert {args.file}"
        )
    _note_other_objects(args.file)
    cluster = Kubectl.of(args)
    if args.dry_run:
        namespace = args.namespace or manifest["metadata"].get("namespace")
        manifest["metadata"] |= {"namespace": namespace} if namespace else {}
        bodies = [body for made in uploads for body in made.config_maps(namespace)]
        print_output("---\n".join(dump_yaml(body) for body in (*bodies, manifest)).rstrip())
        return 0
    for warning in missing_devices(cluster, manifest):
        print_message(f"warning: {warning}")
    made = _submit(cluster, manifest, uploads, args)
    name = made["metadata"]["name"]
    print_output(f"sweepjob/{name} created")
    if args.follow:
        from .live import follow

        return follow(cluster.in_namespace(made["metadata"]["namespace"]), name)
    where = f" -n {args.namespace}" if args.namespace else ""
    print_output(f"Watch it: kubectl sweepjob get {name} -w{where}")
    return 0


def _note_other_objects(file: str) -> None:
    if file == "-":
        return
    documents = [d for d in read_documents(file) if isinstance(d, Mapping) and "kind" in d]
    others = [f"{d['kind']} {(d.get('metadata') or {}).get('name', '')}" for d in documents]
    others = [o for o, d in zip(others, documents, strict=True) if not is_sweepjob(d)]
    if others:
        print_message(
            f"note: {', '.join(others)} in {file} is not submitted; create it: kubectl apply -f {file}"
        )


def _submit(
    cluster: Kubectl, manifest: dict[str, Any], uploads: Sequence[Any], args: argparse.Namespace
) -> Mapping[str, Any]:
    """Upload code and results, create the sweep, and make it their owner."""
    meta = manifest["metadata"]
    own = meta.get("namespace")
    if args.namespace and own not in (None, args.namespace):
        raise CommandError(
            f"{args.file}: is for namespace {own}, and -n is {args.namespace}; remove one of them"
        )
    meta["namespace"] = own or cluster.namespace()
    try:
        cluster.create(manifest, "--dry-run=server")
        if not uploads:
            return cluster.create(manifest)
        return _submit_with_uploads(cluster, manifest, uploads)
    except AlreadyExists:
        raise CommandError(_taken(cluster, meta["name"], meta["namespace"])) from None


def _submit_with_uploads(
    cluster: Kubectl, manifest: Mapping[str, Any], uploads: Sequence[Any]
) -> Mapping[str, Any]:
    from ..loading.code.upload import remove, set_owner, upload
    from .config_maps import KubectlConfigMaps

    client = KubectlConfigMaps(cluster, manifest["metadata"]["namespace"])
    created = [name for one in uploads for name in upload(client, one)]
    try:
        made = cluster.create(manifest)
    except BaseException:
        with contextlib.suppress(CommandError):
            remove(client, created)
        raise
    for one in uploads:
        set_owner(client, one, made)
    return made


def _taken(cluster: Kubectl, name: str, namespace: str) -> str:
    """Return the message for a name that another sweep has."""
    phase = ""
    with contextlib.suppress(CommandError):
        phase = f" ({SweepView.of(cluster.in_namespace(namespace).sweep(name)).phase})"
    return (
        f"there is a sweep {name} in namespace {namespace} already{phase}; give another name with "
        f"--name, or delete it with its results: kubectl delete {names.SWEEPJOBS} {name} -n {namespace}"
    )
