"""Points about use: in many threads, on a real server, for WebSockets and for HTTP."""

from __future__ import annotations

from concurrent.futures import Future
from functools import partial
import inspect
from itertools import islice
from pathlib import Path
from typing import Any

import falcon
from falcon import WebSocketPayloadType
from falcon.asgi import App
from falcon.asgi import Request
from falcon.asgi import Response
from falcon.asgi import WebSocket

import falcon_media
from falcon_media.errors import PayloadError
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.wrapping import wrapped
from falcon_media_testing import corpora
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.declaration import Sample
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.interleaving import interrupted
from falcon_media_testing.interleaving import lines_of
from falcon_media_testing.interleaving import stopped
from falcon_media_testing.point import point
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('UsePoints',)

_SAMPLES = 4
_INTERRUPTIONS = 40


class UsePoints(Declaration):
    """What the handler is for."""

    @point('many-threads')
    def test_many_threads(self, watch: Unwatched) -> None:
        """In many threads at once, each message is what it would be in one.

        Why: apps encode in threads, and a handler is shared by all of them. What two
        messages share while they are encoded ends up in the wrong one, without an
        exception. One call is stopped at each of its lines, for another one to run.
        """
        handler = self.handler
        samples = self.sent[:_SAMPLES]

        def exchange(sample: Sample) -> tuple[Any, Any]:
            return handler.serialize(sample.media), handler.deserialize(sample.payload)

        alone = {}
        for sample in samples:
            payload, error = send(handler, sample.media, watch, 'a sample, alone')
            media, refusal = receive(handler, sample.payload, watch, 'a sample, alone')
            if error or refusal:
                raise ContractFailure(
                    f'A sample was refused, in one thread: {error or refusal}\n'
                    f'payload: {show_payload(sample.payload)}',
                    'See test_golden_bytes first: the samples have to be sent and '
                    'received.',
                )
            # NOTE: Whether that is right is another point's business.
            alone[sample.payload] = payload, media
        for sample, other in zip(samples, [*samples[1:], samples[0]], strict=True):
            watch.case('two threads at once', sample.payload)
            call, other_call = partial(exchange, sample), partial(exchange, other)
            # NOTE: Of many lines some are tried; those of the plugin first.
            for within in (_folder_of(handler), ''):
                lines = lines_of(call, within)
                for line in range(1, lines + 1, lines // _INTERRUPTIONS + 1):
                    ended, other_ended = interrupted(call, other_call, line, within)
                    _check_exchange(self, ended, alone[sample.payload])
                    _check_exchange(self, other_ended, alone[other.payload])

    @point('interrupts')
    def test_interrupts(self, watch: Unwatched) -> None:
        """Ctrl-C, and whatever else ends a process, passes through the handler.

        Why: an interrupt that becomes a refused message is a server that does not stop.
        KeyboardInterrupt is raised at each line of the plugin that a call runs.
        """
        handler = self.handler
        # NOTE: What a library does with an interrupt is not the plugin's fault.
        within = _folder_of(handler)
        sample = self.sent[0]
        for name, call in (
            ('serialize()', partial(handler.serialize, sample.media)),
            ('deserialize()', partial(handler.deserialize, sample.payload)),
        ):
            watch.case(f'an interrupted {name}', sample.payload)
            lines = lines_of(call, within)
            for line in range(1, lines + 1, lines // _INTERRUPTIONS + 1):
                is_raised, call_ended = stopped(call, line, within)
                error = call_ended.exception()
                # NOTE: A call may run fewer lines once something is kept for the next.
                if is_raised and not isinstance(error, KeyboardInterrupt):
                    ended = (
                        'returned' if error is None else f'raised {show_error(error)}'
                    )
                    raise ContractFailure(
                        f'KeyboardInterrupt was raised in a call of {name}, at line '
                        f'{line} of the {lines} that it runs, and the call {ended}',
                        'Catch Exception, or less, and not BaseException; and have no '
                        'bare `except:`, and no `return` in a `finally:`.',
                    )

    @point('on-a-real-server')
    def test_websocket(self, watch: Unwatched) -> None:
        """A real client gets its messages back, and the right close code for a bad one.

        Why: it is what the handler is for. Test clients don't look at frame types.
        """
        from falcon_media_testing.server import serving

        installed, plain = App(), App()
        is_text = self.spec.payload_type is WebSocketPayloadType.TEXT
        chosen = falcon_media.use(self.name, **self.options)
        falcon_media.install(
            installed,
            text=chosen if is_text else None,
            binary=None if is_text else chosen,
        )
        # NOTE: The plain Falcon way.
        plain.ws_options.media_handlers[self.spec.payload_type] = self.handler
        bad = _bad_payloads(self, watch)
        echoes = _echoes(self, watch)
        for app in (installed, plain):
            app.add_route('/', _Echo(self.spec.payload_type))
            with serving(app, self.patience / 3) as server:
                watch.case('WebSocket messages')
                with server.connect() as client:
                    for sample, echo in echoes:
                        client.send(sample.payload)
                        _check_echo(sample.payload, echo, client.receive())
                for payload, error in bad if app is installed else ():
                    watch.case('a bad WebSocket message', payload)
                    with server.connect() as client:
                        client.send(payload)
                        closed = client.receive()
                    if closed != (error.close_code, error.reason):
                        raise ContractFailure(
                            f'The bad payload {show_payload(payload)}\n'
                            f'was answered with {closed!r}\n'
                            f'expected: {(error.close_code, error.reason)!r}',
                            f'In a test, deserialize() raises {type(error).__name__} '
                            'for it. Have it do the same on a server, whatever the '
                            'thread, and whatever came before.',
                        )
                    with server.connect() as client:
                        sample, echo = echoes[0]
                        client.send(sample.payload)
                        _check_echo(sample.payload, echo, client.receive())

    @point('for-http')
    def test_http(self, watch: Unwatched) -> None:
        """A request's body is received, and a response's sent, under the media type.

        Why: one format for both is half the work for a client. What is refused must not
        look like a fault of the server.
        """
        from falcon_media_testing.server import serving

        if not self.has_media_type:
            return
        # NOTE: There, Falcon needs a handler of any object.
        if self.handler.types is not None and self.spec.media_type == falcon.MEDIA_JSON:
            return
        app = App()
        chosen = falcon_media.use(self.name, **self.options)
        falcon_media.install(app, http=[chosen])
        app.add_route('/', _Echo(self.spec.payload_type))
        bad = _bad_payloads(self, watch)
        echoes = _echoes(self, watch)
        with serving(app, self.patience / 3) as server:
            for media_type in (self.spec.media_type, *self.spec.aliases):
                for sample, echo in echoes:
                    body = _as_bytes(sample.payload)
                    if not body:
                        continue
                    watch.case(f'an HTTP request of {media_type}', body)
                    status, received_type, received = server.post(body, media_type)
                    expected = (200, media_type, _as_bytes(echo))
                    if (status, received_type, received) != expected:
                        raise ContractFailure(
                            f'POST of {media_type}: {show_payload(body)}\n'
                            f'was answered {status}, {received_type}: '
                            f'{show_payload(received)}\n'
                            f'expected: 200, {media_type}: '
                            f'{show_payload(_as_bytes(echo))}',
                            _AS_IN_A_TEST,
                        )
            for payload, error in bad:
                watch.case('a bad HTTP request', payload)
                status, *_ = server.post(_as_bytes(payload), self.spec.media_type)
                if status != error.http_status:
                    raise ContractFailure(
                        f'POST of the bad payload {show_payload(payload)}\n'
                        f'was answered {status}\nexpected: {error.http_status}',
                        f'In a test, deserialize() raises {type(error).__name__} for '
                        'it. Have it do the same on a server.',
                    )


class _Echo:
    """Sends back what was received."""

    def __init__(self, payload_type: WebSocketPayloadType) -> None:
        self._payload_type = payload_type

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        await ws.accept()
        while True:
            try:
                media = await ws.receive_media()
            except falcon.WebSocketDisconnected:
                return
            await ws.send_media(media, self._payload_type)

    async def on_post(self, req: Request, resp: Response) -> None:
        resp.content_type = req.content_type
        resp.media = await req.get_media()


def _folder_of(handler: Handler) -> str:
    """Return the folder of a handler's code."""
    return str(Path(inspect.getfile(type(wrapped(handler)))).parent)


def _check_exchange(
    contract: Declaration, ended: Future[Any], alone: tuple[Any, Any]
) -> None:
    error = ended.exception()
    if error is not None:
        raise ContractFailure(
            f'One of two threads raised {show_error(error)}', _NOTHING_SHARED
        )
    payload, media = ended.result()
    if payload != alone[0]:
        raise ContractFailure(
            f'One of two threads sent {show_payload(payload)}\n'
            f'alone, it sends {show_payload(alone[0])}',
            _NOTHING_SHARED,
        )
    if not contract.same(media, alone[1]):
        raise ContractFailure(
            f'One of two threads received {show_media(media)}\n'
            f'alone, it receives {show_media(alone[1])}',
            _NOTHING_SHARED,
        )


_NOTHING_SHARED = (
    'Keep nothing of a message in the handler, nor in an encoder or decoder that '
    'messages share. Make one for each message, or use a function that has no state.'
)


_AS_IN_A_TEST = (
    'In a test, the handler receives and sends it. On a server it runs in another '
    'thread, and other messages came before: look for what depends on that. For 1011 '
    "or 500, the server's log has the traceback."
)


def _as_bytes(payload: Any) -> bytes:
    return payload.encode() if isinstance(payload, str) else payload


def _echoes(contract: Declaration, watch: Unwatched) -> list[tuple[Sample, Any]]:
    """Tell what is sent of what is received of each sample, without a server."""
    found = []
    for sample in contract.sent:
        media, _ = receive(contract.handler, sample.payload, watch, 'a sample')
        echo, _ = send(contract.handler, media, watch, 'what a sample became')
        # NOTE: Whether that is right is another point's business.
        found.append((sample, sample.payload if echo is None else echo))
    return found


def _check_echo(payload: Any, echo: Any, answer: Any) -> None:
    if answer != echo:
        shown = answer if isinstance(answer, tuple) else show_payload(answer)
        raise ContractFailure(
            f'A client sent {show_payload(payload)}\nand got back {shown}\n'
            f'expected: {show_payload(echo)}',
            _AS_IN_A_TEST,
        )


def _bad_payloads(
    contract: Declaration, watch: Unwatched
) -> list[tuple[Any, PayloadError]]:
    """Find a payload that is refused, if there is one, with its error."""
    payloads = [refused.payload for refused in contract.refuses]
    for sample in contract.samples:
        payloads += corpora.truncations(sample.payload)
    errors = (
        (payload, receive(contract.handler, payload, watch, 'a bad payload')[1])
        for payload in payloads
        if payload
    )
    found = ((payload, error) for payload, error in errors if error is not None)
    return [*islice(found, 1)]
