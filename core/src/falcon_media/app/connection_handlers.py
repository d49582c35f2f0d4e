"""The mapping from which Falcon takes the handlers of each connection."""

from __future__ import annotations

from typing import Any, TYPE_CHECKING
from weakref import WeakValueDictionary

from falcon import WebSocketPayloadType

from falcon_media.connection.switches import give_switch
from falcon_media.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from falcon.asgi import App

    from falcon_media.app.wiring import Wiring

__all__ = ('ConnectionHandlers',)


class ConnectionHandlers(dict[WebSocketPayloadType, Any]):
    """A dict that returns a new switch for each connection.

    It replaces ``ws_options.media_handlers``. A subscript returns a new switch if the
    app can select handlers by route or connection, else the handler. Assigning a
    handler works as for any dict, and affects later connections.

    Attributes:
        wiring (Wiring): The handlers that were installed last.
        is_started (bool): Whether the app has started. Until then, routes may change.
    """

    wiring: Wiring

    def __init__(
        self, app: App[Any, Any], handlers: Mapping[WebSocketPayloadType, Any]
    ) -> None:
        super().__init__(handlers)
        self.is_started = False
        self._app = app
        _tables[id(app)] = self

    @classmethod
    def of(cls, app: App[Any, Any]) -> ConnectionHandlers | None:
        """Find the mapping of an app, even if the app has replaced it."""
        return _tables.get(id(app))

    @staticmethod
    def forget(app: App[Any, Any]) -> None:
        """Forget the mapping of an app after a failed ``install()``."""
        _tables.pop(id(app), None)

    def put(self, handlers: Mapping[WebSocketPayloadType, Any]) -> None:
        """Replace the contents, and make this the mapping of the app."""
        self.clear()
        self.update(handlers)
        self._app.ws_options.media_handlers = self

    def start(self) -> None:
        """Make the handlers of the routes.

        Raises:
            ConfigError: See :meth:`check_place`.
        """
        self.check_place()
        self.wiring.check_routes(self._app)
        self.is_started = True

    def check_place(self) -> None:
        """Check that the app still uses this mapping.

        Raises:
            ConfigError: The app has replaced the mapping, and the guard with it.
        """
        if self._app.ws_options.media_handlers is not self:
            raise ConfigError(
                'app.ws_options.media_handlers was replaced after '
                'falcon_media.install(), which disables its handlers and budgets: '
                'replace it before install(), or assign a handler to '
                'app.ws_options.media_handlers[...]'
            )

    def __getitem__(self, payload_type: WebSocketPayloadType) -> Any:
        handler = super().__getitem__(payload_type)
        # NOTE: Not every server sends the start-up event.
        if not self.is_started:
            self.wiring.check_routes(self._app)
        bound = self.wiring.table.of_app(payload_type, handler)
        if not self.wiring.is_switched:
            return bound.handler
        return give_switch(bound)


# NOTE: Keyed by id, since an app can't be weakly referenced. Its mapping keeps it
#   alive, so that the id isn't reused.
_tables: WeakValueDictionary[int, ConnectionHandlers] = WeakValueDictionary()
