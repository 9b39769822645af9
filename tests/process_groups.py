"""A training script of several processes in several pods, for tests on a cluster and on one machine."""

from __future__ import annotations

# Starts the processes of its pod as torchrun does, by the same variables. Each process meets the others at
# MASTER_ADDR. ``all_reduce`` sums over all of them: it fails or hangs where one is missing.
RENDEZVOUS = """
import json, os, socket, subprocess, sys, time
nodes, local = int(os.environ["PET_NNODES"]), int(os.environ["PET_NPROC_PER_NODE"])
node, world = int(os.environ["PET_NODE_RANK"]), nodes * local
where = (os.environ["PET_MASTER_ADDR"], int(os.environ["PET_MASTER_PORT"]))
if "RANK" not in os.environ:
    assert os.environ["NODE_RANK"] == str(node) and os.environ["AZUREML_NODE_COUNT"] == str(nodes)
    assert os.environ["WORLD_SIZE"] == str(world)
    assert (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])) == where
    running = [
        subprocess.Popen([sys.executable, *sys.orig_argv[1:]],
                         env={**os.environ, "RANK": str(node * local + n)})
        for n in range(local)
    ]
    sys.exit(max(abs(process.wait()) for process in running))
rank = int(os.environ["RANK"])
if rank == 0:
    server = socket.create_server(("", where[1]))
    peers = [server.accept()[0].makefile("rw") for _ in range(world - 1)]
else:
    while True:
        try:
            peers = [socket.create_connection(where, timeout=60).makefile("rw")]
            break
        except OSError:
            time.sleep(0.2)

def all_reduce(value):
    if rank:
        print(value, file=peers[0], flush=True)
        return float(peers[0].readline())
    total = value + sum(float(peer.readline()) for peer in peers)
    for peer in peers:
        print(total, file=peer, flush=True)
    return total

"""
