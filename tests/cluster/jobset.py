"""JobSet on the cluster: its controller from the pinned module, its own manifests."""

from __future__ import annotations

import re
import shutil

from . import build, images, layout, lifecycle
from .console import run, step
from .target import Target

_IMAGE = "localhost/sweepjob-jobset:{key}"
_NAMESPACE = "jobset-system"


def install(target: Target) -> None:
    """Install it, and wait until its webhooks answer."""
    assert target.built_in is not None, "only the built-in cluster gets a JobSet controller of ours"
    program = build.jobset() / "jobset"
    key = layout.digest(program.parent.name)
    reference = _IMAGE.format(key=key)
    archive = layout.cache() / "images" / f"jobset-{key}.tar"
    if not archive.exists():
        context = layout.cache() / "images" / "jobset"
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, context / "manager")
        (context / "Dockerfile").write_text("FROM scratch\nCOPY manager /manager\nUSER 65532\n")
        images.build_plain(context, reference, archive)
    lifecycle.load_image(target.built_in, archive, later=False)
    with step("installing JobSet", "15 s"):
        manifests = _manifests(target, reference)
        target.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)
        target.kubectl(
            *("-n", _NAMESPACE, "rollout", "status", "deploy/jobset-controller-manager"),
            "--timeout=300s",
        )


def uninstall(target: Target) -> None:
    """Remove it: a webhook that does not answer any more would keep others from working."""
    for kind in ("validatingwebhookconfiguration", "mutatingwebhookconfiguration"):
        name = f"jobset-{kind.removesuffix('webhookconfiguration')}-webhook-configuration"
        target.kubectl("delete", kind, name, "--ignore-not-found")
    crd = "crd/jobsets.jobset.x-k8s.io"
    target.kubectl("delete", crd, "--ignore-not-found", "--timeout=60s")
    target.kubectl("-n", _NAMESPACE, "delete", "deployment", "--all", "--wait=false")


def _manifests(target: Target, image: str) -> str:
    """Return those of the module's default configuration, with our image."""
    folder = build.source("jobset", "sigs.k8s.io/jobset") / "config" / "default"
    rendered = run([target.kubectl_program, "kustomize", str(folder)])
    text = rendered.replace("imagePullPolicy: Always", "imagePullPolicy: IfNotPresent")
    return re.sub(r"image: \S*/jobset:\S+", f"image: {image}", text)
