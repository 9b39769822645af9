"""What a hostile or a busy namespace does to another one, and to the operator.

    make bench-neighbours                                  # everything; some minutes
    make bench-neighbours ARGS="--seconds 10 --attacks rest made-up --sidecars 100"

A push takes until it is accepted, further tries included. A decision takes from the report that decides
to the first sight of the deletion of the pod. The first trial of a new sweep takes from the creation of
the SweepJob to that of the Job; the slowest of three is shown. Everything runs on this machine, also who
attacks.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time

from sweepjob.kube.client import KubeClient
from sweepjob.kube.connection import connect
from sweepjob.kube.errors import ApiError

from tests.cluster import simulation
from tests.cluster import target as clusters
from tests.cluster.console import ClusterError
from tests.cluster.target import Target

from . import attacks
from .attacks import Attack
from .operator_metrics import OperatorObserver
from .victim import Impact, Victim

_SETTLE = 10.0  # seconds after the end of an attack
_HEAD = (
    f"{'attack':<26}{'push p50':>10}{'p99':>10}{'worst':>10}{'failed':>8}"
    f"{'decision p50':>14}{'worst':>10}{'first trial':>14}{'memory':>10}{'loop held':>12}  the operator counted"
)


def quantile(seconds: list[float], share: float) -> float:
    """Milliseconds below which a share of the values is."""
    return sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] * 1000


def row(attack: Attack, impact: Impact, operator: OperatorObserver) -> str:
    """One line of the table."""
    pushes, decisions = impact.pushes, impact.decisions or [float("nan")]
    times = [quantile(pushes, share) for share in (0.5, 0.99, 1.0)]
    decided = [quantile(decisions, share) for share in (0.5, 1.0)]
    counted = ", ".join(f"{name} +{operator.grown(name):.0f}" for name in attack.did)
    text = (
        f"{attack.title:<26}{times[0]:>7.1f} ms{times[1]:>7.1f} ms{times[2]:>7.0f} ms"
        f"{sum(impact.failed.values()):>8}{decided[0]:>11.0f} ms{decided[1]:>7.0f} ms"
        f"{quantile(impact.starts, 1.0):>11.0f} ms{operator.memory:>6.0f} MiB{operator.longest_pause:>12}  {counted}"
    )
    if impact.failed:
        text += f"; tries failed: {impact.failed}"
    if impact.undecided:
        text += f"; {impact.undecided} NOT DECIDED"
    return text + (f"; {operator.missed} scrapes failed" if operator.missed else "")


async def measure(
    target: Target, sufferer: Victim, attack: Attack, options: argparse.Namespace
) -> str:
    """Attack for some seconds, and return the line of the table."""
    await attack.start()
    await asyncio.sleep(attack.settle if attack.namespaces else 0)
    operator = OperatorObserver(target)
    async with operator.observing():
        impact = await sufferer.measure(options.seconds, options.judged)
    text = row(attack, impact, operator)
    if attack.has_pod:
        said = ("-n", attack.namespaces[0], "logs", "attacker", "--tail=1")
        text += f"; the attacker: {target.kubectl(*said).strip()}"
    return text


async def _end(target: Target, attack: Attack) -> None:
    """Delete what an attack has created, and wait until the operator has nothing to do with it."""
    if not attack.namespaces:
        return
    try:
        target.kubectl("delete", "namespace", *attack.namespaces, "--wait", "--timeout=120s")
    except ClusterError as error:
        print(f"{attack.title}: what follows is measured while it is deleted: {error}", flush=True)
    await asyncio.sleep(_SETTLE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20, help="of each attack")
    parser.add_argument("--attacks", nargs="+", default=None, help="rest, logs, no-token, ...")
    parser.add_argument("--idle", type=int, default=4000, help="idle connections")
    parser.add_argument("--sidecars", type=int, default=1000, help="busy ones")
    parser.add_argument("--rate", type=float, default=1.0, help="reports a second of each of them")
    parser.add_argument("--judged", type=int, default=10, help="decisions during each attack")
    return parser.parse_args()


async def _prepare(sidecars: int) -> tuple[Target, KubeClient]:
    """The cluster with the operator and simulated nodes."""
    target = clusters.prepare()
    clusters.install(target)
    assert target.built_in is not None, "the bench needs the built-in cluster"
    simulation.join(target.built_in, 2 + sidecars // 500)
    return target, await connect(strict_tls=True, kubeconfig=str(target.kubeconfig))


async def main() -> int:
    options = _arguments()
    target, api = await _prepare(options.sidecars)
    run = f"{int(time.time()):x}"  # what an earlier run has left may not be deleted yet
    sizes = (options.idle, options.sidecars, options.rate)
    known = attacks.attacks(target, api, run, *sizes)
    wanted = options.attacks or list(known)
    sufferer = Victim(target, api, f"bench-{run}-victim", trials=options.judged * len(wanted))
    await sufferer.start()
    lines = []
    for name in wanted:
        try:
            lines.append(await measure(target, sufferer, known[name], options))
        except (ApiError, ClusterError, TimeoutError) as error:
            lines.append(f"{known[name].title:<26}NOT MEASURED: {error}")
        print(lines[-1], flush=True)
        await _end(target, known[name])
    print("\n".join(["", _HEAD, *lines]), flush=True)
    target.kubectl("delete", "namespace", sufferer.namespace, "--wait=false")
    await api.close()
    return int(any("NOT MEASURED" in line or "NOT DECIDED" in line for line in lines))


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
