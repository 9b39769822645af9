"""Compile the pinned Go modules, once per lock file."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from . import layout, packages
from .console import ClusterError, run, say, step
from .lock import exclusive

KUBERNETES = "v1.35.4"
# Others that SWEEPJOB_KUBERNETES may ask for. Each is a module of its own.
OTHERS = {"1.34": "v1.34.4", "1.36": "v1.36.3", "1.37": "v1.37.2"}
# What is not Kubernetes' own is of one build for all versions.
_SHARED = ("etcd", "coredns", "helm")
# How many Go packages a module compiles from nothing, where it is known, for telling how far it is.
PACKAGES = {"kubernetes": 3570}
# etcd's main package is called "server"; kube* find each other by these names.
RENAMED = {"server": "etcd"}


def version() -> str:
    """Return the version of Kubernetes that the cluster has, ``SWEEPJOB_KUBERNETES`` or the usual one.

    Raises:
        ClusterError: there is no such module.
    """
    wanted = os.environ.get("SWEEPJOB_KUBERNETES", "")
    known = {KUBERNETES[1:].rpartition(".")[0]: KUBERNETES, **OTHERS}
    if wanted and wanted not in known:
        raise ClusterError(
            f"SWEEPJOB_KUBERNETES is '{wanted}'; tests/cluster/modules has {', '.join(sorted(known))}"
        )
    return known[wanted] if wanted else KUBERNETES


def kubernetes() -> Path:
    """Return the folder with etcd, kube-*, kubelet, kubectl, coredns and helm, compiled when it is missing."""
    usual = _install_kubernetes("kubernetes", KUBERNETES)
    chosen = version()
    if chosen == KUBERNETES:
        return usual
    other = _install_kubernetes(f"kubernetes-{chosen[1:].rpartition('.')[0]}", chosen)
    for name in _SHARED:
        with contextlib.suppress(FileExistsError):
            (other / name).symlink_to(usual / name)
    return other


def _install_kubernetes(module: str, number: str) -> Path:
    flags = " ".join(
        f"-X k8s.io/{package}/version.gitVersion={number}"
        for package in ("component-base", "client-go/pkg")
    )
    return _install(module, f"-s -w {flags}", "6 min on two cores, the first time only")


def kwok() -> Path:
    """The folder with kwok, which simulates nodes; compiled when it is missing."""
    return _install("kwok", "-s -w", "2 min, the first time only")


def kueue() -> Path:
    """The folder with Kueue's controller; compiled when it is missing."""
    return _install("kueue", "-s -w", "3 min, the first time only")


def jobset() -> Path:
    """The folder with JobSet's controller; compiled when it is missing."""
    return _install("jobset", "-s -w", "2 min, the first time only")


def trainer() -> Path:
    """Return the folder with the controller of Kubeflow Trainer; compiled when it is missing."""
    return _install("trainer", "-s -w", "3 min, the first time only")


def flux() -> Path:
    """Return the folder with Flux's source-controller and kustomize-controller; compiled when it is missing."""
    return _install("flux", "-s -w", "7 min on two cores, the first time only")


def release_checkers() -> Path:
    """Return the folder with krew and actionlint, which check files of a release; compiled when it is missing."""
    return _install("release", "-s -w", "1 min, the first time only")


def health() -> Path:
    """The folder with a program that says what GitOps tools think of an object; compiled when it is
    missing."""
    return _install("health", "-s -w", "30 s, the first time only")


def source(module: str, path: str) -> Path:
    """Return the folder with the source of a Go module that one of ours requires.

    Args:
        module: the name of our module, a folder of ``modules``.
        path: the path of the other, such as ``sigs.k8s.io/kueue``.
    """
    found = json.loads(run(["go", "list", "-m", "-json", path], cwd=layout.MODULES / module))
    return Path(found["Dir"])


def is_built(module: str = "kubernetes") -> bool:
    return _target(module).is_dir()


def _target(module: str) -> Path:
    folder = layout.MODULES / module
    key = layout.digest(*sorted(folder.glob("*.*")), KUBERNETES)
    return layout.cache() / "bin" / f"{module}-{key}"


def _install(module: str, ldflags: str, expected: str) -> Path:
    target = _target(module)
    if not target.is_dir():
        packages.require_go()
        with exclusive(f"build-{target.name}"):
            if not target.is_dir():
                _compile(module, target, ldflags, expected)
    return target


def _compile(module: str, target: Path, ldflags: str, expected: str) -> None:
    partial = target.with_name(f"{target.name}.partial-{os.getpid()}")
    partial.mkdir(parents=True, exist_ok=True)
    log = layout.cache() / "logs" / f"build-{module}.log"
    say(f"     log: {log}")
    with step(f"compiling {module} from Go modules", expected):
        flags = f"{os.environ.get('GOFLAGS', '')} -mod=readonly"
        env = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(partial), "GOFLAGS": flags}
        run(
            ["go", "install", "-v", "-trimpath", "-ldflags", ldflags, "tool"],
            env=env,
            cwd=layout.MODULES / module,
            log=log,
            heartbeat=f"packages of {module} compiled",
            total=PACKAGES.get(module, 0),
        )
    for name, known_as in RENAMED.items():
        if (partial / name).exists():
            (partial / name).rename(partial / known_as)
    # The rename is the commit: an interrupted build leaves nothing that looks finished.
    partial.rename(target)
