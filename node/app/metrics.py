"""The node's loopback port for machines that watch it: /metrics (Prometheus), /healthz (alive), /readyz (serving)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from node.errors import Code, LancangError
from node.observe import REGISTRY


class MetricsServer:
    """Serves until closed. Raises LancangError(CONFIG_INVALID) if the address isn't loopback or can't be bound."""

    def __init__(self, host: str, port: int, ready: Callable[[], bool]) -> None:
        if not host.startswith("127."):
            raise LancangError(Code.CONFIG_INVALID, f"metrics_listen: {host} is not a loopback address")
        try:
            self._server = ThreadingHTTPServer((host, port), _handler(ready))
        except OSError as problem:
            raise LancangError(Code.CONFIG_INVALID, f"metrics_listen: {problem.strerror}") from None
        self._server.daemon_threads = True
        self.address = f"{host}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(ready: Callable[[], bool]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path == "/healthz":
                self._answer(200, "text/plain", b"alive\n")
            elif self.path == "/readyz":
                serving = ready()
                self._answer(200 if serving else 503, "text/plain", b"ready\n" if serving else b"not ready\n")
            else:
                self._answer(404, "text/plain", b"try /metrics, /healthz or /readyz\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            """Watching a node is not an event."""

    return Handler
