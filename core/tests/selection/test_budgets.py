"""Budgets of several layers: each one comes from the nearest layer that sets it."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from itertools import combinations
import pickle
import sys
from typing import Any

import falcon
import falcon.asgi
import falcon.testing
import pytest

import falcon_media
from falcon_media import Limits
from falcon_media import media_handlers
from falcon_media import use
from falcon_media.connection.connection import connection_of
from falcon_media.json.handler import JSONHandler
from falcon_media.selection.model import RouteChoice

TEXT = falcon.WebSocketPayloadType.TEXT

BUDGETS = ('max_size', 'max_depth', 'max_items')
DEFAULTS = dataclasses.asdict(Limits())


# ------------------------------------------------------------------ Which were named


def changed(limits: Limits) -> list[Limits]:
    """Return copies of the budgets, one for each way to copy."""
    made = [
        dataclasses.replace(limits),
        copy.copy(limits),
        copy.deepcopy(limits),
        pickle.loads(pickle.dumps(limits)),  # noqa: S301  # our own object
    ]
    if sys.version_info >= (3, 13):
        made.append(copy.replace(limits))
    return made


@pytest.mark.parametrize(
    ('limits', 'named'),
    [
        (Limits(), ()),
        (Limits(max_depth=64), ('max_depth',)),
        (Limits(max_items=1, max_size=2), ('max_size', 'max_items')),
        (dataclasses.replace(Limits(), max_depth=64), ('max_depth',)),
        (
            dataclasses.replace(Limits(max_size=9), max_depth=64),
            ('max_size', 'max_depth'),
        ),
        (Limits(max_depth=Limits().max_depth), ()),
        (Limits(max_size=9).settled(), BUDGETS),
    ],
)
def test_limits_remember_which_budgets_were_set(
    limits: Limits, named: tuple[str, ...]
) -> None:
    assert limits.named == named
    for copied in changed(limits):
        assert copied == limits
        assert copied.named == named


def test_a_default_budget_equals_one_that_was_set() -> None:
    assert Limits() == Limits(**DEFAULTS)
    assert hash(Limits()) == hash(Limits(**DEFAULTS))
    assert repr(Limits()) == repr(Limits(**DEFAULTS))
    assert Limits().settled() == Limits()


# ------------------------------------------------------------------- Layers, in pairs

# NOTE: The nearest layer is last.
LAYERS = (
    'file',
    'environment',
    'argument',
    'resource',
    'responder',
    'handler table',
    'use()',
)
SOURCES = {
    'file': 'config: limits.{}',
    'environment': 'FALCON_MEDIA_{}',
    'argument': 'argument limits',
    'resource': '@media_handlers on Both',
    'responder': '@media_handlers on Both.on_websocket',
    'handler table': 'config: handlers.json',
    'use()': 'argument text',
}


def connect(
    layers: dict[str, dict[str, int]], monkeypatch: pytest.MonkeyPatch, kind: Any
) -> tuple[falcon_media.Installed, Any]:
    """Connect to an app with some layers; return the handler of TEXT too."""

    def limits(layer: str) -> Any:
        return kind(**layers[layer]) if layer in layers else None

    for budget, value in layers.get('environment', {}).items():
        monkeypatch.setenv(f'FALCON_MEDIA_{budget.upper()}', str(value))
    config: dict[str, Any] = {'limits': layers.get('file', {})}
    if 'handler table' in layers:
        config['handlers'] = {'json': {'limits': limits('handler table')}}
    text = use('json', limits=limits('use()')) if 'use()' in layers else 'json'
    rows: list[Any] = []

    class Both:
        async def on_websocket(self, req: Any, ws: Any) -> None:
            rows.append(connection_of(req).in_use(TEXT).chosen())

        on_websocket.__qualname__ = 'Both.on_websocket'
        if 'responder' in layers:
            on_websocket = media_handlers(limits=limits('responder'))(on_websocket)

    Both.__qualname__ = 'Both'
    if 'resource' in layers:
        media_handlers(limits=limits('resource'))(Both)
    app = falcon.asgi.App()
    app.add_route('/', Both())
    installed = falcon_media.install(
        app,
        text=text,
        limits=limits('argument'),
        config=config,
        per_connection=True,
    )

    async def run() -> None:
        async with falcon.testing.ASGIConductor(app) as client:
            with contextlib.suppress(falcon.WebSocketDisconnected):
                async with client.simulate_ws('/'):
                    """Nothing to say."""

    falcon.async_to_sync(run)
    return installed, rows[0]


@pytest.mark.parametrize('kind', [dict, Limits])
@pytest.mark.parametrize(('far', 'near'), list(combinations(LAYERS, 2)))
def test_each_budget_comes_from_the_nearest_layer_that_sets_it(
    far: str, near: str, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # NOTE: The nearest layer sets the default value, which counts as set.
    layers = {
        far: {'max_size': 1000, 'max_depth': 9},
        near: {'max_depth': 64, 'max_items': 7},
    }
    installed, row = connect(layers, monkeypatch, kind)
    assert row['limits'] == {'max_size': 1000, 'max_depth': 64, 'max_items': 7}

    def source(layer: str, budget: str) -> str:
        if layer == 'environment':
            budget = budget.upper()
        if layer == 'argument' and kind is dict:
            return f'argument limits.{budget}'
        return SOURCES[layer].format(budget)

    assert row['limits_sources'] == {
        'max_size': source(far, 'max_size'),
        'max_depth': source(near, 'max_depth'),
        'max_items': source(near, 'max_items'),
    }
    for budget, value in row['limits'].items():
        assert any(
            f'{budget} = {value}' in line
            and line.endswith(row['limits_sources'][budget])
            for line in installed.describe().splitlines()
        )


def test_a_setting_of_a_nearer_layer_does_not_reset_the_others() -> None:
    app = falcon.asgi.App()
    installed = falcon_media.install(
        app, limits=Limits(max_size=10), config={'limits': {'max_depth': 8}}
    )
    assert installed.limits == Limits(max_size=10, max_depth=8)


def test_an_instance_sets_all_its_budgets() -> None:
    handler = JSONHandler(limits=Limits(max_size=10))
    app = falcon.asgi.App()
    installed = falcon_media.install(app, text=handler, limits=Limits(max_depth=3))
    assert installed.choices()[0]['limits'] == {**DEFAULTS, 'max_size': 10}
    assert set(installed.choices()[0]['limits_sources'].values()) == {'argument text'}
    lines = [' '.join(line.split()) for line in installed.describe().splitlines()]
    assert 'limit of TEXT max_depth = 64 argument text' in lines


def test_select_has_the_budgets_of_the_route() -> None:
    app: Any = falcon.asgi.App()
    falcon_media.install(app, per_connection=True)
    table = app.ws_options.media_handlers.wiring.table
    wanted = RouteChoice(owner='Route', limits={'max_size': 5})
    route = table.route(table.handlers, wanted)
    assert table.selected('json', route).handler.limits.max_size == 5
    assert table.selected('json', table.handlers).handler.limits == Limits()
    one = table.selected(use('json', limits={'max_depth': 2}), route)
    assert one.handler.limits == Limits(max_size=5, max_depth=2)
