"""Excludes localhost from HTTP proxies, so that a trainer's reports reach its sidecar.

With ``HTTP_PROXY`` set, clients send even requests to localhost to the proxy, unless ``NO_PROXY`` lists
it. Some clients read ``NO_PROXY`` and others ``no_proxy``, so both are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Manifest = dict[str, Any]
SPELLINGS = ("NO_PROXY", "no_proxy")
_LOCAL = ("localhost", "127.0.0.1")
_EVERY_HOST = "*"  # valid only as the whole value


def add_localhost(hosts: str) -> str:
    """Add the names of localhost to a value of ``NO_PROXY``."""
    hosts = hosts.strip().rstrip(",")
    if hosts == _EVERY_HOST:
        return hosts
    present = {host.strip() for host in hosts.split(",")}
    return ",".join(([hosts] if hosts else []) + [h for h in _LOCAL if h not in present])


def add_localhost_to_container(container: Manifest) -> None:
    """Add localhost to both spellings in a container's environment.

    A value from a Secret or ConfigMap moves to a variable of another name, which the kubelet expands in
    the new value. Values that the image sets are unknown here, and are replaced.
    """
    env: list[Manifest] = list(container.get("env") or [])
    last = {entry.get("name"): entry for entry in env}  # the last one of a name counts
    given = {spelling: last[spelling] for spelling in SPELLINGS if spelling in last}
    hosts = {spelling: _hosts(spelling, entry) for spelling, entry in given.items()}
    env = [changed for entry in env for changed in _with_localhost(entry, hosts)]
    others = ",".join(filter(None, hosts.values()))
    for spelling in SPELLINGS:
        if spelling not in given:
            # envFrom may set either. A reference to no variable stays as it is, and matches no host.
            spellings = [f"$({name})" for name in SPELLINGS if name not in given]
            inherited = ",".join(spellings) if container.get("envFrom") else ""
            known = ",".join(filter(None, (inherited, others)))
            env.append({"name": spelling, "value": add_localhost(known)})
    container["env"] = env


def _hosts(spelling: str, entry: Mapping[str, Any]) -> str:
    return f"$(SWEEPJOB_{spelling})" if "valueFrom" in entry else str(entry.get("value") or "")


def _with_localhost(entry: Manifest, hosts: Mapping[str, str]) -> list[Manifest]:
    name = entry.get("name", "")
    if name not in hosts:
        return [entry]
    value = {"name": name, "value": add_localhost(_hosts(name, entry))}
    if "valueFrom" not in entry:
        return [value]
    return [{**entry, "name": f"SWEEPJOB_{name}"}, value]


def merge_environments(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a trainer that runs as a local process.

    Where the trial sets no ``NO_PROXY``, the hosts of this machine's remain excluded.

    Args:
        inherited: the variables of this machine.
        own: the variables of the trainer, which take precedence.
    """
    merged = {**inherited, **own}
    other = next((inherited[spelling] for spelling in SPELLINGS if spelling in inherited), "")
    for spelling in SPELLINGS:
        if spelling in own:
            hosts = ",".join(h for h in own[spelling].split(",") if not h.startswith("$("))
            if hosts == add_localhost(""):
                hosts = add_localhost(inherited.get(spelling, other))
            merged[spelling] = hosts
    return merged
