"""The only way in: a socket on the host's loopback whose bytes go to the API server inside the node.

A socket stays in the network namespace it was made in. So the process opens its listening socket on
the host, then enters the node's namespace, and whatever it connects from then on starts there.

    python forwarder.py NETWORK_NAMESPACE_FILE HOST_PORT(0: any) TARGET TARGET_PORT PORT_FILE
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import socket
import sys
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_CHUNK = 1 << 16


def enter(namespace: str) -> None:
    """Take this thread into a network namespace, for good."""
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = os.open(namespace, os.O_RDONLY)
    if library.setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    os.close(descriptor)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof() if writer.can_write_eof() else writer.close()


async def _serve(listener: socket.socket, target: str, port: int) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(target, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        writer.close()
        far_writer.close()

    server = await asyncio.start_server(handle, sock=listener)
    async with server:
        await server.serve_forever()


def main() -> None:
    namespace, host_port, target, target_port, port_file = sys.argv[1:]
    listener = socket.create_server(("127.0.0.1", int(host_port)))
    Path(port_file).write_text(str(listener.getsockname()[1]))
    enter(namespace)
    asyncio.run(_serve(listener, target, int(target_port)))


if __name__ == "__main__":
    main()
