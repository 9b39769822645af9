"""Keeps a trainer's reports to its sidecar away from an HTTP proxy.

A client that finds ``HTTP_PROXY`` sends even requests for localhost to the proxy, unless ``NO_PROXY``
names it. Clients differ in which of ``NO_PROXY`` and ``no_proxy`` counts, so both are set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Manifest = dict[str, Any]
SPELLINGS = ("NO_PROXY", "no_proxy")
_LOCAL = ("localhost", "127.0.0.1")
_EVERY_HOST = "*"  # only counts where it stands alone


def exempt(hosts: str) -> str:
    """A value of ``NO_PROXY`` with the names of localhost in it, and whatever was there before."""
    hosts = hosts.strip().rstrip(",")
    if hosts == _EVERY_HOST:
        return hosts
    present = {host.strip() for host in hosts.split(",")}
    return ",".join(([hosts] if hosts else []) + [h for h in _LOCAL if h not in present])


def exempt_container(container: Manifest) -> None:
    """Add localhost to both spellings in a container's environment.

    A value from a Secret or ConfigMap moves to a variable of another name, which the kubelet expands into
    the new value. Variables that the image itself sets cannot be seen here, and are replaced.
    """
    env: list[Manifest] = list(container.get("env") or [])
    last = {entry.get("name"): entry for entry in env}  # of two with one name the last one counts
    given = {spelling: last[spelling] for spelling in SPELLINGS if spelling in last}
    hosts = {spelling: _hosts(spelling, entry) for spelling, entry in given.items()}
    env = [changed for entry in env for changed in _with_localhost(entry, hosts)]
    others = ",".join(filter(None, hosts.values()))
    for spelling in SPELLINGS:
        if spelling not in given:
            # A whole ConfigMap may have either; a reference to nothing stays as it is, and names no host.
            whole = [f"$({name})" for name in SPELLINGS if name not in given]
            inherited = ",".join(whole) if container.get("envFrom") else ""
            known = ",".join(filter(None, (inherited, others)))
            env.append({"name": spelling, "value": exempt(known)})
    container["env"] = env


def _hosts(spelling: str, entry: Mapping[str, Any]) -> str:
    return f"$(SWEEPJOB_{spelling})" if "valueFrom" in entry else str(entry.get("value") or "")


def _with_localhost(entry: Manifest, hosts: Mapping[str, str]) -> list[Manifest]:
    name = entry.get("name", "")
    if name not in hosts:
        return [entry]
    value = {"name": name, "value": exempt(_hosts(name, entry))}
    if "valueFrom" not in entry:
        return [value]
    return [{**entry, "name": f"SWEEPJOB_{name}"}, value]


def merge_environments(inherited: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a trainer that runs as a process: its own variables above those of this machine.

    Where the trial itself names no hosts, those that this machine exempts from its proxy stay exempt.
    """
    merged = {**inherited, **own}
    other = next((inherited[spelling] for spelling in SPELLINGS if spelling in inherited), "")
    for spelling in SPELLINGS:
        if spelling in own:
            hosts = ",".join(h for h in own[spelling].split(",") if not h.startswith("$("))
            if hosts == exempt(""):
                hosts = exempt(inherited.get(spelling, other))
            merged[spelling] = hosts
    return merged
