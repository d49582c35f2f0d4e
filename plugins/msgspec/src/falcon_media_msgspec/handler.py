"""The two media handlers: their options, and what they select."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any, TYPE_CHECKING

from falcon_media import BinaryHandler
from falcon_media import ConfigError
from falcon_media import Framing
from falcon_media import Limits
from falcon_media import LINES
from falcon_media import TextHandler
from falcon_media.spi import check_arguments
from falcon_media.spi import load_hook
from falcon_media.spi import load_type
from falcon_media.spi import receiving_hook
from falcon_media.spi import sending_hook
from falcon_media.spi import Types

if TYPE_CHECKING:
    from falcon_media_msgspec.sending import Sending

__all__ = ('MsgspecJSONHandler', 'MsgspecMessagePackHandler')


class MsgspecJSONHandler(TextHandler):
    """Media handler for JSON, by msgspec.

    Keyword Args:
        type (type | str): The type of messages: a ``msgspec.Struct``, a dataclass, a
            TypedDict, a union of such, or any other type that msgspec knows; or where
            it is, as ``'package.module:Name'``. By default, they are of any.
        receive (type | str): The type of messages that are received, if it is another.
        send (type | str): The type of messages that are sent, if it is another.
        allow_duplicate_keys (bool): Whether an object that is received may have a key
            twice. The last value wins, where other software may take the first.
        truncate_nanoseconds (bool): Accept times finer than a microsecond, cut to the
            microsecond. (In JSON, times are those of a type.)
        converted_types (Sequence): Types, or where they are, of which messages of any
            type may hold objects, that then come back as what msgspec makes of them:
            for instance, ``[uuid.UUID]``.
        default (Callable | str): Function from an object that JSON can't carry to one
            that it can, which is what then comes back; or ``'package.module:name'``.
        strict_encode (bool): Refuse to send what would not come back equal (default
            ``True``). ``False`` leaves it to msgspec, but for ``max_depth``.
        limits (Limits): The budgets.

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'msgspec-json'
    framing = LINES

    def __init__(
        self,
        *,
        type: Any = None,  # noqa: A002  # the name of the option, in each handler
        receive: Any = None,
        send: Any = None,
        allow_duplicate_keys: bool = False,
        truncate_nanoseconds: bool = False,
        converted_types: Sequence[type | str] = (),
        default: Callable[[Any], object] | str | None = None,
        strict_encode: bool = True,
        limits: Limits | None = None,
    ) -> None:
        # NOTE: This imports msgspec.
        from falcon_media_msgspec.jsontext import make_codec

        limits = limits or Limits()
        self.types = Types.of({'type': type, 'receive': receive, 'send': send})
        sending = _sending(self.name, converted_types, default, strict_encode)
        codec = make_codec(
            self.types or Types(),
            sending,
            limits,
            unique=not _flag(self.name, 'allow_duplicate_keys', allow_duplicate_keys),
            truncate_nanoseconds=_flag(
                self.name, 'truncate_nanoseconds', truncate_nanoseconds
            ),
        )
        super().__init__(codec, limits)


class MsgspecMessagePackHandler(BinaryHandler):
    """Media handler for MessagePack, by msgspec.

    Keyword Args:
        type (type | str): See :class:`MsgspecJSONHandler`, as for all that have the
            same name.
        receive (type | str): See there.
        send (type | str): See there.
        allow_duplicate_keys (bool): See there.
        truncate_nanoseconds (bool): See there.
        strict_map_key (bool): Refuse keys that are neither ``str`` nor ``bytes``, both
            ways (default ``True``). Otherwise ``None``, ``bool``, ``int`` and ``float``
            may be keys as well.
        timestamp (bool): Receive timestamps, as ``datetime`` in UTC, and send a
            ``datetime`` with a zone as one (default ``True``). (Other extension types
            are the business of `ext_hook`.)
        ext_hook (Callable | str): Receive the other extension types: takes a type
            (``int``) and its data (``bytes``), and returns an object. Then
            ``msgspec.msgpack.Ext`` can be sent. Or ``'package.module:name'``.
        converted_types (Sequence): See there.
        default (Callable | str): See there.
        strict_encode (bool): See there.
        limits (Limits): The budgets.

    Where messages are of a type, keys, timestamps and extension types that it names are
    accepted; `strict_map_key`, `timestamp` and `ext_hook` hold for the parts that it
    leaves open (``Any``, ``object``, ``msgspec.Raw``, and containers of such).

    Raises:
        ConfigError: An option has a value that can't be used.
    """

    name = 'msgspec-msgpack'

    def __init__(
        self,
        *,
        type: Any = None,  # noqa: A002  # the name of the option, in each handler
        receive: Any = None,
        send: Any = None,
        allow_duplicate_keys: bool = False,
        truncate_nanoseconds: bool = False,
        strict_map_key: bool = True,
        timestamp: bool = True,
        ext_hook: Callable[[int, bytes], object] | str | None = None,
        converted_types: Sequence[type | str] = (),
        default: Callable[[Any], object] | str | None = None,
        strict_encode: bool = True,
        limits: Limits | None = None,
    ) -> None:
        # NOTE: These import msgspec.
        from falcon_media_msgspec.messagepack import make_codec
        from falcon_media_msgspec.messagepack import Receiving
        from falcon_media_msgspec.sequence import splitter

        limits = limits or Limits()
        self.types = Types.of({'type': type, 'receive': receive, 'send': send})
        sending = _sending(self.name, converted_types, default, strict_encode)
        receiving = Receiving(
            unique=not _flag(self.name, 'allow_duplicate_keys', allow_duplicate_keys),
            strict_keys=_flag(self.name, 'strict_map_key', strict_map_key),
            timestamp=_flag(self.name, 'timestamp', timestamp),
            truncate=_flag(self.name, 'truncate_nanoseconds', truncate_nanoseconds),
            ext_hook=_hook(self.name, 'ext_hook', ext_hook, 2, receiving_hook),
        )
        codec = make_codec(self.types or Types(), sending, receiving, limits)
        super().__init__(codec, limits, framing=Framing(split=splitter(limits)))


def _sending(
    handler: str, converted_types: object, default: object, strict_encode: object
) -> Sending:
    from falcon_media_msgspec.sending import Sending

    return Sending(
        converted_types=_types(handler, converted_types),
        default=_hook(handler, 'default', default, 1, sending_hook),
        strict=_flag(handler, 'strict_encode', strict_encode),
    )


def _flag(handler: str, option: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigError(f'{handler}: {option} must be true or false, not {value!r}')
    return value


def _hook(
    handler: str,
    option: str,
    value: Any,
    arguments: int,
    wrap: Callable[[Callable[..., Any], str], Callable[..., Any]],
) -> Any:
    value = load_hook(value, f'{handler}: {option}')
    if value is None:
        return None
    if not callable(value):
        raise ConfigError(f'{handler}: {option} must be a function, not {value!r}')
    check_arguments(value, f'{handler}: {option}', arguments)
    return wrap(value, option)


def _types(handler: str, values: Any) -> tuple[type, ...]:
    found = None
    if isinstance(values, list | tuple):
        found = tuple(load_type(value, 'converted_types') for value in values)
    if found is None or not all(isinstance(value, type) for value in found):
        raise ConfigError(
            f'{handler}: converted_types must be a list of classes, not {values!r}'
        )
    return found
