"""The contracts of the bad plugins: what their authors would write."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any, ClassVar, TYPE_CHECKING

from hypothesis import strategies as st
from testing.tests.bad_plugins import Note

from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Place
from falcon_media_testing import Probe
from falcon_media_testing import PROBES
from falcon_media_testing import Refused
from falcon_media_testing import Sample

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


class KeptContract(HandlerContract):
    """One that is kept, in the process of the tests."""

    name = 'kept'
    samples: ClassVar[Sequence[Sample]] = (
        Sample(
            {'a': [1, None, True, 1.5], 'ž': 'text'},
            '{"a":[1,null,true,1.5],"ž":"text"}',
        ),
        Sample([1, 2, 3, 3], '[1,2,3,3]'),
        Sample([], '[]'),
        Sample('żółw', '"żółw"'),
        Sample(1, '1'),
        Sample({'b': [2]}, ' { "b" : [ 2 ] } ', received_only=True),
    )
    refuses: ClassVar[Sequence[Refused]] = (
        Refused('[NaN]', why='NaN'),
        Refused('{"a":1,"a":2}', why='a key twice'),
    )
    cant_carry: ClassVar[Collection[str]] = BEYOND_JSON
    changes: ClassVar[dict[str, Any]] = {
        'tuple': list,
        'named_tuple': list,
        'ordered_dict': dict,
        'int_enum': int,
        'str_enum': str,
    }
    # NOTE: By the handler within the handler.
    enforces: ClassVar[Collection[str]] = ('max_depth', 'max_items')
    isolated = False
    mutants = 300
    examples = 60


def contract(name: str, **declared: Any) -> HandlerContract:
    """Make the contract of a bad plugin."""
    made = type(f'{name}_contract', (KeptContract,), {'name': name, **declared})
    instance: HandlerContract = made()
    return instance


class BatchesContract(KeptContract):
    """One that is kept, of a format with a form for many messages."""

    name = 'batches'
    batches = (
        Batch([{'b': 1}, 'text', [1, 2]], '{"b":1}\n"text"\n[1,2]\n'),
        Batch([1, 2], '1\n2', received_only=True),
    )
    refuses_batches = (Refused('1\n\n2\n', why='an empty line'),)


class ShallowBatchesContract(BatchesContract):
    """The same, where there is nothing that could be too deep."""

    def nested(self, depth: int) -> None:
        return None


class IsolatedContract(KeptContract):
    isolated = True


class CrashingContract(IsolatedContract):
    name = 'crashing'
    # NOTE: Its mutated payloads are not deep enough.
    depths = (65, 401)


class CrashingWhenSentContract(IsolatedContract):
    name = 'crashingwhensent'


class HangingContract(IsolatedContract):
    name = 'hanging'
    # NOTE: To load the contract is a case too, and takes a second on a busy machine.
    patience = 4.0


class SlowOnServerContract(IsolatedContract):
    name = 'slowonserver'
    patience = 3.0


class LinesContract(KeptContract):
    """One that is kept, of a format with mappings alone, and with next to no syntax."""

    name = 'lines'
    samples = (
        Sample({'a': 1, 'b': [{'c': 'ž'}]}, '{"a":1}\n{"b":[{"c":"ž"}]}'),
        Sample({'a': 'text'}, '{"a":"text"}'),
        Sample({}, ''),
        Sample({'a': 2}, '{"a":1}\n{"a":2}\n', received_only=True),
    )
    refuses = (Refused('1', why='not a mapping'),)
    root = dict
    empty_is_valid = True
    truncation_is_detected = False
    trailing_is_detected = False
    duplicates_are_detected = False


class NotesContract(KeptContract):
    """One that is kept, of a format with a schema."""

    name = 'notes'
    has_media_type = False
    samples = (
        Sample(Note('[[1]]'), '<[[1]]>'),
        Sample(Note('żółw'), '<żółw>'),
    )
    refuses = (Refused('<a>b>'),)
    probes = (*PROBES, Probe('own', 'a value of its own', lambda: ['text']))
    cant_carry = frozenset({'none', 'int', 'lone_surrogate'})
    changes: ClassVar[dict[str, Any]] = {}
    enforces = ()

    def places(self, probe: Probe, value: Any) -> Iterable[Place]:
        if probe.name in {'none', 'int', 'lone_surrogate', 'nul', 'own'}:
            yield Place('in text', {'text': value}, lambda note: note.text)

    def domain(self) -> SearchStrategy[Any]:
        return st.builds(Note, st.text('abc'))

    def nested(self, depth: int) -> str:
        return f'<{"[" * depth}>'

    def many(self, items: int) -> str:
        return f'<{"0," * items}>'

    def deep_media(self, depth: int) -> Iterable[object]:
        return ()

    def endless_media(self) -> Iterable[object]:
        return ()


class DeclaredContract(KeptContract):
    """One that is kept, of a plugin that declares what it requires."""

    name = 'declared'
    variants = ({'ensure_ascii': True},)


class BytesContract(IsolatedContract):
    """One that is kept, of a BINARY handler."""

    name = 'bytes'
    samples = tuple(
        Sample(
            sample.media, sample.payload.encode(), received_only=sample.received_only
        )
        for sample in KeptContract.samples
    )
    refuses = (Refused(b'[NaN]'), Refused(b'["\xff"]'))
