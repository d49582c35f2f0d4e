"""Each point of the contract, kept by good handlers and not by bad ones.

For each of the bad ones, what its author would read is looked at.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from core.tests.testing import bad_contracts
from core.tests.testing.bad_contracts import contract
from core.tests.testing.bad_contracts import KeptContract
import pytest

from falcon_media import PayloadError
from falcon_media import UnsupportedPayload
from falcon_media.testing import Batch
from falcon_media.testing import BEYOND_JSON
from falcon_media.testing import HandlerContract
from falcon_media.testing import Loosened
from falcon_media.testing import Place
from falcon_media.testing import Refused
from falcon_media.testing import Sample

POINTS = [name for name in dir(HandlerContract) if name.startswith('test_')]
BATCHES = bad_contracts.BatchesContract.batches
LISTS = ('tuple', 'named_tuple')


def failure_of(made: HandlerContract, point: str) -> str:
    """Run a point that is not kept, and return what its author would read."""
    with pytest.raises(pytest.fail.Exception) as caught:
        getattr(made, point)()
    assert not caught.value.pytrace
    return str(caught.value)


def said(text: str, *parts: str) -> None:
    """Hold that a message has some parts, in this order, whatever its line breaks."""
    pattern = '.*'.join(re.escape(' '.join(part.split())) for part in parts)
    assert re.search(pattern, ' '.join(text.split())), text


@pytest.mark.parametrize('point', POINTS)
@pytest.mark.parametrize(
    'made',
    [
        bad_contracts.KeptContract(),
        bad_contracts.LinesContract(),
        bad_contracts.NotesContract(),
        bad_contracts.DeclaredContract(),
        bad_contracts.BatchesContract(),
        # NOTE: A codec that is its own guard, and a process of its own.
        bad_contracts.BytesContract(),
    ],
    ids=lambda made: made.name,
)
def test_a_good_handler_keeps_it(made: HandlerContract, point: str) -> None:
    getattr(made, point)()


def test_batches_of_messages_that_are_never_too_deep() -> None:
    bad_contracts.ShallowBatchesContract().test_bad_batches()


def test_a_failure_says_all_that_there_is_to_say() -> None:
    assert failure_of(contract('wrongbytes'), 'test_golden_bytes') == WRONG_BYTES


WRONG_BYTES = r"""
The handler 'wrongbytes' does not keep the contract.

The contract asks:
    A sample is sent as its payload, byte by byte, and received from it.

    Why: a codec that is wrong both ways passes its own round trip. The peer, which
    has another library, is the one to find out.

What it did:
    serialize({'a': [1, None, True, 1.5], 'ž': 'text'}), sample 1
    returned: '{"a":[1;null;true;1.5];"\u017e":"text"}' (34 characters)
    expected: '{"a":[1,null,true,1.5],"\u017e":"text"}' (34 characters)

What to do:
    If the payload is a valid one for the object and not the one that is sent:
    Sample(..., received_only=True).

Read on: docs/authors.md#golden-bytes
""".strip()


def lost(media: object) -> object:
    raise KeyError('lost')


Case: TypeAlias = tuple[str, str, tuple[str, ...], dict[str, Any]]


def case(point: str, name: str, *parts: str, **declared: Any) -> Case:
    return point, name, parts, declared


BAD: list[Case] = [
    # ---------------------------------------------------------------------- The plugin
    case(
        'test_spec_and_entry_point',
        'nobody',
        "It can not be selected: HandlerNotFound: no media handler named 'nobody'",
        'entry point in the group falcon_media.handlers.v1',
    ),
    case(
        'test_spec_and_entry_point',
        'othername',
        "The spec says 'othername', and the handler calls itself 'another'",
        "name = 'othername'",
    ),
    case('test_spec_and_entry_point', 'longsummary', "'two\\nlines': not one line"),
    case(
        'test_spec_and_entry_point',
        'oddmediatype',
        "'x-good' is no media type of the form type/subtype",
    ),
    case(
        'test_spec_and_entry_point',
        'nomediatype',
        "The spec says '', and the contract has_media_type=True",
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "The spec says 'application/x-good', and the contract has_media_type=False",
        has_media_type=False,
    ),
    case(
        'test_spec_and_entry_point',
        'undeclared',
        'requires pluggy>=1.7, and the distribution falcon-media-bad nothing of that',
        'in the dependencies of pyproject.toml',
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        'has 1 samples, and needs two different ones',
        samples=(Sample(1, '1'),),
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "cant_carry has 'nam', and no probe is called that. Did you mean 'nan'?",
        cant_carry={'nam'},
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "changes has 'xyz', and no probe is called that.",
        changes={'xyz': list},
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        'tuple: both in cant_carry and in changes',
        cant_carry=BEYOND_JSON | {'tuple'},
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "enforces has 'depth', which is no budget: max_size, max_depth, max_items",
        enforces=('depth',),
    ),
    case(
        'test_listing_imports_no_codec_library',
        'nobody',
        'Listing it failed:',
        "no media handler named 'nobody' is installed",
    ),
    case(
        'test_listing_imports_no_codec_library',
        'eagerimport',
        'Listing it imported falcon_media_fake_library.',
        'Import the library where the handler is made',
    ),
    case(
        'test_listing_imports_no_codec_library',
        'kept',
        'Listing it imported core.tests.testing.bad_plugins.',
        imports={'core.tests.testing.bad_plugins', 'not.imported'},
    ),
    case(
        'test_options_are_checked',
        'swallower',
        'takes **options, so every option is one of its own, misspelt ones too',
        'Give each option a parameter',
    ),
    case(
        'test_options_are_checked',
        'unlimited',
        'takes no limits, so the budgets of an app have no effect',
        'limits: Limits | None = None',
    ),
    case(
        'test_options_are_checked',
        'careless',
        'indent=object() is accepted',
        'raise falcon_media.ConfigError',
    ),
    case(
        'test_options_are_checked',
        'careless',
        'indent=-1 is accepted',
        any_value={'indent'},
        bad_options=({'indent': -1},),
    ),
    case(
        'test_options_are_checked',
        'failing',
        "level='high' ends in falcon_media.errors.HandlerLoadError",
        'raise falcon_media.ConfigError',
        bad_options=({'level': 'high'},),
    ),
    # --------------------------------------------------------------------- The batches
    case(
        'test_batches',
        'batches',
        'The handler has a framing, and the contract no batches.',
        'Declare how messages share a frame',
    ),
    case(
        'test_batches',
        'kept',
        'The contract has batches, and the handler no framing.',
        'or leave batches out',
        batches=BATCHES,
    ),
    case(
        'test_batches',
        'batches',
        'batch 1 of 2 messages was sent as:',
        'expected: ',
        batches=(Batch([1, 2], '1,2'),),
    ),
    case(
        'test_batches',
        'trailingbatches',
        'batch 1,',
        'was received as',
        'expected: 3 messages',
        batches=BATCHES,
    ),
    case(
        'test_batches',
        'uncarriedbatches',
        "The payload '",
        'can not be part of a frame',
        'no place for it',
        batches=BATCHES,
    ),
    case(
        'test_any_batch',
        'commabatches',
        'a batch of',
        'was told apart as',
        'Refuse in part() what would not come out of split() as it was.',
        batches=BATCHES,
    ),
    case(
        'test_any_batch',
        'encodedbatches',
        'split() of a batch of 1',
        'returned ',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'raisingbatches',
        'split() of the first 0 of a batch raised SystemExit',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'sortedbatches',
        'of a batch,',
        'begins with',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'batches',
        "a batch that must be refused: '1\\n2\\n'",
        'ended in [None, None]',
        'expected MalformedPayload',
        batches=BATCHES,
        refuses_batches=(Refused('1\n2\n'),),
    ),
    case(
        'test_bad_batches',
        'distinctbatches',
        'A batch of 100 equal messages ended in 1',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'forgetfulbatches',
        'A batch of 101, where 100 are the most, ended in 100',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'eagerbatches',
        'a batch with a message in it that is too deep, and two others, ended in',
        batches=BATCHES,
    ),
    # ---------------------------------------------------------------------- The values
    case(
        'test_payload_type',
        'alwayswrongtype',
        'alwayswrongtype could not be made',
        'serialize() returns bytes; a TEXT handler must return str',
    ),
    case(
        'test_payload_type',
        'wrongtype',
        'serialize() refused sample 2, [1, 2, 3, 3]',
        'serialize() returned bytes; a TEXT handler must return str',
    ),
    case(
        'test_payload_type',
        'owntype',
        'serialize() of sample 1 returned',
        'Return str: that is what a TEXT frame is made of.',
    ),
    case(
        'test_payload_type',
        'kept',
        'The payload of sample 1 is bytes; this is a handler for TEXT',
        samples=(Sample([1], b'[1]'), Sample([2], '[2]')),
    ),
    case(
        'test_golden_bytes',
        'wrongreading',
        "deserialize('1' (1 characters)), sample 5",
        'returned: True (bool)',
        'expected: 1 (int)',
    ),
    case(
        'test_round_trips',
        'cutter',
        'an object of the domain',
        'sent as:',
        'received:',
        'Refuse in serialize() what would not come back equal',
    ),
    case(
        'test_round_trips',
        'choosy',
        'serialize() refused an object of the domain: None',
        'no None here',
        'Name what it is in cant_carry',
    ),
    case(
        'test_anything',
        'swapping',
        'an object of any kind',
        'sent as:',
        'received:',
        'expected:',
        'Refuse in serialize() what would not come back equal',
        examples=400,
    ),
    case(
        'test_golden_bytes',
        'kept',
        "deserialize('[1]' (3 characters)), sample 7",
        vectors=(Sample([2], '[1]', received_only=True),),
    ),
    case(
        'test_values',
        'silentchange',
        'int_beyond_53_bits: declared "equal", and it is "altered: ',
        '(float)',
        'nan: declared "refused", and it is "altered: None (NoneType)"',
        'have it refuse what would not come back equal',
        "changes = {'int_beyond_53_bits': float",
    ),
    case(
        'test_values',
        'choosy',
        'none: declared "equal", and it is "refused"',
        'no None here',
        "cant_carry = {'bool_key',",
        "'none'",
    ),
    case(
        'test_values',
        'partial',
        'float: declared "equal", and it is "equal, refused"',
        'float: carried in part. Have the handler carry all of it, or refuse all',
    ),
    case(
        'test_values',
        'oneway',
        'str: declared "equal", and it is "equal, sent, and refused on its return"',
        'no animals',
    ),
    case(
        'test_values',
        'kept',
        'int: declared "refused", and it is "equal"',
        cant_carry=BEYOND_JSON | {'int'},
    ),
    case(
        'test_values',
        'kept',
        'tuple: declared "equal", and it is "altered: [] (list)',
        "changes = {'tuple': list}",
        changes={
            name: change
            for name, change in KeptContract.changes.items()
            if name != 'tuple'
        },
    ),
    case(
        'test_values',
        'kept',
        'int: declared "changed: `str`", and it is "equal"',
        changes=KeptContract.changes | {'int': str},
    ),
    case(
        'test_values',
        'kept',
        'The change of int is <function <lambda>',
        'a function whose name says what comes back',
        changes=KeptContract.changes | {'int': lambda value: value},
    ),
    case(
        'test_values',
        'kept',
        'bytes with ensure_ascii=True: declared "equal", and it is "refused"',
        loosened={'bytes': Loosened({'ensure_ascii': True})},
    ),
    case(
        'test_values',
        'kept',
        'bytes: declared "refused", and it is "no place for it"',
        'tuple: declared "changed: `list`", and it is "no place for it"',
        places=lambda self, probe, value: (),
    ),
    case(
        'test_values',
        'kept',
        'int: declared "equal", and it is "altered: KeyError(',
        places=lambda self, probe, value: [Place('a', value, lost)],
    ),
    case(
        'test_media_is_not_touched',
        'tidy',
        'serialize() of the probe list, alone',
        'changed [[], [[]]]',
        'Work on a copy',
    ),
    # -------------------------------------------------------------------- The payloads
    case(
        'test_truncated_payloads',
        'escaping',
        'deserialize() of the first 1 of sample 1 raised SystemExit: no more',
        'bad_plugins.py:',
        "payload: '{' (1 characters)",
        'has to end in a PayloadError',
    ),
    case(
        'test_payload_type',
        'escapingwhensent',
        'serialize() of sample 3 raised SystemExit: no more',
        'media: []',
        'has to end in UnserializableMedia',
    ),
    case(
        'test_truncated_payloads',
        'hoarder',
        'took all the memory there was, and ended in MemoryError',
        'Refuse what declares more than it holds',
    ),
    case(
        'test_truncated_payloads',
        'leaking',
        'raised MalformedPayload with this text:',
        'of the payload.',
        'Say in your own words what is wrong',
    ),
    case(
        'test_truncated_payloads',
        'accusing',
        'raised InvalidPayload, and the handler is bound to no type of messages',
        'What the format does not allow is a MalformedPayload',
    ),
    case(
        'test_truncated_payloads',
        'hasty',
        'ended in InvalidPayload, and it is not well-formed',
        'decode once more without the type',
    ),
    case(
        'test_trailing_data',
        'hasty',
        'ended in InvalidPayload, and it is not well-formed',
    ),
    case(
        'test_truncated_payloads',
        'impostor',
        "raised MalformedPayload for the handler 'json'",
        'Leave handler and payload_type to the guard',
    ),
    case(
        'test_truncated_payloads',
        'lenient',
        'It accepted',
        'of sample 1',
        'truncation_is_detected = False',
    ),
    case(
        'test_truncated_payloads',
        'kept',
        'truncation_is_detected = False, and every case was detected',
        'Leave the flag out',
        truncation_is_detected=False,
    ),
    case(
        'test_trailing_data',
        'lenient',
        'It accepted sample 1 with more after it',
        'trailing_is_detected = False',
    ),
    case(
        'test_trailing_data',
        'kept',
        'trailing_is_detected = False, and every case was detected',
        trailing_is_detected=False,
    ),
    case(
        'test_duplicate_keys',
        'lenient',
        'It accepted a key twice: \'{"twice":1,"twice":2}\' (21 characters), as',
        'duplicates_are_detected = False',
    ),
    case(
        'test_duplicate_keys',
        'kept',
        'duplicates_are_detected = False, and every case was detected',
        duplicates_are_detected=False,
    ),
    case(
        'test_empty_payload',
        'emptyisnone',
        'An empty payload ended in: None, an object',
        'empty_is_valid=False',
    ),
    case(
        'test_empty_payload',
        'kept',
        'An empty payload ended in: kept: TEXT payload',
        'empty_is_valid=True',
        empty_is_valid=True,
    ),
    case(
        'test_mutated_payloads',
        'mangling',
        'became: [1, 2, 4]',
        "sent on: '[1,2,3]'",
        'came back: [1, 2, 3]',
    ),
    case(
        'test_mutated_payloads',
        'mode',
        'deserialize() of a mutated payload raised SystemExit: lax',
        variants=({'is_lax': True},),
    ),
    case(
        'test_refused_payloads',
        'wrongerror',
        "a tag: '[NaN]' (5 characters)",
        'ended in MalformedPayload(',
        'expected UnsupportedPayload',
        refuses=(Refused('[NaN]', UnsupportedPayload, 'a tag'),),
    ),
    case(
        'test_refused_payloads',
        'kept',
        "a payload that must be refused: '[1]' (3 characters)",
        'ended in [1]',
        'expected MalformedPayload',
        refuses=(Refused('[1]'),),
    ),
    case(
        'test_use_after_an_error',
        'moody',
        'raised MalformedPayload, as it should. Before that,',
        'After it,',
        'Keep no state between messages',
    ),
    # --------------------------------------------------------------------- The budgets
    case(
        'test_depth_budget',
        'boundless',
        'It accepted a payload over max_depth=64',
        'Codec.unchecked is the length up to which no payload can be over budget',
    ),
    case('test_items_budget', 'boundless', 'It accepted a payload over max_items=600'),
    case(
        'test_depth_budget',
        'prompt',
        'It refused a payload over max_depth=64',
        'with MalformedPayload (limit=None)',
        "PayloadTooLarge(..., limit='max_depth', limit_value=...)",
    ),
    case(
        'test_depth_budget',
        'indenting',
        'What a level of nesting adds to its payload could not be found out.',
        'Override nested(depth) in the contract class',
    ),
    case(
        'test_size_budget',
        'narrow',
        'It refused a payload with all of max_size=35',
        'too much for me',
    ),
    case(
        'test_depth_budget',
        'modest',
        'nobody can enforce max_depth, and it was',
        "Take 'max_depth' out of unenforced",
    ),
    case(
        'test_enforced_budgets',
        'kept',
        "a payload over max_items is refused, and the contract says enforces = ['max_",
        'For max_items: add it to enforces',
        enforces=('max_depth',),
    ),
    case(
        'test_enforced_budgets',
        'wasteful',
        'a payload over max_items is refused when',
        'bytes have been taken for 30,001',
        'For max_items: take it out of enforces',
    ),
    case(
        'test_enforced_budgets',
        'boundless',
        'a payload over max_depth becomes an object',
        'For max_depth: take it out of enforces',
    ),
    case(
        'test_deep_payloads',
        'prompt',
        '65 levels ended in prompt: TEXT payload',
        'expected: PayloadTooLarge',
    ),
    case(
        'test_deep_payloads',
        'kept',
        'The contract says too_deep = PayloadError, and all ended in PayloadTooLarge.',
        'Leave the declaration out.',
        too_deep=PayloadError,
        depths=(65, 401),
    ),
    case('test_deep_payloads', 'leaving', '65 levels raised SystemExit: 2'),
    case(
        'test_deep_payloads',
        'wrongbytes',
        '3 levels ended in an object',
        'expected: PayloadTooLarge',
        depths=(3,),
    ),
    case(
        'test_deep_media',
        'boundless',
        'It sent object 1 of 100000 levels',
        deep_media=lambda self, depth: [[[]]],
    ),
    case(
        'test_deep_media',
        'narrow',
        'It refused object 1 of max_depth levels',
        deep_media=lambda self, depth: [[1j]],
    ),
    # ------------------------------------------------------------------------- The use
    case(
        'test_many_threads',
        'oneway',
        'It refused a sample, alone:',
        'See test_golden_bytes first.',
    ),
    case(
        'test_many_threads',
        'shared',
        'One of two threads sent',
        'alone, it sends',
        'Keep nothing of a message in the handler',
    ),
    case(
        'test_many_threads',
        'sharedwhenreceiving',
        'One of two threads received',
        'alone, it receives',
    ),
    case(
        'test_many_threads',
        'torn',
        'One of two threads raised',
        'Keep nothing of a message in the handler',
    ),
    case(
        'test_websocket',
        'mainthreadonly',
        'A client sent',
        "and got back (1011, 'Internal Server Error')",
    ),
    case(
        'test_websocket',
        'laxonserver',
        "The bad payload '[NaN]' (5 characters)",
        "was answered with '[]'",
        "expected: (1007, 'Malformed payload')",
    ),
    case(
        'test_http',
        'mainthreadonly',
        'POST of application/x-good',
        'was answered 500',
    ),
    case(
        'test_http',
        'laxonserver',
        "POST of the bad payload '[NaN]'",
        'was answered 200',
        'expected: 400',
    ),
    # ------------------------------------------------------------- What tools show
    case('test_annotations', 'lostannotator', "sample 1 raised KeyError: 'lost'"),
    case('test_annotations', 'lateannotator', 'sample 1 goes on at byte 0 with Span('),
    case('test_annotations', 'shortannotator', 'ends at byte 1, without a fault'),
    case('test_annotations', 'loudannotator', 'says what is not safe to print: Span('),
    case('test_annotations', 'tirelessannotator', 'goes on after a fault: Span('),
    case('test_annotations', 'farannotator', 'goes on at byte 0 with Span(start=9999'),
    case(
        'test_annotations',
        'strictannotator',
        'finds a fault at byte 0 (no); and the handler makes',
        'falcon_media.annotation.walk()',
    ),
    case('test_plain_objects', 'otherplain', 'plain() made [{', 'comes back as [{'),
]


@pytest.mark.parametrize(
    ('point', 'name', 'parts', 'declared'),
    BAD,
    ids=[
        '-'.join([str(number), point.removeprefix('test_'), name])
        for number, (point, name, *_) in enumerate(BAD)
    ],
)
def test_a_bad_handler_does_not_keep_it(
    point: str, name: str, parts: tuple[str, ...], declared: dict[str, Any]
) -> None:
    made = contract(name, **declared)
    text = failure_of(made, point)
    said(text, f'The handler {name!r} does not keep the contract.', *parts, 'Read on:')


@pytest.mark.parametrize('point', ['test_websocket', 'test_http'])
def test_a_server_that_does_not_answer(point: str) -> None:
    text = failure_of(bad_contracts.SlowOnServerContract(), point)
    said(text, 'The server did not answer within 0.5 seconds.')


@pytest.mark.parametrize('point', ['test_truncated_payloads', 'test_payload_type'])
def test_control_c_ends_it(point: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        getattr(contract('interrupted'), point)()


def test_every_point_has_a_bad_handler() -> None:
    tried = {point for point, *_ in BAD}
    # NOTE: Without a README there is no table; see test_fidelity.py.
    assert tried == {*POINTS} - {'test_table_in_the_readme'}
