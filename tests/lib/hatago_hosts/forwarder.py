# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs by itself and makes a port of a host reachable at 127.0.0.1 of the machine, and nowhere else.

Started by forward.py with a JSON file (keeper, keeper_start, target, port; a port that is taken, or 0, becomes
another one); prints the port it has taken. The listening socket is made in the machine's network; to connect, the
process goes into the host's, which is another one after each reboot. It ends with the host.
"""

import asyncio
import contextlib
import ctypes
import json
import os
import socket
import sys
from pathlib import Path

from . import process
from .errors import HostError

CLONE_NEWNET = 0x40000000
LOOPBACK = "127.0.0.1"
BLOCK = 1 << 16


class Forwarder:
    """The process itself."""

    def __init__(self, job):
        """Remember what to do; nothing listens yet."""
        self._job = job
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._init = None

    async def run(self):
        """Listen, say where, and forward until the host is gone."""
        ended = asyncio.Event()
        keeper = os.pidfd_open(self._job["keeper"])
        asyncio.get_running_loop().add_reader(keeper, ended.set)
        if not process.is_alive(self._job["keeper"], self._job["keeper_start"]):
            return
        server = await asyncio.start_server(self._forward, sock=self._listen())
        print(server.sockets[0].getsockname()[1], flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        await ended.wait()

    def _listen(self):
        """Return a socket that listens on the loopback address, at the port wished for if nobody has it."""
        for port in (self._job["port"], 0):
            listener = socket.socket()
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind((LOOPBACK, port))
                return listener
            listener.close()
        raise HostError("no port is free")

    def _enter(self):
        """Go into the host's network, if it is not the one we are in."""
        init = process.find_init(self._job["keeper"])
        if init is None:
            raise ConnectionRefusedError("the host has no network at the moment")
        if init != self._init:
            with open(f"/proc/{init}/ns/net", "rb") as network:
                if self._libc.setns(network.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            self._init = init

    async def _forward(self, reader, writer):
        """Forward one connection, both ways, until both have ended."""
        with contextlib.suppress(OSError):
            self._enter()
            there = socket.socket()
            there.setblocking(False)
            await asyncio.get_running_loop().sock_connect(there, (LOOPBACK, self._job["target"]))
            there_reader, there_writer = await asyncio.open_connection(sock=there)
            await asyncio.gather(_pump(reader, there_writer), _pump(there_reader, writer))
            there_writer.close()
        writer.close()


async def _pump(reader, writer):
    """Copy until the end, and pass that on; an error of either side is an end."""
    with contextlib.suppress(OSError):
        while block := await reader.read(BLOCK):
            writer.write(block)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()


if __name__ == "__main__":
    sys.exit(asyncio.run(Forwarder(json.loads(Path(sys.argv[1]).read_text())).run()))
