"""A line that can be bad: a TCP proxy on the loopback that cuts, delays, and comes back."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

CHUNK = 16 * 1024
PATIENCE = 60.0


class Proxy:
    """Passes connections on to a port. `cut_after`: the bytes of answers after which a connection is cut.

    `delay`: seconds by which each piece of an answer is late. `closed`: nobody gets through. `cuts` counts connections
    that were cut in the middle of an answer.
    """

    def __init__(self, target):
        self.target = target
        self.cut_after, self.delay, self.closed, self.cuts = None, 0.0, False, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    def heal(self):
        """Let everything through at once."""
        self.cut_after, self.delay, self.closed = None, 0.0, False

    @contextmanager
    def running(self):
        """Pass connections on until the block ends."""
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            yield self
        finally:
            self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                threading.Thread(target=self._connected, args=(client,), daemon=True).start()

    def _connected(self, client):
        client.settimeout(PATIENCE)
        with client, suppress(OSError):
            if self.closed:
                return
            with socket.create_connection(("127.0.0.1", self.target), timeout=PATIENCE) as server:
                asking = threading.Thread(target=self._asked, args=(client, server), daemon=True)
                asking.start()
                self._answered(server, client)
                for each in (client, server):
                    each.shutdown(socket.SHUT_RDWR)

    def _asked(self, client, server):
        with suppress(OSError):
            while piece := client.recv(CHUNK):
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _answered(self, server, client):
        """Pass answers back until the end, or until the line is cut."""
        passed = 0
        while piece := server.recv(CHUNK):
            time.sleep(self.delay)
            left = len(piece) if self.cut_after is None else self.cut_after - passed
            client.sendall(piece[: max(left, 0)])
            passed += len(piece)
            if self.closed or left < len(piece):
                self.cuts += 1
                return
