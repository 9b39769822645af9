"""The cluster's command line; see the package's docstring."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from . import images, layout, lifecycle, namespaces, simulation
from .components import RESTARTABLE, Options
from .console import ClusterError, say


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.cluster", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="boot the cluster, or complete what is missing")
    up.add_argument("--nodes", type=int, default=1, help="real nodes (default 1)")
    up.add_argument("--gpus", type=int, default=4, help="fake nvidia.com/gpu a node (default 4)")
    up.add_argument("--controller-qps", type=int, help="raise the controllers' request limits")
    up.add_argument("--quick-node-loss", action="store_true", help="notice dead nodes after 8 s")
    commands.add_parser("down", help="remove every process, mount, link and rule")
    commands.add_parser("status", help="what is running")
    commands.add_parser("kubeconfig", help="print the path of the kubeconfig")
    load = commands.add_parser("load-image", help="build and load images, or load an archive")
    load.add_argument("image", help=f"{', '.join(images.ALL)}, all, a .tar, or a folder")
    load.add_argument("--tag", help="name of the image, for a folder with a Dockerfile")
    node = commands.add_parser("node", help="kill, freeze or thaw a real node")
    node.add_argument("action", choices=("kill", "freeze", "thaw"))
    node.add_argument("number", type=int)
    restart = commands.add_parser("restart", help="SIGKILL a component and start it again")
    restart.add_argument("component", choices=sorted(RESTARTABLE))
    simulate = commands.add_parser("simulate", help="let simulated nodes join (kwok)")
    simulate.add_argument("count", type=int)
    simulate.add_argument("--gpus", type=int, default=8, help="GPUs a simulated node (default 8)")
    return parser


def _up(arguments: argparse.Namespace, cluster: layout.Cluster) -> None:
    options = Options(arguments.gpus, arguments.controller_qps, arguments.quick_node_loss)
    lifecycle.up(cluster, options, arguments.nodes)
    print(lifecycle.status(cluster))


def _down(cluster: layout.Cluster) -> None:
    """This cluster, and those that the tests have booted beside it."""
    for one in (*cluster.all_beside(), cluster):
        lifecycle.down(one)


def _load(arguments: argparse.Namespace, cluster: layout.Cluster) -> None:
    wanted = arguments.image
    if wanted in images.ALL or wanted == "all":
        chosen = images.ALL.values() if wanted == "all" else [images.ALL[wanted]]
        for image in chosen:
            ready = images.built(image)
            lifecycle.load_image(cluster, ready.file)
            print(ready.reference)
    elif Path(wanted).is_dir():
        if not arguments.tag:
            raise ClusterError("a folder needs --tag NAME:VERSION, the name the pods will use")
        lifecycle.load_image(cluster, images.build_any(Path(wanted), arguments.tag))
    elif Path(wanted).is_file():
        lifecycle.load_image(cluster, Path(wanted).resolve())
    else:
        raise ClusterError(f"no image, folder or archive named '{wanted}'")


def _node(arguments: argparse.Namespace, cluster: layout.Cluster) -> None:
    node = cluster.node(arguments.number)
    if namespaces.init_pid(node) is None:
        raise ClusterError(f"{node.name} is not running; 'up --nodes {node.number}' starts it")
    if arguments.action == "kill":
        namespaces.destroy(node)
        return
    signals = {"freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}
    print(f"{namespaces.send(node, signals[arguments.action])} processes of {node.name}")


def main() -> int:
    arguments = _parser().parse_args()
    cluster = layout.current()
    actions = {
        "up": lambda: _up(arguments, cluster),
        "down": lambda: _down(cluster),
        "status": lambda: print(lifecycle.status(cluster)),
        "kubeconfig": lambda: print(cluster.kubeconfig),
        "load-image": lambda: _load(arguments, cluster),
        "node": lambda: _node(arguments, cluster),
        "restart": lambda: lifecycle.restart(cluster, arguments.component),
        "simulate": lambda: simulation.join(cluster, arguments.count, arguments.gpus),
    }
    try:
        actions[arguments.command]()
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
