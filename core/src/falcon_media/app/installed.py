"""Report the handlers of an app."""

from __future__ import annotations

from collections.abc import Mapping

from falcon_media.app.wiring import Wiring
from falcon_media.limits import Limits
from falcon_media.plugins.registry import Registry
from falcon_media.protocol.stats import Count
from falcon_media.selection.model import Bound
from falcon_media.selection.model import Choice
from falcon_media.selection.model import Chosen
from falcon_media.selection.model import described
from falcon_media.selection.model import Handlers
from falcon_media.selection.model import own_budgets

__all__ = ('Installed',)


class Installed:
    """The installed handlers of an app.

    Attributes:
        handlers (Handlers): The app's handlers, unless a route or a connection has
            others.
        registry (Registry): The handlers that are installed on this machine.
        http (Mapping): Media type -> handler, for HTTP.
    """

    def __init__(self, wiring: Wiring) -> None:
        self.handlers: Handlers = wiring.handlers
        self.registry: Registry = wiring.resolver.registry
        self.http: Mapping[str, Bound] = wiring.http
        self._wiring = wiring

    @property
    def refused_handshakes(self) -> int:
        """Number of connections that were refused for lack of a common subprotocol."""
        return self._wiring.table.refused_handshakes

    @property
    def limits(self) -> Limits:
        """The budgets of handlers that set none."""
        return self.handlers.budgets.limits

    @property
    def is_switched(self) -> bool:
        """Whether handlers can be selected by route or connection."""
        return self._wiring.is_switched

    def __repr__(self) -> str:
        chosen = [
            f'text={self.handlers.text.handler.name!r}',
            f'binary={self.handlers.binary.handler.name!r}',
        ]
        if self.handlers.subprotocols:
            chosen.append(f'subprotocols={list(self.handlers.subprotocols)}')
        if self.http:
            names = dict.fromkeys(bound.handler.name for bound in self.http.values())
            chosen.append(f'http={list(names)}')
        return f'<Installed {" ".join(chosen)}>'

    def choices(self) -> list[Chosen]:
        """List the handlers of the app, of HTTP and of each route that differs.

        Returns:
            list[Chosen]: One for each use of a handler.
        """
        own: list[Chosen] = []
        for wanted, handlers in self._wiring.table.routes():
            answers_sockets, answers_http = wanted.answers()
            own += [
                bound.chosen()
                for bound in handlers.all()
                if answers_sockets and bound.route == wanted.owner
            ]
            if answers_http:
                own += self._wiring.http_choices(wanted, handlers)
        return [
            *(bound.chosen() for bound in self.handlers.all()),
            *(bound.chosen(media_type) for media_type, bound in self.http.items()),
            *own,
        ]

    def budgets(self) -> dict[str, Choice]:
        """Return the budgets of handlers that set none, and their sources."""
        selection = self._wiring.resolver.selection
        return {
            budget: Choice(int(getattr(selection.limits, budget)), source)
            for budget, source in selection.limits_sources.items()
        }

    def describe(self) -> str:
        """Describe the selected handlers and the source of each choice.

        Returns:
            str: Text for humans; the format may change.
        """
        choices = self.choices()
        budgets = self.budgets()
        lines = [described(choice) for choice in choices]
        lines += [
            ('limit', f'{budget} = {chosen.value}', chosen.source)
            for budget, chosen in budgets.items()
        ]
        # NOTE: A dict drops duplicates: an HTTP handler has one line per media type.
        lines += dict.fromkeys(
            (f'limit of {described(choice)[0]}', f'{budget} = {own.value}', own.source)
            for choice in choices
            for budget, own in own_budgets(choice, budgets)
        )
        widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
        return '\n'.join(
            f'{kind:{widths[0]}}  {shown:{widths[1]}}  {source}'
            for kind, shown, source in lines
        )

    def stats(self) -> list[Count]:
        """Return usage counters: open connections, messages, bytes, refusals.

        Returns:
            list[Count]: One for each use of a handler. Messages and bytes are counted
            if handlers can be selected by route or connection (see `per_connection` of
            :func:`install`), and ``None`` otherwise. The app's own HTTP handlers are
            listed if budgets or types have refused a body.
        """
        uses = {id(bound.tally): bound for bound in self._wiring.table.all()}
        served: dict[int, str] = {}
        for media_type, bound in self.http.items():
            served.setdefault(id(bound.tally), media_type)
            uses[id(bound.tally)] = bound
        open_connections = dict.fromkeys(uses, 0)
        for connection in list(self._wiring.connections):
            if connection.ws.ready:
                for bound in connection.spoken():
                    key = id(bound.tally)
                    uses.setdefault(key, bound)
                    open_connections[key] = open_connections.get(key, 0) + 1
        counts = [
            Count(
                handler=bound.handler.name,
                payload_type=bound.payload_type.name,
                subprotocol=bound.subprotocol,
                media_type=served.get(key),
                route=bound.route,
                connections=open_connections[key],
                received=bound.tally.received if counts else None,
                received_bytes=bound.tally.received_bytes if counts else None,
                sent=bound.tally.sent if counts else None,
                sent_bytes=bound.tally.sent_bytes if counts else None,
                refused=dict(bound.tally.refused),
                dropped=bound.tally.dropped,
                too_slow=bound.tally.too_slow,
            )
            for key, bound in uses.items()
            for counts in (self.is_switched and key not in served,)
        ]
        counts += [
            Count(
                handler=name,
                payload_type='BINARY',
                subprotocol=None,
                media_type=media_type,
                route=None,
                connections=0,
                received=None,
                received_bytes=None,
                sent=None,
                sent_bytes=None,
                refused=dict(tally.refused),
                dropped=0,
                too_slow=0,
            )
            for media_type, (name, tally) in self._wiring.kept_tallies.items()
            if tally.refused
        ]
        return counts
