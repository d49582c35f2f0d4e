"""Message types: the options, and the messages of typed handlers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from dataclasses import make_dataclass
import datetime as dt
from decimal import Decimal
import enum
from importlib import metadata
import json
import pickle
from typing import Any, Optional, Union
from uuid import UUID

from core.tests.typed_messages import Command
from core.tests.typed_messages import Event
from core.tests.typed_messages import Frozen
from core.tests.typed_messages import Item
from core.tests.typed_messages import Order
from core.tests.typed_messages import Other
from core.tests.typed_messages import Strict
import falcon
import falcon.asgi
import falcon.testing
import msgspec
import pytest

import falcon_media
from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import HandlerLoadError
from falcon_media import HookError
from falcon_media import InvalidPayload
from falcon_media import Limits
from falcon_media import MalformedPayload
from falcon_media import media_handlers
from falcon_media import PayloadTooLarge
from falcon_media import UnserializableMedia
from falcon_media import use
from falcon_media.app.http import http_handler
from falcon_media.protocol.message_types import fields_of
from falcon_media.protocol.message_types import load_type
from falcon_media.protocol.message_types import type_name
from falcon_media.protocol.message_types import Types
from falcon_media.protocol.type_binding import bind_types
from falcon_media.protocol.wrapping import adopt
from falcon_media.selection.model import RouteChoice

TEXT = falcon.WebSocketPayloadType.TEXT
BINARY = falcon.WebSocketPayloadType.BINARY

MESSAGES = 'core.tests.typed_messages'

EVENT = (
    f'{{"at":"2001-02-03T04:05:06Z","key":"{UUID(int=1)}","price":"1","data":"",'
    '"counts":%s}'
)


def installed(**settings: Any) -> falcon_media.Installed:
    return falcon_media.install(falcon.asgi.App(), **settings)


def text_handler(value: object) -> Any:
    return installed(text=value).handlers.text.handler


class Pickles(BinaryHandler):
    """A format that carries any Python object."""

    name = 'pickles'

    def __init__(self) -> None:
        pass

    def serialize(self, media: object) -> bytes:
        return pickle.dumps(media)

    def deserialize(self, payload: bytes) -> object:
        return pickle.loads(payload)  # noqa: S301  # our own bytes


# ------------------------------------------------------------------------- The option


@dataclass
class Fragile:
    """A type whose own check fails or refuses."""

    name: str

    def __post_init__(self) -> None:
        raise {'refused': ValueError, 'odd': TypeError}.get(
            self.name, ZeroDivisionError
        )


def test_a_failing_method_of_the_type_raises_the_right_error() -> None:
    handler = text_handler(use('json', type=Fragile))
    with pytest.raises(HookError) as caught:
        handler.deserialize('{"name":"secret"}')
    assert str(caught.value) == (
        'json: TEXT payload: Fragile raised an exception (ZeroDivisionError)'
    )
    for name in ('refused', 'odd'):
        with pytest.raises(InvalidPayload):
            handler.deserialize(f'{{"name":"{name}"}}')


def failing(kind: str, error: Exception) -> Any:
    """Make a type whose code raises an error for any message."""

    def fail(*_: object) -> Any:
        raise error

    class Failing(enum.Enum):
        A = 'a'

        @classmethod
        def _missing_(cls, value: object) -> Any:
            raise error

    if kind == '_missing_':
        return Failing
    if kind == 'key':
        return dict[Failing, int]
    if kind == 'default_factory':
        field = ('other', int, dataclass_field(default_factory=fail))
        return make_dataclass('Failing', [('a', int), field])
    if kind == '__hash__':
        cls = make_dataclass('Failing', [('a', int)], namespace={'__hash__': fail})
        return set[cls]  # type: ignore[valid-type]  # made at run time
    return make_dataclass('Failing', [('a', int)], namespace={'__post_init__': fail})


FAILING = {
    '_missing_': '"b"',
    'key': '{"b": 1}',
    'default_factory': '{"a": 1}',
    '__hash__': '[{"a": 1}]',
    '__post_init__': '{"a": 1}',
}


@pytest.mark.parametrize('error', [KeyError, MemoryError, RecursionError])
@pytest.mark.parametrize('kind', FAILING)
def test_code_of_a_type_that_fails_is_not_the_clients_fault(
    kind: str, error: type[Exception]
) -> None:
    handler = text_handler(use('json', type=failing(kind, error())))
    with pytest.raises(HookError, match=error.__name__) as caught:
        handler.deserialize(FAILING[kind])
    assert isinstance(caught.value.__cause__, error)


@pytest.mark.parametrize('error', [ValueError, TypeError])
@pytest.mark.parametrize('kind', ['_missing_', 'key', '__post_init__'])
def test_code_of_a_type_may_refuse_a_message(kind: str, error: type[Exception]) -> None:
    handler = text_handler(use('json', type=failing(kind, error())))
    with pytest.raises(InvalidPayload):
        handler.deserialize(FAILING[kind])


@pytest.mark.parametrize('error', [ValueError, TypeError, msgspec.ValidationError])
@pytest.mark.parametrize('kind', ['default_factory', '__hash__'])
def test_code_that_is_not_there_to_validate_blames_no_client(
    kind: str, error: type[Exception]
) -> None:
    handler = text_handler(use('json', type=failing(kind, error())))
    with pytest.raises(HookError):
        handler.deserialize(FAILING[kind])


def test_an_error_of_msgspec_that_a_method_raises_is_not_the_clients_fault() -> None:
    cls = failing('__post_init__', msgspec.ValidationError('secret'))
    with pytest.raises(HookError, match='Failing raised an exception'):
        text_handler(use('json', type=cls)).deserialize('{"a": 1}')


def test_a_hash_in_python_that_fails_for_a_member_is_the_clients_fault() -> None:
    cls = make_dataclass('Frozen', [('a', Any)], frozen=True)
    members: Any = set[cls]  # type: ignore[valid-type]  # made at run time
    handler = text_handler(use('json', type=members))
    with pytest.raises(InvalidPayload, match='has no hash'):
        handler.deserialize('[{"a": []}]')


@pytest.mark.parametrize(
    ('value', 'name'),
    [
        (Order, 'Order'),
        (Order | Command, 'Order | Command'),
        (Optional[Order], 'Order | NoneType'),  # noqa: UP045  # as older code writes it
        (Union[Order, list[Order]], 'Order | list[core.tests.typed_messages.Order]'),  # noqa: UP007  # likewise
        ('events:Event', 'events:Event'),
        (Any, 'Any'),
    ],
)
def test_a_type_has_a_readable_name(value: Any, name: str) -> None:
    assert type_name(value) == name


@pytest.mark.parametrize(
    ('options', 'types'),
    [
        ({}, None),
        ({'type': None, 'other': 1}, None),
        ({'type': Order}, Types(Order, Order)),
        ({'receive': Order}, Types(Order, None)),
        ({'send': Order}, Types(None, Order)),
        ({'type': Order, 'send': Command}, Types(Order, Command)),
        ({'type': f'{MESSAGES}:Order'}, Types(Order, Order)),
    ],
)
def test_the_type_options_are_read(
    options: dict[str, Any], types: Types | None
) -> None:
    assert Types.of(options) == types


def test_types_are_shown_by_name() -> None:
    assert str(Types(Order, Order)) == 'Order'
    assert str(Types(Order, Command)) == 'receive Order, send Command'
    assert str(Types(None, Command)) == 'send Command'
    assert Types(Order).over(Types(Item, Command)) == Types(Order, Command)
    assert Types(None, Order).over(Types(Item, Command)) == Types(Item, Order)
    assert Types(Order).over(None) == Types(Order)


@pytest.mark.parametrize(
    ('path', 'said'),
    [
        ('Order', "send: 'Order' is not of the form 'package.module:Name'"),
        (':Order', 'is not of the form'),
        ('json:', 'is not of the form'),
        ('no_such_module:X', "send: 'no_such_module' can not be imported: ModuleNotF"),
        ('json:No', "send: 'json' has no 'No'"),
        ('json:JSONDecoder.no', "send: 'json' has no 'JSONDecoder.no'"),
    ],
)
def test_a_string_that_names_no_object_is_refused(path: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        load_type(path, 'send')


def test_the_fields_of_a_class_are_listed() -> None:
    class Defined:
        __attrs_attrs__ = (type('Attribute', (), {'name': 'a'}),)
        a = 1

    found: Any = fields_of(Order)
    assert list(found(Order(1))) == [1, [], {}]
    found = fields_of(Command)
    assert list(found(Command('x'))) == ['x', None, []]
    found = fields_of(Defined)
    assert list(found(Defined())) == [1]
    assert fields_of(dict) is None


# ------------------------------------------------------------------ For every handler


def test_a_handler_that_knows_no_types_is_bound_to_one() -> None:
    handler = text_handler(use('json', type=Order))
    assert handler.name == 'json'
    assert handler.types == Types(Order, Order)
    media = Order(1, [Item('a', 1.5)], {'x': 2})
    text = '{"id":1,"items":[{"name":"a","price":1.5}],"notes":{"x":2}}'
    assert handler.serialize(media) == text
    assert handler.deserialize(text) == media
    assert handler.deserialize('{"id":1}') == Order(1)


@pytest.mark.parametrize(
    ('text', 'path'),
    [
        ('{}', '$'),
        ('[]', '$'),
        ('{"id":"1"}', '$.id'),
        (
            '{"id":1,"items":[{"name":"a"},{"name":"b","price":"c"}]}',
            '$.items[1].price',
        ),
        ('{"id":1,"notes":{"secret":null}}', '$.notes[...]'),
    ],
)
def test_an_invalid_payload_is_refused_with_its_path(text: str, path: str) -> None:
    handler = text_handler(use('json', type=Order))
    with pytest.raises(InvalidPayload) as caught:
        handler.deserialize(text)
    error = caught.value
    assert (error.path, error.handler, error.payload_type) == (path, 'json', TEXT)
    assert error.size == len(text)
    assert 'secret' not in str(error)


@pytest.mark.parametrize(
    'text',
    ['{"id":"x"', '{"id":"x"} 1', '{"id":1,"id":1}', '{"id":NaN}', '', '"\\ud800"'],
)
def test_a_malformed_payload_is_not_called_invalid(text: str) -> None:
    with pytest.raises(MalformedPayload):
        text_handler(use('json', type=Order)).deserialize(text)


def test_the_budgets_of_the_handler_are_enforced() -> None:
    handler = text_handler(use('json', type=Order, limits=Limits(max_depth=2)))
    assert handler.limits.max_depth == 2
    with pytest.raises(PayloadTooLarge):
        handler.deserialize('{"id":1,"items":[{"name":"a"}]}')
    with pytest.raises(UnserializableMedia, match='nested deeper than 2 levels'):
        handler.serialize(Order(1, [Item('a')]))
    with pytest.raises(PayloadTooLarge):
        handler.deserialize('"' + 'x' * 1_048_576 + '"')


def test_sent_objects_must_have_the_type() -> None:
    handler = text_handler(use('json', type=Order))
    wrong: Any = Order('x')  # type: ignore[arg-type]  # what must not be sent
    with pytest.raises(UnserializableMedia, match=r'\$\.id: not valid'):
        handler.serialize(wrong)
    for media in ({'id': 1}, Item('a'), [Order(1)], None, Order(1, [{'name': 'a'}])):  # type: ignore[list-item]  # likewise
        with pytest.raises(UnserializableMedia):
            handler.serialize(media)


def test_the_part_that_can_not_be_sent_is_located() -> None:
    handler = text_handler(use('json', type=Command))
    odd: Any = object()
    for part, path, text in (
        (Item(odd), '$.order.items[1].name', "object can't be sent"),
        (Item('b', float('nan')), '$.order.items[1].price', 'float that is not finite'),
    ):
        with pytest.raises(UnserializableMedia) as caught:
            handler.serialize(Command('a', Order(1, [Item('a'), part])))
        assert caught.value.path == path
        assert caught.value.detail.startswith(text)


NUMBERS = [n * (2**61 - 1) for n in range(1, 5000)]


@pytest.mark.parametrize(
    ('cls', 'media'),
    [
        (set[int], NUMBERS),
        (dict[int, int], dict.fromkeys(map(str, NUMBERS), 0)),
        (list[frozenset[tuple[Decimal, ...]]], [[[n] for n in NUMBERS]]),
        (dict[UUID, int], {str(UUID(int=n)): 1 for n in NUMBERS}),
        (set[Frozen], [{'x': n} for n in NUMBERS]),
        (dict[str, set[int]], {'a': NUMBERS}),
    ],
    ids=str,
)
def test_keys_and_members_that_may_collide_are_limited(cls: Any, media: Any) -> None:
    handler = text_handler(use('json', type=cls))
    with pytest.raises(PayloadTooLarge, match='text nor bytes') as caught:
        handler.deserialize(json.dumps(media))
    assert caught.value.limit_value == 4096


def test_many_records_may_have_a_few_such_keys_each() -> None:
    handler = text_handler(use('json', type=list[dict[int, float]]))
    records = [{n: 1.5, n + 1: 2.5} for n in range(10_000)]
    assert handler.deserialize(handler.serialize(records)) == records


@pytest.mark.parametrize(
    ('cls', 'text', 'path'),
    [
        (dict[UUID, int], f'{{"{UUID(int=10)}":1,"{UUID(int=10).hex}":2}}', '$'),
        (dict[Decimal, int], '{"1.0":1,"1.00":2}', '$'),
        (Event, EVENT % '{"0":1,"-0":2}', '$.counts'),
    ],
    ids=str,
)
def test_keys_that_are_equal_after_conversion_are_refused(
    cls: Any, text: str, path: str
) -> None:
    with pytest.raises(InvalidPayload, match='two keys of a mapping') as caught:
        text_handler(use('json', type=cls)).deserialize(text)
    assert caught.value.path == path


def test_a_time_finer_than_a_microsecond_is_refused() -> None:
    handler = text_handler(use('json', type=list[dt.datetime]))
    assert handler.deserialize('["2001-02-03T04:05:06.1230000Z"]')
    with pytest.raises(InvalidPayload, match='msgspec-json accepts it') as caught:
        handler.deserialize('["2001-02-03T04:05:06.1234567Z"]')
    assert caught.value.path == '$[0]'


def test_a_member_without_a_hash_is_the_fault_of_the_client() -> None:
    with pytest.raises(InvalidPayload, match='has no hash'):
        text_handler(use('json', type=set)).deserialize('[[1]]')


@pytest.mark.parametrize('cls', [dict[str, int], dict], ids=str)
def test_text_keys_are_not_limited(cls: Any) -> None:
    handler = text_handler(use('json', type=cls))
    keys = dict.fromkeys(map(str, range(5000)), 0)
    assert handler.deserialize(json.dumps(keys)) == keys


def test_objects_that_compare_by_identity_can_be_sent() -> None:
    handler = text_handler(use('json', type=Strict))
    assert handler.serialize(Strict(1)) == '{"id":1}'
    assert handler.deserialize('{"id":1}').id == 1


def test_a_client_can_not_forge_a_path() -> None:
    handler = text_handler(use('json', type=Strict))
    for key, path in (('secret', '$'), ('a` - at `$.id', None)):
        with pytest.raises(InvalidPayload) as caught:
            handler.deserialize(json.dumps({'id': 1, key: 1}))
        assert caught.value.path == path


def test_values_that_json_lacks_are_converted_by_the_type() -> None:
    handler = text_handler(use('json', type=Event))
    at = dt.datetime(2001, 2, 3, 4, tzinfo=dt.UTC)
    media = Event(at, UUID(int=1), Decimal('1.10'), b'\x00\xff', {1: 2})
    assert handler.deserialize(handler.serialize(media)) == media
    sent = json.loads(handler.serialize(media))
    assert sent['data'] == 'AP8='
    assert sent['counts'] == {'1': 2}


def test_values_that_the_format_carries_are_not_converted() -> None:
    handler: Any = installed(binary=Pickles()).handlers.binary.handler
    app: Any = falcon.asgi.App()

    @media_handlers(receive=Event, send=Event)
    class Resource:
        async def on_websocket(self, req: Any, ws: Any) -> None: ...

    app.add_route('/', Resource())
    own = falcon_media.install(app, binary=handler)
    table = app.ws_options.media_handlers.wiring.table
    (row,) = [row for row in own.choices() if row['payload_type'] == 'BINARY'][1:]
    assert row['types'] == 'Event'

    at = dt.datetime(2001, 2, 3, 4, tzinfo=dt.UTC)
    media = Event(at, UUID(int=1), Decimal('1.10'), b'\x00\xff', {1: 2})
    bound = table.route(table.handlers, _choice(Resource)).binary.handler
    payload: Any = bound.serialize(media)
    assert pickle.loads(payload) == {  # noqa: S301  # our own bytes
        'at': at,
        'key': UUID(int=1),
        'price': Decimal('1.10'),
        'data': b'\x00\xff',
        'counts': {1: 2},
    }
    assert bound.deserialize(payload) == media
    text: Any = pickle.dumps({**pickle.loads(payload), 'data': 'AP8='})  # noqa: S301  # our own bytes
    with pytest.raises(InvalidPayload):
        bound.deserialize(text)


def _choice(resource: Any) -> Any:
    return resource.falcon_media_handlers


def test_a_type_may_be_set_for_one_direction() -> None:
    receive = text_handler(use('json', receive=Order))
    assert receive.deserialize('{"id":1}') == Order(1)
    assert receive.serialize([1]) == '[1]'
    send = text_handler(use('json', send=Order))
    assert send.deserialize('{"id":1}') == {'id': 1}
    with pytest.raises(UnserializableMedia):
        send.serialize([1])


@pytest.mark.parametrize(
    ('value', 'said'),
    [
        (object, 'argument text: type: object has no fields to check'),
        (object(), 'argument text: type: .* is not a valid message type'),
        (Order | Item, 'argument text: type: Order | Item is not a valid message type'),
        ('json:No', "argument text: type: 'json' has no 'No'"),
    ],
)
def test_an_invalid_type_is_refused_at_start(value: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        text_handler(use('json', type=value))


@pytest.mark.parametrize('version', [None, '0.19.0'])
def test_a_missing_msgspec_is_named(
    monkeypatch: pytest.MonkeyPatch, version: str | None
) -> None:
    real = metadata.version

    def fake(name: str) -> str:
        if name != 'msgspec':
            return real(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, 'version', fake)
    with pytest.raises(HandlerLoadError, match=r'falcon-media\[typed\]') as caught:
        text_handler(use('json', type=Order))
    assert (version or 'none') in str(caught.value)


def test_types_can_be_configured() -> None:
    settings = {'text': 'json', 'handlers': {'json': {'type': f'{MESSAGES}:Order'}}}
    found = installed(config=settings)
    handler: Any = found.handlers.text.handler
    assert handler.deserialize('{"id":1}') == Order(1)
    assert 'json: Order' in found.describe()
    assert found.choices()[0]['types'] == 'Order'


def test_options_are_shown_with_the_name_of_the_type() -> None:
    assert str(use('json', receive=Order | Item, send=Order)) == (
        f"json(receive=Order | Item, send='{MESSAGES}:Order')"
    )


# -------------------------------------------------- Handlers that take types themselves

PLUGIN = """
    import falcon
    import falcon_media
    from falcon_media.protocol.message_types import Types

    class Own(falcon_media.TextHandler):
        name = 'own'

        def __init__(self, *, receive=None, send=None, limits=None):
            super().__init__(
                falcon_media.Codec(
                    encode=lambda media: f'{send.__name__} {media}',
                    decode=lambda payload: f'{receive.__name__} {payload}',
                    unchecked=0,
                ),
                limits,
            )
            self.types = Types(receive, send)

    class Odd(falcon_media.TextHandler):
        name = 'odd'

        def __init__(self, *, type='plain', limits=None):
            super().__init__(
                falcon_media.Codec(
                    encode=lambda media: f'{type} {media}',
                    decode=lambda payload: {'id': 1},
                    unchecked=0,
                ),
                limits,
            )

    def spec(cls):
        return falcon_media.HandlerSpec(
            name=cls.name,
            payload_type=falcon.WebSocketPayloadType.TEXT,
            media_type='text/x-own',
            factory=cls,
            summary='One of the tests.',
        )

    @falcon_media.hookimpl
    def falcon_media_handlers():
        return [spec(Own), spec(Odd)]
"""


@pytest.fixture
def own(distribute: Callable[..., object]) -> None:
    distribute(
        'acme-own',
        handlers={'own': 'acme_own', 'odd': 'acme_own'},
        modules={'acme_own': PLUGIN},
    )


@pytest.mark.usefixtures('own')
def test_a_handler_may_take_types_itself() -> None:
    handler = text_handler(use('own', type=Order, send=f'{MESSAGES}:Item'))
    assert handler.deserialize('x') == 'Order x'
    assert handler.serialize('x') == 'Item x'
    assert handler.types == Types(Order, Item)


@pytest.mark.usefixtures('own')
def test_a_handler_may_have_its_own_option_type() -> None:
    assert text_handler(use('odd', type='fancy')).serialize('x') == 'fancy x'
    handler = text_handler(use('odd', type='fancy', receive=Order))
    assert handler.deserialize('x') == Order(1)
    assert handler.serialize('x') == 'fancy x'


@pytest.mark.usefixtures('own')
def test_an_instance_that_is_bound_keeps_its_types() -> None:
    handler = text_handler(use('own', type=Order))

    @media_handlers(text=handler, limits=Limits(max_depth=5))
    class Same:
        async def on_websocket(self, req: Any, ws: Any) -> None: ...

        @media_handlers(limits=Limits(max_depth=6))
        async def on_websocket_tight(self, req: Any, ws: Any) -> None: ...

    @media_handlers(receive=Item)
    class Different:
        async def on_websocket(self, req: Any, ws: Any) -> None: ...

    app: Any = falcon.asgi.App()
    falcon_media.install(app, text=handler)
    found = app.ws_options.media_handlers.wiring.table
    base = found.route(found.handlers, _choice(Same))
    assert base.text.handler is handler
    tight = RouteChoice(owner='tight', limits=Limits(max_depth=6))
    assert found.route(base, tight).text.handler is handler
    # NOTE: It was selected for other routes, and this one has another for BINARY.
    different = found.route(found.handlers, _choice(Different))
    assert different.text.handler.name == 'no handler'
    assert different.binary.handler.types == Types(Item)
    with pytest.raises(
        UnserializableMedia, match='own does not support the message types'
    ):
        different.text.handler.serialize(Order(1))

    # NOTE: This route selects it.
    @media_handlers(text=handler, receive=Item)
    class Chosen:
        async def on_websocket(self, req: Any, ws: Any) -> None: ...

    assert found.route(found.handlers, _choice(Chosen)).text.handler is handler


# ------------------------------------------------------------------------- By route


@media_handlers(receive=Command, send=Order)
class Commands:
    """A resource whose messages have types."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        while True:
            command = await ws.receive_media()
            assert type(command) is Command
            await ws.send_media(command.order or Order(0))

    @media_handlers(receive=f'{MESSAGES}:Order')
    async def on_websocket_orders(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await ws.send_media(await ws.receive_media())

    @media_handlers(text=use('json', receive=Item), limits=Limits(max_depth=3))
    async def on_websocket_items(self, req: Any, ws: Any) -> None:
        await ws.accept()
        item = await ws.receive_media()
        await ws.send_media(Order(1, [item]))

    async def on_websocket_chosen(self, req: Any, ws: Any) -> None:
        await ws.accept()
        peer = falcon_media.select(req, 'json')
        again = falcon_media.select(req, 'json')
        assert peer.handler is again.handler
        command: Any = await peer.receive()
        await peer.send(command.order)

    async def on_websocket_negotiated(self, req: Any, ws: Any) -> None:
        peer = await falcon_media.accept(req, ws)
        command: Any = await peer.receive()
        await peer.send(command.order)


class Plain:
    """A resource without types."""

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        media = await ws.receive_media()
        peer = falcon_media.select(req, 'json')
        await peer.send(media)


def create_app(**settings: Any) -> Any:
    app = falcon.asgi.App()
    resource = Commands()
    app.add_route('/', resource)
    app.add_route('/plain', Plain())
    for suffix in ('orders', 'items', 'chosen', 'negotiated'):
        app.add_route(f'/{suffix}', resource, suffix=suffix)
    falcon_media.install(app, **settings)
    return app


def answer(
    app: Any, path: str, text: str, *, offers: tuple[str, ...] = ()
) -> tuple[str | None, int | None]:
    async def run() -> tuple[str | None, int | None]:
        async with (
            falcon.testing.ASGIConductor(app) as client,
            client.simulate_ws(path, spec_version='2.3', subprotocols=offers) as ws,
        ):
            await ws.send_text(text)
            try:
                # NOTE: Falcon's own handler writes spaces.
                text_back = (await ws.receive_text()).replace(' ', '')
            except falcon.WebSocketDisconnected:
                return ws.close_reason, ws.close_code
        return text_back, None

    found: tuple[str | None, int | None] = falcon.async_to_sync(run)
    return found


ORDER = '{"id":7,"items":[],"notes":{}}'
COMMAND = f'{{"name":"x","order":{ORDER},"tags":[]}}'


@pytest.mark.parametrize(
    ('path', 'text', 'expected'),
    [
        ('/', COMMAND, (ORDER, None)),
        ('/', ORDER, ('Invalid payload', 1007)),
        ('/', '{', ('Malformed payload', 1007)),
        ('/orders', ORDER, (ORDER, None)),
        ('/orders', COMMAND, ('Invalid payload', 1007)),
        (
            '/items',
            '{"name":"a"}',
            ('{"id":1,"items":[{"name":"a","price":0.0}],"notes":{}}', None),
        ),
        ('/items', ORDER, ('Invalid payload', 1007)),
        ('/chosen', COMMAND, (ORDER, None)),
        ('/chosen', ORDER, ('Invalid payload', 1007)),
        ('/plain', ORDER, (ORDER, None)),
    ],
)
@pytest.mark.parametrize(
    'settings', [{}, {'text': 'json'}, {'text': use('json', type=Other)}]
)
def test_a_route_has_types_in_any_format(
    path: str, text: str, expected: object, settings: dict[str, Any]
) -> None:
    if settings.get('text') == use('json', type=Other) and path == '/plain':
        text = '{"type":"Other","id":1}'
        expected = ('Internal Server Error', 1011)
    assert answer(create_app(**settings), path, text) == expected


def test_a_subprotocol_has_the_types_of_the_route() -> None:
    app = create_app(subprotocols={'orders.json': 'json'})
    offers = ('orders.json',)
    assert answer(app, '/negotiated', COMMAND, offers=offers) == (ORDER, None)
    assert answer(app, '/negotiated', ORDER, offers=offers) == ('Invalid payload', 1007)


def test_the_types_in_force_are_described() -> None:
    app = create_app(text='json')
    found = falcon_media.Installed(app.ws_options.media_handlers.wiring)
    lines = found.describe().splitlines()
    assert any(
        'TEXT of Commands' in line and 'receive Command, send Order' in line
        for line in lines
    )
    told = {row['types'] for row in found.choices() if row['route']}
    named = {'receive Command, send Order', 'receive Order', 'receive Item'}
    assert told - {None} == named


def test_refusals_are_counted() -> None:
    app = create_app(text='json')
    assert answer(app, '/', ORDER) == ('Invalid payload', 1007)
    rows = falcon_media.Installed(app.ws_options.media_handlers.wiring).stats()
    assert [row['refused'] for row in rows if row['refused']] == [{'InvalidPayload': 1}]


def test_a_refusal_is_logged_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(text='json')
    answer(app, '/orders', '{"id":1,"items":[{"name":"a","price":"secret"}]}')
    (record,) = [one for one in caplog.records if one.name == 'falcon_media']
    assert record.levelname == 'WARNING'
    assert record.getMessage() == (
        'json: TEXT payload of size 48: not valid for the type of the message '
        '(ValidationError), at $.items[0].price; closed with 1007; peer 127.0.0.1, '
        'route /orders'
    )


def test_an_invalid_type_of_a_route_is_refused() -> None:
    @media_handlers(receive='json:No')
    class Mistaken:
        async def on_websocket(self, req: Any, ws: Any) -> None: ...

    app = falcon.asgi.App()
    app.add_route('/', Mistaken())
    with pytest.raises(
        ConfigError, match=r"@media_handlers on .*Mistaken: receive: 'json'"
    ):
        falcon_media.install(app, text='json')


def test_http_answers_422() -> None:
    class Resource:
        async def on_post(self, req: Any, resp: Any) -> None:
            resp.text = repr(await req.get_media())

    app = falcon.asgi.App()
    app.add_route('/', Resource())
    app.req_options.media_handlers['application/x-order'] = http_handler(
        text_handler(use('json', type=Order)), Limits()
    )
    client = falcon.testing.TestClient(app)
    headers = {'Content-Type': 'application/x-order'}
    for body, status in (('{"id":1}', 200), ('{"id":"x"}', 422), ('{"id"', 400)):
        found = client.simulate_post('/', body=body, headers=headers)
        assert found.status_code == status
        if status == 422:
            assert found.json['title'] == 'Invalid payload'


# ---------------------------------------------------------- No object of another type


def typed_pickles() -> Any:
    return bind_types(adopt(Pickles(), BINARY, Limits()), Types(Order, Order))


async def relay(ws: Any) -> None:
    """Answer with the name of the received type."""
    media = await ws.receive_media()
    await ws.send_media(type(media).__name__)
    await ws.receive_text()


class Relay:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        await relay(ws)


class FallsBack:
    async def on_websocket(self, req: Any, ws: Any) -> None:
        await falcon_media.accept(req, ws, fallback=True)
        await relay(ws)


class Selects:
    """Selects one handler after another."""

    def __init__(self, *handlers: Any) -> None:
        self.handlers = handlers

    async def on_websocket(self, req: Any, ws: Any) -> None:
        await ws.accept()
        for handler in self.handlers:
            falcon_media.select(req, handler)
        await relay(ws)


def relayed(resource: Any, **settings: Any) -> Any:
    app = falcon.asgi.App()
    app.add_route('/', resource)
    falcon_media.install(app, **settings)
    return answer(app, '/', ORDER)


REFUSED = ('Unsupported payload', 1003)
TYPED_TEXT = use('json', type=Order)


@media_handlers(binary=typed_pickles())
class TypedRoute(Relay):
    """A type for BINARY, and none for TEXT."""


@media_handlers(limits=Limits(max_size=99))
class LimitedRoute(Relay):
    """Only a budget."""


@media_handlers(subprotocols={})
class NoSubprotocols(Relay):
    """Nothing for TEXT and BINARY."""


@media_handlers(binary=Pickles())
class UntypedRoute(Relay):
    """No type, although the app has one."""


@media_handlers(text='json')
class OwnTextRoute(Relay):
    """A custom TEXT handler, without a type."""


@media_handlers(receive=Order)
class EveryTypeRoute(Relay):
    """A type for all its handlers."""


BINARY_TYPED = {'binary': typed_pickles()}
SUBPROTOCOL_TYPED = {'subprotocols': {'v1': typed_pickles()}}


@pytest.mark.parametrize(
    ('resource', 'settings', 'expected'),
    [
        # The app's handler for TEXT was not selected with the type.
        (Relay(), BINARY_TYPED, REFUSED),
        (Relay(), {**BINARY_TYPED, 'per_connection': True}, REFUSED),
        (LimitedRoute(), BINARY_TYPED, REFUSED),
        (NoSubprotocols(), BINARY_TYPED, REFUSED),
        (TypedRoute(), {}, REFUSED),
        (TypedRoute(), {'text': 'json'}, REFUSED),
        (TypedRoute(), {'text': use('json', type=Item)}, REFUSED),
        # Each of these was, or has the type itself.
        (Relay(), {**BINARY_TYPED, 'text': 'json'}, ('"dict"', None)),
        (Relay(), {'text': TYPED_TEXT}, ('Internal Server Error', 1011)),
        (OwnTextRoute(), BINARY_TYPED, ('"dict"', None)),
        (UntypedRoute(), BINARY_TYPED, ('"dict"', None)),
        (EveryTypeRoute(), BINARY_TYPED, ('"Order"', None)),
        # A client without a subprotocol, if all subprotocols have a type.
        (FallsBack(), SUBPROTOCOL_TYPED, REFUSED),
        (FallsBack(), {**SUBPROTOCOL_TYPED, 'text': 'json'}, REFUSED),
        (
            FallsBack(),
            {'subprotocols': {'v1': typed_pickles(), 'v2': 'json'}},
            ('"dict"', None),
        ),
        # A handler that the responder selects.
        (Selects(typed_pickles()), {'per_connection': True}, REFUSED),
        (Selects('json', typed_pickles()), {'per_connection': True}, ('"dict"', None)),
        (Selects(typed_pickles(), 'json'), {'per_connection': True}, ('"dict"', None)),
        (
            Selects(typed_pickles(), Pickles()),
            {'per_connection': True},
            ('"dict"', None),
        ),
    ],
)
def test_no_object_of_another_type_is_received(
    resource: Any, settings: dict[str, Any], expected: Any
) -> None:
    assert relayed(resource, **settings) == expected


def test_a_send_only_handler_is_shown_and_can_be_restored() -> None:
    app: Any = falcon.asgi.App()
    text = app.ws_options.media_handlers[TEXT]
    installed = falcon_media.install(app, binary=typed_pickles())
    assert 'JSONHandlerWS (sent only)' in installed.describe()
    assert app.ws_options.media_handlers[TEXT].serialize([1]) == '[1]'
    assert installed.choices()[0]['is_sent_only']
    falcon_media.install(app, binary=Pickles())
    assert app.ws_options.media_handlers[TEXT].deserialize('[1]') == [1]
    assert app.ws_options.media_handlers[TEXT].wrapped is text


def test_a_send_only_handler_is_made_once() -> None:
    app: Any = falcon.asgi.App()
    falcon_media.install(app, per_connection=True)
    table = app.ws_options.media_handlers.wiring.table
    text = table.handlers.text
    made = table.send_only(text)
    assert table.send_only(text) is made
    assert table.send_only(made) is made


def test_bytes_may_be_sent_only() -> None:
    app: Any = falcon.asgi.App()
    falcon_media.install(app, text=TYPED_TEXT)
    only = app.ws_options.media_handlers.wiring.table.send_only(
        falcon_media.install(falcon.asgi.App(), binary=Pickles()).handlers.binary
    )
    handler: Any = only.handler
    assert pickle.loads(handler.serialize([1])) == [1]  # noqa: S301  # our own bytes
    with pytest.raises(falcon_media.UnsupportedPayload):
        handler.deserialize(b'x')


def test_several_nan_keys_are_refused() -> None:
    handler = text_handler(use('json', type=dict[float, int]))
    handler.deserialize('{"nan": 1, "1": 2}')
    with pytest.raises(InvalidPayload, match='two keys of a mapping are the same'):
        handler.deserialize('{"nan": 1, "NaN": 2}')
