"""Message classes for the tests, made without protoc."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping
import re
from typing import Any

from google.protobuf import descriptor_pool
from google.protobuf import duration_pb2
from google.protobuf import struct_pb2
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = 'falcon_media_protobuf.tests'
_IMPORTS = [
    module.DESCRIPTOR.name for module in (duration_pb2, struct_pb2, timestamp_pb2)
]
_FIELD = re.compile(
    r'(?:(optional|required|repeated|group|groups) )?'
    r'(?:map<(\w+), ([\w.]+)>|([\w.]+)) (\w+) = (\d+)(?: in (\w+))?'
)


def define(
    name: str, syntax: str, definitions: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    """Make message classes from lines that look as in a .proto file.

    A group refers to a message type that is defined like any other, and ``groups`` is
    a repeated one. ``in NAME`` puts a
    field into a oneof. ``enum NAME`` defines an enum, and ``extend NAME`` extensions.
    """
    file = FileDescriptorProto(
        name=f'{_PACKAGE}/{name}.proto',
        package=f'{_PACKAGE}.{name}',
        syntax=syntax,
        dependency=_IMPORTS,
    )
    scope = f'.{file.package}'
    enums = {key.split()[1] for key in definitions if key.startswith('enum ')}
    for key, lines in definitions.items():
        kind, _, subject = key.rpartition(' ')
        if kind == 'enum':
            enum = file.enum_type.add(name=subject)
            for number, value in enumerate(lines):
                enum.value.add(name=value, number=number)
        elif kind == 'extend':
            for line in lines:
                extension = file.extension.add(extendee=f'{scope}.{subject}')
                _fill(extension, line, scope, enums)
        else:
            message = file.message_type.add(name=subject)
            if syntax == 'proto2':
                message.extension_range.add(start=1000, end=2000)
            for line in lines:
                _add(message, line, f'{scope}.{subject}', scope, enums, syntax)
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    found: dict[str, Any] = {}
    for message in file.message_type:
        descriptor: Any = pool.FindMessageTypeByName(f'{file.package}.{message.name}')
        found[message.name] = GetMessageClass(descriptor)
    for extension in file.extension:
        full_name = f'{file.package}.{extension.name}'
        found[extension.name] = pool.FindExtensionByName(full_name)
    return found


def _add(
    message: DescriptorProto,
    line: str,
    path: str,
    scope: str,
    enums: set[str],
    syntax: str,
) -> None:
    field = message.field.add()
    label, key, value, _, name, _, oneof = _fill(field, line, scope, enums)
    if key:
        camel_case = name.title().replace('_', '')
        entry = message.nested_type.add(name=f'{camel_case}Entry')
        entry.options.map_entry = True
        _fill(entry.field.add(), f'{key} key = 1', scope, enums)
        _fill(entry.field.add(), f'{value} value = 2', scope, enums)
        field.type_name = f'{path}.{entry.name}'
    if label == 'optional' and syntax == 'proto3':
        field.proto3_optional = True
        oneof = f'_{name}'
    if oneof:
        names = [declared.name for declared in message.oneof_decl]
        if oneof not in names:
            message.oneof_decl.add(name=oneof)
            names.append(oneof)
        field.oneof_index = names.index(oneof)


def _fill(
    field: FieldDescriptorProto, line: str, scope: str, enums: set[str]
) -> tuple[str, ...]:
    match = _FIELD.fullmatch(line)
    assert match, line
    label, key, _, kind, name, number, _ = match.groups()
    field.name, field.number = name, int(number)
    field.label = FieldDescriptorProto.LABEL_OPTIONAL
    if label == 'required':
        field.label = FieldDescriptorProto.LABEL_REQUIRED
    elif label in {'repeated', 'groups'} or key:
        field.label = FieldDescriptorProto.LABEL_REPEATED
    if kind and kind.islower() and '.' not in kind:
        field.type = FieldDescriptorProto.Type.Value(f'TYPE_{kind.upper()}')
    elif kind in enums:
        field.type = FieldDescriptorProto.TYPE_ENUM
        field.type_name = f'{scope}.{kind}'
    else:
        is_group = label in {'group', 'groups'}
        field.type = (
            FieldDescriptorProto.TYPE_GROUP
            if is_group
            else FieldDescriptorProto.TYPE_MESSAGE
        )
        field.type_name = f'.{kind}' if '.' in (kind or '') else f'{scope}.{kind}'
    return match.groups()


_KINDS = (
    *('int32', 'int64', 'uint32', 'uint64', 'sint32', 'sint64'),
    *('fixed32', 'fixed64', 'sfixed32', 'sfixed64', 'float', 'double'),
    *('bool', 'string', 'bytes'),
)

# All kinds of fields.
_kinds = define(
    'kinds',
    'proto3',
    {
        'enum Color': ['NONE', 'RED', 'BLUE'],
        'Kinds': [
            *(f'{kind} a_{kind} = {number}' for number, kind in enumerate(_KINDS, 1)),
            'Color color = 16',
            'Kinds nested = 17',
            'repeated int32 numbers = 18',
            'repeated string words = 19',
            'repeated Kinds parts = 20',
            'repeated double reals = 21',
            'repeated Color colors = 22',
            'map<string, int32> counts = 23',
            'map<int32, Kinds> by_id = 24',
            'map<bool, string> flags = 25',
            'string file = 27 in source',
            'int32 channel = 28 in source',
            'optional string note = 26',
            'google.protobuf.Timestamp at = 29',
            'google.protobuf.Duration lasts = 30',
            'google.protobuf.Struct extra = 31',
            'google.protobuf.ListValue more = 32',
            'google.protobuf.Value any = 33',
            'map<string, google.protobuf.Struct> structs = 34',
        ],
    },
)
Kinds = _kinds['Kinds']

# A flat schema, as most are.
_report = define(
    'report',
    'proto3',
    {
        'Report': [
            'string device = 1',
            'double time = 2',
            'repeated Reading readings = 3',
            'map<string, string> labels = 4',
        ],
        'Reading': [
            'string name = 1',
            'double value = 2',
            'repeated string tags = 3',
            'bytes raw = 4',
            'repeated uint32 history = 5',
            'repeated float curve = 6',
        ],
    },
)
Report = _report['Report']
Reading = _report['Reading']

# All the ways to contain oneself.
_tree = define(
    'tree',
    'proto2',
    {
        'Node': [
            'optional int32 value = 1',
            'optional Node child = 2',
            'repeated Node children = 3',
            'map<string, Node> named = 4',
            'group Node group = 5',
            'optional Leaf leaf = 6',
            'optional Node far = 100',
        ],
        'Leaf': ['map<int32, int32> numbers = 1', 'repeated Twig twigs = 2'],
        'Twig': [],
        'extend Node': [
            'optional Node grafted = 1000',
            'repeated Node grafts = 1001',
        ],
    },
)
Node = _tree['Node']
Leaf = _tree['Leaf']
GRAFTED = _tree['grafted']
GRAFTS = _tree['grafts']

# What only proto2 has.
_legacy = define(
    'legacy',
    'proto2',
    {
        'enum State': ['OFF', 'ON'],
        'Legacy': [
            'required int32 id = 1',
            'optional string name = 2',
            'repeated string words = 3',
            'map<string, string> labels = 4',
            'group Part part = 5',
            'optional State state = 6',
            'optional Other other = 7',
            'repeated State states = 8',
            'groups Other others = 9',
        ],
        'Part': ['required string title = 1', 'optional bytes data = 2'],
        'Other': ['optional int32 number = 1'],
        'extend Legacy': ['optional string nickname = 1000'],
    },
)
Legacy = _legacy['Legacy']
NICKNAME = _legacy['nickname']

# Two bytes on the wire, 3 KB in memory.
_wide = define(
    'wide',
    'proto3',
    {
        'Bundle': [
            'repeated Wide many = 1',
            'Wide this = 2 in either',
            'Wide that = 3 in either',
            'map<string, Wide> named = 4',
        ],
        'Wide': [f'string f{number} = {number}' for number in range(1, 201)],
    },
)
Bundle = _wide['Bundle']

# Keys that can collide.
_counters = define(
    'counters',
    'proto3',
    {
        'Counters': [
            'map<fixed64, bool> seen = 1',
            'Counters rest = 2',
            'repeated Counters parts = 3',
            'string text = 4',
            'map<string, bool> names = 5',
        ],
    },
)
Counters = _counters['Counters']
