"""``falcon-media decode``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
import json
from typing import Any

import click

from falcon_media.errors import MalformedPayload
from falcon_media.errors import PayloadError
from falcon_media.protocol.annotation import printable
from falcon_media.protocol.annotation import Span
from falcon_media_tools.annotation import annotate
from falcon_media_tools.chosen import choose
from falcon_media_tools.chosen import ChosenHandler
from falcon_media_tools.chosen import handler_options
from falcon_media_tools.dump import around
from falcon_media_tools.dump import dump
from falcon_media_tools.fault import locate
from falcon_media_tools.fault import Place
from falcon_media_tools.frames import BadFrame
from falcon_media_tools.frames import FORMS
from falcon_media_tools.frames import Frame
from falcon_media_tools.frames import read
from falcon_media_tools.source import Source
from falcon_media_tools.source import source_argument
from falcon_media_tools.tagged import FRAME
from falcon_media_tools.tagged import to_tagged

__all__ = ('command',)


@click.command(
    epilog="Example: echo 'a1 62 6f 6b f5' | falcon-media decode --handler cbor",
)
@source_argument
@handler_options
@click.option(
    '--input',
    'form',
    type=click.Choice(['auto', *FORMS]),
    default='auto',
    show_default=True,
    help='Form of FILE. In hex, white space, commas, colons, 0x and \\x are ignored. '
    'auto: raw for TEXT; for BINARY, hex or base64 if FILE contains nothing else, and '
    'otherwise raw.',
)
@click.option(
    '--dump/--no-dump',
    'with_dump',
    default=None,
    help='Show the meaning of each byte (default: for BINARY, and for TEXT that is '
    'refused).',
)
@click.option(
    '--lines',
    metavar='N',
    type=click.IntRange(min=0),
    default=200,
    show_default=True,
    help='Maximum number of lines of the value and of the dump; 0 shows all.',
)
@click.option(
    '--json',
    'as_json',
    is_flag=True,
    help='Print JSON, which falcon-media encode accepts. Values that JSON cannot '
    'express have a tag, as in {"$bytes": "00ff"}.',
)
def command(
    *,
    source: Source,
    handler: str | None,
    options: tuple[str, ...],
    form: str,
    with_dump: bool | None,
    lines: int,
    as_json: bool,
) -> int:
    """Show the value of a frame and the meaning of each byte.

    FILE contains the payload of one captured message; - is standard input. It is
    decoded as in an app that uses the handler. If the handler refuses it, the command
    shows the wrong bytes and exits with code 1.
    """
    chosen = choose(handler, options)
    frame = _frame(source, form, is_text=chosen.is_text)
    decoded = _decode(chosen, frame)
    if as_json:
        print(_document(chosen, decoded))
    else:
        if with_dump is None:
            with_dump = not chosen.is_text or decoded.error is not None
        _show(chosen, decoded, with_dump=with_dump, lines=lines)
    return 0 if decoded.error is None else 1


@dataclass(slots=True, kw_only=True)
class _Decoded:
    """The result of decoding a frame.

    Attributes:
        frame (Frame): The frame.
        spans (list[Span]): Its annotated bytes.
        media (object): The decoded object, as plain objects.
        error (PayloadError | None): The error, if the frame was refused.
        place (Place | None): The bytes that the error is about, if known.
    """

    frame: Frame
    spans: list[Span]
    media: Any = None
    error: PayloadError | None = None
    place: Place | None = None


def _frame(source: Source, form: str, *, is_text: bool) -> Frame:
    data = source.read()
    if form == 'auto' and not data.strip():
        raise click.UsageError(
            f'{source} is empty: pass a frame, or --input raw for an empty one'
        )
    try:
        return read(data, None if form == 'auto' else form, is_text=is_text)
    except BadFrame as ex:
        others = ' or '.join(f'--input {other}' for other in FORMS if other != form)
        raise click.UsageError(f'{source}: {ex}; try {others}') from ex


def _decode(chosen: ChosenHandler, frame: Frame) -> _Decoded:
    payload = frame.payload
    spans: list[Span] = []
    if len(payload) <= chosen.handler.limits.max_size:
        spans += annotate(chosen.spec, payload, chosen.options)
    decoded = _Decoded(frame=frame, spans=spans)
    received: Any = payload
    try:
        if chosen.is_text:
            received = payload.decode()
        decoded.media = chosen.plain(chosen.handler.deserialize(received))
    except UnicodeDecodeError as ex:
        decoded.error = MalformedPayload(
            'TEXT must be UTF-8; a server refuses anything else',
            handler=chosen.handler.name,
            payload_type=chosen.handler.payload_type,
            size=len(payload),
        )
        decoded.place = Place(ex.start, ex.end, ex.reason)
    except PayloadError as ex:
        decoded.error = ex
        decoded.place = locate(chosen.handler, received, ex, spans)
    return decoded


# ------------------------------------------------------------------------------ Output


def _document(chosen: ChosenHandler, decoded: _Decoded) -> str:
    """Return the output of ``--json``."""
    document: dict[str, Any] = {FRAME: _about(chosen, decoded)}
    try:
        if decoded.error is None:
            document['value'] = to_tagged(decoded.media)
        return json.dumps(document, indent=2)
    except RecursionError as ex:
        raise click.UsageError('the value is nested too deeply for --json') from ex


def _about(chosen: ChosenHandler, decoded: _Decoded) -> dict[str, Any]:
    frame, error, place = decoded.frame, decoded.error, decoded.place
    about: dict[str, Any] = {
        'handler': chosen.spec.name,
        'payload_type': chosen.spec.payload_type.name,
        'read_from': frame.form,
        'size': len(frame.payload),
        'hex': frame.payload.hex(),
        'error': None,
        'annotations': [span._asdict() for span in decoded.spans],
    }
    if error is not None:
        about['error'] = {
            'type': type(error).__name__,
            'message': str(error),
            'close_code': error.close_code,
            'start': place.start if place else None,
            'end': place.end if place else None,
            'detail': place.detail if place else None,
        }
    return about


def _show(
    chosen: ChosenHandler, decoded: _Decoded, *, with_dump: bool, lines: int
) -> None:
    # NOTE: It imports rich, which --json does not need.
    from falcon_media_tools.output import Screen

    payload, spans, place = decoded.frame.payload, decoded.spans, decoded.place
    screen = Screen(most_lines=lines or None)
    kind = chosen.spec.payload_type.name
    s = '' if len(payload) == 1 else 's'
    screen.line(
        f'{chosen.spec.name}: a {kind} frame of {len(payload)} byte{s}, '
        f'read as {decoded.frame.form}'
    )
    if decoded.error is None:
        screen.heading('Value')
        screen.value(decoded.media)
    else:
        screen.heading('Refused')
        screen.facts(_facts(decoded, decoded.error))
    if with_dump and spans:
        screen.heading('Bytes')
        if place is not None:
            spans = [span for span in spans if span.start <= place.start]
            spans[-1:] = [span._replace(fault=True) for span in spans[-1:]]
        screen.dump(dump(payload, spans), last=place is not None)


def _facts(decoded: _Decoded, error: PayloadError) -> Iterator[tuple[str, str]]:
    frame, place = decoded.frame, decoded.place
    yield 'error', str(error)
    yield 'close code', str(error.close_code)
    if error.cause is not None:
        cause = f'{type(error.cause).__name__}: {error.cause}'
        yield 'library', printable(' '.join(cause.split()))
    if place is not None:
        yield 'at byte', f'{place.start}: {place.detail or error.detail}'
        yield 'around', around(frame.payload, place.start, place.end)
    elif decoded.spans:
        yield 'at byte', 'none: well-formed, but refused for its content'
    for other in frame.others:
        if other != 'raw':
            yield 'note', f'the input may also be {other}: --input {other}'
