"""Kueue on the cluster: its controller from the pinned module, its own manifests."""

from __future__ import annotations

import re
import shutil

from . import build, images, layout, lifecycle
from .console import run, step
from .target import Target

_IMAGE = "localhost/sweepjob-kueue:{key}"
_NAMESPACE = "kueue-system"


def install(target: Target) -> None:
    """Until its webhooks answer."""
    assert target.built_in is not None, "only the built-in cluster gets a Kueue of ours"
    program = build.kueue() / "kueue"
    key = layout.digest(program.parent.name)
    reference = _IMAGE.format(key=key)
    archive = layout.cache() / "images" / f"kueue-{key}.tar"
    if not archive.exists():
        context = layout.cache() / "images" / "kueue"
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, context / "manager")
        (context / "Dockerfile").write_text("FROM scratch\nCOPY manager /manager\nUSER 65532\n")
        images.build_plain(context, reference, archive)
    lifecycle.load_image(target.built_in, archive, later=False)
    with step("installing Kueue", "15 s"):
        manifests = _manifests(target, reference)
        target.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)
        target.kubectl(
            "-n",
            _NAMESPACE,
            "rollout",
            "status",
            "deploy/kueue-controller-manager",
            "--timeout=300s",  # two minutes are too short for a busy machine
        )


def uninstall(target: Target) -> None:
    """With everything that it could be asked for: a webhook that does not answer any more would keep
    every namespace from being deleted."""
    crds = target.kubectl("get", "crds", "-o", "name").split()
    own = [crd.partition("/")[2] for crd in crds if crd.endswith(".kueue.x-k8s.io")]
    # First while it is there, since it has finalizers on them.
    for kind in ("workloads", "localqueues", "clusterqueues", "resourceflavors"):
        every = ("--all-namespaces",) if kind in ("workloads", "localqueues") else ()
        name = f"{kind}.kueue.x-k8s.io"
        target.kubectl("delete", name, "--all", *every, "--ignore-not-found", "--timeout=60s")
    for kind in ("validatingwebhookconfiguration", "mutatingwebhookconfiguration"):
        name = f"kueue-{kind.removesuffix('webhookconfiguration')}-webhook-configuration"
        target.kubectl("delete", kind, name, "--ignore-not-found")
    target.kubectl("delete", "crds", *own, "--timeout=60s")
    target.kubectl("-n", _NAMESPACE, "delete", "deployment", "--all", "--wait=false")


def _manifests(target: Target, image: str) -> str:
    """Those of the module's default configuration, with our image. The aggregated API is left out:
    it would slow down everybody's discovery once Kueue is gone."""
    folder = build.source("kueue", "sigs.k8s.io/kueue") / "config" / "default"
    rendered = run([target.kubectl_program, "kustomize", str(folder)])
    kept = [d for d in rendered.split("\n---\n") if "\nkind: APIService\n" not in f"\n{d}\n"]
    text = "\n---\n".join(kept).replace("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent")
    return re.sub(r"image: \S+/kueue:\S+", f"image: {image}", text)
