"""Every way to choose a handler.

A way joins by one more function with the decorator ``way``. It says what its
connections have (``has``), which features may ask for, and what it needs of a kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field
import json
from pathlib import Path
from typing import Any, NamedTuple

from tests.combinations.kinds import Kind

import falcon_media
from falcon_media import Limits

__all__ = ('SUBPROTOCOL', 'Setting', 'Way', 'WAYS')

SUBPROTOCOL = 'chosen.v1'
OTHER = 'other.v1'

MAX_DELAY = 0.02


@dataclass
class Setting:
    """A kind that is to be chosen in a way, and what it takes.

    Attributes:
        kind (Kind): The kind.
        limits (Limits | None): The budgets that are to hold.
        folder (Path): Where a file may be written.
        arguments (dict): For ``install()``.
        environ (dict): Environment variables.
        resource (Callable): A decorator for the resource class.
        responder (Callable): A decorator for its responder.
        offered (tuple): The subprotocols that clients offer.
        accept (Callable): How the responder accepts.
        assigned (object): What is assigned to ``media_handlers`` after ``install()``.
        source (str): What ``describe()`` says of the place.
    """

    kind: Kind
    limits: Limits | None
    folder: Path
    arguments: dict[str, Any] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)
    resource: Callable[[Any], Any] | None = None
    responder: Callable[[Any], Any] | None = None
    offered: tuple[str, ...] = ()
    accept: Callable[[Any, Any], Any] | None = None
    assigned: object = None
    source: str = ''

    def choose(self, source: str, /, **arguments: Any) -> None:
        """Choose by arguments of ``install()``, within the budgets."""
        self.source = source
        self.arguments |= arguments
        if self.limits is not None:
            self.arguments['limits'] = self.limits


class Way(NamedTuple):
    """A way to choose a handler."""

    name: str
    needs: frozenset[str]
    has: frozenset[str]
    choose: Callable[[Setting], None]

    def __str__(self) -> str:
        return self.name


WAYS: list[Way] = []

_Choose = Callable[[Setting], None]


def way(*, needs: str = '', has: str) -> Callable[[_Choose], _Choose]:
    """Add a way.

    Args:
        needs: What it asks of a kind, with commas.
        has: What a feature may ask of it.
    """

    def add(choose: _Choose) -> _Choose:
        name = choose.__name__
        WAYS.append(Way(name, _words(needs), _words(has), choose))
        return choose

    return add


def _words(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(', ')))


# ------------------------------------------------------------------------- for an app


@way(has='websocket, one side, described')
def argument(setting: Setting) -> None:
    kind = setting.kind
    setting.choose(f'argument {kind.side}', **{kind.side: kind.choice()})


@way(has='websocket, one side, described, counted')
def argument_per_connection(setting: Setting) -> None:
    argument(setting)
    setting.arguments['per_connection'] = True


@way(needs='name', has='websocket, one side, described')
def use_with_limits(setting: Setting) -> None:
    kind = setting.kind
    value = kind.choice(**({'limits': setting.limits} if setting.limits else {}))
    setting.choose(f'argument {kind.side}', **{kind.side: value})
    setting.arguments.pop('limits', None)


@way(has='websocket, one side, described')
def instance(setting: Setting) -> None:
    kind = setting.kind
    value = kind.instance(setting.limits)
    setting.choose(f'argument {kind.side}', **{kind.side: value})


@way(needs='name', has='websocket, one side, described')
def toml(setting: Setting) -> None:
    kind = setting.kind
    setting.arguments['config'] = _file(setting, [f'{kind.side} = "{kind.handler}"'])
    setting.source = 'falcon-media.toml'


@way(needs='name', has='websocket, one side, described')
def toml_table(setting: Setting) -> None:
    kind = setting.kind
    table = f'{{ handler = "{kind.handler}"{_inline(setting)} }}'
    lines = [f'{kind.side} = {table}']
    setting.arguments['config'] = _file(setting, lines, is_inline=True)
    setting.source = 'falcon-media.toml'


@way(needs='name', has='websocket, one side, described')
def mapping(setting: Setting) -> None:
    kind = setting.kind
    config = {kind.side: kind.handler, 'handlers': {kind.handler: {**kind.options}}}
    setting.choose(f'config: {kind.side}', config=config)


@way(needs='name', has='websocket, one side, described')
def environment(setting: Setting) -> None:
    kind = setting.kind
    variable = f'FALCON_MEDIA_{kind.side.upper()}'
    setting.environ = {variable: str(kind.handler)}
    if setting.limits is not None:
        setting.environ |= {
            'FALCON_MEDIA_MAX_SIZE': str(setting.limits.max_size),
        }
    setting.arguments['config'] = {'handlers': {kind.handler: {**kind.options}}}
    setting.source = variable


@way(needs='name', has='websocket, one side, described')
def environment_names_the_file(setting: Setting) -> None:
    toml(setting)
    setting.environ = {'FALCON_MEDIA_CONFIG': setting.arguments.pop('config')}


# ----------------------------------------------------------------------- for a route


@way(has='websocket, one side, described, counted, local')
def route(setting: Setting) -> None:
    setting.resource = _decorator(setting)


@way(has='websocket, one side, described, counted, local')
def base_of_the_resource(setting: Setting) -> None:
    decorate = _decorator(setting)

    def inherit(resource: Any) -> Any:
        base = decorate(type(f'Base{resource.__name__}', (), {}))
        return type(resource.__name__, (resource, base), {})

    setting.resource = inherit


@way(has='websocket, one side, described, counted, local')
def responder(setting: Setting) -> None:
    setting.responder = _decorator(setting)


@way(has='websocket, described, counted, local')
def responder_before_resource(setting: Setting) -> None:
    responder(setting)
    setting.resource = falcon_media.media_handlers(text='json', binary='cbor')


@way(needs='types', has='websocket, counted, local')
def types_of_the_route(setting: Setting) -> None:
    kind = setting.kind
    setting.choose('argument', **{kind.side: kind.handler})
    type_ = kind.options['type']
    setting.resource = falcon_media.media_handlers(receive=type_, send=type_)


@way(has='websocket, described, counted, local, one type, subprotocol')
def subprotocol_of_the_route(setting: Setting) -> None:
    setting.resource = _decorator(setting, subprotocols=_subprotocols(setting))
    _negotiate(setting)


# ------------------------------------------------------------------ for a connection


@way(has='websocket, described, counted, one type, subprotocol')
def subprotocol(setting: Setting) -> None:
    setting.choose('argument subprotocols', subprotocols=_subprotocols(setting))
    _negotiate(setting)


@way(needs='name', has='websocket, described, counted, one type, subprotocol')
def subprotocol_by_file(setting: Setting) -> None:
    table = f'{{ handler = "{setting.kind.handler}"{_inline(setting)} }}'
    lines = ['[subprotocols]', f'"{SUBPROTOCOL}" = {table}']
    setting.arguments['config'] = _file(setting, lines, is_inline=True)
    setting.source = 'falcon-media.toml'
    _negotiate(setting)


@way(needs='no options', has='websocket, described, counted, one type, subprotocol')
def subprotocol_by_environment(setting: Setting) -> None:
    value = f'{SUBPROTOCOL}={setting.kind.handler}'
    setting.choose('FALCON_MEDIA_SUBPROTOCOLS')
    setting.environ = {'FALCON_MEDIA_SUBPROTOCOLS': value}
    _negotiate(setting)


@way(has='websocket, one side, described, counted')
def fallback(setting: Setting) -> None:
    argument(setting)
    setting.arguments['subprotocols'] = {OTHER: 'json'}


@way(has='websocket, counted')
def selected(setting: Setting) -> None:
    setting.choose('', per_connection=True)
    value = setting.kind.choice()

    async def accept(req: Any, ws: Any) -> Any:
        peer = falcon_media.select(req, value)
        await ws.accept()
        return peer

    setting.accept = accept


@way(has='websocket, counted, local')
def selected_over_a_route(setting: Setting) -> None:
    selected(setting)
    setting.resource = falcon_media.media_handlers(text='json', binary='cbor')


@way(
    needs='framing',
    has='websocket, described, counted, one type, subprotocol, batches',
)
def batched(setting: Setting) -> None:
    value = falcon_media.batched(setting.kind.choice(), max_delay=MAX_DELAY)
    setting.choose('argument subprotocols', subprotocols={SUBPROTOCOL: value})
    _negotiate(setting)


@way(
    needs='framing',
    has='websocket, described, counted, local, one type, subprotocol, batches',
)
def batched_on_a_route(setting: Setting) -> None:
    value = falcon_media.batched(setting.kind.choice(), max_delay=MAX_DELAY)
    setting.resource = _decorator(setting, subprotocols={SUBPROTOCOL: value})
    _negotiate(setting)


@way(
    needs='framing, name',
    has='websocket, described, counted, one type, subprotocol, batches',
)
def batched_by_file(setting: Setting) -> None:
    table = f'{{ batched = "{setting.kind.handler}", max_delay = {MAX_DELAY} }}'
    lines = ['[subprotocols]', f'"{SUBPROTOCOL}" = {table}']
    setting.arguments['config'] = _file(setting, lines)
    setting.source = 'falcon-media.toml'
    _negotiate(setting)


@way(needs='name', has='websocket')
def assigned_afterwards(setting: Setting) -> None:
    setting.choose('')
    setting.assigned = setting.kind.instance(setting.limits)


# -------------------------------------------------------------------------- for HTTP


@way(needs='media type', has='http, described')
def http(setting: Setting) -> None:
    setting.choose('argument http', http=[setting.kind.choice()])


@way(needs='media type', has='http, described')
def http_by_file(setting: Setting) -> None:
    lines = [f'http = ["{setting.kind.handler}"]']
    setting.arguments['config'] = _file(setting, lines)
    setting.source = 'falcon-media.toml'


@way(needs='media type', has='http, described')
def http_by_environment(setting: Setting) -> None:
    kind = setting.kind
    setting.choose(
        'FALCON_MEDIA_HTTP', config={'handlers': {kind.handler: {**kind.options}}}
    )
    setting.environ = {'FALCON_MEDIA_HTTP': str(kind.handler)}


@way(needs='media type, types', has='http')
def http_with_types_of_the_route(setting: Setting) -> None:
    setting.choose('', http=[setting.kind.handler])
    type_ = setting.kind.options['type']
    setting.resource = falcon_media.media_handlers(receive=type_, send=type_)


@way(needs='media type, name', has='http')
def http_with_limits_of_the_route(setting: Setting) -> None:
    setting.arguments = {'http': [setting.kind.choice()]}
    setting.resource = falcon_media.media_handlers(
        limits=setting.limits or Limits(max_size=1_000)
    )


# --------------------------------------------------------------------------- helpers


def _subprotocols(setting: Setting) -> dict[str, Any]:
    other = 'json' if setting.kind.handler != 'json' else 'cbor'
    return {OTHER: other, SUBPROTOCOL: setting.kind.choice()}


def _negotiate(setting: Setting) -> None:
    setting.offered = ('nobody.v1', SUBPROTOCOL)
    setting.accept = falcon_media.accept


def _decorator(setting: Setting, **arguments: Any) -> Callable[[Any], Any]:
    setting.source = '@media_handlers on'
    if not arguments:
        arguments = {setting.kind.side: setting.kind.choice()}
    return falcon_media.media_handlers(**arguments, limits=setting.limits)


def _file(setting: Setting, lines: list[str], *, is_inline: bool = False) -> str:
    """Write a file with these lines, the options and the budgets."""
    kind = setting.kind
    path = setting.folder / 'falcon-media.toml'
    tables = []
    if kind.options and not is_inline:
        tables.append(f'[handlers.{kind.handler}]')
        tables += [f'{key} = {json.dumps(kind.options[key])}' for key in kind.options]
    if setting.limits is not None:
        tables += ['[limits]', f'max_size = {setting.limits.max_size}']
    path.write_text('\n'.join([*lines, *tables]))
    return str(path)


def _inline(setting: Setting) -> str:
    options = setting.kind.options
    return ''.join(f', {key} = {json.dumps(options[key])}' for key in options)
