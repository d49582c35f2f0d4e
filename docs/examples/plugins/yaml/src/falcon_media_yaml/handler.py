"""The media handler, and the options it takes."""

from __future__ import annotations

from falcon_media import Codec, ConfigError, Limits, TextHandler, UnserializableMedia
from falcon_media.spi import media_check

__all__ = ['YAMLHandler']


class YAMLHandler(TextHandler):
    """YAML 1.1, by PyYAML.

    - A payload is one document. Aliases, anchors, tags, merge keys, numbers in base 60
      and times finer than a microsecond are not accepted, and no key of a mapping
      occurs twice.
    - It is sent in block style.
    - What would not come back equal is not sent, but for tuples, which become lists.

    Keyword Args:
        limits: The budgets (default ``Limits()``).
        sort_keys: Whether to write the keys of a mapping in order (default ``False``).

    Raises:
        ConfigError: The value of an option can't be used.
    """

    name = 'yaml'

    def __init__(
        self, *, limits: Limits | None = None, sort_keys: bool = False
    ) -> None:
        # NOTE: Here, so that listing the handler does not import its library.
        import yaml

        from falcon_media_yaml.codec import Dumper, Loader, events_check

        limits = limits or Limits()
        if not isinstance(sort_keys, bool):
            raise ConfigError(
                f'{self.name}: sort_keys must be true or false, not {sort_keys!r}'
            )
        check_events = events_check(limits)

        def decode(payload: str) -> object:
            return yaml.load(payload, Loader=Loader)  # noqa: S506  # it is a safe one

        def encode(media: object) -> str:
            payload: str = yaml.dump(
                media,
                Dumper=Dumper,
                # NOTE: In flow style, libyaml writes what other readers take for text
                #   where there is a datetime in a list.
                default_flow_style=False,
                sort_keys=sort_keys,
                width=_UNFOLDED,
            )
            # NOTE: A codec library changes more values silently than one would think.
            #   This refuses them all, and costs a decode for each encode: until there
            #   is a check that knows the library.
            check_events(payload)
            if not _is_same(media, decode(payload)):
                raise UnserializableMedia('it would not come back equal')
            return payload

        super().__init__(
            Codec(
                encode=encode,
                decode=decode,
                # NOTE: The length up to which a payload owes no check. Here all of them
                #   do, an empty one too.
                unchecked=-1,
                check_payload=check_events,
                check_media=media_check(limits),
            ),
            limits,
        )


_UNFOLDED = 2**31 - 1


def _is_same(sent: object, received: object) -> bool:
    """Whether an object came back equal; tuples are lists then."""
    if type(sent) in (list, tuple) and isinstance(sent, (list, tuple)):
        return (
            isinstance(received, list)
            and len(sent) == len(received)
            and all(map(_is_same, sent, received))
        )
    if type(sent) is dict and isinstance(received, dict):
        keys = {key: key for key in received}
        return sent.keys() == received.keys() and all(
            _is_same(key, keys[key]) and _is_same(value, received[key])
            for key, value in sent.items()
        )
    return type(sent) is type(received) and sent == received
