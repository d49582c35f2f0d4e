"""The server's end of an open page: its requests and the answers."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from itertools import takewhile
import logging
import platform
from typing import Any

import falcon

from falcon_media.connection.peer import Peer
from falcon_media.limits import Limits
from falcon_media.plugins.registry import Row
from falcon_media.printable import printable
from falcon_media.requirements import version_of
from falcon_media_tools.lab.attacks import attacks_on
from falcon_media_tools.lab.attacks import payload_of
from falcon_media_tools.lab.formats import Format
from falcon_media_tools.lab.formats import Formats
from falcon_media_tools.lab.message import BadMessage
from falcon_media_tools.lab.message import MAX_TEXT
from falcon_media_tools.lab.message import NOTATION
from falcon_media_tools.lab.message import nowhere
from falcon_media_tools.lab.message import Problem
from falcon_media_tools.lab.message import read_message
from falcon_media_tools.lab.samples import samples
from falcon_media_tools.lab.timer import Timer
from falcon_media_tools.lab.timer import TimerFailed
from falcon_media_tools.measuring import as_bytes
from falcon_media_tools.measuring import Frame

__all__ = ('Page', 'Provoke')

SHOWN = 4096
"""The maximum number of bytes of a frame that the page gets."""

SHOWN_CHANGES = 50
"""The maximum number of changes of a round trip that the page gets."""

_logger = logging.getLogger('falcon_media')

Provoke = Callable[[str, bytes], Awaitable[tuple[int, str]]]
"""(subprotocol, bytes of a TEXT frame) -> close code and reason of the server."""


class _BadRequest(Exception):
    """The page made an invalid request."""


class Page:
    """The server's end of an open page.

    Args:
        peer (Peer): The connection of the page.
        formats (Formats): The installed handlers.
        timer (Timer): The timer; closed with the page.
        provoke (Callable): Sends a frame that no browser can send.
    """

    def __init__(
        self, peer: Peer, formats: Formats, timer: Timer, provoke: Provoke
    ) -> None:
        self._peer = peer
        self._formats = formats
        self._timer = timer
        self._provoke = provoke
        self._latest = 0, ''
        self._has_latest = asyncio.Event()
        self._frames: dict[str, Frame] = {}
        # NOTE: Attacks use the last payload if the current message isn't carried.
        self._carried: dict[str, str | bytes] = {}

    async def serve(self) -> None:
        """Answer requests until the page is closed."""
        await self._peer.send(_hello(self._formats))
        measuring = asyncio.create_task(self._measure())
        try:
            async for request in self._peer:
                await self._take(request)
        finally:
            measuring.cancel()
            with suppress(asyncio.CancelledError, falcon.WebSocketDisconnected):
                await measuring
            await self._timer.close()

    async def _take(self, request: Any) -> None:
        number = request.get('id') if isinstance(request, dict) else None
        try:
            answer = await self._answer(request)
        except _BadRequest as ex:
            answer = {'type': 'error', 'detail': str(ex)}
        # NOTE: Plugin code may raise anything, and a page without an answer hangs.
        except Exception as ex:  # noqa: BLE001  # see NOTE
            answer = {'type': 'error', 'detail': _failure(ex)}
        if answer:
            with suppress(falcon.WebSocketDisconnected):
                await self._peer.send({'id': number, **answer})

    async def _answer(self, request: Any) -> dict[str, Any]:
        match request:
            case {'type': 'measure', 'id': int(number), 'text': str(text)}:
                self._latest = number, text
                self._has_latest.set()
                return {}
            case {'type': 'frame', 'key': str(key)}:
                return await asyncio.to_thread(
                    _shown, self._format(key), self._frame(key)
                )
            case {'type': 'payload', 'key': str(key)}:
                return {'type': 'payload', 'payload': self._payload(key)}
            case {'type': 'attack', 'key': str(key), 'attack': str(name)}:
                return await self._attack(self._format(key), name)
        raise _BadRequest('Unknown request.')

    def _format(self, key: str) -> Format:
        try:
            return self._formats.usable[key]
        except KeyError:
            raise _BadRequest(f'Unknown handler {key!r}.') from None

    def _frame(self, key: str) -> Frame:
        try:
            return self._frames[self._format(key).key]
        except KeyError:
            raise _BadRequest('No message has been sent yet.') from None

    def _payload(self, key: str) -> Any:
        payload = self._frame(key).payload
        if payload is None:
            raise _BadRequest('This format cannot carry the message.')
        return payload_of((payload, 1))

    async def _attack(self, format_: Format, name: str) -> dict[str, Any]:
        empty = _empty(format_)
        for attack in attacks_on(format_, self._carried.get(format_.key, empty)):
            if attack.key != name:
                continue
            if attack.invalid_text is None:
                return {'type': 'attack', 'payload': attack.payload}
            code, reason = await self._provoke(format_.key, attack.invalid_text)
            outcome = {'kind': 'closed', 'code': code, 'reason': reason}
            return {'type': 'attack', 'outcome': outcome}
        raise _BadRequest(f'Unknown attack {name!r} for this format.')

    async def _measure(self) -> None:
        while True:
            await self._has_latest.wait()
            self._has_latest.clear()
            await self._measure_one(*self._latest)

    async def _measure_one(self, number: int, text: str) -> None:
        try:
            media = read_message(text)
            # NOTE: In a thread, so that other pages get answers meanwhile.
            frames = await asyncio.to_thread(self._send_and_receive, media)
        except BadMessage as ex:
            await self._refuse(number, ex.problem)
            return
        # NOTE: See _take().
        except Exception as ex:  # noqa: BLE001  # see NOTE
            await self._refuse(number, nowhere(_failure(ex)))
            return
        self._frames = {frame.handler: frame for frame in frames}
        for frame in frames:
            if frame.payload is not None:
                self._carried[frame.handler] = frame.payload
        await self._peer.send(
            {
                'type': 'measured',
                'id': number,
                'summary': _summary(media, text),
                'frames': [*map(_measured, frames)],
            }
        )
        await self._time(number, text)

    def _send_and_receive(self, media: object) -> list[Frame]:
        formats = self._formats.usable.values()
        return [format_.send_and_receive(media) for format_ in formats]

    async def _refuse(self, number: int, problem: Problem) -> None:
        await self._peer.send({'type': 'invalid', 'id': number, 'error': problem})

    async def _time(self, number: int, text: str) -> None:
        try:
            async for answer in self._timer.time(text):
                if self._has_latest.is_set():
                    return
                await self._peer.send(
                    {'type': 'timing', 'id': number, 'error': None, **answer}
                )
        except TimerFailed as ex:
            await self._peer.send(
                {'type': 'timing', 'id': number, 'error': str(ex), 'speeds': []}
            )
        await self._peer.send({'type': 'timed', 'id': number})


def _failure(ex: Exception) -> str:
    _logger.error('the lab failed', exc_info=ex)
    return f'The lab failed with {type(ex).__name__}. See its log.'


def _hello(formats: Formats) -> dict[str, Any]:
    return {
        'type': 'hello',
        'id': None,
        'version': version_of('falcon-media') or '?',
        'falcon': version_of('falcon') or '?',
        'python': platform.python_version(),
        'limits': asdict(Limits()),
        'max_text': MAX_TEXT,
        'notation': NOTATION,
        'samples': samples(),
        'handlers': [
            *map(_described, formats.usable.values()),
            *(_described_absent(row, why) for row, why in formats.absent),
        ],
    }


def _described(format_: Format) -> dict[str, Any]:
    attacks = attacks_on(format_, _empty(format_))
    return {
        **_of_row(format_.row),
        'key': format_.key,
        'name': format_.name,
        'payload_type': format_.handler.payload_type.name,
        'summary': printable(format_.spec.summary),
        'error': None,
        'note': format_.note,
        'attacks': [
            {'key': attack.key, 'title': attack.title, 'what': attack.what}
            for attack in attacks
        ],
    }


def _described_absent(row: Row, why: str) -> dict[str, Any]:
    return {
        **_of_row(row),
        'key': f'absent.{row["distribution"]}.{row["name"]}.{row["payload_type"]}',
        'name': printable(row['name']),
        'payload_type': row['payload_type'],
        'summary': printable(row['summary'] or ''),
        'error': printable(why),
        'note': None,
        'attacks': [],
    }


def _of_row(row: Row) -> dict[str, Any]:
    return {
        'distribution': printable(row['distribution']),
        'version': printable(row['version']),
    }


def _empty(format_: Format) -> str | bytes:
    return '' if format_.handler.payload_type.name == 'TEXT' else b''


def _measured(frame: Frame) -> dict[str, Any]:
    return {
        'key': frame.handler,
        'carried': frame.is_carried,
        'size': frame.size,
        'deflated_size': frame.deflated_size,
        'refused': frame.refused,
        'undecodable': frame.undecodable,
        'changes': [asdict(change) for change in frame.changes[:SHOWN_CHANGES]],
    }


def _shown(format_: Format, frame: Frame) -> dict[str, Any]:
    data = None if frame.payload is None else as_bytes(frame.payload)[:SHOWN]
    spans = () if frame.payload is None else format_.annotated(frame.payload)
    return {
        **_measured(frame),
        'type': 'frame',
        'payload_type': frame.payload_type,
        'frame': None if data is None else b64encode(data).decode(),
        'spans': [*takewhile(lambda span: span.start < SHOWN, spans)],
    }


def _summary(media: object, text: str) -> str:
    size = len(media) if isinstance(media, dict | list) else 0
    kind = _KINDS.get(type(media), 'A {type}, ').format(
        size=size, s='' if size == 1 else 's', type=type(media).__name__
    )
    return f'{kind}{len(text.encode("utf-8", "surrogatepass")):,} bytes as typed'


_KINDS: dict[type, str] = {
    dict: 'An object with {size:,} key{s}, ',
    list: 'A list of {size:,}, ',
}
