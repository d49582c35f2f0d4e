"""Points about the words of errors, which end up in logs."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import redirect_stderr
from contextlib import redirect_stdout
import io
from itertools import islice
import logging
from typing import Any

from falcon_media.errors import PayloadError
from falcon_media.limits import Limits
from falcon_media.protocol.handlers import Handler
from falcon_media_testing import corpora
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_payload
from falcon_media_testing.point import point
from falcon_media_testing.trying import receive
from falcon_media_testing.trying import send
from falcon_media_testing.watch import Unwatched

__all__ = ('WordPoints',)

# NOTE: No word, and no part of one.
MARKER = 'qzXvJkwPyqHb'
_WINDOW = 6
_POSITIONS = 24
_MUTANTS = 150


class WordPoints(Declaration):
    """Points about error texts: a client's data stays out of the server's logs."""

    @point('error-text')
    def test_error_text(self, watch: Unwatched) -> None:
        """No error, and nothing that is logged or printed, repeats the payload.

        Why: payloads have passwords and addresses in them, and logs are read by others,
        kept for long, and parsed by tools that a line break deceives. A marker is put
        into payloads of many kinds: as a key and as a value, into text that breaks the
        format, before its end and after it. It must not come out, in any spelling.
        """
        handlers = [
            *self.handlers,
            self.build(Limits(max_depth=1, max_items=1)),
            self.build(Limits(max_size=len(MARKER))),
        ]
        with _listening() as heard:
            for payload in self._marked(watch):
                for handler in handlers:
                    self._check_received(handler, payload, heard, watch)
            for media in _unsendable():
                _, error = send(self.handler, media, watch, 'an object with a marker')
                texts = [] if error is None else [str(error), error.detail]
                leaked = _leaked([*texts, *heard.take()])
                if leaked is not None:
                    raise ContractFailure(
                        'serialize() was called with an object that the format may not '
                        f'carry, and that contains {MARKER!r}. This was raised, logged '
                        f'or printed:\n{leaked}',
                        'Name the type of the value, and where it is, but not the '
                        'value itself.',
                    )

    def _check_received(
        self, handler: Handler, payload: Any, heard: _Heard, watch: Unwatched
    ) -> None:
        _, error = receive(handler, payload, watch, 'a payload with a marker')
        leaked = _leaked(() if error is None else _texts_of(error))
        if leaked is not None:
            raise ContractFailure(
                f'deserialize({show_payload(payload)})\nraised '
                f'{type(error).__name__} with this text:\n{leaked}\n'
                f'It repeats {MARKER!r} of the payload.',
                _OWN_WORDS,
            )
        leaked = _leaked(heard.take())
        if leaked is not None:
            raise ContractFailure(
                f'deserialize({show_payload(payload)})\nlogged or printed:\n{leaked}\n'
                f'It repeats {MARKER!r} of the payload.',
                'Remove what was left over from debugging, or log sizes and positions '
                'only.',
            )

    def _marked(self, watch: Unwatched) -> Iterator[Any]:
        """Yield payloads with the marker in them, most of them broken."""
        empty = self.samples[0].payload[:0]
        marker: Any = MARKER if isinstance(empty, str) else MARKER.encode()
        found = [marker, *self._with_values(watch)]
        for maps in (
            [[(MARKER, 1), (MARKER, 2)]],
            [
                [
                    ('k' * len(MARKER), 0),
                    (MARKER, 1),
                    ('l' * len(MARKER), 0),
                    (MARKER, 2),
                ]
            ],
        ):
            twice = self.made('maps', maps)
            found += [] if twice is None else [twice]
        for sample in self.samples[:4]:
            size = len(sample.payload)
            for at in range(0, size + 1, size // _POSITIONS + 1):
                found.append(sample.payload[:at] + marker + sample.payload[at:])
        for payload in found[:12]:
            yield from islice(corpora.truncations(payload), 0, None, 5)
            yield payload + marker
        yield from found
        yield from islice(corpora.mutants(found, 3), _MUTANTS)

    def _with_values(self, watch: Unwatched) -> Iterator[Any]:
        for probe in self.probes:
            if probe.name == 'str':
                for place in self.places(probe, MARKER):
                    payload, error = send(self.handler, place.media, watch, place.where)
                    if error is None:  # pragma: no branch  # text is mostly carried
                        yield payload


class _Heard(logging.Handler):
    """What was logged and printed."""

    def __init__(self) -> None:
        super().__init__()
        self.logged: list[str] = []
        self.printed = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of a record."""
        self.logged.append(record.getMessage())

    def take(self) -> list[str]:
        """Return all of it, and forget it."""
        texts = [*self.logged, self.printed.getvalue()]
        self.logged.clear()
        self.printed.seek(0)
        self.printed.truncate()
        return texts


class _listening:  # noqa: N801  # used as a function
    """Listen to all loggers, and to what is printed."""

    def __init__(self) -> None:
        self._heard = _Heard()
        self._printed = (
            redirect_stdout(self._heard.printed),
            redirect_stderr(self._heard.printed),
        )
        self._level = logging.root.level

    def __enter__(self) -> _Heard:
        logging.root.addHandler(self._heard)
        logging.root.setLevel(logging.DEBUG)
        for stream in self._printed:
            stream.__enter__()
        return self._heard

    def __exit__(self, *exc_info: object) -> None:
        for stream in self._printed:
            stream.__exit__(None, None, None)
        logging.root.setLevel(self._level)
        logging.root.removeHandler(self._heard)


_OWN_WORDS = (
    'Say in your own words what is wrong, without the payload, and without the message '
    'of the library, which may repeat it: raise MalformedPayload with a constant text, '
    'or with sizes and positions. The exception of the library is kept as __cause__.'
)


class _Shown:
    """An object whose ``repr()`` is its value."""

    def __repr__(self) -> str:
        return MARKER

    __str__ = __repr__


def _unsendable() -> Iterator[object]:
    for odd in (_Shown(), object(), '\ud800', 1j):
        yield odd
        yield [MARKER, odd]
        yield {'k': MARKER, 'odd': odd}
    yield f'{MARKER}\ud800'
    for inexact in ({1: MARKER}, {None: MARKER}, {(1, 2): MARKER}, {MARKER}, (MARKER,)):
        yield inexact
        yield {'k': [inexact]}


def _texts_of(error: PayloadError) -> list[str]:
    return [
        str(error),
        error.detail,
        error.reason,
        *map(str, error.args),
        *getattr(error, '__notes__', ()),
    ]


def _windows(text: str, size: int) -> frozenset[str]:
    return frozenset(text[at : at + size] for at in range(len(text) - size + 1))


_SIGNS = (
    _windows(MARKER.casefold(), _WINDOW)
    | _windows(MARKER.encode().hex(), 2 * _WINDOW)
    | frozenset(
        base64.b64encode(bytes(skipped) + MARKER.encode()).decode()[4:14].casefold()
        for skipped in range(3)
    )
)


def _leaked(texts: Iterable[str]) -> str | None:
    """Return the first text with a part of the marker in it, in any spelling."""
    for text in texts:
        plain = ''.join(text.casefold().split())
        if any(sign in plain for sign in _SIGNS):
            return text
    return None
