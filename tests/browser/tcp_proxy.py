"""A connection between browser and server that a test can cut."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager


class TcpProxy:
    """Copies bytes between a port of its own and a server's port; threads end with the sockets."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._cut = False

    def start(self) -> None:
        """Accept connections on a thread, until `close`."""
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Reset all connections, and each new one, until `mend`."""
        self._cut = True
        self._drop()

    def mend(self) -> None:
        """Let new connections through again."""
        self._cut = False

    def close(self) -> None:
        """End all connections; idempotent."""
        self._cut = True
        self._listener.close()
        self._drop()

    def _drop(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the listener was closed
            while True:
                browser, _ = self._listener.accept()
                if self._cut:
                    browser.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._target_port))
                self._pairs.append((browser, server))
                for source, sink in ((browser, server), (server, browser)):
                    threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(target_port: int) -> Iterator[TcpProxy]:
    """A proxy that runs while the block does."""
    proxy = TcpProxy(target_port)
    with closing(proxy):
        proxy.start()
        yield proxy
