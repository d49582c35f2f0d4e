"""Each point of the contract, kept by good handlers and not by bad ones.

For each of the bad ones, what its author would read is looked at.
"""

from __future__ import annotations

import re
from typing import Any, TypeAlias

import pytest
from testing.tests import bad_contracts
from testing.tests.bad_contracts import contract
from testing.tests.bad_contracts import KeptContract

from falcon_media import PayloadError
from falcon_media import UnsupportedPayload
from falcon_media_testing import Batch
from falcon_media_testing import BEYOND_JSON
from falcon_media_testing import HandlerContract
from falcon_media_testing import Loosened
from falcon_media_testing import Place
from falcon_media_testing import Refused
from falcon_media_testing import Sample

POINTS = [name for name in dir(HandlerContract) if name.startswith('test_')]
BATCHES = bad_contracts.BatchesContract.batches
BYTES = bad_contracts.BytesContract.samples
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
test_golden_bytes failed for the handler 'wrongbytes'.

The contract asks:
    A sample is sent as its payload, byte by byte, and received from it.

    Why: a codec that is wrong both ways passes its own round trip. The peer, which
    has another library, is the one to find out.

What happened:
    serialize({'a': [1, None, True, 1.5], 'ž': 'text'}), sample 1
    returned: '{"a":[1;null;true;1.5];"\u017e":"text"}' (34 characters)
    expected: '{"a":[1,null,true,1.5],"\u017e":"text"}' (34 characters)

What to do:
    Compare both with the format's specification. If the handler is wrong, correct it.
    If both payloads stand for the object, and the expected one is not the one that is
    sent, declare it so:
    Sample(..., received_only=True).

Read on: docs/authors.md#golden-bytes
""".strip()


def lost(media: object) -> object:
    raise KeyError('lost')


def raising(self: HandlerContract, sent: object, received: object) -> bool:
    raise LookupError


Case: TypeAlias = tuple[str, str, tuple[str, ...], dict[str, Any]]


def case(point: str, name: str, *parts: str, **declared: Any) -> Case:
    return point, name, parts, declared


BAD: list[Case] = [
    # ---------------------------------------------------------------------- The plugin
    case(
        'test_spec_and_entry_point',
        'nobody',
        "could not be selected: HandlerNotFound: no media handler named 'nobody'",
        "an entry point called 'nobody' in the group",
    ),
    case(
        'test_spec_and_entry_point',
        'othername',
        "The name in the spec is 'othername', and handler.name is 'another'",
        "name = 'othername'",
    ),
    *(
        case(
            point,
            'unimportable',
            'The handler could not be selected: HandlerLoadError',
            "caused by ModuleNotFoundError: No module named 'not_there'",
            'falcon_media_broken_plugin.py:1',
            'The entry point was found, and the module that it names, or a hook in it,',
            'each test of the contract fails with this message',
        )
        for point in (
            'test_spec_and_entry_point',
            'test_listing_imports_no_codec_library',
            'test_options_are_checked',
            'test_golden_bytes',
            'test_depth_budget',
            'test_websocket',
        )
    ),
    case('test_spec_and_entry_point', 'longsummary', "'two\\nlines': not one line"),
    case(
        'test_spec_and_entry_point',
        'oddmediatype',
        "The spec has the media type 'x-good'.",
        'Write it as type/subtype',
    ),
    case(
        'test_spec_and_entry_point',
        'nomediatype',
        "media_type in the spec is '', and the contract says has_media_type = True",
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "is 'application/x-good', and the contract says has_media_type = False",
        has_media_type=False,
    ),
    case(
        'test_spec_and_entry_point',
        'undeclared',
        'requires pluggy>=1.7, and the metadata of the distribution falcon-media-',
        'into the dependencies of pyproject.toml',
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        'has 1 sample(s). It needs two with different objects',
        samples=(Sample(1, '1'),),
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "has 'nam', and no probe is called that. Did you mean 'nan'?",
        cant_carry={'nam'},
    ),
    case(
        'test_spec_and_entry_point',
        'kept',
        "changes in the contract has 'xyz', and no probe is called that.",
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
        "enforces in the contract has 'depth', which is not a budget.",
        'Use these names: max_size, max_depth, max_items',
        enforces=('depth',),
    ),
    case(
        'test_listing_imports_no_codec_library',
        'nobody',
        "no media handler named 'nobody' is installed",
    ),
    case(
        'test_listing_imports_no_codec_library',
        'eagerimport',
        'Listing the handler imported falcon_media_fake_library.',
        'Import the library where the handler is made',
    ),
    case(
        'test_listing_imports_no_codec_library',
        'kept',
        'Listing the handler imported testing.tests.bad_plugins.',
        imports={'testing.tests.bad_plugins', 'not.imported'},
    ),
    case(
        'test_options_are_checked',
        'swallower',
        'takes **options, so it accepts options that do not exist, and misspelt ones',
        'Give each option a keyword parameter of its own',
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
        'The handler was made with indent=object(), which can not be used. It was acc',
        'raise falcon_media.ConfigError',
    ),
    case(
        'test_options_are_checked',
        'careless',
        'made with indent=-1, which can not be used. It was accepted',
        any_value={'indent'},
        bad_options=({'indent': -1},),
    ),
    case(
        'test_options_are_checked',
        'failing',
        "level='high', which can not be used. It ended in falcon_media.errors.Handler",
        'raise falcon_media.ConfigError',
        bad_options=({'level': 'high'},),
    ),
    # --------------------------------------------------------------------- The batches
    case(
        'test_batches',
        'batches',
        'The handler has a framing, and the contract declares no batches.',
        'Declare how messages share a frame',
    ),
    case(
        'test_batches',
        'kept',
        'The contract declares batches, and the handler has no framing.',
        'or remove `batches` from the contract',
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
        "part('",
        'refused a payload of serialize()',
        'no place for it',
        batches=BATCHES,
    ),
    case(
        'test_batches',
        'readybatches',
        'batch 1, each message twice: ',
        '$ of message 1 and of message 2 is one object',
        'Decode each message anew',
        batches=BATCHES,
    ),
    case(
        'test_batches',
        'copiedbatches',
        "message 1 was received as: {'b': 1}",
        'after that was changed: {}',
        batches=BATCHES,
    ),
    case(
        'test_any_batch',
        'commabatches',
        'a batch of',
        'split() returned',
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
        'was received as',
        'may only change the last one',
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
        'A batch of 100 equal messages ended in 1 messages',
        batches=BATCHES,
    ),
    case(
        'test_bad_batches',
        'forgetfulbatches',
        'A batch of 101 messages, with max_received=100, ended in 100',
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
        'Making the handler as alwayswrongtype failed',
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
        'The payload of sample 1 is bytes. This is a handler for TEXT payloads.',
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
        'Have deserialize() return it.',
        "add to cant_carry: 'str'",
    ),
    case(
        'test_round_trips',
        'choosy',
        'serialize() refused an object of the domain: None',
        'no None here',
        "add to cant_carry: 'none'",
    ),
    case(
        'test_anything',
        'swapping',
        'an object of any kind',
        'sent as:',
        'received:',
        'expected:',
        "In this object: 'list'",
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
        'int_beyond_53_bits: the contract says "equal", and it was "altered: ',
        '(float)',
        'nan: the contract says "refused", and it was "altered: None (NoneType)"',
        'have it refuse what would not come back equal',
        "changes = {'int_beyond_53_bits': float",
    ),
    case(
        'test_values',
        'choosy',
        'none: the contract says "equal", and it was "refused"',
        'no None here',
        "cant_carry = {'bool_key',",
        "'none'",
    ),
    case(
        'test_values',
        'partial',
        'float: the contract says "equal", and it was "equal, refused"',
        'float: carried in part. Have the handler carry all of it, or refuse all',
    ),
    case(
        'test_values',
        'oneway',
        'str: the contract says "equal", and it was "equal, sent, and refused on its',
        'no animals',
    ),
    case(
        'test_values',
        'kept',
        'int: the contract says "refused", and it was "equal"',
        cant_carry=BEYOND_JSON | {'int'},
    ),
    case(
        'test_values',
        'kept',
        'tuple: the contract says "equal", and it was "altered: [] (list)',
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
        'int: the contract says "changed: `str`", and it was "equal"',
        changes=KeptContract.changes | {'int': str},
    ),
    case(
        'test_values',
        'kept',
        'changes in the contract has <function <lambda>',
        'a function whose name says what comes back',
        changes=KeptContract.changes | {'int': lambda value: value},
    ),
    case(
        'test_values',
        'kept',
        'bytes with ensure_ascii=True: the contract says "equal", and it was "refused"',
        loosened={'bytes': Loosened({'ensure_ascii': True})},
    ),
    case(
        'test_values',
        'kept',
        'bytes: the contract says "refused", and it was "no place for it"',
        'tuple: the contract says "changed: `list`", and it was "no place for it"',
        places=lambda self, probe, value: (),
    ),
    case(
        'test_values',
        'kept',
        "yielded the place 'a'.",
        'its function take() raised KeyError',
        'correct take()',
        places=lambda self, probe, value: [Place('a', value, lost)],
    ),
    case(
        'test_media_is_not_touched',
        'tidy',
        'serialize() of the probe list, alone',
        'changed [[], [[]]]',
        'make a copy',
    ),
    # -------------------------------------------------------------------- The payloads
    case(
        'test_truncated_payloads',
        'escaping',
        'deserialize() of the first 1 of sample 1 raised SystemExit: no more',
        'bad_plugins.py:',
        "payload: '{' (1 characters)",
        'and no other BaseException',
    ),
    case(
        'test_payload_type',
        'escapingwhensent',
        'serialize() of sample 3 raised SystemExit: no more',
        'media: []',
        'turns it into UnserializableMedia',
    ),
    case(
        'test_truncated_payloads',
        'hoarder',
        'took all the memory that the process may have, and ended in MemoryError',
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
        'raised InvalidPayload, but the handler is not bound to a type of messages',
        'Raise MalformedPayload for what the format does not allow',
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
        'Raise the error without handler= and payload_type=',
    ),
    case(
        'test_truncated_payloads',
        'lenient',
        'deserialize() accepted',
        'of sample 1',
        'truncation_is_detected = False',
    ),
    case(
        'test_truncated_payloads',
        'kept',
        'truncation_is_detected = False, but the handler refused every such payload',
        'Remove truncation_is_detected = False',
        truncation_is_detected=False,
    ),
    case(
        'test_trailing_data',
        'lenient',
        'deserialize() accepted sample 1 with more after it',
        'trailing_is_detected = False',
    ),
    case(
        'test_trailing_data',
        'kept',
        'trailing_is_detected = False, but the handler refused every such payload',
        trailing_is_detected=False,
    ),
    case(
        'test_duplicate_keys',
        'lenient',
        'deserialize() accepted a key twice, side by side: \'{"k000000":1,"k000000":2}',
        'duplicates_are_detected = False',
    ),
    case(
        'test_duplicate_keys',
        'kept',
        'duplicates_are_detected = False, but the handler refused every such payload',
        duplicates_are_detected=False,
    ),
    case(
        'test_empty_payload',
        'emptyisnone',
        'deserialize() of an empty payload ended in: the object None',
        'empty_is_valid = False',
    ),
    case(
        'test_empty_payload',
        'kept',
        'deserialize() of an empty payload ended in: kept: TEXT payload',
        'empty_is_valid = True',
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
        'ended in MalformedPayload: ',
        'expected UnsupportedPayload',
        refuses=(Refused('[NaN]', UnsupportedPayload, 'a tag'),),
    ),
    case(
        'test_refused_payloads',
        'kept',
        "a payload that must be refused: '[1]' (3 characters)",
        'ended in the object [1]',
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
        'deserialize() accepted a payload over max_depth=64',
        'Codec.unchecked is the length up to which no payload can be over budget',
    ),
    case(
        'test_items_budget',
        'boundless',
        'deserialize() accepted a payload over max_items=600',
    ),
    case(
        'test_depth_budget',
        'prompt',
        'deserialize() refused a payload over max_depth=64',
        'with MalformedPayload (limit=None)',
        "PayloadTooLarge(..., limit='max_depth', limit_value=...)",
    ),
    case(
        'test_depth_budget',
        'indenting',
        'The kit could not find out how the format nests containers.',
        'Override nested(depth) in the contract class',
    ),
    case(
        'test_size_budget',
        'narrow',
        'deserialize() refused a payload with all of max_size=35',
        'too much for me',
    ),
    case(
        'test_depth_budget',
        'modest',
        'max_depth can not be enforced for this format, but',
        "Remove 'max_depth' from unenforced",
    ),
    case(
        'test_enforced_budgets',
        'kept',
        'The handler does better than the contract says: max_items is enforced bef',
        "enforces = ['max_depth'] does not name it",
        "Add 'max_items' to enforces",
        enforces=('max_depth',),
    ),
    case(
        'test_enforced_budgets',
        'wasteful',
        'The contract says that max_items is enforced before the object is made',
        '(30001 characters) was refused only after',
        'bytes of memory',
        "remove 'max_items' from enforces",
    ),
    case(
        'test_enforced_budgets',
        'boundless',
        'The contract says that max_depth is enforced before the object is made',
        'became an object',
        "remove 'max_depth' from enforces",
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
        'too_deep = PayloadError, but every payload that was too deep',
        'Remove too_deep from the contract.',
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
        'serialize() of object 1 of 100000 levels returned a payload',
        deep_media=lambda self, depth: [[[]]],
    ),
    case(
        'test_deep_media',
        'narrow',
        'serialize() refused object 1 of 64 levels, with max_depth=64',
        deep_media=lambda self, depth: [[1j]],
    ),
    case(
        'test_deep_media',
        'onedeeper',
        'serialize() of object 1 of 65 levels, with max_depth=64 returned a payload',
        'refuse what has more than limits.max_depth of them',
    ),
    case(
        'test_deep_media',
        'owndepth',
        'serialize() of object 1 of 17 levels, with max_depth=16 returned a payload',
        'with the limits that the handler was made with',
    ),
    case(
        'test_deep_media',
        'firstbranch',
        'serialize() of object 2 of 65 levels, with max_depth=64',
        'those that are not the first in theirs too',
    ),
    # ------------------------------------------------------------ Keys, and the cost
    case(
        'test_duplicate_keys',
        'adjacent',
        'deserialize() accepted a key twice, with another key between',
        'Refuse it with MalformedPayload',
    ),
    case('test_duplicate_keys', 'values', 'a key twice, with the same value'),
    case('test_duplicate_keys', 'spelling', r'a key twice, once written as \u006b'),
    case('test_duplicate_keys', 'firstmap', 'a key twice, in the first of two maps'),
    case(
        'test_duplicate_keys',
        'flatmaps',
        'deserialize() accepted a key twice, first with a map as its value:',
        'Refuse it with MalformedPayload',
    ),
    case(
        'test_duplicate_keys',
        'forgottenkeys',
        'a key twice, first with a map as its value:',
        'a key twice, with a map between:',
    ),
    case(
        'test_duplicate_keys',
        'outermaps',
        'accepted a key twice, in a map within a map',
    ),
    case(
        'test_duplicate_keys',
        'nestedkeys',
        'deserialize() refused maps with the same keys, within each other, none of whi',
        'payload: ',
        'and not with those of the maps around it',
    ),
    case(
        'test_cost',
        'quadratic',
        'deserialize() of payloads with many distinct keys of a map: 1,000 took',
        'times as long, for 4 times as many',
        '`key in seen` where `seen` is a list',
    ),
    case(
        'test_cost',
        'slicing',
        'deserialize() of payloads with many',
        'times as long, for 4 times as many',
        'payload[position:] for each item',
    ),
    case(
        'test_colliding_keys',
        'anykeys',
        'deserialize() accepted 1 map(s) of 5,000 integer keys',
        'Count such keys before the library makes a dict',
        'MAX_NON_TEXT_KEYS squared',
        samples=BYTES,
    ),
    case(
        'test_colliding_keys',
        'latekeys',
        'deserialize() of 1 map(s) of 5,000 integer keys, without the guard:',
        'was refused only after',
        samples=BYTES,
    ),
    case(
        'test_colliding_keys',
        'latetextkeys',
        'deserialize() of a map of integer keys that all have the same hash: 2,000',
        'times as long, for 4 times as many.',
        'So a map, or a set, was made of too many of them',
        'Count such keys before the library makes a dict',
    ),
    case(
        'test_colliding_keys',
        'fewkeys',
        'deserialize() refused 1,000 maps of 5 integer keys',
        'add up these squares',
        samples=BYTES,
    ),
    case(
        'test_colliding_keys',
        'kept',
        'Sample 1 has a key of type int, so the handler receives such keys',
        'Override maps() in the contract class',
        samples=(Sample({1: 2}, '{1:2}', received_only=True),),
    ),
    # ------------------------------------------------------------------ What is kept
    case(
        'test_fresh_objects',
        'memoised',
        'sample 1, was called twice, and $',
        'of both results is one object',
        'Decode each payload anew: without lru_cache',
    ),
    case(
        'test_fresh_objects',
        'copiedtop',
        "and $['a'] of both results is one object",
    ),
    case(
        'test_fresh_objects',
        'latecopy',
        'returned at first:',
        'after that was changed:',
    ),
    case('test_fresh_objects', 'interned', 'whose two maps are one object'),
    case(
        'test_fresh_objects', 'oneemptylist', 'empty containers in the results are one'
    ),
    case('test_fresh_objects', 'oneway', 'was refused', 'See test_golden_bytes first'),
    case(
        'test_sent_as_it_is',
        'byidentity',
        'The app then changed that object into',
        'Keep no payload for an object',
    ),
    case(
        'test_sent_as_it_is',
        'counting',
        'was called twice',
        'Write equal objects in one way',
    ),
    case(
        'test_sent_as_it_is',
        'table',
        "A handler that was used before sent sample 4 as '#0'",
        'A new handler received table: TEXT payload of size 2: an unknown text',
        'keep no table of strings',
    ),
    *(
        case(
            'test_sent_as_it_is',
            name,
            'encoded sample 1 as',
            f'in a {of}. It then encoded the next samples into the same memory.',
            'Return bytes(buffer), or make a buffer for each message.',
            samples=BYTES,
        )
        for name, of in (('onebuffer', 'bytearray'), ('viewofbuffer', 'memoryview'))
    ),
    case(
        'test_sent_as_it_is',
        'choosy',
        'sample 1, was refused',
        'See test_golden_bytes first',
    ),
    case(
        'test_nothing_is_kept',
        'remembering',
        'sample 1, had ended, and its result was dropped, something still referred to',
        'Keep no payload and no object in an attribute',
    ),
    case(
        'test_nothing_is_kept',
        'rememberingbytes',
        'something still referred to the payload',
        samples=bad_contracts.BytesContract.samples,
    ),
    case(
        'test_nothing_is_kept',
        'rememberingmedia',
        'After serialize(',
        'something still referred to',
    ),
    # ---------------------------------------------------------------------- The words
    case(
        'test_error_text',
        'leakingkey',
        'raised MalformedPayload with this text:',
        "It repeats 'qzXvJkwPyqHb' of the payload.",
        'Say in your own words what is wrong',
    ),
    case('test_error_text', 'leakingtail', 'stopped before', 'It repeats'),
    case(
        'test_error_text',
        'logging',
        'logged or printed: received',
        'Remove what was left over from debugging',
    ),
    case('test_error_text', 'printing', 'logged or printed: received'),
    case(
        'test_error_text',
        'leakingmedia',
        'serialize() was called with an object that the format may not carry',
        'has no form',
        'but not the value itself',
    ),
    case('test_error_text', 'leakingkeyofmedia', 'has a key that is a number'),
    # -------------------------------------------------------------------- The process
    case(
        'test_interrupts',
        'unstoppable',
        'KeyboardInterrupt was raised in a call of deserialize(), at line',
        'MalformedPayload',
        'Catch Exception, or less, and not BaseException',
    ),
    case(
        'test_golden_bytes',
        'awaitable',
        'deserialize() of sample 1 returned an awaitable',
        'Falcon calls the handler without `await`',
    ),
    case(
        'test_size_budget',
        'characters',
        'deserialize() refused a payload with all of max_size=',
        'max_size counts the bytes of its UTF-8',
    ),
    # ------------------------------------------------------------- Code of the contract
    case(
        'test_depth_budget',
        'kept',
        'kept_contract called nested(64), which raised ZeroDivisionError',
        'This is code of the contract, not of the handler',
        'returns a payload of so many containers, or None',
        nested=lambda self, depth: depth / 0,
    ),
    case(
        'test_depth_budget',
        'kept',
        'kept_contract.nested(64) returned 61 (1 bytes)',
        'This is code of the contract. Return a payload of type str',
        nested=lambda self, depth: b'a',
    ),
    case(
        'test_golden_bytes',
        'kept',
        'kept_contract called same(',
        'which raised LookupError',
        'returns whether the object came back equal, whatever it is given',
        same=raising,
    ),
    case(
        'test_values',
        'kept',
        'kept_contract.places(none, None) yielded (1, 2) (tuple)',
        'Yield Place(where, media, take)',
        places=lambda self, probe, value: [(1, 2)],
    ),
    case(
        'test_items_budget',
        'notes',
        'For many(600), the kit encodes [0, 0, 0',
        'and serialize() refused it: notes: TEXT',
        'override many() in the contract class',
        samples=bad_contracts.NotesContract.samples,
    ),
    case(
        'test_values',
        'kept',
        'The kit raised TypeError',
        'report it as a bug of falcon-media',
        cant_carry=None,
    ),
    # ------------------------------------------------------------------------- The use
    case(
        'test_many_threads',
        'oneway',
        'A sample was refused, in one thread:',
        'See test_golden_bytes first',
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
        'copiedbuffer',
        'One of two threads sent',
        'Keep nothing of a message in the handler',
        samples=BYTES,
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
        'falcon_media.spi.walk()',
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
    said(
        text,
        f'{point} failed for the handler {name!r}.',
        *parts,
        'Read on:',
    )
    said(text, 'The contract asks:', 'What happened:', 'What to do:')


@pytest.mark.parametrize('point', ['test_websocket', 'test_http'])
def test_a_server_that_does_not_answer(point: str) -> None:
    text = failure_of(bad_contracts.SlowOnServerContract(), point)
    said(text, 'A server with the handler did not answer within 1 seconds.')


@pytest.mark.parametrize('point', ['test_truncated_payloads', 'test_payload_type'])
def test_control_c_ends_it(point: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        getattr(contract('interrupted'), point)()


def test_every_point_has_a_bad_handler() -> None:
    tried = {point for point, *_ in BAD}
    # NOTE: Without a README there is no table; see test_fidelity.py.
    #   What lasts as long as the process is in test_settings.py.
    own = {'test_table_in_the_readme', 'test_process_is_left_alone'}
    assert tried == {*POINTS} - own
