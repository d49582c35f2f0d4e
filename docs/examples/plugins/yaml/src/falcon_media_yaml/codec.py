"""What PyYAML is let do: imported when a handler is made, and not before."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import isinf
from typing import Any

import yaml
from falcon_media import (
    Limits,
    MalformedPayload,
    PayloadTooLarge,
    UnsupportedPayload,
)
from falcon_media.spi import MAX_NON_TEXT_KEYS

__all__ = ['Dumper', 'Loader', 'events_check']

# NOTE: The wheels of PyYAML have libyaml; one that was built without it is slower.
_SafeLoader: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
_SafeDumper: Any = getattr(yaml, 'CSafeDumper', yaml.SafeDumper)


class Dumper(_SafeDumper):  # type: ignore[misc]  # see the NOTE above
    """Writes what is shared in full, each time: aliases are not accepted here."""

    def ignore_aliases(self, data: object) -> bool:
        """Whether to write no alias for an object."""
        return True


class Loader(_SafeLoader):  # type: ignore[misc]  # see the NOTE above
    """Makes objects of what is plain, and refuses the rest. One for each payload."""

    def __init__(self, payload: str) -> None:
        super().__init__(payload)
        # NOTE: Squares of the numbers of such keys, over all mappings.
        self._non_text_keys = 0

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Make a mapping of which no key occurs twice."""
        media: dict[Any, Any] = {}
        non_text = 0
        for key_node, value_node in node.value:
            if key_node.tag == 'tag:yaml.org,2002:merge':
                raise UnsupportedPayload('a merge key (<<)')
            key = self.construct_object(key_node, deep=deep)
            if not isinstance(key, Hashable):
                raise UnsupportedPayload('a key that is a sequence or a mapping')
            if not isinstance(key, str):
                # NOTE: Their hashes are no secret, so a client can have them collide.
                self._non_text_keys += 2 * non_text + 1
                non_text += 1
                if self._non_text_keys > MAX_NON_TEXT_KEYS**2:
                    raise PayloadTooLarge('too many keys that are not text')
            if key in media:
                raise MalformedPayload('a mapping has the same key twice')
            media[key] = self.construct_object(value_node, deep=deep)
        return media

    def construct_number(self, node: Any) -> object:
        """Make a number, though none in base 60."""
        # NOTE: 1:30 is 90 in YAML 1.1, and the time that PyYAML takes for it grows with
        #   the square of its length.
        if ':' in node.value:
            raise UnsupportedPayload('a number in base 60')
        if node.tag.endswith(':int'):
            integer: int = self.construct_yaml_int(node)
            # NOTE: Python bounds decimals alone, and then can't show such a number.
            if abs(integer) > _LARGEST:
                raise PayloadTooLarge('an integer of more than 4,300 digits')
            return integer
        number: float = self.construct_yaml_float(node)
        if isinf(number) and not node.value.lower().endswith('.inf'):
            raise MalformedPayload('a number that is too large')
        return number

    def construct_time(self, node: Any) -> object:
        """Make a date or a time, though none that would be cut."""
        fraction = node.value.partition('.')[2]
        digits = fraction[: len(fraction) - len(fraction.lstrip('0123456789'))]
        if digits[_MICROSECOND_DIGITS:].strip('0'):
            raise UnsupportedPayload('a time that is finer than a microsecond')
        return self.construct_yaml_timestamp(node)


_LARGEST = 10**4300 - 1
_MICROSECOND_DIGITS = 6

for _type, _construct in (
    ('int', Loader.construct_number),
    ('float', Loader.construct_number),
    ('timestamp', Loader.construct_time),
):
    Loader.add_constructor(f'tag:yaml.org,2002:{_type}', _construct)


def events_check(limits: Limits) -> Callable[[str], None]:
    """Make a check of a payload that is about to be decoded.

    PyYAML recurses where it makes objects, and not where it reads; and an alias can
    make a small payload a huge object.

    Args:
        limits: The budgets for depth and items.

    Returns:
        A function that takes the payload, and raises.
    """

    def check(payload: str) -> None:
        documents = depth = 0
        # NOTE: One for the root, which is no item.
        nodes = -1
        for event in yaml.parse(payload, Loader=_SafeLoader):
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.NodeEvent):
                nodes += 1
                _check_node(event)
                if isinstance(event, yaml.CollectionStartEvent):
                    depth += 1
                    if depth > limits.max_depth:
                        raise PayloadTooLarge(
                            f'nested deeper than {limits.max_depth} levels',
                            limit='max_depth',
                            limit_value=limits.max_depth,
                        )
                if nodes > limits.max_items:
                    raise PayloadTooLarge(
                        f'more than {limits.max_items} items',
                        limit='max_items',
                        limit_value=limits.max_items,
                    )
        if documents != 1:
            raise MalformedPayload(f'{documents} documents, and not one')

    return check


def _check_node(event: Any) -> None:
    # NOTE: An alias has the anchor that it stands for.
    if event.anchor is not None:
        raise UnsupportedPayload('an alias, or an anchor for one')
    if event.tag is not None:
        raise UnsupportedPayload('a tag')
