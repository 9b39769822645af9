"""What the machine itself must offer: Linux, root, Debian packages, Go."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping

from .console import ClusterError, run, step
from .lock import exclusive

# Debian package -> a program or file by which one sees that it is there.
PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iptables": "iptables",
    "iproute2": "ip",
    "conntrack": "conntrack",
    "buildah": "buildah",
    "mmdebstrap": "mmdebstrap",
    "catatonit": "catatonit",
    "util-linux": "nsenter",
    "ca-certificates": "/etc/ssl/certs/ca-certificates.crt",
}
GO_VERSION = (1, 24)
ELSEWHERE = (
    "Set SWEEPJOB_KUBECONFIG to the kubeconfig of a cluster that you have (kind, minikube, a real "
    "one): the demo and the tests then use that."
)


def require_machine() -> None:
    """Linux and root, or a clear error.

    Raises:
        ClusterError: this machine cannot hold a cluster of ours.
    """
    if sys.platform != "linux":
        raise ClusterError(f"the built-in cluster needs Linux; this is {sys.platform}. {ELSEWHERE}")
    if os.geteuid() != 0:
        raise ClusterError(
            "the built-in cluster needs root, for namespaces and mounts; this is user "
            f"{os.geteuid()}. Run it with sudo. Or: {ELSEWHERE}"
        )


def missing(packages: Mapping[str, str]) -> list[str]:
    return [
        name for name, sign in packages.items() if shutil.which(sign) is None and not _file(sign)
    ]


def _file(sign: str) -> bool:
    return sign.startswith("/") and os.path.exists(sign)


def require_packages(packages: Mapping[str, str] = PACKAGES) -> None:
    """Install the Debian packages that are missing.

    Args:
        packages: each with a program or file by which one sees that it is there.

    Raises:
        ClusterError: there is no apt-get, or it failed; names the packages.
    """
    lacking = missing(packages)
    if not lacking:
        return
    if shutil.which("apt-get") is None:
        raise ClusterError(
            f"these packages are missing and there is no apt-get: {', '.join(lacking)}. "
            f"Install them with your distribution's package manager. Or: {ELSEWHERE}"
        )
    with exclusive("packages"), step(f"installing Debian packages {', '.join(lacking)}", "15 s"):
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "update", "-qq"], env=env)
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *lacking], env=env)


def require_go() -> None:
    """Go, new enough to fetch by itself whatever newer release the modules ask for.

    Raises:
        ClusterError: no Go, or one that is too old.
    """
    wanted = ".".join(map(str, GO_VERSION))
    if shutil.which("go") is None:
        raise ClusterError(
            f"compiling Kubernetes needs Go {wanted} or later, and there is no 'go' on the PATH. "
            f"Install it (https://go.dev/doc/install). Or: {ELSEWHERE}"
        )
    text = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"go(\d+)\.(\d+)", text)
    if found is None or (int(found[1]), int(found[2])) < GO_VERSION:
        raise ClusterError(
            f"compiling Kubernetes needs Go {wanted} or later; found: {text.strip()}"
        )
