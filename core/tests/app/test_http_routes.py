"""Types and budgets of a resource, and of a responder, for its HTTP requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
import re
from threading import Barrier
from typing import Any

from core.tests.typed_messages import Item
from core.tests.typed_messages import Order
import falcon
import falcon.asgi
import falcon.testing
import pytest

import falcon_media
from falcon_media import ConfigError
from falcon_media import Limits
from falcon_media import media_handlers
from falcon_media.app.http import keep_handlers
from falcon_media.app.http import KeptHandler
from falcon_media.app.routes import route_choices
import falcon_media.protocol.message_types

ORDER = '{"id":7,"items":[],"notes":{}}'
ITEM = '{"name":"pump","price":1.5}'
KINDS = [
    pytest.param(falcon.App, id='WSGI'),
    pytest.param(falcon.asgi.App, id='ASGI'),
]


class Model:
    """A class that no other format supports."""

    def __init__(self, payload: bytes) -> None:
        """Make an instance of the decoded object."""


class Body:
    def on_post(self, req: Any, resp: Any) -> None:
        resp.text = type(req.get_media()).__name__

    def on_get(self, req: Any, resp: Any) -> None:
        resp.media = self.sends(req)

    def sends(self, req: Any) -> Any:
        if req.params.get('error'):
            raise falcon.HTTPConflict(title='Taken')
        return Order(id=1) if req.params.get('order') else {'not': 'an order'}


class AsyncBody(Body):
    async def on_post(self, req: Any, resp: Any) -> None:  # type: ignore[override]  # as ASGI has it
        resp.text = type(await req.get_media()).__name__

    async def on_get(self, req: Any, resp: Any) -> None:  # type: ignore[override]  # as ASGI has it
        resp.media = self.sends(req)


def client(
    kind: Any, resource: Any = None, *, plain: bool = False, **settings: Any
) -> Any:
    app = kind()
    app.add_route('/', resource)
    if plain:
        app.add_route('/plain', AsyncBody() if kind is falcon.asgi.App else Body())
    falcon_media.install(app, **settings)
    return falcon.testing.TestClient(app)


def decorated(kind: Any, **choice: Any) -> Any:
    base = AsyncBody if kind is falcon.asgi.App else Body
    return media_handlers(**choice)(type('Decorated', (base,), {}))()


def post(
    client: Any, body: Any, content_type: str = falcon.MEDIA_JSON, **more: Any
) -> Any:
    return client.simulate_post(
        more.pop('path', '/'), body=body, content_type=content_type, **more
    )


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('http', [None, ['json']])
def test_a_resource_has_types_and_budgets(kind: Any, http: Any) -> None:
    resource = decorated(kind, receive=Order, limits={'max_size': 64, 'max_depth': 3})
    one = client(kind, resource, plain=True, http=http)
    assert post(one, ORDER).text == 'Order'
    assert post(one, ITEM).status_code == 422
    assert post(one, '?').status_code == 400
    assert post(one, ORDER + ' ' * 64).status_code == 413
    assert post(one, '[[[[1]]]]').status_code == 413
    # The next request in the same thread has neither.
    assert post(one, ITEM + ' ' * 64, path='/plain').text == 'dict'
    assert post(one, '', path='/plain').status_code == 400


@pytest.mark.parametrize('kind', KINDS)
def test_a_subclass_inherits_types_and_budgets(kind: Any) -> None:
    resource = decorated(kind, receive=Order)
    inherited = type('Inherits', (type(resource),), {})()
    assert post(client(kind, inherited), ITEM).status_code == 422


def test_a_responder_may_set_types() -> None:
    @media_handlers(receive=Item)
    class Shop(Body):
        @media_handlers(receive=Order, limits=Limits(max_size=64))
        def on_put(self, req: Any, resp: Any) -> None:
            resp.text = type(req.get_media()).__name__

    one = client(falcon.App, Shop())
    assert one.simulate_put('/', body=ORDER).text == 'Order'
    assert one.simulate_put('/', body=ITEM).status_code == 422
    assert one.simulate_put('/', body=ORDER + ' ' * 64).status_code == 413
    assert post(one, ITEM).text == 'Item'


def test_an_asynchronous_responder_may_set_types() -> None:
    class Shop:
        @media_handlers(receive=Order)
        async def on_put(self, req: Any, resp: Any) -> None:
            resp.text = type(await req.get_media()).__name__

    one = client(falcon.asgi.App, Shop())
    assert one.simulate_put('/', body=ORDER).text == 'Order'
    assert one.simulate_put('/', body=ITEM).status_code == 422


@pytest.mark.parametrize('kind', KINDS)
def test_a_form_is_refused_by_a_type(kind: Any) -> None:
    one = client(kind, decorated(kind, receive=Order), plain=True)
    assert post(one, 'id=7', falcon.MEDIA_URLENCODED).status_code == 415
    assert post(one, 'id=7', falcon.MEDIA_URLENCODED, path='/plain').text == 'dict'


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('http', [None, ['json']])
@pytest.mark.parametrize('accept', [falcon.MEDIA_JSON, 'text/x-other'])
def test_a_response_has_the_type(kind: Any, http: Any, accept: str) -> None:
    one = client(kind, decorated(kind, send=Order), http=http)
    headers = {'Accept': accept}
    found = one.simulate_get('/', params={'order': '1'}, headers=headers)
    assert found.json['id'] == 1
    assert one.simulate_get('/', headers=headers).status_code == 500
    error = one.simulate_get('/', params={'error': '1'}, headers={'Accept': '*/*'})
    assert error.status_code == 409
    assert error.json == {'title': 'Taken'}


@pytest.mark.parametrize('independent', [True, False])
@pytest.mark.parametrize('kind', KINDS)
def test_a_middleware_that_answers_before_the_route(
    kind: Any, independent: bool
) -> None:
    class Early:
        def process_request(self, req: Any, resp: Any) -> None:
            if req.params.get('early'):
                resp.media = {'early': True}
                resp.complete = True

        async def process_request_async(self, req: Any, resp: Any) -> None:
            self.process_request(req, resp)

    app = kind(middleware=[Early()], independent_middleware=independent)
    app.add_route('/', decorated(kind, send=Order, receive=Order))
    falcon_media.install(app, http=['json'])
    one = falcon.testing.TestClient(app)
    assert one.simulate_get('/', params={'order': '1'}).json['id'] == 1
    assert one.simulate_get('/', params={'early': '1'}).json == {'early': True}


@pytest.mark.parametrize('kind', KINDS)
def test_a_missing_install_is_an_error(
    kind: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Shop:
        @media_handlers(receive=Order)
        def on_put(self, req: Any, resp: Any) -> None:
            """Never called."""

    class AsyncShop:
        @media_handlers(receive=Order)
        async def on_put(self, req: Any, resp: Any) -> None:
            """Never called."""

    app = kind()
    app.add_route('/', Shop() if kind is falcon.App else AsyncShop())
    seen: list[Exception] = []

    def on_error(req: Any, resp: Any, ex: Any, params: Any) -> None:
        seen.append(ex)

    async def on_error_async(req: Any, resp: Any, ex: Any, params: Any) -> None:
        seen.append(ex)

    handler = on_error if kind is falcon.App else on_error_async
    app.add_error_handler(ConfigError, handler)
    falcon.testing.TestClient(app).simulate_put('/')
    assert 'call falcon_media.install() on this app first' in str(seen[0])


# ------------------------------------------------------------------- The app's own JSON


class Mine(falcon.media.BaseHandler):
    """A custom handler that reads the body in its own way."""

    def deserialize(self, stream: Any, content_type: Any, content_length: Any) -> Any:
        return stream.read()

    async def deserialize_async(
        self, stream: Any, content_type: Any, content_length: Any
    ) -> Any:
        return await stream.read()


@pytest.mark.parametrize('kind', KINDS)
def test_handlers_that_the_app_keeps_have_the_budgets(kind: Any) -> None:
    app = kind()
    app.add_route('/', AsyncBody() if kind is falcon.asgi.App else Body())
    app.req_options.media_handlers['text/mine'] = Mine()
    keep_handlers(app, Limits(max_size=64, max_depth=3))
    keep_handlers(app)
    one = falcon.testing.TestClient(app)
    assert post(one, '[[[1]]]').text == 'list'
    assert post(one, '[[[[1]]]]').status_code == 413
    assert post(one, '[1]' + ' ' * 64).status_code == 413
    assert post(one, '[' * 60).status_code == 400
    malformed = post(one, '?').json
    assert malformed == post(falcon.testing.TestClient(plain_app(kind)), '?').json
    assert post(one, '').status_code == 400
    assert post(one, '', falcon.MEDIA_URLENCODED).text == 'dict'
    assert post(one, 'a=' + 'b' * 64, falcon.MEDIA_URLENCODED).status_code == 413
    assert post(one, 'x' * 99, 'text/mine').text == 'bytes'
    assert one.simulate_get('/', params={'q': '1'}).json == {'not': 'an order'}


def bring(distribute: Any, name: str, media_type: str) -> None:
    """Install a handler for a media type, in a separate distribution."""
    source = f"""
        import falcon_media
        from falcon_media.json.handler import JSONHandler
        class Handler(JSONHandler):
            def __init__(self, *, shift: int = 0, limits=None):
                super().__init__(limits=limits)
        @falcon_media.hookimpl
        def falcon_media_handlers():
            return [falcon_media.HandlerSpec(
                name='{name}', payload_type=Handler.payload_type,
                factory=Handler, summary='', media_type={media_type})]
    """
    module = f'module_{name}'
    distribute(f'dist-{name}', handlers={name: module}, modules={module: source})


def plain_app(kind: Any) -> Any:
    app = kind()
    app.add_route('/', AsyncBody() if kind is falcon.asgi.App else Body())
    return app


@pytest.mark.parametrize('kind', KINDS)
def test_forms_have_the_budgets_of_an_app_with_handlers_for_http(kind: Any) -> None:
    app = plain_app(kind)
    falcon_media.install(app, http=['json'], limits=Limits(max_size=64))
    one = falcon.testing.TestClient(app)
    body = 'a=' + 'b' * 64
    assert post(one, body, falcon.MEDIA_URLENCODED).status_code == 413


@pytest.mark.parametrize('kind', KINDS)
def test_json_has_the_budgets_where_a_handler_serves_another_type(
    distribute: Any, kind: Any
) -> None:
    bring(distribute, 'one', "'application/x-one'")
    app = plain_app(kind)
    falcon_media.install(app, http=['one'], limits=Limits(max_size=64))
    one = falcon.testing.TestClient(app)
    assert post(one, '{}').text == 'dict'
    assert post(one, '{}' + ' ' * 63).status_code == 413


def test_chunks_of_json_are_read_up_to_the_budget(distribute: Any) -> None:
    bring(distribute, 'one', "'application/x-one'")
    app = plain_app(falcon.asgi.App)
    falcon_media.install(app, http=['one'], limits=Limits(max_size=64))
    scope = falcon.testing.create_scope(
        method='POST', headers={'Content-Type': falcon.MEDIA_JSON}
    )
    chunks = 0
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        nonlocal chunks
        chunks += 1
        # NOTE: The body ends, so that a failure does not hang.
        return {'type': 'http.request', 'body': b' ' * 9, 'more_body': chunks < 99}

    async def send(event: dict[str, Any]) -> None:
        if event['type'] == 'http.response.start':
            statuses.append(event['status'])

    falcon.async_to_sync(app, scope, receive, send)
    assert statuses == [413]
    assert chunks <= 64 // 9 + 2


@pytest.mark.parametrize('kind', KINDS)
def test_an_app_without_handlers_for_http_is_left_alone(kind: Any) -> None:
    app = plain_app(kind)
    json = app.req_options.media_handlers[falcon.MEDIA_JSON]
    falcon_media.install(app, limits=Limits(max_size=1))
    assert app.req_options.media_handlers[falcon.MEDIA_JSON] is json


def test_a_kept_handler_has_its_attributes() -> None:
    handler: Any = Mine()
    handler.mine = 1
    assert KeptHandler(handler).mine == 1


# ------------------------------------------------------------------ Requests at a time


def test_requests_in_several_threads_keep_their_types_apart() -> None:
    count = 8
    all_there = Barrier(count, timeout=10)

    class Waiting(Body):
        def on_post(self, req: Any, resp: Any) -> None:
            # NOTE: All requests have begun before any is read.
            all_there.wait()
            media = req.get_media()
            resp.text = f'{req.path}: {type(media).__name__}'

    @media_handlers(receive=Order)
    class Orders(Waiting):
        """Has one message type."""

    @media_handlers(receive=Item)
    class Items(Waiting):
        """Has another message type."""

    app = falcon.App()
    app.add_route('/orders', Orders())
    app.add_route('/items', Items())
    app.add_route('/', Waiting())
    falcon_media.install(app, http=['json'])
    ways = [('/orders', ORDER), ('/items', ITEM), ('/', ORDER), ('/', ITEM)]

    def request(number: int) -> str:
        path, body = ways[number % len(ways)]
        one = falcon.testing.TestClient(app)
        text: str = post(one, body, path=path).text
        return text

    with ThreadPoolExecutor(count) as pool:
        # NOTE: Each thread serves several kinds of requests, one after another.
        for shift in range(3):
            found = list(pool.map(request, range(shift, count + shift)))
            assert sorted(found) == sorted(
                2 * ['/orders: Order', '/items: Item', '/: dict', '/: dict']
            )


# -------------------------------------------------- The app's mapping that was replaced


def replaced_mapping(app: Any, options: str) -> None:
    getattr(app, options).media_handlers = falcon.media.Handlers()


def replaced_options(app: Any, options: str) -> None:
    made = {
        'req_options': falcon.RequestOptions,
        'resp_options': falcon.ResponseOptions,
    }
    setattr(app, options, made[options]())


REPLACED = r'app\.{}\.media_handlers was replaced after falcon_media\.install\(\)'
REPLACING = [
    (replace, options)
    for replace in (replaced_mapping, replaced_options)
    for options in ('req_options', 'resp_options')
]


@pytest.mark.parametrize(('replace', 'options'), REPLACING)
@pytest.mark.parametrize('is_typed', [False, True])
def test_a_replaced_mapping_is_an_error_in_a_request(
    is_typed: bool, replace: Any, options: str
) -> None:
    resource = media_handlers(receive=Order)(type('Orders', (Body,), {}))()
    settings: dict[str, Any] = {} if is_typed else {'http': ['json']}
    one = client(falcon.App, resource if is_typed else Body(), **settings)
    found: list[str] = []
    one.app.add_error_handler(
        ConfigError, lambda req, resp, ex, params: found.append(str(ex))
    )
    assert post(one, ORDER).status_code == 200
    assert not found
    replace(one.app, options)
    post(one, ORDER)
    assert re.match(REPLACED.format(options), found[0])

    falcon_media.install(one.app, **settings)
    assert post(one, ORDER).text == ('Order' if is_typed else 'dict')
    assert len(found) == 1


@pytest.mark.parametrize(('replace', 'options'), REPLACING)
def test_a_replaced_mapping_is_an_error_after_start_up(
    replace: Any, options: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = falcon.asgi.App()
    app.add_route('/', AsyncBody())
    falcon_media.install(app, http=['json'])

    async def run() -> None:
        async with falcon.testing.ASGIConductor(app) as conductor:
            replace(app, options)
            found = await conductor.simulate_post('/', body=ORDER)
            assert found.status_code == 500

    falcon.async_to_sync(run)
    assert re.search(REPLACED.format(options), caplog.text)


@pytest.mark.parametrize(('replace', 'options'), REPLACING)
def test_an_app_whose_mapping_was_replaced_does_not_start(
    replace: Any, options: str
) -> None:
    app = falcon.asgi.App()
    falcon_media.install(app, http=['json'])
    replace(app, options)

    async def run() -> None:
        async with falcon.testing.ASGIConductor(app):
            """Never reached."""

    with pytest.raises(RuntimeError, match=REPLACED.format(options)):
        falcon.async_to_sync(run)


# --------------------------------------------------------- Two handlers of a media type

BROUGHT = {
    'one': "'application/x-one'",
    'two': "'application/x-two', aliases=('application/x-one', 'application/x-alias')",
    'three': "'application/x-three', aliases=('application/x-alias',)",
}


@pytest.mark.parametrize(
    ('http', 'served'),
    [
        (['one', 'two'], 'application/x-one'),
        (['two', 'three'], 'application/x-alias'),
        (['one', falcon_media.use('one', shift=1)], 'application/x-one'),
    ],
)
def test_two_handlers_of_one_media_type_are_refused(
    distribute: Any, http: Any, served: str
) -> None:
    for name, media_type in BROUGHT.items():
        bring(distribute, name, media_type)
    pair = f'argument http: {http[0]} and {http[1]} both serve {served}'
    with pytest.raises(ConfigError, match=re.escape(f'{pair}: select one of them')):
        falcon_media.install(falcon.App(), http=http)
    falcon_media.install(falcon.App(), http=[http[0], http[0]])


def test_a_body_of_unknown_length_is_read_up_to_the_budget() -> None:
    kept = KeptHandler(falcon.media.JSONHandler())
    bounded = kept.within(Limits(max_size=8))
    assert bounded is not None
    assert bounded.read(BytesIO(b'[1]'), None) == [1]
    stream = BytesIO(b'[1]' + b' ' * 99)
    with pytest.raises(falcon.HTTPContentTooLarge):
        bounded.read(stream, None)
    assert stream.tell() == 9


@pytest.mark.parametrize('kind', KINDS)
def test_a_resource_with_budgets_alone(kind: Any) -> None:
    one = client(kind, decorated(kind, limits={'max_size': 64}), plain=True)
    assert post(one, ITEM).text == 'dict'
    assert post(one, ITEM + ' ' * 64).status_code == 413
    assert post(one, ITEM + ' ' * 64, path='/plain').text == 'dict'


@pytest.mark.parametrize('kind', KINDS)
def test_a_type_for_one_direction_leaves_the_other_alone(kind: Any) -> None:
    receives = client(kind, decorated(kind, receive=Order))
    assert receives.simulate_get('/').json == {'not': 'an order'}
    sends = client(kind, decorated(kind, send=Order))
    assert post(sends, ITEM).text == 'dict'


def test_requests_are_not_tracked_without_decorated_resources(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked = 'falcon_media.app.middleware.is_anything_decorated'
    monkeypatch.setattr(checked, lambda: False)
    one = client(falcon.App, Body())
    assert post(one, ITEM).text == 'dict'


def reader(kind: Any) -> Any:
    """A function that reads the body of a request."""

    async def read_async(req: Any, *others: object) -> None:
        await req.get_media()

    def read(req: Any, *others: object) -> None:
        req.get_media()

    return read_async if kind is falcon.asgi.App else read


@pytest.mark.parametrize('kind', KINDS)
def test_a_body_that_a_hook_read_without_the_type_is_an_error(
    kind: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    class Hooked:
        @falcon.before(reader(falcon.App))
        @media_handlers(receive=Order)
        def on_post(self, req: Any, resp: Any) -> None:
            raise NotImplementedError

    class AsyncHooked:
        @falcon.before(reader(falcon.asgi.App))
        @media_handlers(receive=Order)
        async def on_post(self, req: Any, resp: Any) -> None:
            raise NotImplementedError

    hooked = AsyncHooked() if kind is falcon.asgi.App else Hooked()
    one = client(kind, hooked)
    assert post(one, ITEM).status_code == 500
    said = caplog.text + capsys.readouterr().err
    assert 'put @media_handlers above the hooks' in said
    assert post(one, '?').status_code == 400


@pytest.mark.parametrize('kind', KINDS)
def test_a_body_that_a_middleware_read_without_the_type_is_an_error(
    kind: Any,
) -> None:
    class Reads:
        def process_request(self, req: Any, resp: Any) -> Any:
            return reader(kind)(req)

    class AsyncReads:
        async def process_request(self, req: Any, resp: Any) -> None:
            await reader(kind)(req)

    app = kind()
    app.add_middleware(AsyncReads() if kind is falcon.asgi.App else Reads())
    app.add_route('/', decorated(kind, receive=Order))
    app.add_route('/plain', decorated(kind, text='json'))
    falcon_media.install(app, http=['json'])
    one = falcon.testing.TestClient(app)
    assert post(one, ITEM).status_code == 500
    assert post(one, ITEM, path='/plain').text == 'dict'


@pytest.mark.parametrize('kind', KINDS)
def test_an_empty_form_is_refused_by_a_type(kind: Any) -> None:
    one = client(kind, decorated(kind, receive=Order))
    assert post(one, '', falcon.MEDIA_URLENCODED).status_code == 415


@pytest.mark.parametrize('kind', KINDS)
def test_json_that_the_app_refuses_is_counted(distribute: Any, kind: Any) -> None:
    bring(distribute, 'one', "'application/x-one'")
    app = kind()
    app.add_route('/', decorated(kind, receive=Order, send=Order))
    app.add_route('/plain', decorated(kind, text='json'))
    installed = falcon_media.install(app, http=['one'], limits=Limits(max_size=64))
    one = falcon.testing.TestClient(app)
    assert post(one, ITEM).status_code == 422
    assert post(one, ITEM + ' ' * 64, path='/plain').status_code == 413
    assert one.simulate_get('/').status_code == 500
    rows = [row for row in installed.stats() if row['handler'] == 'JSONHandler']
    assert [row['media_type'] for row in rows] == [falcon.MEDIA_JSON]
    assert rows[0]['refused'] == {
        'InvalidPayload': 1,
        'PayloadTooLarge': 1,
        'UnserializableMedia': 1,
    }


@pytest.mark.parametrize('kind', KINDS)
def test_a_response_that_can_not_be_sent_is_counted(kind: Any) -> None:
    class Unsendable(AsyncBody if kind is falcon.asgi.App else Body):  # type: ignore[misc]  # one of two
        def sends(self, req: Any) -> Any:
            return {'a': object()}

    app = kind()
    app.add_route('/', Unsendable())
    installed = falcon_media.install(app, http=['json'])
    assert falcon.testing.TestClient(app).simulate_get('/').status_code == 500
    refused = [row['refused'] for row in installed.stats() if row['media_type']]
    assert refused == [{'UnserializableMedia': 1}]


@pytest.mark.parametrize('kind', KINDS)
def test_a_type_may_be_supported_by_an_http_handler_only(kind: Any) -> None:
    class Tags(falcon_media.BinaryHandler):
        """A format with its own message types, as Protocol Buffers."""

        def __init__(self, receive: Any = None, send: Any = None) -> None:
            if receive not in (None, Model):
                raise ConfigError('not a Model')
            super().__init__(
                falcon_media.Codec(encode=bytes, decode=Model, unchecked=10)
            )
            self.types = falcon_media.protocol.message_types.Types(
                receive=receive, send=send
            )

    class Plugin:
        @falcon_media.hookimpl
        def falcon_media_handlers(self) -> Any:
            return [
                falcon_media.HandlerSpec(
                    name='tags',
                    payload_type=falcon.WebSocketPayloadType.BINARY,
                    media_type='application/x-tags',
                    factory=Tags,
                    summary='Tags',
                )
            ]

    resource = decorated(kind, receive=Model)
    with pytest.raises(ConfigError, match='Model'):
        client(kind, resource, http=['json'])
    one = client(kind, resource, http=['json', 'tags'], extensions=[Plugin()])
    assert post(one, b'a', 'application/x-tags').text == 'Model'
    assert post(one, '{}').status_code == 415


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('http', [None, ['json']])
def test_the_types_of_a_resource_are_reported(kind: Any, http: Any) -> None:
    base = AsyncBody if kind is falcon.asgi.App else Body
    # NOTE: Another case may have left a class of the same name.
    name = f'Told{len(http or ())}{base.__name__}'
    told = media_handlers(receive=Order, send=Item)(type(name, (base,), {}))
    app = kind()
    app.add_route('/', told())
    installed = falcon_media.install(app, http=http)
    assert [
        (one['media_type'], one['handler'], one['types'], one['source'])
        for one in installed.choices()
        if one['route']
    ] == [
        (
            falcon.MEDIA_JSON,
            'json',
            'receive Order, send Item',
            'argument http' if http else 'default',
        )
    ]
    assert f'HTTP of {name}' in installed.describe()


def test_a_resource_that_answers_neither_http_nor_websockets_by_name() -> None:
    @media_handlers(receive=Order)
    class Silent: ...

    app: Any = falcon.asgi.App()
    installed = falcon_media.install(app)
    (choice,) = route_choices(Silent)
    wiring = app.ws_options.media_handlers.wiring
    wiring.http_targets(wiring.route(wiring.handlers, choice))
    told = [one for one in installed.choices() if one['route'] == choice.owner]
    assert [one['media_type'] for one in told] == [None, None, falcon.MEDIA_JSON]
