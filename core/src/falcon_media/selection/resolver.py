"""Make the bound handlers of an app and its routes from a selection."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from falcon import WebSocketPayloadType
from falcon.media import TextBaseHandlerWS

from falcon_media.errors import ConfigError
from falcon_media.errors import SetupError
from falcon_media.limits import Limits
from falcon_media.plugins.registry import Registry
from falcon_media.plugins.use import as_limits
from falcon_media.plugins.use import Use
from falcon_media.protocol.batching import Batched
from falcon_media.protocol.batching import Batching
from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.message_types import Types
from falcon_media.protocol.stats import Tally
from falcon_media.protocol.wrapping import adopt
from falcon_media.protocol.wrapping import made_by
from falcon_media.protocol.wrapping import REFUSING
from falcon_media.protocol.wrapping import refusing
from falcon_media.selection.model import Bound
from falcon_media.selection.model import Budgets
from falcon_media.selection.model import Choice
from falcon_media.selection.model import DEFAULT
from falcon_media.selection.model import Handlers
from falcon_media.selection.model import RouteChoice
from falcon_media.selection.model import Selection
from falcon_media.selection.model import send_only
from falcon_media.suggestions import one_of

__all__ = ('Resolver',)

TEXT = WebSocketPayloadType.TEXT
BINARY = WebSocketPayloadType.BINARY


class Resolver:
    """Makes handlers from choices, and reports all errors at once.

    Args:
        registry (Registry): The handlers that are installed.
        selection (Selection): The settings of the app.
    """

    def __init__(self, registry: Registry, selection: Selection) -> None:
        self.registry = registry
        self.selection = selection
        # NOTE: Keyed by the id of a spec, which may be unhashable. Its record keeps it.
        self._handlers: dict[tuple[int, Limits], Handler] = {}
        self._served: Mapping[str, Bound] = {}

    def app(
        self, present: Mapping[WebSocketPayloadType, Choice]
    ) -> tuple[Handlers, dict[str, Bound]]:
        """Make the handlers of the app.

        Args:
            present (Mapping): The present handlers of the app, with their sources; used
                where none are selected.

        Returns:
            tuple: The handlers, and those for HTTP by media type, including aliases.

        Raises:
            SetupError: There is an error; a ``ConfigError`` if there are several.
        """
        selection = self.selection
        making = _Making(self, self._app_budgets())
        making.problems += map(ConfigError, selection.problems)
        making.problems += self._option_problems()
        handlers = making.handlers(
            selection.text or present[TEXT],
            selection.binary or present[BINARY],
            selection.subprotocols,
        )
        http: dict[str, Bound] = {}
        try:
            http = self._http()
        except SetupError as ex:
            making.problems.append(ex)
        making.finish()
        self._served = http
        return handlers, http

    def route(self, base: Handlers, wanted: RouteChoice) -> Handlers:
        """Make the handlers of a route.

        Args:
            base (Handlers): The handlers of the app or the resource.
            wanted (RouteChoice): The settings of the route.

        Returns:
            Handlers: New ones, with those of `base` for settings that are not set.

        Raises:
            SetupError: Something is wrong.
        """
        place = f'@media_handlers on {wanted.owner}'
        try:
            budgets = base.budgets
            if wanted.limits is not None:
                limits = as_limits(wanted.limits)
                budgets = budgets.under(limits, place)
            types = Types.of({'receive': wanted.receive, 'send': wanted.send})
        except ConfigError as ex:
            ex.detail = f'{place}: {ex.detail}'
            raise
        making = _Making(self, budgets, base, wanted.owner, types)

        def choice(value: Any, setting: str) -> Choice | None:
            return None if value is None else Choice(value, f'{place}: {setting}')

        subprotocols = None
        if wanted.subprotocols is not None:
            subprotocols = {
                name: Choice(value, f'{place}: subprotocols[{name!r}]')
                for name, value in wanted.subprotocols.items()
            }
        handlers = making.handlers(
            choice(wanted.text, 'text='), choice(wanted.binary, 'binary='), subprotocols
        )
        if types is not None and not making.fits:
            making.fits = self._serves(handlers)
        making.finish()
        return handlers

    def _serves(self, handlers: Handlers) -> bool:
        """Return whether an HTTP handler supports the types of a route."""
        for bound in self._served.values():
            with suppress(ConfigError):
                self.make_served(bound.choice, bound.handler.types, handlers)
                return True
        return False

    def make_served(
        self, choice: Choice, own: Types | None, handlers: Handlers
    ) -> Handler:
        """Make the handler of a route for one that was selected for HTTP.

        Args:
            choice (Choice): The handler.
            own (Types | None): Its types.
            handlers (Handlers): The handlers of the route, for its types and budgets.
        """
        types = handlers.types
        types = own if types is None else types.over(own)
        made, _ = self.make(choice, None, handlers.budgets, types, is_kept=True)
        return made

    def _http(self) -> dict[str, Bound]:
        making = _Making(self, self._app_budgets())
        found: dict[str, Bound] = {}
        for choice in self.selection.http:
            bound = making.bind(choice, None)
            if bound is None:
                continue
            if not isinstance(choice.value, str | Use):
                making.problems.append(
                    ConfigError(
                        f'{choice.source}: an instance has no media type: pass the '
                        'name of a handler, or falcon_media.use(...)'
                    )
                )
                continue
            spec = self.registry.find(self._use(choice.value).name, None)
            media_types = (spec.media_type, *spec.aliases)
            for media_type in media_types:
                other = found.get(media_type, bound).choice
                if other.value != choice.value:
                    making.problems.append(
                        ConfigError(
                            f'{choice.source}: {other.value} and {choice.value} both '
                            f'serve {media_type}: select one of them'
                        )
                    )
                    break
            found |= dict.fromkeys(media_types, bound)
        making.finish()
        return found

    def make(
        self,
        choice: Choice,
        payload_type: WebSocketPayloadType | None,
        budgets: Budgets,
        types: Types | None = None,
        *,
        is_kept: bool = False,
    ) -> tuple[Handler, Mapping[str, str]]:
        """Make one handler.

        Args:
            choice (Choice): A name, a :class:`~falcon_media.Use` or an instance.
            payload_type (falcon.WebSocketPayloadType | None): The required payload
                type; ``None`` for either.
            budgets (Budgets): The budgets that the handler doesn't set.
            types (Types | None): The message types.

        Keyword Args:
            is_kept (bool): Whether the types override those that are set with the
                handler.

        Returns:
            tuple: The handler, under the guard, and the source of each budget.

        Raises:
            SetupError: The handler can't be made; the message names the setting.
        """
        by_name = isinstance(choice.value, str | Use)
        make = self._make_named if by_name else self._make_given
        try:
            return make(choice, payload_type, budgets, types, is_kept=is_kept)
        except SetupError as ex:
            ex.detail = f'{choice.source}: {ex.detail}'
            raise

    def _make_named(
        self,
        choice: Choice,
        payload_type: WebSocketPayloadType | None,
        budgets: Budgets,
        types: Types | None,
        *,
        is_kept: bool,
    ) -> tuple[Handler, Mapping[str, str]]:
        """Build the handler of a name, with its options from the configuration."""
        value = choice.value
        budgets = self._own_budgets(choice, budgets)
        # NOTE: Without types, `type` may be an option of the handler's own.
        if types is not None and isinstance(value, Use) and not is_kept:
            own = Types.of(value.options)
            types = types if own is None else own.over(types)
        if isinstance(value, str) and types is None:
            handler = self._shared(value, payload_type, budgets.limits)
        else:
            handler = self.registry.build(
                self._use(value), payload_type, budgets.limits, types
            )
        return handler, budgets.sources

    def _make_given(
        self,
        choice: Choice,
        payload_type: WebSocketPayloadType | None,
        budgets: Budgets,
        types: Types | None,
        *,
        is_kept: bool,
    ) -> tuple[Handler, Mapping[str, str]]:
        """Put an instance under the guard."""
        value = choice.value
        if isinstance(value, Batched):
            raise ConfigError(
                'batched() works only for subprotocols, since the client must know '
                'about it: pass it in subprotocols='
            )
        if payload_type is None:
            payload_type = TEXT if isinstance(value, TextBaseHandlerWS) else BINARY
        with made_by(type(value).__name__):
            handler = adopt(value, payload_type, budgets.limits)
        # NOTE: An instance with a codec was built with all its budgets.
        if handler is value:
            budgets = budgets.under(handler.limits.settled(), choice.source)
        return _with_types(handler, types, is_kept=is_kept), budgets.sources

    def _shared(
        self, name: str, payload_type: WebSocketPayloadType | None, limits: Limits
    ) -> Handler:
        """Build the handler of a name once, so that a broadcast encodes by it once."""
        key = (id(self.registry.find(name, payload_type)), limits)
        handler = self._handlers.get(key)
        if handler is None:
            handler = self.registry.build(self._use(name), payload_type, limits)
            self._handlers[key] = handler
        return handler

    def _use(self, value: str | Use) -> Use:
        use = Use(value) if isinstance(value, str) else value
        configured = self.selection.options.get(use.name.rpartition(':')[2])
        options = {**(configured.value if configured else {}), **use.options}
        # NOTE: _own_budgets() has merged the limits already.
        options.pop('limits', None)
        return Use(use.name, options)

    def _app_budgets(self) -> Budgets:
        return Budgets(self.selection.limits, self.selection.limits_sources)

    def _own_budgets(self, choice: Choice, budgets: Budgets) -> Budgets:
        use = choice.value
        use = Use(use) if isinstance(use, str) else use
        layers = [
            self.selection.options.get(use.name.rpartition(':')[2]),
            Choice(use.options, choice.source),
        ]
        for layer in layers:
            if layer is not None and 'limits' in layer.value:
                limits = as_limits(layer.value['limits'])
                budgets = budgets.under(limits, layer.source)
        return budgets

    def _option_problems(self) -> list[SetupError]:
        """Find errors in the options by handler, selected or not.

        A wrong option is removed, so that its error is reported once.
        """
        known = {record.name for record in self.registry.records}
        problems: list[SetupError] = []
        options = self.selection.options
        for name, (value, source) in list(options.items()):
            if name not in known:
                detail = (
                    f'unknown handler. {one_of(str(name).rpartition(":")[2], known)}'
                )
                problems.append(ConfigError(f'{source}: {detail}'))
                continue
            faults = self.registry.option_faults(name, value)
            problems += [ConfigError(f'{source}: {fault}') for fault in faults.values()]
            good = {key: one for key, one in value.items() if key not in faults}
            options[name] = Choice(good, source)
        return problems


def _with_types(handler: Handler, types: Types | None, *, is_kept: bool) -> Handler:
    if types is None or types == handler.types:
        return handler
    if handler.types is not None:
        if not is_kept:
            return handler
        raise ConfigError(
            f'{handler.name} is an instance that is already bound to {handler.types}, '
            f'and cannot be bound to {types}: pass its name, or falcon_media.use(...)'
        )
    from falcon_media.protocol.type_binding import bind_types

    return bind_types(handler, types)


class _Making:
    """Makes handlers that belong together, and collects the errors."""

    def __init__(
        self,
        resolver: Resolver,
        budgets: Budgets,
        base: Handlers | None = None,
        route: str | None = None,
        types: Types | None = None,
    ) -> None:
        self.problems: list[SetupError] = []
        self._resolver = resolver
        self._budgets = budgets
        self._base = base
        self._route = route
        self._types = types
        self._all_types = base.types if base else None
        if types is not None:
            self._all_types = types.over(self._all_types)
        # NOTE: Handlers that were selected elsewhere, and don't support the types of
        #   this route. This is an error only if no handler supports them.
        self._unfit: list[SetupError] = []
        self.fits = False

    def handlers(
        self,
        text: Choice | None,
        binary: Choice | None,
        subprotocols: Mapping[str, Choice] | None,
    ) -> Handlers:
        base = self._base
        base_text, base_binary = (base.text, base.binary) if base else (None, None)
        bound_text = self._bind_or_keep(text, TEXT, base_text)
        bound_binary = self._bind_or_keep(binary, BINARY, base_binary)
        by_subprotocol: dict[str, Any]
        if subprotocols is not None or base is None:
            by_subprotocol = {
                name: self.bind(choice, None, name)
                for name, choice in (subprotocols or {}).items()
            }
        else:
            found = {
                name: self._keep(bound) for name, bound in base.subprotocols.items()
            }
            by_subprotocol = {name: bound for name, bound in found.items() if bound}
        if bound_text and bound_binary:
            bound_text, bound_binary = (
                self._with_the_type_beside(
                    bound_text, text, bound_binary, binary, base_text
                ),
                self._with_the_type_beside(
                    bound_binary,
                    binary,
                    bound_text,
                    text,
                    base_binary,
                ),
            )
        # NOTE: If one is None, there is a problem, and finish() raises it.
        return Handlers(
            bound_text,  # type: ignore[arg-type]  # see NOTE
            bound_binary,  # type: ignore[arg-type]  # see NOTE
            by_subprotocol,
            self._budgets,
            self._all_types,
        )

    def bind(
        self,
        choice: Choice,
        payload_type: WebSocketPayloadType | None,
        subprotocol: str | None = None,
        kept: Bound | None = None,
    ) -> Bound | None:
        value = choice.value
        bounds = value if isinstance(value, Batched) and subprotocol else None
        made_of = choice if bounds is None else Choice(bounds.handler, choice.source)
        batching = None
        types = self._all_types
        if kept is not None:
            types = kept.handler.types
            if self._types is not None:
                types = self._types.over(types)
        try:
            handler, sources = self._resolver.make(
                made_of, payload_type, self._budgets, types, is_kept=kept is not None
            )
            if bounds is not None:
                batching = _batching(handler, bounds, choice)
        except SetupError as ex:
            is_unfit = kept and self._types and isinstance(ex, ConfigError)
            (self._unfit if is_unfit else self.problems).append(ex)
            return None
        self.fits = self.fits or types is not None
        return Bound(
            handler=handler,
            payload_type=handler.payload_type,
            choice=choice,
            limits_sources=sources,
            tally=Tally(),
            subprotocol=subprotocol,
            route=self._route,
            batching=batching,
        )

    def finish(self) -> None:
        if not self.fits:
            self.problems += self._unfit
        # NOTE: A type that no handler supports is found once per handler.
        lines = list(dict.fromkeys(map(str, self.problems)))
        if len(lines) == 1:
            raise self.problems[0]
        if lines:
            raise ConfigError('\n'.join(lines)) from self.problems[0]

    def _bind_or_keep(
        self,
        choice: Choice | None,
        payload_type: WebSocketPayloadType,
        kept: Bound | None,
    ) -> Bound | None:
        if choice is not None:
            return self.bind(choice, payload_type)
        assert kept is not None  # noqa: S101  # an app has a choice for each
        bound = self._keep(kept)
        if bound is not None:
            return bound
        why = f'{kept.handler.name} does not support the message types of {self._route}'
        return kept._replace(
            handler=refusing(payload_type, why), route=self._route, tally=Tally()
        )

    def _with_the_type_beside(
        self,
        bound: Bound,
        choice: Choice | None,
        beside: Bound,
        beside_choice: Choice | None,
        base: Bound | None,
    ) -> Bound:
        """Make a handler send-only if that of the other payload type has a type.

        A handler that was selected in the same place is left without the type.
        """
        if beside.receive in (None, bound.receive) or bound.handler.name == REFUSING:
            return bound
        was_sent_only = base is not None and base.full is not None
        if _is_chosen(choice) or not (_is_chosen(beside_choice) or was_sent_only):
            return bound
        if base is not None and bound is base.full and was_sent_only:
            return base
        return send_only(bound._replace(route=self._route, tally=Tally()))

    def _keep(self, kept: Bound) -> Bound | None:
        """Reuse or remake a handler that was selected elsewhere; ``None`` if unfit."""
        kept = kept.full or kept
        same_limits = self._base is None or self._budgets is self._base.budgets
        if same_limits and self._types is None:
            return kept
        return self.bind(kept.choice, kept.payload_type, kept.subprotocol, kept)


def _is_chosen(choice: Choice | None) -> bool:
    return choice is not None and choice.source != DEFAULT


def _batching(handler: Handler, bounds: Batched, choice: Choice) -> Batching:
    try:
        return Batching(handler, bounds)
    except ConfigError as ex:
        ex.detail = f'{choice.source}: {ex.detail}'
        raise
