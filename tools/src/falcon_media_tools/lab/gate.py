"""Who may use the lab: the page that it serves, and nobody else's.

A web page of somebody else's can reach a server on loopback in two ways. It can open a
WebSocket to it, which no browser forbids; then its origin is not ours. Or it can have
its own name resolve to a loopback address (DNS rebinding); then that name is what the
browser asks for. Both are refused.
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
    """Middleware that lets in what comes from the lab's own page.

    Args:
        host (str): The host that was asked for, and is one of the lab's names.
    """

    def __init__(self, host: str) -> None:
        self._names = {'localhost', host.lower()}

    async def process_request(self, req: Request, resp: Response) -> None:
        """Check a request, and see to the headers of the response."""
        resp.set_headers(_HEADERS)
        self._check(req)

    async def process_request_ws(self, req: Request, ws: WebSocket) -> None:
        """Check a handshake."""
        self._check(req)

    def _check(self, req: Request) -> None:
        # NOTE: No header at all is what a program sends that is no browser; it could
        #   say whatever is wanted.
        origin = req.get_header('Origin')
        host = req.get_header('Host') or ''
        if not self._is_ours(host):
            raise falcon.HTTPForbidden(
                title='Not a name of the lab',
                description='Use the address that falcon-media lab has printed.',
            )
        if origin is not None and origin.lower() != f'http://{host}'.lower():
            raise falcon.HTTPForbidden(
                title='Not a page of the lab',
                description='Another web page may not use the lab.',
            )

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f'//{host}').hostname or ''
        except ValueError:
            return False
        # NOTE: An address can't be rebound.
        return name in self._names or _is_address(name)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine as it is seen by itself alone."""
    return host == 'localhost' or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
