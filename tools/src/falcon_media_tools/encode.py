"""``falcon-media encode``."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click

from falcon_media.errors import UnserializableMedia
from falcon_media.protocol.annotation import printable
from falcon_media_tools.chosen import choose
from falcon_media_tools.chosen import handler_options
from falcon_media_tools.frames import FORMS
from falcon_media_tools.frames import write
from falcon_media_tools.source import Source
from falcon_media_tools.source import source_argument
from falcon_media_tools.tagged import BadTag
from falcon_media_tools.tagged import FRAME
from falcon_media_tools.tagged import from_tagged

__all__ = ('command',)


@click.command(
    epilog="""Example: echo '{"ok": true}' | falcon-media encode --handler cbor""",
)
@source_argument
@handler_options
@click.option(
    '--output',
    'form',
    type=click.Choice(['auto', *FORMS]),
    default='auto',
    show_default=True,
    help='Form of the output. auto: the text for TEXT; for BINARY, hex on a terminal, '
    'and raw bytes in a file or a pipe.',
)
def command(
    *, source: Source, handler: str | None, options: tuple[str, ...], form: str
) -> int:
    """Make a frame from JSON, as an app sends it that uses the handler.

    FILE contains the message; - is standard input. Values that JSON can't express have
    a tag: {"$bytes": "00ff"}, {"$datetime": "2026-03-01T12:30:00+00:00"}; also $date,
    $time, $uuid, $decimal, $int, $float, and $map with a list of pairs. The output of
    falcon-media decode --json is accepted too. Exits with code 1 if the handler can't
    carry the message.
    """
    chosen = choose(handler, options)
    media = _media(source)
    try:
        payload: Any = chosen.handler.serialize(chosen.message(media))
    except UnserializableMedia as ex:
        cause = f': {ex.cause}' if ex.cause else ''
        message = printable(' '.join(f'{ex}{cause}'.split()))
        print(f'falcon-media encode: {message}', file=sys.stderr)
        return 1
    if isinstance(payload, str):
        payload = payload.encode('utf-8', 'surrogatepass')
    _write(payload, form, is_text=chosen.is_text)
    return 0


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise BadTag('an object has the same key twice')
    return document


def _media(source: Source) -> Any:
    try:
        document = json.loads(
            source.read().decode('utf-8-sig'),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
        )
        if isinstance(document, dict) and FRAME in document:
            if 'value' not in document:
                raise BadTag('the frame was refused and has no value to encode')
            document = document['value']
        return from_tagged(document)
    except json.JSONDecodeError as ex:
        raise click.UsageError(
            f'{source} is not valid JSON: line {ex.lineno}, column {ex.colno}: {ex.msg}'
        ) from ex
    except UnicodeDecodeError as ex:
        raise click.UsageError(
            f'{source} is not valid UTF-8 at byte {ex.start}'
        ) from ex
    except BadTag as ex:
        raise click.UsageError(f'{source}: {ex}') from ex
    except ValueError as ex:
        # NOTE: CPython refuses integers of more than 4,300 digits.
        raise click.UsageError(f'{source}: {ex}') from ex
    except RecursionError as ex:
        raise click.UsageError(f'{source}: nested too deeply') from ex


def _refuse(constant: str) -> NoReturn:
    raise BadTag(
        f'{constant} is not valid JSON; write {{"$float": "{float(constant)!r}"}}'
    )


def _write(payload: bytes, form: str, *, is_text: bool) -> None:
    is_terminal = sys.stdout.isatty()
    if form == 'auto':
        form = 'hex' if is_terminal and not is_text else 'raw'
    if is_terminal and is_text:
        payload += b'\n' if form == 'raw' else b''
    elif is_terminal and form == 'raw':
        raise click.UsageError(
            'refusing to write raw bytes to a terminal: redirect them to a file or a '
            'pipe, or use --output hex'
        )
    sys.stdout.buffer.write(write(payload, form))
