"""``falcon-media lab``."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import webbrowser

import click

from falcon_media.errors import SetupError
from falcon_media_tools.candidates import parse_options
from falcon_media_tools.lab.formats import Source
from falcon_media_tools.lab.gate import is_loopback
from falcon_media_tools.settings import handler_settings

__all__ = ('command',)

PORT = 8765


@click.command(
    epilog='Example: falcon-media lab --option protobuf.message=events_pb2:Event',
)
@click.option(
    '--host',
    default='127.0.0.1',
    show_default=True,
    help='Address to listen on. Unless it is a loopback address, anyone who can reach '
    'it can use the lab.',
)
@click.option(
    '--port',
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help='Port to listen on; 0 for any free port.',
)
@handler_settings
@click.option(
    '--open/--no-open',
    'opens',
    default=True,
    help='Whether to open the page in the browser (default: open).',
)
@click.option('--json', 'as_json', is_flag=True, help='Print the address as JSON.')
def command(
    *,
    host: str,
    port: int,
    options: tuple[str, ...],
    config: str | None,
    opens: bool,
    as_json: bool,
) -> None:
    """Try a message in every installed format, in the browser.

    Serves one page until Ctrl-C. Paste a message, and see its size, speed and bytes in
    each format, and the changes of a round trip. Send it over a live WebSocket, or send
    attacks.
    """
    # NOTE: Imported late, since it comes with an extra.
    import uvicorn

    from falcon_media_tools.lab.app import create_app
    from falcon_media_tools.lab.app import MAX_FRAME

    try:
        source = Source(options=parse_options(options), config=config)
        app = create_app(source, host=host)
    except SetupError as ex:
        raise click.UsageError(str(ex)) from ex
    with _listener(host, port) as listener:
        address = _address(host, listener.getsockname()[1])
        if not is_loopback(host):
            print(
                f'warning: {host} is not a loopback address: anyone who can reach it '
                'can use the lab',
                file=sys.stderr,
            )
        said = f'The lab is at {address} until Ctrl-C'
        print(json.dumps({'url': address}) if as_json else said, flush=True)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                ws='websockets-sansio',
                ws_max_size=MAX_FRAME,
                ws_per_message_deflate=False,
                lifespan='off',
                log_config=None,
                timeout_graceful_shutdown=2,
            )
        )
        if opens:
            # NOTE: The socket listens already, so the browser can't be too early.
            threading.Thread(
                target=webbrowser.open, args=[address], daemon=True
            ).start()
        try:
            server.run(sockets=[listener])
        except KeyboardInterrupt:
            print()


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as ex:
        why = os.strerror(ex.errno) if ex.errno and ex.errno > 0 else str(ex)
        raise click.UsageError(
            f'cannot listen on {host} port {port}: {why}. Choose another --port (0 '
            'for any free port) or another --host.'
        ) from ex


def _address(host: str, port: int) -> str:
    name = f'[{host}]' if ':' in host else host
    return f'http://{name}:{port}/'
