"""Media handlers for HTTP, in WSGI and ASGI apps, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from collections.abc import Iterable
from dataclasses import dataclass
import io
import json
import logging
from typing import Any

import falcon
from falcon import WebSocketPayloadType
import falcon.asgi
import falcon.media
from falcon.media import BinaryBaseHandlerWS
import falcon.testing
import pytest

from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import PayloadTooLarge
from falcon_media import TextHandler
from falcon_media import UnserializableMedia
from falcon_media import UnsupportedPayload
from falcon_media.app.http import add_http_handlers
from falcon_media.app.http import http_handler
from falcon_media.app.http import HTTPHandler
from falcon_media.json.handler import JSONHandler
from falcon_media.protocol.wrapping import adopt

JSON = falcon.MEDIA_JSON
TAGGED = 'application/x-tagged'
POINT = 'application/x-point'
LIMITS = Limits()

wsgi_and_asgi = pytest.mark.parametrize(
    'kind', [falcon.App, falcon.asgi.App], ids=['wsgi', 'asgi']
)
both = pytest.mark.parametrize('asynchronous', [False, True], ids=['sync', 'async'])


class Tagged(BinaryBaseHandlerWS):
    """A third-party format without any checks."""

    def serialize(self, media: object) -> bytes:
        return b'tag:' + json.dumps(media).encode()

    def deserialize(self, payload: bytes) -> object:
        if payload.startswith(b'ext:'):
            raise UnsupportedPayload('extensions are not allowed')
        tag, _, rest = payload.partition(b':')
        if tag != b'tag':
            raise KeyError(tag)
        return json.loads(rest)


class Verbatim(TextHandler):
    """Passes text unchanged."""

    name = 'verbatim'

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> str:
        return str(media)

    def deserialize(self, payload: str) -> object:
        return payload


@dataclass
class Point:
    x: int
    title: str = ''


class PointHandler(BinaryHandler):
    """A format that is bound to a schema; it accepts mappings of its fields."""

    name = 'point'

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> bytes:
        point = Point(**media) if isinstance(media, dict) else media
        if not isinstance(point, Point):
            raise TypeError
        return b'%d %s' % (point.x, point.title.encode())

    def deserialize(self, payload: bytes) -> object:
        x, _, title = payload.partition(b' ')
        return Point(int(x), title.decode())


class TitleHandler(PointHandler):
    """A schema with a field of error bodies by chance; no field is required."""

    def serialize(self, media: object) -> bytes:
        return super().serialize(
            {'x': 0, **media} if isinstance(media, dict) else media
        )


class Resource:
    """Decodes to one object and encodes another, or raises."""

    def __init__(self, sends: Any = None, content_type: str | None = None) -> None:
        self.sends = sends
        self.content_type = content_type
        self.received: list[Any] = []
        self.error: Any = None

    def on_get(self, req: falcon.Request, resp: falcon.Response) -> Any:
        self._answer(resp)

    def on_post(self, req: falcon.Request, resp: falcon.Response) -> Any:
        try:
            self.received.append(req.get_media())
        except Exception as ex:
            self.error = ex
            raise
        self._answer(resp)

    def on_put(self, req: falcon.Request, resp: falcon.Response) -> Any:
        self.received.append(req.get_media(default_when_empty='default'))

    def on_delete(self, req: falcon.Request, resp: falcon.Response) -> Any:
        self.received.append(req.get_param_as_json('q'))

    def on_patch(self, req: falcon.Request, resp: falcon.Response) -> Any:
        self.received += [part.get_media() for part in req.get_media()]

    def _answer(self, resp: Any) -> None:
        if isinstance(self.sends, Exception):
            raise self.sends
        resp.media = self.sends
        resp.content_type = self.content_type


class AsyncResource(Resource):
    async def on_get(self, req: Any, resp: Any) -> None:
        super().on_get(req, resp)

    async def on_post(self, req: Any, resp: Any) -> None:
        try:
            self.received.append(await req.get_media())
        except Exception as ex:
            self.error = ex
            raise
        self._answer(resp)

    async def on_put(self, req: Any, resp: Any) -> None:
        self.received.append(await req.get_media(default_when_empty='default'))

    async def on_delete(self, req: Any, resp: Any) -> None:
        super().on_delete(req, resp)

    async def on_patch(self, req: Any, resp: Any) -> None:
        async for part in await req.get_media():
            self.received.append(await part.get_media())


class Setup:
    """An app with one resource."""

    def __init__(self, kind: Any, **options: Any) -> None:
        self.is_asgi = issubclass(kind, falcon.asgi.App)
        self.app: Any = kind(**options)
        self.resource = AsyncResource() if self.is_asgi else Resource()
        self.app.add_route('/', self.resource)

    def add(self, *media_types: str, limits: Limits = LIMITS) -> Setup:
        known = {
            JSON: JSONHandler(limits=limits),
            TAGGED: tagged(limits),
            POINT: PointHandler(),
        }
        chosen = {media_type: known[media_type] for media_type in media_types}
        add_http_handlers(self.app, chosen, limits)
        return self

    def send(self, media: Any, content_type: str | None = None) -> None:
        self.resource.sends = media
        self.resource.content_type = content_type

    def get(self, accept: str = '*/*', **options: Any) -> Any:
        return falcon.testing.simulate_get(
            self.app, '/', headers={'Accept': accept}, **options
        )

    def post(
        self, body: bytes, content_type: str, **options: Any
    ) -> falcon.testing.Result:
        return falcon.testing.simulate_post(
            self.app, '/', body=body, content_type=content_type, **options
        )


def tagged(limits: Limits = LIMITS) -> Any:
    return adopt(Tagged(), WebSocketPayloadType.BINARY, limits, name='tagged')


@pytest.fixture(params=[falcon.App, falcon.asgi.App], ids=['wsgi', 'asgi'])
def setup(request: pytest.FixtureRequest) -> Setup:
    return Setup(request.param)


# -------------------------------------------------------------------- What goes through


@pytest.mark.parametrize(
    ('content_type', 'body'),
    [(JSON, b'{"a":["\xc3\xa9",1.5]}'), (TAGGED, b'tag:[1, 2]')],
)
def test_both_directions(setup: Setup, content_type: str, body: bytes) -> None:
    setup.add(JSON, TAGGED)
    media = json.loads(body.removeprefix(b'tag:'))
    setup.send(media, content_type)
    result = setup.post(body, content_type)
    assert result.status_code == 200
    assert result.headers['content-type'] == content_type
    assert result.content == body
    assert setup.resource.received == [media]


@pytest.mark.parametrize(
    'content_type',
    [f'{TAGGED}; charset=utf-8', f'{TAGGED};v=1;profile="a b"', 'application/tagged'],
)
def test_parameters_and_aliases(setup: Setup, content_type: str) -> None:
    handler = tagged()
    add_http_handlers(
        setup.app, {TAGGED: handler, 'application/tagged': handler}, LIMITS
    )
    setup.send([2], content_type)
    result = setup.post(b'tag:[1]', content_type)
    assert setup.resource.received == [[1]]
    assert result.headers['content-type'] == content_type
    assert result.content == b'tag:[2]'


def test_an_unregistered_type_is_refused(setup: Setup) -> None:
    setup.add(TAGGED)
    assert setup.post(b'tag:[1]', 'application/vnd.tagged').status_code == 415
    assert setup.post(b'tag:[1]', 'tagged').status_code == 415


def test_a_charset_does_not_change_the_encoding(setup: Setup) -> None:
    setup.add(JSON)
    setup.post('"é"'.encode(), f'{JSON}; charset=latin-1')
    assert setup.resource.received == ['é']
    assert (
        setup.post('"é"'.encode('latin-1'), f'{JSON}; charset=latin-1').status_code
        == 400
    )
    assert (
        setup.post('"é"'.encode('utf-16'), f'{JSON}; charset=utf-16').status_code == 400
    )


def test_parts_of_a_form(setup: Setup) -> None:
    options = falcon.media.multipart.MultipartParseOptions()
    options.media_handlers[TAGGED] = http_handler(tagged(Limits(max_size=8)), LIMITS)
    form = falcon.media.MultipartFormHandler(options)
    setup.app.req_options.media_handlers[falcon.MEDIA_MULTIPART] = form

    def patch(payload: bytes) -> int:
        lines = (
            b'--x',
            b'Content-Type: ' + TAGGED.encode(),
            b'',
            payload,
            b'--x--',
            b'',
        )
        return falcon.testing.simulate_patch(
            setup.app,
            '/',
            body=b'\r\n'.join(lines),
            content_type='multipart/form-data; boundary=x',
        ).status_code

    assert patch(b'tag:[12]') == 200
    assert setup.resource.received == [[12]]
    assert patch(b'tag:[123]') == 413
    assert patch(b'tag:[1') == 400
    assert patch(b'') == 400


# ------------------------------------------------------------------ What a client sends


@pytest.mark.parametrize('content_type', [JSON, TAGGED])
def test_an_empty_body_is_refused(setup: Setup, content_type: str) -> None:
    setup.add(JSON, TAGGED)
    assert setup.post(b'', content_type).status_code == 400
    assert type(setup.resource.error) is falcon.MediaNotFoundError
    assert setup.resource.error.to_dict() == {
        'title': 'Malformed payload',
        'description': 'The request body is empty.',
    }
    falcon.testing.simulate_put(setup.app, '/', content_type=content_type)
    assert setup.resource.received == ['default']


def test_an_empty_body_that_is_a_message(setup: Setup) -> None:
    add_http_handlers(setup.app, {'text/plain': Verbatim()}, LIMITS)
    headers = {'Content-Length': '0'}
    assert setup.post(b'', 'text/plain', headers=headers).status_code == 200
    assert setup.resource.received == ['']
    # A body that may be incomplete is not a message.
    handler = setup.app.req_options.media_handlers['text/plain']
    with pytest.raises(falcon.MediaNotFoundError):
        handler.deserialize(io.BytesIO(), 'text/plain', None)


@pytest.mark.parametrize(
    ('content_type', 'body', 'cause'),
    [
        (JSON, b'{"secret"', ValueError),
        (JSON, b'"\xff"', UnicodeDecodeError),
        (JSON, b'"\xed\xa0\x80"', UnicodeDecodeError),
        (JSON, b'\xef\xbb\xbf[]', None),
        (JSON, '[]'.encode('utf-16'), UnicodeDecodeError),
        (TAGGED, b'secret:1', KeyError),
        (TAGGED, b'tag:', ValueError),
    ],
)
def test_a_malformed_body_is_refused(
    setup: Setup, content_type: str, body: bytes, cause: type[Exception] | None
) -> None:
    setup.add(JSON, TAGGED)
    result = setup.post(body, content_type)
    assert result.status_code == 400
    error = setup.resource.error
    assert isinstance(error, falcon.MediaMalformedError)
    malformed = error.__cause__
    assert type(malformed) is MalformedPayload
    assert malformed.size is not None
    assert malformed.handler in {'json', 'tagged'}
    assert malformed.payload_type
    assert (type(malformed.cause) if cause is None else cause) in type(
        malformed.cause
    ).__mro__
    assert 'secret' not in result.text


def test_a_byte_order_mark_is_refused_for_every_handler(setup: Setup) -> None:
    add_http_handlers(setup.app, {'text/plain': Verbatim()}, LIMITS)
    assert setup.post(b'\xef\xbb\xbfa', 'text/plain').status_code == 400
    assert 'byte order mark' in setup.resource.error.description
    setup.post(b'a\xef\xbb\xbf', 'text/plain')
    assert setup.resource.received == ['a\ufeff']


@pytest.mark.parametrize(
    ('content_type', 'body', 'limit'),
    [
        (JSON, b'[' * 65 + b']' * 65, 'max_depth'),
        (TAGGED, b'tag:' + b'[' * 65 + b']' * 65, 'max_depth'),
        (TAGGED, b'tag:' + b'[' * 2000 + b']' * 2000, 'max_depth'),
        (JSON, b'[' + b'0,' * 512 + b'0]', 'max_items'),
        (TAGGED, b'tag:[' + b'0,' * 512 + b'0]', 'max_items'),
        (JSON, b'"%s"' % (b'a' * 16383), 'max_size'),
        (JSON, '"{}"'.format('é' * 8192).encode(), 'max_size'),
        (TAGGED, b'tag:"%s"' % (b'a' * 16380), 'max_size'),
    ],
)
def test_a_body_over_a_budget_is_refused(
    setup: Setup, content_type: str, body: bytes, limit: str
) -> None:
    setup.add(JSON, TAGGED, limits=Limits(max_size=16384, max_items=512))
    result = setup.post(body, content_type)
    assert result.status_code == 413
    assert result.json['title'] == 'Payload too large'
    cause = setup.resource.error.__cause__
    assert type(cause) is PayloadTooLarge
    assert cause.limit == limit


def test_a_body_just_within_its_budget_is_accepted(setup: Setup) -> None:
    setup.add(JSON, TAGGED, limits=Limits(max_size=8))
    setup.post('"ééé"'.encode(), JSON)
    setup.post(b'tag:"ab"', TAGGED)
    assert setup.resource.received == ['ééé', 'ab']
    assert setup.post('"éééa"'.encode(), JSON).status_code == 413
    assert setup.post(b'tag:"abc"', TAGGED).status_code == 413


def test_a_handler_with_budgets_of_its_own(setup: Setup) -> None:
    own = JSONHandler(limits=Limits(max_size=16))
    add_http_handlers(setup.app, {JSON: own}, Limits(max_size=2))
    assert setup.post(b'"12345678901234"', JSON).status_code == 200
    assert setup.post(b'"123456789012345"', JSON).status_code == 413


def test_an_unsupported_type_of_the_format_is_refused(setup: Setup) -> None:
    setup.add(TAGGED)
    result = setup.post(b'ext:[1]', TAGGED)
    assert result.status_code == 415
    assert result.json == {
        'title': 'Unsupported payload',
        'description': 'extensions are not allowed',
    }
    assert type(setup.resource.error.__cause__) is UnsupportedPayload


def test_the_next_request_is_served(setup: Setup) -> None:
    setup.add(JSON, TAGGED)
    for body in (b'', b'\xff', b'[' * 1000, b'tag:' + b'[' * 1000, b'ext:'):
        for content_type in (JSON, TAGGED):
            assert setup.post(body, content_type).status_code in {400, 413, 415}
            setup.post({JSON: b'[1]', TAGGED: b'tag:[1]'}[content_type], content_type)
            assert setup.resource.received.pop() == [1]


# --------------------------------------------------------------------- How much is read


class Source(io.RawIOBase):
    """A body that counts the bytes read, and returns a few at a time."""

    def __init__(self, body: bytes = b'', *, step: int | None = None) -> None:
        self.body = body
        self.step = step
        self.asked: list[int] = []

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size >= 0
        self.asked.append(size)
        size = min(size, self.step or size)
        taken, self.body = self.body[:size], self.body[size:]
        return taken


class AsyncSource:
    def __init__(self, body: bytes = b'', *, step: int | None = None) -> None:
        self.source = Source(body, step=step)

    async def read(self, size: int | None = -1, /) -> bytes:
        return self.source.read(size)

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise NotImplementedError


def deserialize(
    handler: HTTPHandler,
    body: bytes,
    content_length: int | None,
    *,
    step: int | None = None,
    asynchronous: bool,
) -> tuple[Any, Source]:
    """Deserialize a body; return the object and the number of bytes read."""
    result: Any
    if asynchronous:
        stream = AsyncSource(body, step=step)
        source = stream.source
        reading = handler.deserialize_async(stream, None, content_length)
        result = _outcome(lambda: asyncio.run(reading))
    else:
        source = Source(body, step=step)
        result = _outcome(lambda: handler.deserialize(source, None, content_length))
    return result, source


def _outcome(call: Any) -> Any:
    try:
        return call()
    except falcon.HTTPError as ex:
        return ex


@both
def test_a_length_over_the_budget_is_refused_without_reading(
    asynchronous: bool,
) -> None:
    handler = http_handler(tagged(Limits(max_size=64)), LIMITS)
    result, source = deserialize(handler, b'x' * 65, 65, asynchronous=asynchronous)
    assert type(result) is falcon.HTTPContentTooLarge
    cause: Any = result.__cause__
    assert (cause.size, cause.limit_value) == (65, 64)
    assert source.asked == []


@both
@pytest.mark.parametrize('step', [None, 1, 7, 64])
def test_an_unknown_length_is_read_to_one_byte_over_the_budget(
    asynchronous: bool, step: int | None
) -> None:
    handler = http_handler(tagged(Limits(max_size=64)), LIMITS)
    result, source = deserialize(
        handler, b'tag:' + b' ' * 200, None, step=step, asynchronous=asynchronous
    )
    assert type(result) is falcon.HTTPContentTooLarge
    cause: Any = result.__cause__
    assert cause.size is None
    assert len(source.body) == 204 - 65
    assert max(source.asked) == 65


@both
@pytest.mark.parametrize('step', [None, 1, 7])
@pytest.mark.parametrize('content_length', [None, 10])
def test_a_stream_may_return_less_than_requested(
    asynchronous: bool, step: int | None, content_length: int | None
) -> None:
    handler = http_handler(tagged(Limits(max_size=64)), LIMITS)
    result, source = deserialize(
        handler, b'tag:[1, 2]', content_length, step=step, asynchronous=asynchronous
    )
    assert result == [1, 2]
    assert source.body == b''


@both
def test_a_known_length_is_read_at_once(asynchronous: bool) -> None:
    handler = http_handler(tagged(Limits(max_size=64)), LIMITS)
    result, source = deserialize(handler, b'tag:[]', 6, asynchronous=asynchronous)
    assert result == []
    assert source.asked == [65]


@both
@pytest.mark.parametrize('step', [None, 2])
def test_a_body_shorter_than_its_content_length_is_refused(
    asynchronous: bool, step: int | None
) -> None:
    handler = http_handler(tagged(), LIMITS)
    result, _ = deserialize(handler, b'tag:12', 7, step=step, asynchronous=asynchronous)
    assert isinstance(result, falcon.MediaMalformedError)
    cause: Any = result.__cause__
    assert cause.size == 6
    assert 'shorter than its Content-Length of 7' in str(cause)


def test_a_content_length_over_the_budget_is_refused_in_wsgi() -> None:
    setup = Setup(falcon.App).add(JSON, TAGGED, limits=Limits(max_size=64))
    for content_type in (JSON, TAGGED):
        source = Source(b'x' * 65)
        result = falcon.testing.simulate_post(
            setup.app,
            '/',
            headers={'Content-Type': content_type, 'Content-Length': '65'},
            extras={'wsgi.input': source},
        )
        assert result.status_code == 413
        assert source.asked == []


def asgi_post(
    app: Any, chunks: Iterable[bytes], content_length: object = None
) -> tuple[object, int]:
    """Post chunks to an ASGI app; return the status and the number of chunks read."""
    headers = {'Content-Type': TAGGED}
    if content_length is not None:
        headers['Content-Length'] = str(content_length)
    scope = falcon.testing.create_scope(method='POST', headers=headers)
    collector = falcon.testing.ASGIResponseEventCollector()
    taken = 0
    waiting = iter(chunks)

    async def receive() -> dict[str, Any]:
        nonlocal taken
        chunk = next(waiting, None)
        if chunk is None:
            return {'type': 'http.disconnect'}
        taken += 1
        return {'type': 'http.request', 'body': chunk, 'more_body': chunk != b''}

    asyncio.run(app(scope, receive, collector))
    return collector.status, taken


def test_chunks_in_asgi() -> None:
    setup = Setup(falcon.asgi.App).add(TAGGED, limits=Limits(max_size=64))
    assert asgi_post(setup.app, [b'tag:', b'[1', b',2]', b'']) == (200, 4)
    assert setup.resource.received == [[1, 2]]
    assert asgi_post(setup.app, [b'']) == (400, 1)


def test_chunks_over_the_budget_in_asgi() -> None:
    setup = Setup(falcon.asgi.App).add(TAGGED, limits=Limits(max_size=64))
    # Falcon itself reads the first chunk, before it calls a handler.
    assert asgi_post(setup.app, [b'x' * 10] * 100) == (413, 7)
    assert asgi_post(setup.app, [b'x' * 10] * 100, 65) == (413, 1)


def test_no_length_in_wsgi() -> None:
    setup = Setup(falcon.App).add(TAGGED)
    source = Source(b'tag:1')
    result = falcon.testing.simulate_post(
        setup.app,
        '/',
        headers={'Content-Type': TAGGED},
        extras={'wsgi.input': source},
    )
    assert result.status_code == 400
    assert type(setup.resource.error) is falcon.MediaNotFoundError
    assert source.body == b'tag:1'


@pytest.mark.parametrize('length', ['-1', 'x', '1' * 5000], ids=['-1', 'x', '1...'])
def test_a_length_that_is_none(length: str) -> None:
    setup = Setup(falcon.asgi.App).add(TAGGED)
    assert asgi_post(setup.app, [b'tag:1'], length) == (400, 1)


def test_a_client_that_disconnects_during_a_body_is_refused() -> None:
    setup = Setup(falcon.asgi.App).add(TAGGED)
    assert asgi_post(setup.app, [b'tag:1'], 7) == (400, 1)
    assert setup.resource.received == []
    assert 'shorter than its Content-Length of 7' in setup.resource.error.description


# ------------------------------------------------------------------ What our side sends


@pytest.mark.parametrize(
    ('content_type', 'media'),
    [(JSON, {1: 2j}), (JSON, '\ud800'), (TAGGED, object()), (POINT, [1])],
)
def test_an_unserializable_response_is_an_app_error(
    setup: Setup, content_type: str, media: object, caplog: pytest.LogCaptureFixture
) -> None:
    setup.add(JSON, TAGGED, POINT)
    setup.send(media, content_type)
    errors = io.StringIO()
    options: dict[str, Any] = {} if setup.is_asgi else {'wsgierrors': errors}
    result = setup.get(**options)
    assert result.status_code == 500
    log = caplog.text if setup.is_asgi else errors.getvalue()
    assert 'Traceback' in log
    assert 'UnserializableMedia' in log
    assert {record.levelno for record in caplog.records} <= {logging.ERROR}


@both
def test_a_lone_surrogate_on_the_way_out(asynchronous: bool) -> None:
    handler = http_handler(Verbatim(), LIMITS)

    def serialize() -> bytes:
        if asynchronous:
            return asyncio.run(handler.serialize_async('\ud800', 'text/plain'))
        return handler.serialize('\ud800', 'text/plain')

    with pytest.raises(UnserializableMedia, match='lone surrogate') as caught:
        serialize()
    assert caught.value.handler == 'verbatim'
    assert caught.value.payload_type is WebSocketPayloadType.TEXT
    assert type(caught.value.cause) is UnicodeEncodeError


def test_a_handler_is_put_under_the_guard() -> None:
    handler = http_handler(PointHandler(), LIMITS)
    assert handler.limits is LIMITS
    with pytest.raises(UnserializableMedia) as caught:
        handler.serialize(1, POINT)
    assert caught.value.handler == 'point'
    own = tagged()
    assert http_handler(own, LIMITS).handler is own


# ------------------------------------------------------------------------- Error bodies


NOT_FOUND = {'title': '404 Not Found'}


def test_json_bodies_of_errors(setup: Setup) -> None:
    setup.add(JSON)
    setup.send(falcon.HTTPBadRequest(title='é', href='https://example.com/', code=3))
    for accept in (
        JSON,
        '*/*',
        'application/*',
        'application/vnd.a+json',
        'text/*, */*',
    ):
        result = setup.get(accept)
        assert result.status_code == 400
        assert result.headers['content-type'] == JSON
        assert '"title":"é"'.encode() in result.content
        assert result.json['code'] == 3
        assert result.json['link']['href'] == 'https://example.com/'


@pytest.mark.parametrize(
    ('accept', 'content_type'),
    [
        (TAGGED, TAGGED),
        ('application/tagged', 'application/tagged'),
        (f'{TAGGED}, {JSON}', JSON),
        (f'{TAGGED}, {JSON};q=0.5', TAGGED),
        (f'{POINT}, {TAGGED}', TAGGED),
        ('text/xml', 'text/xml'),
        ('*/*', JSON),
    ],
)
def test_negotiated_bodies_of_errors(
    setup: Setup, accept: str, content_type: str
) -> None:
    handlers = {
        POINT: PointHandler(),
        TAGGED: tagged(),
        'application/tagged': tagged(),
        JSON: JSONHandler(),
    }
    add_http_handlers(setup.app, handlers, LIMITS)
    setup.send(falcon.HTTPNotFound())
    result = setup.get(accept)
    assert result.status_code == 404
    assert result.headers['content-type'] == content_type
    assert result.headers['vary'] == 'Accept'
    if content_type != 'text/xml':
        assert json.loads(result.content.removeprefix(b'tag:')) == NOT_FOUND


@pytest.mark.parametrize(
    'error',
    [
        falcon.HTTPNotFound(),
        falcon.HTTPBadRequest(title='a', description='b', code=1),
        ValueError('the app is broken'),
    ],
)
@pytest.mark.parametrize('accept', [POINT, f'{POINT}, {JSON};q=0.5'])
def test_a_schema_leaves_errors_to_json(
    setup: Setup, error: Exception, accept: str
) -> None:
    setup.add(JSON, POINT)
    setup.send(error)
    result = setup.get(accept)
    status = error.status_code if isinstance(error, falcon.HTTPError) else 500
    assert result.status_code == status
    assert result.headers['content-type'] == JSON
    assert result.json['title'] == getattr(error, 'title', '500 Internal Server Error')
    unrouted = falcon.testing.simulate_get(setup.app, '/no', headers={'Accept': accept})
    assert unrouted.status_code == 404
    assert unrouted.json == NOT_FOUND
    malformed = setup.post(b'x', POINT, headers={'Accept': accept})
    assert malformed.status_code == 400
    assert malformed.json['title'] == 'Malformed payload'


def test_a_title_that_matches_the_schema_is_sent_as_json(setup: Setup) -> None:
    add_http_handlers(setup.app, {POINT: TitleHandler()}, LIMITS)
    setup.send(falcon.HTTPNotFound())
    result = setup.get(POINT)
    assert result.headers['content-type'] == JSON
    assert result.json == NOT_FOUND


def test_the_handler_of_the_app_writes_those_errors(setup: Setup) -> None:
    setup.app.resp_options.media_handlers[JSON] = falcon.media.JSONHandler(
        dumps=lambda media: json.dumps(['mine', media])
    )
    setup.add(POINT)
    setup.send(falcon.HTTPNotFound())
    assert setup.get(POINT).json == ['mine', NOT_FOUND]


def test_errors_where_the_app_has_no_json(setup: Setup) -> None:
    del setup.app.resp_options.media_handlers[JSON]
    setup.add(POINT)
    setup.send(falcon.HTTPNotFound())
    result = setup.get(POINT)
    assert result.status_code == 404
    assert result.headers['content-type'] == JSON
    assert result.json == NOT_FOUND


@pytest.mark.parametrize('before', [False, True])
def test_an_error_serializer_of_the_app_stays(setup: Setup, before: bool) -> None:
    def serialize_error(req: Any, resp: Any, ex: falcon.HTTPError) -> None:
        resp.media = Point(ex.status_code, 'mine') if req.params else {'mine': 1}
        resp.content_type = POINT

    if before:
        setup.app.set_error_serializer(serialize_error)
        setup.add(POINT)
    else:
        setup.add(POINT)
        setup.app.set_error_serializer(serialize_error)
    setup.send(falcon.HTTPNotFound())
    result = setup.get(POINT, params={'a': '1'})
    assert result.headers['content-type'] == POINT
    assert result.content == b'404 mine'
    result = setup.get(POINT)
    assert result.status_code == 404
    assert result.headers['content-type'] == JSON
    assert result.json == {'mine': 1}


def test_an_error_handler_of_the_app_stays(setup: Setup) -> None:
    if setup.is_asgi:

        async def handle(req: Any, resp: Any, ex: Any, params: Any) -> None:
            resp.status = 418
            resp.content_type = POINT
            resp.media = {'x': 3, 'title': 'mine'}
    else:

        def handle(req: Any, resp: Any, ex: Any, params: Any) -> None:  # type: ignore[misc]  # the same, for WSGI
            resp.status = 418
            resp.content_type = POINT
            resp.media = {'x': 3, 'title': 'mine'}

    setup.app.add_error_handler(falcon.HTTPError, handle)
    setup.add(POINT)
    setup.send(falcon.HTTPNotFound())
    result = setup.get()
    assert result.status_code == 418
    assert result.headers['content-type'] == POINT
    assert result.content == b'3 mine'


@pytest.mark.parametrize(
    ('attributes', 'body'),
    [({}, b''), ({'data': b'raw'}, b'raw'), ({'media': {}}, b'0 ')],
)
def test_a_custom_error_body_stays(
    setup: Setup, attributes: dict[str, Any], body: bytes
) -> None:
    def serialize_error(req: Any, resp: Any, ex: falcon.HTTPError) -> None:
        resp.content_type = POINT
        for name, value in attributes.items():
            setattr(resp, name, value)

    add_http_handlers(setup.app, {POINT: TitleHandler()}, LIMITS)
    setup.app.set_error_serializer(serialize_error)
    setup.send(falcon.HTTPNotFound())
    result = setup.get(POINT)
    assert result.status_code == 404
    assert result.headers['content-type'] == POINT
    assert result.content == body


class Late:
    def process_response(self, req: Any, resp: Any, *args: object) -> None:
        raise falcon.HTTPNotFound

    async def process_response_async(self, req: Any, resp: Any, *args: object) -> None:
        raise falcon.HTTPNotFound


class Early:
    def process_request(self, req: Any, resp: Any) -> None:
        raise falcon.HTTPNotFound

    async def process_request_async(self, req: Any, resp: Any) -> None:
        raise falcon.HTTPNotFound


@wsgi_and_asgi
@pytest.mark.parametrize(
    ('middleware', 'independent', 'reached'),
    [(Early(), True, True), (Early(), False, False), (Late(), True, False)],
    ids=['request', 'dependent-request', 'response'],
)
def test_errors_of_another_middleware(
    kind: Any, middleware: object, independent: bool, reached: bool
) -> None:
    setup = Setup(kind, middleware=[middleware], independent_middleware=independent)
    setup.add(POINT)
    result = setup.get(POINT)
    if reached:
        assert result.status_code == 404
        assert result.json == NOT_FOUND
    else:
        # A limitation, documented with the middleware.
        assert result.status_code == 500
        assert result.content == b''
    assert setup.get('*/*').json == NOT_FOUND


def test_a_successful_response_is_not_checked(setup: Setup) -> None:
    setup.add(POINT)
    setup.send({'x': 1, 'title': 'a'}, POINT)
    result = setup.get(POINT)
    assert result.headers['content-type'] == POINT
    assert result.content == b'1 a'
    setup.send({'title': 'a'}, POINT)
    assert setup.get(POINT).status_code == 500


@wsgi_and_asgi
def test_a_middleware_is_added_only_for_a_schema(kind: Any) -> None:
    added: list[object] = []

    class App(kind):  # type: ignore[misc]  # two bases, by parameter
        def add_middleware(self, middleware: object) -> None:
            if middleware:
                added.append(middleware)
            super().add_middleware(middleware)

    setup = Setup(App)
    setup.add(JSON, TAGGED)
    assert added == []
    setup.add(POINT)
    assert len(added) == 1


# -------------------------------------------------------- Other users of JSON in Falcon


def test_parameters_as_json(setup: Setup) -> None:
    setup.add(JSON)

    def delete(text: str) -> falcon.testing.Result:
        return falcon.testing.simulate_delete(setup.app, '/', params={'q': text})

    for text in ('{"a":[1]}', '"éé€"', '1'):
        assert delete(text).status_code == 200
        assert setup.resource.received.pop() == json.loads(text)
    for text in ('{', '\ufeff1', 'NaN'):
        result = delete(text)
        assert result.status_code == 400
        assert result.json['title'] == 'Invalid parameter'
    assert delete('[' * 65 + ']' * 65).status_code == 413


def test_parameters_over_the_budget(setup: Setup) -> None:
    setup.add(JSON, limits=Limits(max_size=8))
    for text, status in (('"ééé"', 200), ('"éééa"', 413), ('"1234567"', 413)):
        result = falcon.testing.simulate_delete(setup.app, '/', params={'q': text})
        assert result.status_code == status


@pytest.mark.parametrize('replaced', [False, True])
def test_server_sent_events(replaced: bool) -> None:
    class Feed:
        async def on_get(self, req: Any, resp: falcon.asgi.Response) -> None:
            async def events() -> AsyncIterator[falcon.asgi.SSEvent | None]:
                yield falcon.asgi.SSEvent(
                    json={'é': [1, None]}, event='a', event_id='7'
                )
                yield falcon.asgi.SSEvent(text='plain')

            resp.sse = events()

    setup = Setup(falcon.asgi.App).add(TAGGED, POINT, *([JSON] if replaced else []))
    setup.app.add_route('/feed', Feed())
    result = falcon.testing.simulate_get(setup.app, '/feed')
    assert result.headers['content-type'] == 'text/event-stream'
    first, second, *_ = result.content.split(b'\n\n')
    *head, data = first.split(b'\n')
    assert head == [b'event: a', b'id: 7']
    assert json.loads(data.removeprefix(b'data: ')) == {'é': [1, None]}
    assert (b'": [' not in data) is replaced
    assert second.startswith(b'data: plain')


# -------------------------------------------------------------------------- At start-up


def everything(app: Any) -> list[dict[str, object]]:
    options = (app.req_options, app.resp_options)
    return [dict(option.media_handlers) for option in options]


@pytest.mark.parametrize(
    'media_type', ['cbor', '', '/', 'application/', '/cbor', '*/*', 'application/*']
)
def test_an_invalid_media_type_is_refused(setup: Setup, media_type: str) -> None:
    before = everything(setup.app)
    with pytest.raises(
        ConfigError, match=r'invalid media type .*: expected type/subtype'
    ):
        add_http_handlers(setup.app, {TAGGED: tagged(), media_type: tagged()}, LIMITS)
    assert everything(setup.app) == before


class TypedEncoder(PointHandler):
    """Decodes anything, and encodes only points."""

    def deserialize(self, payload: bytes) -> object:
        return payload


class TypedDecoder(PointHandler):
    """Encodes anything, and decodes only points."""

    def serialize(self, media: object) -> bytes:
        return b'%s' % str(media).encode()


class Lossy(TypedDecoder):
    """Decodes another object than it encoded."""

    def deserialize(self, payload: bytes) -> object:
        return Point(0)


@pytest.mark.parametrize('handler', [TypedEncoder(), TypedDecoder(), Lossy()])
def test_a_schema_is_refused_for_json(setup: Setup, handler: PointHandler) -> None:
    before = everything(setup.app)
    with pytest.raises(
        ConfigError, match=r'point: Falcon also uses the handler of .* without types'
    ):
        add_http_handlers(setup.app, {JSON: handler}, LIMITS)
    assert everything(setup.app) == before
    add_http_handlers(setup.app, {'application/vnd.example+json': handler}, LIMITS)


def test_tight_budgets_do_not_count_as_a_schema(setup: Setup) -> None:
    setup.add(JSON, limits=Limits(max_size=2, max_depth=1, max_items=1))
    setup.post(b'""', JSON)
    assert setup.resource.received == ['']


@pytest.mark.parametrize(
    ('handler', 'message'),
    [(PointHandler, 'is a class'), (falcon.media.JSONHandler(), 'HTTP')],
)
def test_an_object_that_is_not_a_handler_is_refused(
    setup: Setup, handler: Any, message: str
) -> None:
    before = everything(setup.app)
    with pytest.raises(ConfigError, match=message):
        add_http_handlers(setup.app, {TAGGED: handler}, LIMITS)
    assert everything(setup.app) == before


@pytest.mark.parametrize(
    ('body', 'status', 'why', 'logged'),
    [
        (
            '{"a":',
            400,
            'The request body is malformed: not well-formed.',
            'json: body of size 5: not well-formed (JSONDecodeError)',
        ),
        (
            '{"a":1,"a":2}',
            400,
            'The request body is malformed: an object has the same key twice.',
            (
                'json: body of size 13: an object has the same key twice: '
                'allow_duplicate_keys=True accepts it'
            ),
        ),
        (
            '1' * 4301,
            413,
            'it contains an integer of more than 4300 digits',
            (
                'json: body of size 4301: it contains an integer of more than 4300 '
                'digits: sys.set_int_max_str_digits() accepts them '
                '[int_max_str_digits=4300] '
                '(ValueError)'
            ),
        ),
    ],
    ids=['not well-formed', 'an option', 'a limit'],
)
@pytest.mark.parametrize(
    'app_type', [falcon.App, falcon.asgi.App], ids=['wsgi', 'asgi']
)
def test_the_client_gets_the_reason_and_the_log_the_details(
    caplog: pytest.LogCaptureFixture,
    app_type: Any,
    body: str,
    status: int,
    why: str,
    logged: str,
) -> None:
    setup = Setup(app_type)
    add_http_handlers(setup.app, {JSON: JSONHandler()}, Limits())
    result = setup.post(body.encode(), JSON)
    assert result.status_code == status
    assert result.json['description'] == why
    assert result.json['title'] in {'Malformed payload', 'Payload too large'}
    (record,) = caplog.records
    assert record.levelname == 'WARNING'
    assert record.getMessage() == f'{logged}; answered {status}'
    error = setup.resource.error
    # NOTE: As in Falcon's class, setting it has no effect.
    if isinstance(error, falcon.MediaMalformedError):
        error.description = 'other'
        assert error.description == why
