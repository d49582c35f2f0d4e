from __future__ import annotations

from dataclasses import dataclass
import gc
import ipaddress
from typing import Annotated, Any

import falcon
import falcon.asgi
from falcon.asgi import App
import falcon.media
import falcon.testing
import pytest

import falcon_media
from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import HandlerNotFound
from falcon_media import Limits
from falcon_media import TextHandler

TEXT = falcon.WebSocketPayloadType.TEXT
BINARY = falcon.WebSocketPayloadType.BINARY


class Model:
    """A class that looks like a pydantic model."""

    __pydantic_validator__ = None


class Gt:
    """A constraint, as in pydantic or annotated_types."""

    __module__ = 'annotated_types'


@dataclass
class Host:
    address: ipaddress.IPv4Address


@dataclass
class Level:
    value: Annotated[int, Gt()]


class Upper(TextHandler):
    """A third-party handler with only the two methods."""

    name = 'upper'

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> str:
        return str(media).upper()

    def deserialize(self, payload: str) -> object:
        if payload == 'RECURSE':
            raise RecursionError
        return payload.lower()


class Octets(BinaryHandler):
    """A third-party handler for BINARY."""

    name = 'octets'

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> bytes:
        if not isinstance(media, list):
            raise TypeError('a list of ints')
        return bytes(media)

    def deserialize(self, payload: bytes) -> object:
        return list(payload)


def handler(app: App[Any, Any], payload_type: falcon.WebSocketPayloadType) -> Any:
    return app.ws_options.media_handlers[payload_type]


def test_a_name() -> None:
    app = App()
    installed = falcon_media.install(app, text='json')
    assert handler(app, TEXT).name == 'json'
    assert installed.handlers.text.handler is handler(app, TEXT)
    assert repr(installed).startswith("<Installed text='json' binary=")


def test_a_name_with_options() -> None:
    app = App()
    falcon_media.install(app, text=falcon_media.use('json', ensure_ascii=True))
    assert handler(app, TEXT).serialize('é') == r'"\u00e9"'


def test_a_third_party_instance_is_put_under_the_guard() -> None:
    app = App()
    falcon_media.install(app, text=Upper(), binary=Octets())
    assert handler(app, TEXT).serialize('a') == 'A'
    assert handler(app, BINARY).deserialize(b'\1') == [1]
    with pytest.raises(falcon_media.PayloadTooLarge) as caught:
        handler(app, TEXT).deserialize('RECURSE')
    assert caught.value.handler == 'upper'


def test_a_guarded_instance_is_not_wrapped() -> None:
    app = App()
    mine = falcon_media.install(app, text='json').handlers.text.handler
    other = App()
    falcon_media.install(other, text=mine, limits=Limits(max_size=1))
    assert handler(other, TEXT) is mine


def test_an_unset_payload_type_keeps_its_handler_under_the_guard() -> None:
    app = App()
    default = handler(app, TEXT)
    falcon_media.install(app)
    kept = handler(app, TEXT)
    assert kept.wrapped is default
    assert kept.deserialize('[1]') == [1]
    with pytest.raises(falcon_media.MalformedPayload):
        kept.deserialize('[1')
    with pytest.raises(falcon_media.PayloadTooLarge) as caught:
        kept.deserialize('[' * 65 + ']' * 65)
    assert caught.value.limit == 'max_depth'


def test_a_default_without_its_library_refuses_payloads() -> None:
    app = App()
    app.ws_options.media_handlers[BINARY] = falcon.media.MissingDependencyHandler(
        'default handler', 'msgpack'
    )
    falcon_media.install(app)
    with pytest.raises(falcon_media.UnsupportedPayload, match='no handler is selected'):
        handler(app, BINARY).deserialize(b'\x01')
    with pytest.raises(falcon_media.UnserializableMedia, match='pass binary= to'):
        handler(app, BINARY).serialize(1)


def test_limits() -> None:
    app = App()
    installed = falcon_media.install(
        app, text='json', binary=Octets(), limits=Limits(max_size=8)
    )
    assert installed.limits.max_size == 8
    for payload_type, payload in ((TEXT, '"1234567"'), (BINARY, b'123456789')):
        with pytest.raises(falcon_media.PayloadTooLarge):
            handler(app, payload_type).deserialize(payload)


def test_limits_of_a_handler_override_those_of_the_app() -> None:
    app = App()
    falcon_media.install(
        app,
        text=falcon_media.use('json', limits=Limits(max_size=16)),
        limits=Limits(max_size=8),
    )
    assert handler(app, TEXT).deserialize('"1234567"') == '1234567'


class AsyncHandler(TextHandler):
    def __init__(self) -> None:
        pass

    async def serialize(self, media: object) -> str:  # type: ignore[override]  # the mistake
        return ''


class AsyncDecoder(Upper):
    async def deserialize(self, payload: str) -> object:
        return ''


class BytesForText(Upper):
    def serialize(self, media: object) -> str:
        return b'bytes'  # type: ignore[return-value]  # the mistake


class TextForBytes(BinaryHandler):
    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> bytes:
        if media is not None:
            raise TypeError
        return 'text'  # type: ignore[return-value]  # the mistake


@pytest.mark.parametrize(
    ('choices', 'message'),
    [
        ({'text': Upper}, r'Upper is a class.*pass Upper\(\)'),
        ({'text': AsyncHandler()}, r'serialize\(\) is asynchronous'),
        ({'text': AsyncDecoder()}, r'deserialize\(\) is asynchronous'),
        ({'binary': Upper()}, 'upper is a TEXT handler.*pass it as text='),
        ({'text': Octets()}, 'octets is a BINARY handler.*pass it as binary='),
        ({'text': falcon.media.JSONHandler()}, 'is a media handler for HTTP'),
        ({'text': 3}, 'argument text = 3: expected the name of a handler'),
        (
            {'text': object()},
            r'is not a media handler \(it has no serialize\(\) method\)',
        ),
        ({'text': BytesForText()}, r'serialize\(\) returns bytes; a TEXT'),
        ({'binary': TextForBytes()}, r'serialize\(\) returns str; a BINARY'),
    ],
)
def test_an_object_that_is_not_a_handler_is_refused(
    choices: dict[str, Any], message: str
) -> None:
    app = App()
    before = dict(app.ws_options.media_handlers)
    with pytest.raises(ConfigError, match=message):
        falcon_media.install(app, **choices)
    assert app.ws_options.media_handlers == before


def test_an_app_is_unchanged_if_the_second_handler_fails() -> None:
    app = App()
    before = dict(app.ws_options.media_handlers)
    with pytest.raises(HandlerNotFound):
        falcon_media.install(app, text='json', binary='no-such-handler')
    assert app.ws_options.media_handlers == before


def test_an_app_that_is_not_asgi_is_refused() -> None:
    with pytest.raises(
        ConfigError, match=r'argument text: .* need a falcon\.asgi\.App'
    ):
        falcon_media.install(falcon.App(), text='json')
    with pytest.raises(ConfigError, match=r'expects a falcon\.asgi\.App, not 3'):
        falcon_media.install(3)  # type: ignore[arg-type]  # the mistake


def test_options_of_the_configuration_are_used_whenever_a_name_is() -> None:
    app = App()
    config = {'handlers': {'json': {'ensure_ascii': True, 'sort_keys': True}}}
    falcon_media.install(app, text='json', config=config)
    assert handler(app, TEXT).serialize({'é': 1, 'a': 2}) == r'{"a":2,"\u00e9":1}'
    falcon_media.install(
        app, text=falcon_media.use('json', ensure_ascii=False), config=config
    )
    assert handler(app, TEXT).serialize({'é': 1, 'a': 2}) == '{"a":2,"é":1}'


def test_all_errors_of_a_selection_are_raised_at_once() -> None:
    config = {
        'text': 'jsn',
        'subprotocols': {'chat': 'jsno'},
        'handlers': {'jason': {}},
    }
    with pytest.raises(ConfigError) as caught:
        falcon_media.install(App(), config=config)
    lines = str(caught.value).splitlines()
    assert [line.split(': ')[1] for line in lines] == [
        'handlers.jason',
        'text',
        'subprotocols.chat',
    ]
    assert all("Did you mean 'json'?" in line for line in lines)


def test_http() -> None:
    app = App()
    installed = falcon_media.install(app, http=['json'])
    assert installed.http['application/json'].handler.name == 'json'
    assert 'application/json' in app.req_options.media_handlers
    client = falcon.testing.TestClient(app)
    assert client.simulate_get('/nowhere').status_code == 404


def test_http_of_a_wsgi_app() -> None:
    app = falcon.App()
    installed = falcon_media.install(app, http=['json'])
    assert installed.http['application/json'].handler.name == 'json'


@pytest.mark.parametrize(
    ('http', 'message'),
    [
        (['jsno'], "argument http: no media handler named 'jsno'"),
        ([Octets()], 'argument http: an instance has no media type'),
        (
            [falcon_media.use('json', type=int)],
            r'select it without types, .* with @falcon_media.media_handlers\(receive=',
        ),
    ],
)
def test_a_handler_that_can_not_serve_http_is_refused(http: Any, message: str) -> None:
    with pytest.raises(falcon_media.SetupError, match=message):
        falcon_media.install(App(), http=http)


def test_limits_of_a_second_install_apply_to_kept_handlers() -> None:
    app = App()
    falcon_media.install(app)
    falcon_media.install(app, limits=Limits(max_size=4))
    with pytest.raises(falcon_media.PayloadTooLarge):
        handler(app, TEXT).deserialize('[1,2]')


def test_a_second_install_still_refuses_messages_without_the_type_beside() -> None:
    app = App()
    # NOTE: Falcon's own handler needs msgpack, which may be missing.
    codec = falcon_media.Codec(encode=bytes, decode=bytes, unchecked=9)
    app.ws_options.media_handlers[BINARY] = falcon_media.BinaryHandler(codec)
    typed = falcon_media.use('json', type=dict[str, int])
    falcon_media.install(app, text=typed)
    installed = falcon_media.install(app, limits=Limits(max_size=100))
    text, binary = installed.choices()[:2]
    assert text['types'] is not None
    assert text['source'] == 'argument text'
    assert binary['is_sent_only']
    with pytest.raises(falcon_media.UnsupportedPayload):
        handler(app, BINARY).deserialize(b'\x80')


def failing(self: object) -> Any:
    raise SystemExit(3)


@pytest.mark.parametrize('attribute', ['name', 'framing', 'types', 'codec'])
def test_a_handler_with_an_attribute_that_raises(attribute: str) -> None:
    broken = type('Broken', (Upper,), {attribute: property(failing)})()
    with pytest.raises(
        falcon_media.HandlerLoadError, match="argument text: handler 'Broken' could not"
    ):
        falcon_media.install(App(), text=broken)


@pytest.mark.parametrize('question', ['__bool__', '__len__', '__eq__', '__hash__'])
def test_only_the_methods_of_a_handler_are_read(question: str) -> None:
    def refuse(self: object, *others: object) -> Any:
        raise RuntimeError(question)

    third_party: Any = type('Upper', (Upper,), {question: refuse})()
    app = App()
    falcon_media.install(app, text=third_party, subprotocols={'upper': third_party})
    assert handler(app, TEXT).serialize('a') == 'A'


def test_a_name_that_is_not_text_is_ignored() -> None:
    numbered = type('Numbered', (Upper,), {'name': 42})()
    installed = falcon_media.install(App(), text=numbered)
    assert installed.choices()[0]['handler'] == 'Numbered'


class Unreadable:
    """An extension that raises for every attribute."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ('settings', 'message'),
    [
        ({'config': 5}, 'argument config = 5: expected a path or a mapping'),
        ({'config': 'a\0b'}, 'null byte'),
        ({'config': {'handlers': {1: {'a': 2}}}}, 'handlers.1: unknown handler'),
        ({'extensions': 5}, 'extensions= expects a list of extensions, not 5'),
        ({'extensions': [Unreadable()], 'text': 'json'}, 'RuntimeError'),
    ],
)
def test_a_setting_of_a_wrong_type_is_refused(settings: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        falcon_media.install(App(), **settings)


def test_use_takes_a_name() -> None:
    with pytest.raises(ConfigError, match='use\\(\\) expects the name of a handler'):
        falcon_media.use(Upper)  # type: ignore[arg-type]  # that is the mistake


class Echo:
    """Echoes messages, or sends the name of the error."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await falcon_media.accept(req, ws, fallback=True)
        if req.path == '/selecting':
            falcon_media.select(req, 'json')
        for _ in range(2):
            try:
                answer = repr(await ws.receive_media())
            except falcon_media.MediaError as ex:
                answer = type(ex).__name__
            await ws.send_text(answer)


async def echoed(app: App[Any, Any], path: str, *frames: str | bytes) -> list[str]:
    answers: list[str] = []
    async with (
        falcon.testing.ASGIConductor(app) as conductor,
        conductor.simulate_ws(path) as ws,
    ):
        for frame in frames:
            await (ws.send_text if isinstance(frame, str) else ws.send_data)(frame)  # type: ignore[arg-type]  # as it was asked
        answers += [await ws.receive_text() for _ in frames]
    return answers


def test_a_subclass_keeps_the_type_and_budgets_of_its_base() -> None:
    @falcon_media.media_handlers(
        limits=Limits(max_size=20), receive=dict[str, int], text='json'
    )
    class Base(Echo):
        pass

    @falcon_media.media_handlers(limits=Limits(max_depth=2))
    class Deeper(Base):
        pass

    app = App()
    app.add_route('/', Deeper())
    falcon_media.install(app)
    frames = ('{"a": "b"}', '{"a": 10000000000000000}')
    answers = falcon.async_to_sync(echoed, app, '/', *frames)
    assert answers == ['InvalidPayload', 'PayloadTooLarge']


def test_select_leaves_the_other_payload_type_as_the_fallback_had_it() -> None:
    app = App()
    app.add_route('/selecting', Echo())
    typed = falcon_media.use('json', type=dict[str, int])
    falcon_media.install(app, subprotocols={'typed': typed})
    answers = falcon.async_to_sync(echoed, app, '/selecting', b'\x80', '{}')
    assert answers == ['UnsupportedPayload', '{}']


def test_stats_keep_what_an_assigned_handler_counted() -> None:
    app = App()
    app.add_route('/', Echo())
    installed = falcon_media.install(app, per_connection=True)
    app.ws_options.media_handlers[TEXT] = Upper()
    assert falcon.async_to_sync(echoed, app, '/', 'A', 'RECURSE')[0] == "'a'"
    counts = {count['handler']: count for count in installed.stats()}
    assert counts['upper']['connections'] == 0
    assert counts['upper']['received'] == 2
    assert counts['upper']['refused'] == {'PayloadTooLarge': 1}


@pytest.mark.parametrize(
    ('message', 'place'),
    [
        (list[Model], 'Model is a pydantic model'),
        (Model | None, 'Model is a pydantic model'),
        (Host, 'Host.address: msgspec does not support the class IPv4'),
        (dict[str, list[Host]], 'address: msgspec does not support the class IPv4'),
        (Level, 'Level.value: msgspec does not run'),
        (list[Level], 'value: msgspec does not run'),
    ],
)
def test_an_impossible_message_type_is_refused_at_start_up(
    message: Any, place: str
) -> None:
    handler = falcon_media.use('json', type=message)
    with pytest.raises(ConfigError) as caught:
        falcon_media.install(App(), text=handler)
    assert place in str(caught.value)


# --------------------------------------------------------------------- A second install


def over_size(app: Any, payload_type: Any, payload: Any) -> bool:
    try:
        handler(app, payload_type).deserialize(payload)
    except falcon_media.PayloadTooLarge:
        return True
    return False


@pytest.mark.parametrize('chosen', ['json', falcon_media.use('json', sort_keys=True)])
def test_budgets_of_a_second_install_hold_for_handlers_chosen_by_name(
    chosen: Any,
) -> None:
    app = App()
    falcon_media.install(app, text=chosen, subprotocols={'chat': chosen})
    installed = falcon_media.install(app, limits=Limits(max_size=4))
    assert over_size(app, TEXT, '[1,2]')
    text, _, chat = installed.choices()
    assert text['limits']['max_size'] == chat['limits']['max_size'] == 4
    assert text['source'] == 'argument text'


def test_a_second_install_keeps_the_options_of_a_name() -> None:
    app = App()
    config = {'handlers': {'json': {'sort_keys': True, 'limits': {'max_depth': 2}}}}
    falcon_media.install(app, text='json', config=config)
    installed = falcon_media.install(app, limits=Limits(max_size=40))
    assert handler(app, TEXT).serialize({'b': 1, 'a': 2}) == '{"a":2,"b":1}'
    limits = installed.choices()[0]['limits']
    assert (limits['max_size'], limits['max_depth']) == (40, 2)


def test_an_instance_names_all_its_budgets_at_a_second_install_too() -> None:
    app = App()
    codec = falcon_media.Codec(encode=str, decode=str, unchecked=0)
    falcon_media.install(app, text=falcon_media.TextHandler(codec))
    falcon_media.install(app, limits=Limits(max_size=4))
    assert not over_size(app, TEXT, '[1,2]')


def test_a_second_install_keeps_settings_that_it_does_not_set() -> None:
    app = App()
    first = falcon_media.install(
        app,
        subprotocols={'chat': 'json'},
        http=['json'],
        per_connection=True,
        limits=Limits(max_size=40, max_depth=3),
    )
    second = falcon_media.install(app, limits=Limits(max_size=50))
    assert list(second.handlers.subprotocols) == ['chat']
    assert second.http.keys() == first.http.keys()
    assert second.is_switched
    assert (second.limits.max_size, second.limits.max_depth) == (50, 3)
    third = falcon_media.install(app, subprotocols={}, http=[])
    assert not third.handlers.subprotocols
    assert third.is_switched


def test_a_second_install_keeps_an_assigned_handler() -> None:
    app = App()
    falcon_media.install(app, text='json')
    app.ws_options.media_handlers[TEXT] = Upper()
    falcon_media.install(app, limits=Limits(max_size=4))
    assert handler(app, TEXT).serialize('a') == 'A'
    assert over_size(app, TEXT, 'abcde')


def test_a_second_install_of_a_wsgi_app_keeps_its_handlers() -> None:
    app = falcon.App()
    falcon_media.install(app, http=['json'])
    installed = falcon_media.install(app, limits=Limits(max_size=4))
    assert installed.http['application/json'].handler.limits.max_size == 4


@pytest.mark.parametrize('is_second', [False, True])
@pytest.mark.parametrize('kind', [App, falcon.App], ids=['asgi', 'wsgi'])
@pytest.mark.parametrize(
    'step',
    [
        'app.wiring.wanted_by',
        'app.http.add_http_handlers',
        'app.http.keep_handlers',
        'app.install.add_error_handlers',
        'app.connection_handlers.ConnectionHandlers.put',
        'app.add_middleware',
    ],
)
def test_a_failed_install_restores_the_handlers(
    step: str, kind: Any, is_second: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def state() -> list[Any]:
        every = [app.req_options, app.resp_options]
        if kind is App:
            every.append(app.ws_options)
        return [
            (table, [(key, one, dict(vars(one))) for key, one in table.items()])
            for table in (options.media_handlers for options in every)
        ]

    def fail(*args: Any, **settings: Any) -> None:
        raise MemoryError(step)

    app = kind()
    if is_second:
        falcon_media.install(app, http=['json'])
    before = state()
    with monkeypatch.context() as patch:
        if step == 'app.add_middleware':
            patch.setattr(kind, 'add_middleware', fail)
        else:
            patch.setattr(f'falcon_media.{step}', fail)
        try:
            falcon_media.install(app, http=['json'], limits=Limits(max_size=4))
        except MemoryError:
            assert state() == before
    installed = falcon_media.install(app, limits=Limits(max_size=5))
    assert installed.limits.max_size == 5


def test_a_class_that_is_gone_has_no_rows() -> None:
    def decorated() -> type:
        @falcon_media.media_handlers(limits={'max_size': 5})
        class Orders:
            async def on_websocket(self, req: Any, ws: Any) -> None: ...

        return Orders

    app = falcon.asgi.App()
    app.add_route('/', decorated()())
    other = decorated()
    installed = falcon_media.install(app)

    def rows() -> int:
        return sum(choice['route'] is not None for choice in installed.choices())

    # NOTE: Falcon reports the names of classes, and these two share theirs.
    assert rows() == 4
    del other
    gc.collect()
    assert rows() == 2
