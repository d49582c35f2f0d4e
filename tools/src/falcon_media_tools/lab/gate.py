"""Refuse requests that other web pages make to the lab.

A foreign web page can reach a server on loopback in two ways. It can open a WebSocket,
which no browser forbids; then the Origin header is foreign. Or its own host name can
resolve to a loopback address (DNS rebinding); then the Host header is foreign. Both are
refused.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

import falcon
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket

__all__ = ('Gate', 'is_loopback')

_HEADERS = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
}


class Gate:
    """Middleware that accepts only requests from the lab's own page.

    Args:
        host (str): The value of ``--host``, an accepted host name.
    """

    def __init__(self, host: str) -> None:
        self._names = {'localhost', host.lower()}

    async def process_request(self, req: Request, resp: Response) -> None:
        """Check a request, and set the headers of the response."""
        resp.set_headers(_HEADERS)
        self._check(req)

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Check a handshake."""
        self._check(req)

    def _check(self, req: Request) -> None:
        # NOTE: A missing Origin is accepted: it means a program, not a browser, and a
        #   program could send any Origin.
        origin = req.get_header('Origin')
        host = req.get_header('Host') or ''
        if not self._is_ours(host):
            raise falcon.HTTPForbidden(
                title='Unknown host name',
                description='Use the address that falcon-media lab printed.',
            )
        if origin is not None and origin.lower() != f'http://{host}'.lower():
            raise falcon.HTTPForbidden(
                title='Foreign origin',
                description='Other web pages cannot use the lab.',
            )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f'//{host}').hostname or ''
        except ValueError:
            return False
        # NOTE: DNS rebinding needs a name, so addresses are safe.
        return name in self._names or _is_address(name)


def is_loopback(host: str) -> bool:
    """Return whether a host is a loopback address."""
    return host == 'localhost' or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
