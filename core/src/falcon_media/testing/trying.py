"""One call of a handler, and whether it ended in one of the ways that it may."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import gc
import threading
from typing import Any, TypeVar

from falcon import WebSocketPayloadType

from falcon_media.errors import InvalidPayload
from falcon_media.errors import PayloadError
from falcon_media.errors import UnserializableMedia
from falcon_media.handlers import Handler
from falcon_media.testing.failure import ContractFailure
from falcon_media.testing.failure import show_error
from falcon_media.testing.failure import show_media
from falcon_media.testing.failure import show_payload
from falcon_media.testing.watch import Unwatched

__all__ = ('on_small_stack', 'receive', 'send', 'SMALL_STACK')

SMALL_STACK = 128 * 1024
"""Bytes of stack that a thread has on some platforms (musl)."""

_Result = TypeVar('_Result')

_RECEIVED = (
    'What can not be decoded has to end in a PayloadError: MalformedPayload, '
    'InvalidPayload, UnsupportedPayload or PayloadTooLarge. The guard makes one of any '
    'Exception.'
)
_SENT = (
    'What can not be encoded has to end in UnserializableMedia. The guard makes one of '
    'any Exception.'
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
        return handler.deserialize(payload), None
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
    return payload, None


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
            f'deserialize() of {label} took all the memory there was, and ended in '
            f'MemoryError\npayload: {show_payload(payload)}',
            'Refuse what declares more than it holds before it is allocated, or give '
            'the library a budget of its own.',
        )
    if ex.handler != handler.name or ex.payload_type is not handler.payload_type:
        raise ContractFailure(
            f'deserialize() of {label} raised {type(ex).__name__} for the handler '
            f'{ex.handler!r} and {ex.payload_type}',
            'Leave handler and payload_type to the guard, which knows them.',
        )
    if isinstance(ex, InvalidPayload) and handler.types is None:
        raise ContractFailure(
            f'deserialize() of {label} raised InvalidPayload, and the handler is bound '
            f'to no type of messages\npayload: {show_payload(payload)}',
            'InvalidPayload is for what is well-formed, and not valid for a type. What '
            'the format does not allow is a MalformedPayload.',
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
