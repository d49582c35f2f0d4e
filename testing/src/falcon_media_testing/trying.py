"""One call of a handler, and whether it ended in one of the ways that it may."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
import inspect
import threading
from typing import Any, TypeVar

from falcon import WebSocketPayloadType

from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadError
from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.handlers import Handler
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media
from falcon_media_testing.failure import show_payload
from falcon_media_testing.watch import Unwatched

__all__ = ('on_small_stack', 'receive', 'send', 'SMALL_STACK')

SMALL_STACK = 128 * 1024
"""Bytes of stack that a thread has on some platforms (musl)."""

_Result = TypeVar('_Result')

_RECEIVED = (
    'Raise an Exception for what can not be decoded, and no other BaseException: the '
    'guard turns it into a MalformedPayload. Or raise one of the errors yourself: '
    'MalformedPayload, InvalidPayload, UnsupportedPayload, PayloadTooLarge.'
)
_SENT = (
    'Raise an Exception for what can not be encoded, and no other BaseException: the '
    'guard turns it into UnserializableMedia.'
)


def receive(
    handler: Handler, payload: Any, watch: Unwatched, label: str
) -> tuple[Any, PayloadError | None]:
    """Have a payload decoded.

    Args:
        handler (Handler): The handler.
        payload (str | bytes): The payload.
        watch (Unwatched): Where to note the case.
        label (str): What the case is.

    Returns:
        tuple: The object and ``None``, or ``None`` and the error.

    Raises:
        ContractFailure: It ended in something else, or in an error that says too much.
    """
    watch.case(f'deserialize(), {label}', payload)
    try:
        media: Any = handler.deserialize(payload)
    except PayloadError as ex:
        _check(ex, handler, payload, label)
        return None, ex
    except KeyboardInterrupt:
        raise
    except BaseException as ex:
        raise ContractFailure(
            f'deserialize() of {label} raised {show_error(ex)}\n'
            f'payload: {show_payload(payload)}',
            _RECEIVED,
        ) from ex
    if inspect.isawaitable(media):
        raise ContractFailure(
            f'deserialize() of {label} returned an awaitable, {show_media(media)}',
            'Falcon calls the handler without `await`: write deserialize(), and '
            'Codec.decode, as plain functions.',
        )
    return media, None


def send(
    handler: Handler, media: object, watch: Unwatched, label: str
) -> tuple[Any, UnserializableMedia | None]:
    """Have an object encoded.

    Args:
        handler (Handler): The handler.
        media (object): The object.
        watch (Unwatched): Where to note the case.
        label (str): What the case is.

    Returns:
        tuple: The payload and ``None``, or ``None`` and the error.

    Raises:
        ContractFailure: It ended in something else.
    """
    watch.case(f'serialize(), {label}')
    try:
        payload = handler.serialize(media)
    except UnserializableMedia as ex:
        return None, ex
    except KeyboardInterrupt:
        raise
    except BaseException as ex:
        raise ContractFailure(
            f'serialize() of {label} raised {show_error(ex)}\n'
            f'media: {show_media(media)}',
            _SENT,
        ) from ex
    is_text = handler.payload_type is WebSocketPayloadType.TEXT
    expected: type = str if is_text else bytes
    if type(payload) is not expected:
        raise ContractFailure(
            f'serialize() of {label} returned {show_payload(payload)}',
            f'Return {expected.__name__}: that is what a {handler.payload_type.name} '
            'frame is made of.',
        )
    if isinstance(payload, str) and not _is_utf8(payload):
        raise ContractFailure(
            f'serialize() of {label} returned text with half a surrogate pair: '
            f'{show_payload(payload)}',
            'Raise UnserializableMedia. A TEXT frame is UTF-8, which has no form for '
            "it: the server's send() would raise. In the contract, 'lone_surrogate' "
            'belongs into cant_carry.',
        )
    return payload, None


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def on_small_stack(call: Callable[[], _Result]) -> _Result:
    """Call a function in a thread with a stack of 128 KB, as some platforms have."""
    results: list[_Result] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as ex:  # noqa: BLE001  # raised where the call was asked for
            errors.append(ex)

    before = threading.stack_size(SMALL_STACK)
    # NOTE: Since CPython 3.12 what is nested is freed by recursion, 10,000 levels at a
    #   time. Garbage of earlier cases is not this one's to pay for.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
        if is_collecting:
            gc.enable()
    for error in errors:
        raise error
    return results[0]


def _check(ex: PayloadError, handler: Handler, payload: Any, label: str) -> None:
    if isinstance(ex.__cause__, MemoryError):
        raise ContractFailure(
            f'deserialize() of {label} took all the memory that the process may have, '
            f'and ended in MemoryError\npayload: {show_payload(payload)}',
            'Refuse what declares more than it holds before it is allocated, or give '
            'the library a budget of its own.',
        )
    if ex.handler != handler.name or ex.payload_type is not handler.payload_type:
        raise ContractFailure(
            f'deserialize() of {label} raised {type(ex).__name__} for the handler '
            f'{ex.handler!r} and {ex.payload_type}',
            'Raise the error without handler= and payload_type=: the guard sets them.',
        )
    if isinstance(ex, InvalidPayload) and handler.types is None:
        raise ContractFailure(
            f'deserialize() of {label} raised InvalidPayload, but the handler is not '
            f'bound to a type of messages\npayload: {show_payload(payload)}',
            'Raise MalformedPayload for what the format does not allow. InvalidPayload '
            'is for payloads that are well-formed, and not valid for a type.',
        )
    leaked = [part for part in _parts(payload) if part in str(ex)]
    if leaked:
        raise ContractFailure(
            f'deserialize() of {label} raised {type(ex).__name__} with this text:\n'
            f'{ex}\nIt repeats {leaked[0]!r} of the payload.',
            'Say in your own words what is wrong, without the payload and without the '
            "library's message: the text goes into logs.",
        )


_PART = 12


def _parts(payload: Any) -> Iterator[str]:
    """Yield stretches of a payload that no error would have by chance."""
    shown = payload[: 40 * _PART]
    text = shown if isinstance(shown, str) else shown.decode('latin-1')
    for start in range(0, len(text) - _PART + 1, _PART // 2):
        part = text[start : start + _PART]
        if len(set(part)) > _PART // 2:
            yield part
