"""Compile the pinned Go modules, once per lock file."""

from __future__ import annotations

import os
from pathlib import Path

from . import layout, packages
from .console import run, say, step
from .lock import exclusive

KUBERNETES = "v1.35.4"
# How many Go packages a module compiles from nothing, where it is known, for telling how far it is.
PACKAGES = {"kubernetes": 3570}
# etcd's main package is called "server"; kube* find each other by these names.
RENAMED = {"server": "etcd"}


def kubernetes() -> Path:
    """The folder with etcd, kube-*, kubelet, kubectl, coredns and helm, compiled when it is missing."""
    flags = " ".join(
        f"-X k8s.io/{package}/version.gitVersion={KUBERNETES}"
        for package in ("component-base", "client-go/pkg")
    )
    return _install("kubernetes", f"-s -w {flags}", "6 min on two cores, the first time only")


def kwok() -> Path:
    """The folder with kwok, which simulates nodes; compiled when it is missing."""
    return _install("kwok", "-s -w", "2 min, the first time only")


def kueue() -> Path:
    """The folder with Kueue's controller; compiled when it is missing."""
    return _install("kueue", "-s -w", "3 min, the first time only")


def jobset() -> Path:
    """The folder with JobSet's controller; compiled when it is missing."""
    return _install("jobset", "-s -w", "2 min, the first time only")


def health() -> Path:
    """The folder with a program that says what GitOps tools think of an object; compiled when it is
    missing."""
    return _install("health", "-s -w", "30 s, the first time only")


def is_built(module: str = "kubernetes") -> bool:
    return _target(module).is_dir()


def _target(module: str) -> Path:
    source = layout.MODULES / module
    key = layout.digest(*sorted(source.glob("*.*")), KUBERNETES)
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
        env = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(partial), "GOFLAGS": "-mod=readonly"}
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
