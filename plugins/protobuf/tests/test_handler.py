"""The handler: what it takes and returns, and its options."""

from __future__ import annotations

from collections.abc import Mapping
import inspect
from pathlib import Path
from types import MappingProxyType
from typing import Any

from google.protobuf import struct_pb2
from google.protobuf.message import Message
from plugins.protobuf.tests.payloads import both_ways
from plugins.protobuf.tests.schemas import GRAFTED
from plugins.protobuf.tests.schemas import Kinds
from plugins.protobuf.tests.schemas import Legacy
from plugins.protobuf.tests.schemas import NICKNAME
from plugins.protobuf.tests.schemas import Node
from plugins.protobuf.tests.schemas import Reading
from plugins.protobuf.tests.schemas import Report
import pytest

from falcon_media import BYTE_LINES
from falcon_media import ConfigError
from falcon_media import MalformedPayload
from falcon_media import UnserializableMedia
from falcon_media_protobuf import ProtobufHandler

FIELDS: dict[str, Any] = {
    'device': 'čidlo 7',
    'time': 1.7e9,
    'readings': [
        {'name': 'a', 'value': 0.5, 'tags': ['x', 'y'], 'raw': b'\0\xff'},
        {'name': 'b', 'history': [1, 2, 300], 'curve': [0.5, -1.5]},
    ],
    'labels': {'site': 'north'},
}


@pytest.fixture
def handler() -> ProtobufHandler:
    return ProtobufHandler(message=Report)


@pytest.mark.parametrize('wrap', [dict, MappingProxyType])
def test_a_mapping_of_fields_goes_out_as_the_message(
    handler: ProtobufHandler, wrap: Any
) -> None:
    assert handler.serialize(wrap(FIELDS)) == Report(**FIELDS).SerializeToString()


def test_a_mapping_may_hold_messages(handler: ProtobufHandler) -> None:
    readings = [Reading(name='a'), {'name': 'b'}]
    media = both_ways(handler, {'readings': readings})
    assert media == Report(readings=[Reading(name='a'), Reading(name='b')])
    # What protobuf returns for a repeated field is a sequence, and for a map a mapping.
    parts = Report(**FIELDS)
    fields = {'readings': parts.readings, 'labels': parts.labels}
    assert both_ways(handler, fields) == Report(**fields)


@pytest.mark.parametrize(
    ('media', 'name'),
    [
        (Reading(name='a'), 'Reading'),
        (struct_pb2.Struct(), 'Struct'),
        (None, 'NoneType'),
        ('text', 'str'),
        (b'\x0a\x00', 'bytes'),
        ([('device', 'a')], 'list'),
        (Report, 'MessageMeta'),
    ],
)
def test_nothing_else_is_sent(
    handler: ProtobufHandler, media: object, name: str
) -> None:
    with pytest.raises(UnserializableMedia, match=rf'Report.*, not {name}$'):
        handler.serialize(media)


def test_serialize_to_string_would_take_a_message_of_any_type() -> None:
    # The contract that the check above is there for.
    serialize: Any = Report.SerializeToString
    assert serialize(Reading(name='a')) == b'\x0a\x01a'


@pytest.mark.parametrize(
    'payload', [bytearray(b'\x0a\x01a'), memoryview(b'\x0a\x01a'), b'\x0a\x01a']
)
def test_all_kinds_of_bytes_are_deserialized(
    handler: ProtobufHandler, payload: Any
) -> None:
    assert handler.deserialize(payload) == Report(device='a')


# -------------------------------------------------------------------- What is in Falcon


# ----------------------------------------------------------------------- Option message


@pytest.fixture
def generated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.mark.usefixtures('generated')
def test_the_message_class_can_be_named() -> None:
    handler = ProtobufHandler(message='sample_pb2:Sample')
    fields = {
        'device': 'a',
        'taken': {'seconds': 5},
        'values': [1.5],
        'labels': {'site': 'north'},
        'note': '',
        'quality': 'QUALITY_GOOD',
        'position': {'latitude': 50.0},
        'channel': 7,
    }
    media: Any = both_ways(handler, fields)
    assert media.DESCRIPTOR.full_name == 'falcon_media_protobuf.tests.Sample'
    assert media == type(media)(**fields)
    assert media.HasField('note')

    nested = ProtobufHandler(message='sample_pb2:Sample.Position')
    assert nested.serialize({'latitude': 50.0}) == media.position.SerializeToString()


@pytest.mark.parametrize(
    ('message', 'said'),
    [
        ('Report', "'Report' is not of the form 'package.module:Name'"),
        (':Report', 'is not of the form'),
        ('module:', 'is not of the form'),
        ('', 'is not of the form'),
        (
            'no_such_module_pb2:Report',
            "'no_such_module_pb2' can not be imported: ModuleNotFoundError: No module",
        ),
        ('.relative:Report', "'.relative' can not be imported: TypeError"),
        ('sample_pb2:Report', "'sample_pb2' has no 'Report'"),
        ('sample_pb2:Sample.Place', "'sample_pb2' has no 'Sample.Place'"),
        ('sample_pb2:Quality', 'a message class that protoc made'),
        ('google.protobuf.message:Message', 'a message class that protoc made'),
        (Message, 'a message class that protoc made'),
        (Report(), 'a class is needed, not an instance of Report'),
        (Report.DESCRIPTOR, 'a message class that protoc made'),
        (dict, "a message class that protoc made, .* not <class 'dict'>"),
    ],
)
@pytest.mark.usefixtures('generated')
def test_a_message_class_that_is_none(message: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=f'^message: .*{said}'):
        ProtobufHandler(message=message)


def test_no_message_class() -> None:
    with pytest.raises(ConfigError, match=r"type= .*'package\.module:Message'"):
        ProtobufHandler()


def test_a_module_that_fails_to_be_imported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / 'falcon_media_broken_pb2.py').write_text('1 / 0')
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ConfigError, match='ZeroDivisionError') as caught:
        ProtobufHandler(message='falcon_media_broken_pb2:Event')
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_a_message_set_can_not_be_checked() -> None:
    with pytest.raises(ConfigError, match='MessageSet is a MessageSet'):
        ProtobufHandler(message=message_set())


def message_set() -> Any:
    from google.protobuf.descriptor_pb2 import FileDescriptorProto
    from google.protobuf.descriptor_pool import DescriptorPool
    from google.protobuf.message_factory import GetMessageClass

    file = FileDescriptorProto(name='message_set.proto', syntax='proto2')
    message = file.message_type.add(name='MessageSet')
    message.options.message_set_wire_format = True
    message.extension_range.add(start=4, end=1000)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    descriptor: Any = pool.FindMessageTypeByName('MessageSet')
    return GetMessageClass(descriptor)


def test_two_handlers_for_one_message() -> None:
    node = Node(child=Node(value=1))
    for _ in range(2):
        assert both_ways(ProtobufHandler(message=Node), node) == node


# ------------------------------------------------------------------------ Other options


@pytest.mark.parametrize(
    'option',
    [
        'allow_empty',
        'allow_partial',
        'allow_invalid_utf8',
        'allow_conversions',
        'check_sent_depth',
        'deterministic',
    ],
)
@pytest.mark.parametrize('value', [None, 1, 'yes'])
def test_a_flag_that_is_none(option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    with pytest.raises(ConfigError, match=f'^{option} must be true or false, not '):
        ProtobufHandler(message=Report, **options)


@pytest.mark.parametrize('option', ['max_memory', 'max_int_keys'])
@pytest.mark.parametrize('value', [0, -1, 1.5, True, '64'])
def test_a_number_that_is_none(option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    with pytest.raises(ConfigError, match=f'^{option} must be a positive integer'):
        ProtobufHandler(message=Report, **options)


def test_limits_that_are_none() -> None:
    limits: Any = {'max_size': 10}
    with pytest.raises(ConfigError, match=r'^limits must be '):
        ProtobufHandler(message=Report, limits=limits)


def test_the_defaults_are_the_safe_ones() -> None:
    parameters = inspect.signature(ProtobufHandler).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == {
        'message': None,
        'type': None,
        'receive': None,
        'send': None,
        'allow_empty': True,
        'allow_partial': False,
        'allow_invalid_utf8': False,
        'allow_conversions': False,
        'check_sent_depth': True,
        'deterministic': False,
        'max_memory': None,
        'max_int_keys': 4096,
        'limits': None,
    }


@pytest.mark.parametrize('cls', [Report, Kinds, Node])
def test_allow_empty(cls: Any) -> None:
    handler = ProtobufHandler(message=cls)
    assert handler.deserialize(b'') == cls()
    assert handler.serialize(cls()) == handler.serialize({}) == b''

    strict = ProtobufHandler(message=cls, allow_empty=False)
    with pytest.raises(MalformedPayload, match='empty: allow_empty=True accepts it'):
        strict.deserialize(b'')
    nothing: list[Any] = [cls(), {}]
    for media in nothing:
        with pytest.raises(UnserializableMedia, match='pass allow_empty=True'):
            strict.serialize(media)


@pytest.mark.parametrize('payload', [b'\x12\x01a', b'\x08\x01\x2b\x2c', b''])
def test_allow_partial(payload: bytes) -> None:
    with pytest.raises(MalformedPayload):
        ProtobufHandler(message=Legacy).deserialize(payload)

    handler = ProtobufHandler(message=Legacy, allow_partial=True)
    media: Any = handler.deserialize(payload)
    assert not media.IsInitialized()
    assert handler.serialize(media) == payload
    with pytest.raises(UnserializableMedia, match='pass allow_partial=True'):
        ProtobufHandler(message=Legacy).serialize(media)


def test_allow_invalid_utf8() -> None:
    payload = b'\x08\x01\x12\x02a\xff'
    strict = ProtobufHandler(message=Legacy)
    with pytest.raises(MalformedPayload, match='allow_invalid_utf8=True accepts it'):
        strict.deserialize(payload)

    handler = ProtobufHandler(message=Legacy, allow_invalid_utf8=True)
    media: Any = handler.deserialize(payload)
    assert media.name == b'a\xff'
    assert handler.serialize(media) == payload
    with pytest.raises(UnserializableMedia, match='pass allow_invalid_utf8=True'):
        strict.serialize(media)


@pytest.mark.parametrize(
    ('fields', 'message'),
    [
        ({'a_float': 1e300}, Kinds(a_float=float('inf'))),
        ({'a_double': True}, Kinds(a_double=1.0)),
        ({'a_double': 2**53 + 1}, Kinds(a_double=2.0**53)),
        ({'a_bool': 2}, Kinds(a_bool=True)),
        ({'a_string': b'a'}, Kinds(a_string='a')),
        ({'a_int32': None, 'a_bool': True}, Kinds(a_bool=True)),
        ({'extra': {'n': 2**53 + 1}}, Kinds(extra={'n': 2.0**53})),
    ],
)
def test_allow_conversions(fields: Mapping[str, Any], message: Any) -> None:
    with pytest.raises(UnserializableMedia):
        ProtobufHandler(message=Kinds).serialize(fields)
    handler = ProtobufHandler(message=Kinds, allow_conversions=True)
    assert both_ways(handler, fields) == message


def test_allow_conversions_is_about_values_alone() -> None:
    handler = ProtobufHandler(message=Kinds, allow_conversions=True)
    for fields in (
        {'words': 'abc'},
        {'words': {'a', 'b'}},
        {'numbers': iter([1])},
        {'file': 'a', 'channel': 1},
        {'counts': [('a', 1)]},
        {'nested': 5},
        {'nope': 1},
        {'a_int32': '5'},
    ):
        with pytest.raises(UnserializableMedia):
            handler.serialize(fields)


def test_check_sent_depth() -> None:
    node = nested(65)
    with pytest.raises(UnserializableMedia, match='deeper than 64 levels'):
        ProtobufHandler(message=Node).serialize(node)
    trusting = ProtobufHandler(message=Node, check_sent_depth=False)
    assert trusting.serialize(node) == node.SerializeToString()
    # A mapping is checked all the same: the constructor would overflow the stack too.
    fields: dict[str, Any] = {}
    fields['child'] = fields
    with pytest.raises(UnserializableMedia, match=r'\$\.child: dict contains itself'):
        trusting.serialize(fields)


def test_what_a_mapping_can_not_hold_names_its_place() -> None:
    with pytest.raises(UnserializableMedia) as caught:
        ProtobufHandler(message=Node).serialize({'child': {'child': {'nope': 1}}})
    assert caught.value.path == '$.child.child'
    assert caught.value.detail.startswith('key of type str: ')
    with pytest.raises(UnserializableMedia) as caught:
        ProtobufHandler(message=Kinds).serialize({'a_string': 'x', 'a_int32': '5'})
    assert caught.value.path == '$.a_int32'
    assert caught.value.detail.endswith(
        "can't hold this str: pass allow_conversions=True"
    )


def test_deterministic() -> None:
    labels = {f'{number:03}': '' for number in range(100)}
    report = Report(labels=dict(reversed(labels.items())))
    handler = ProtobufHandler(message=Report, deterministic=True)
    expected = report.SerializeToString(deterministic=True)
    assert handler.serialize(report) == expected
    assert handler.serialize({'labels': labels}) == expected


# --------------------------------------------------------------------------- Extensions


def test_extensions_survive() -> None:
    handler = ProtobufHandler(message=Legacy)
    legacy = Legacy(id=1)
    legacy.Extensions[NICKNAME] = 'žížala'
    media: Any = both_ways(handler, legacy)
    assert media.Extensions[NICKNAME] == 'žížala'

    trees = ProtobufHandler(message=Node)
    node = Node(value=1)
    node.Extensions[GRAFTED].value = 2
    assert both_ways(trees, node) == node
    # There is no name for an extension in a mapping.
    with pytest.raises(UnserializableMedia, match="no field 'nickname'"):
        handler.serialize({'id': 1, 'nickname': 'a'})


def nested(depth: int) -> Any:
    root = node = Node()
    for _ in range(depth - 1):
        node.child.SetInParent()
        node = node.child
    return root


def test_the_framing_of_a_subclass_wins() -> None:
    class Lines(ProtobufHandler):
        framing = BYTE_LINES

    assert Lines(message=Node).framing is BYTE_LINES
