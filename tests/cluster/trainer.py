"""Kubeflow Trainer on the cluster: its controller from the pinned module, its own manifests. It needs JobSet."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import build, images, layout, lifecycle
from .console import run, step
from .target import Target

_IMAGE = "localhost/sweepjob-trainer"
_NAMED = "ghcr.io/kubeflow/trainer/trainer-controller-manager"
_NAMESPACE = "kubeflow-system"
_DOCKERFILE = 'FROM scratch\nCOPY manager /manager\nUSER 65532\nENTRYPOINT ["/manager"]\n'
# The overlay of the module also fetches JobSet from the internet.
_KUSTOMIZATION = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: {namespace}
resources: [namespace.yaml, ../../base/crds, ../../base/manager, ../../base/rbac, ../../base/webhook]
images: [{{name: {named}, newName: {image}, newTag: {key}}}]
secretGenerator:
- {{name: kubeflow-trainer-webhook-cert, options: {{disableNameSuffixHash: true}}}}
"""


def install(target: Target) -> None:
    """Install it, and wait until its webhooks answer."""
    assert target.built_in is not None, "only the built-in cluster gets a Trainer of ours"
    program = build.trainer() / "trainer-controller-manager"
    key = layout.digest(program.parent.name)
    archive = layout.cache() / "images" / f"trainer-{key}.tar"
    if not archive.exists():
        context = layout.cache() / "images" / "trainer"
        context.mkdir(parents=True, exist_ok=True)
        shutil.copy(program, context / "manager")
        (context / "Dockerfile").write_text(_DOCKERFILE)
        images.build_plain(context, f"{_IMAGE}:{key}", archive)
    lifecycle.load_image(target.built_in, archive, later=False)
    with step("installing Kubeflow Trainer", "20 s"):
        manifests = run([target.kubectl_program, "kustomize", str(_overlay(key))])
        target.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=manifests)
        target.kubectl(
            *("-n", _NAMESPACE, "rollout", "status"),
            *("deploy/kubeflow-trainer-controller-manager", "--timeout=300s"),
        )


def uninstall(target: Target) -> None:
    """Remove it: a webhook that does not answer any more would keep others from working."""
    webhook = ("validatingwebhookconfiguration", "validator.trainer.kubeflow.org")
    target.kubectl("delete", *webhook, "--ignore-not-found")
    for kind in ("trainjobs", "trainingruntimes", "clustertrainingruntimes"):
        crd = f"crd/{kind}.trainer.kubeflow.org"
        target.kubectl("delete", crd, "--ignore-not-found", "--timeout=60s")
    target.kubectl("-n", _NAMESPACE, "delete", "deployment", "--all", "--wait=false")


def _overlay(key: str) -> Path:
    """Return a copy of the module's overlay with our image and without JobSet."""
    source = build.source("trainer", "github.com/kubeflow/trainer/v2") / "manifests"
    copied = layout.cache() / "images" / "trainer-manifests"
    overlay = copied / "overlays" / "manager"
    for part in ("base", "overlays/manager"):
        shutil.rmtree(copied / part, ignore_errors=True)
        shutil.copytree(source / part, copied / part, copy_function=shutil.copyfile)
    for folder in [copied, *(f for f in copied.rglob("*") if f.is_dir())]:
        folder.chmod(0o755)  # those of a module are read-only
    (overlay / "kustomization.yaml").write_text(
        _KUSTOMIZATION.format(namespace=_NAMESPACE, named=_NAMED, image=_IMAGE, key=key)
    )
    return overlay
