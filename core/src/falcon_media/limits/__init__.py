"""Budgets for payloads, and the cheapest sound checks for them.

The factories below make a check once per media handler. It is called once per message,
and returns ``None`` or raises. Each check has two steps:

- A fast accept, which computes an upper bound at the speed of C. It may fail for a
  payload that is within its budgets, but never accepts one that is not. (The only
  exception is an option of :func:`media_check`.)
- A precise count, only if the first step fails. Nothing is refused without it.

No check recurses, so none depends on the size of the stack. Each takes linear time at
most, for any input.

+--------------------------+-----------------------------------------+---------------+
| check                    | of                                      | cost grows by |
+==========================+=========================================+===============+
| :func:`check_size`       | any payload                             | nothing, or   |
|                          |                                         | characters    |
+--------------------------+-----------------------------------------+---------------+
| :func:`json_text_check`, | JSON text, as str and in UTF-8, before  | characters    |
| :func:`json_bytes_check` | it is decoded                           |               |
+--------------------------+-----------------------------------------+---------------+
| :func:`message_pack_     | MessagePack before it is decoded: keys  | objects       |
| keys_check`              | that are not text, items, depth         |               |
+--------------------------+-----------------------------------------+---------------+
| :func:`decoded_check`    | a decoded object                        | objects       |
+--------------------------+-----------------------------------------+---------------+
| :func:`binary_screen`    | bytes: a fast accept alone, which saves | bytes         |
|                          | the check of the decoded object         |               |
+--------------------------+-----------------------------------------+---------------+
| :func:`media_check`      | an object of the app, before it is      | objects       |
|                          | encoded                                 |               |
+--------------------------+-----------------------------------------+---------------+
"""

from __future__ import annotations

from falcon_media.limits.budgets import binary_screen
from falcon_media.limits.budgets import check_size
from falcon_media.limits.budgets import is_of_digits
from falcon_media.limits.budgets import Limits
from falcon_media.limits.budgets import more_digits
from falcon_media.limits.budgets import payload_size
from falcon_media.limits.budgets import too_many_digits
from falcon_media.limits.budgets import unchecked_binary
from falcon_media.limits.budgets import utf8_size
from falcon_media.limits.compiled import compiled_checks
from falcon_media.limits.compiled import SPEEDUPS
from falcon_media.limits.compiled import speedups
from falcon_media.limits.json_text import json_bytes_check
from falcon_media.limits.json_text import json_text_check
from falcon_media.limits.json_text import unchecked_json_text
from falcon_media.limits.keys import MAX_NON_TEXT_KEYS
from falcon_media.limits.keys import MOST_COMPARISONS
from falcon_media.limits.keys import OBJECT_WEIGHT
from falcon_media.limits.keys import too_many_keys
from falcon_media.limits.message_pack import message_pack_frame_check
from falcon_media.limits.message_pack import message_pack_keys_check
from falcon_media.limits.trees import decoded_check
from falcon_media.limits.trees import media_check

__all__ = (
    'Limits',
    'binary_screen',
    'check_size',
    'compiled_checks',
    'decoded_check',
    'is_of_digits',
    'json_bytes_check',
    'json_text_check',
    'MAX_NON_TEXT_KEYS',
    'media_check',
    'message_pack_frame_check',
    'message_pack_keys_check',
    'more_digits',
    'MOST_COMPARISONS',
    'OBJECT_WEIGHT',
    'payload_size',
    'SPEEDUPS',
    'speedups',
    'too_many_digits',
    'too_many_keys',
    'unchecked_binary',
    'unchecked_json_text',
    'utf8_size',
)
