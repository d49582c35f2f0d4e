"""Names for authors of plugins, in addition to those of :mod:`falcon_media`.

Plugins import only from these two modules of the core. No name is removed within ``v1``
of the plugin protocol: see ``docs/authors.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from falcon_media.late_names import late_names

if TYPE_CHECKING:
    from falcon_media.json.strictness import CountingDecoder
    from falcon_media.json.strictness import received_json
    from falcon_media.json.strictness import refused_number
    from falcon_media.json.strictness import strict_decode
    from falcon_media.json.strictness import unique_object
    from falcon_media.limits import compiled_checks
    from falcon_media.limits import decoded_check
    from falcon_media.limits import json_bytes_check
    from falcon_media.limits import json_text_check
    from falcon_media.limits import MAX_NON_TEXT_KEYS
    from falcon_media.limits import media_check
    from falcon_media.limits import message_pack_frame_check
    from falcon_media.limits import message_pack_keys_check
    from falcon_media.limits import MOST_COMPARISONS
    from falcon_media.limits import OBJECT_WEIGHT
    from falcon_media.limits import speedups
    from falcon_media.limits import too_many_digits
    from falcon_media.limits import too_many_keys
    from falcon_media.limits import unchecked_binary
    from falcon_media.limits import unchecked_json_text
    from falcon_media.protocol.annotation import Annotator
    from falcon_media.protocol.annotation import Cursor
    from falcon_media.protocol.annotation import Fault
    from falcon_media.protocol.annotation import Nesting
    from falcon_media.protocol.annotation import shown
    from falcon_media.protocol.annotation import Span
    from falcon_media.protocol.annotation import walk
    from falcon_media.protocol.fastpath import JSON_LEAVES
    from falcon_media.protocol.fastpath import Received
    from falcon_media.protocol.fastpath import Sent
    from falcon_media.protocol.guard import NOT_WELL_FORMED
    from falcon_media.protocol.hooks import check_arguments
    from falcon_media.protocol.hooks import load_hook
    from falcon_media.protocol.hooks import receiving_hook
    from falcon_media.protocol.hooks import sending_hook
    from falcon_media.protocol.locating import Cures
    from falcon_media.protocol.locating import DataClass
    from falcon_media.protocol.locating import NOT_CARRIED
    from falcon_media.protocol.locating import remaining_cures
    from falcon_media.protocol.message_types import check_sent
    from falcon_media.protocol.message_types import check_type_fault
    from falcon_media.protocol.message_types import fields_of
    from falcon_media.protocol.message_types import invalid_media
    from falcon_media.protocol.message_types import invalid_payload
    from falcon_media.protocol.message_types import load_type
    from falcon_media.protocol.message_types import Types
    from falcon_media.protocol.type_check import check_type
    from falcon_media.protocol.type_check import JSON_FORMAT
    from falcon_media.protocol.type_check import MESSAGE_PACK_FORMAT
    from falcon_media.protocol.type_walk import FEW_HASHED
    from falcon_media.protocol.type_walk import has_nan_keys
    from falcon_media.protocol.type_walk import hashes_check
    from falcon_media.protocol.type_walk import keys_check
    from falcon_media.protocol.type_walk import missing_check
    from falcon_media.protocol.type_walk import nodes_of
    from falcon_media.protocol.type_walk import open_check
    from falcon_media.protocol.type_walk import parts_of
    from falcon_media.protocol.type_walk import times_check
    from falcon_media.protocol.type_walk import times_cutter
    from falcon_media.suggestions import nearest

__all__ = (
    'Annotator',
    'check_arguments',
    'check_sent',
    'check_type',
    'check_type_fault',
    'compiled_checks',
    'CountingDecoder',
    'Cures',
    'Cursor',
    'DataClass',
    'decoded_check',
    'Fault',
    'FEW_HASHED',
    'fields_of',
    'has_nan_keys',
    'hashes_check',
    'invalid_media',
    'invalid_payload',
    'json_bytes_check',
    'JSON_FORMAT',
    'JSON_LEAVES',
    'json_text_check',
    'keys_check',
    'load_hook',
    'load_type',
    'MAX_NON_TEXT_KEYS',
    'media_check',
    'MESSAGE_PACK_FORMAT',
    'message_pack_frame_check',
    'message_pack_keys_check',
    'missing_check',
    'MOST_COMPARISONS',
    'nearest',
    'Nesting',
    'nodes_of',
    'NOT_CARRIED',
    'NOT_WELL_FORMED',
    'OBJECT_WEIGHT',
    'open_check',
    'parts_of',
    'Received',
    'received_json',
    'receiving_hook',
    'refused_number',
    'remaining_cures',
    'sending_hook',
    'Sent',
    'shown',
    'Span',
    'speedups',
    'strict_decode',
    'times_check',
    'times_cutter',
    'too_many_digits',
    'too_many_keys',
    'Types',
    'unchecked_binary',
    'unchecked_json_text',
    'unique_object',
    'walk',
)

_NAMES_IN = {
    'json.strictness': (
        'CountingDecoder',
        'received_json',
        'refused_number',
        'strict_decode',
        'unique_object',
    ),
    'limits': (
        'compiled_checks',
        'decoded_check',
        'json_bytes_check',
        'json_text_check',
        'MAX_NON_TEXT_KEYS',
        'media_check',
        'message_pack_frame_check',
        'message_pack_keys_check',
        'MOST_COMPARISONS',
        'OBJECT_WEIGHT',
        'speedups',
        'too_many_digits',
        'too_many_keys',
        'unchecked_binary',
        'unchecked_json_text',
    ),
    'protocol.annotation': (
        'Annotator',
        'Cursor',
        'Fault',
        'Nesting',
        'shown',
        'Span',
        'walk',
    ),
    'protocol.fastpath': (
        'JSON_LEAVES',
        'Received',
        'Sent',
    ),
    'protocol.guard': ('NOT_WELL_FORMED',),
    'protocol.hooks': (
        'check_arguments',
        'load_hook',
        'receiving_hook',
        'sending_hook',
    ),
    'protocol.locating': (
        'Cures',
        'DataClass',
        'NOT_CARRIED',
        'remaining_cures',
    ),
    'protocol.message_types': (
        'check_sent',
        'check_type_fault',
        'fields_of',
        'invalid_media',
        'invalid_payload',
        'load_type',
        'Types',
    ),
    'protocol.type_check': (
        'check_type',
        'JSON_FORMAT',
        'MESSAGE_PACK_FORMAT',
    ),
    'protocol.type_walk': (
        'FEW_HASHED',
        'has_nan_keys',
        'hashes_check',
        'keys_check',
        'missing_check',
        'nodes_of',
        'open_check',
        'parts_of',
        'times_check',
        'times_cutter',
    ),
    'suggestions': ('nearest',),
}
"""Module -> its names: the imports above, at run time."""

if not TYPE_CHECKING:  # pragma: no branch  # always, at run time
    # NOTE: With __getattr__, a type checker would accept any name.
    __getattr__, __dir__ = late_names(__name__, _NAMES_IN)
