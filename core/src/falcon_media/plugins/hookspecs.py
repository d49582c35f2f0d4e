"""The hooks that a plugin implements (pluggy)."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence

import pluggy

from falcon_media.protocol.handlers import Handler
from falcon_media.protocol.markers import PROJECT
from falcon_media.protocol.spec import HandlerSpec

__all__ = ()

hookspec = pluggy.HookspecMarker(PROJECT)


@hookspec
def falcon_media_handlers() -> Sequence[HandlerSpec]:  # type: ignore[empty-body]  # a hookspec has no body
    """Describe the handlers of this plugin.

    Called once, when one of them is selected or all are listed. It must not import a
    codec library.

    Returns:
        Sequence[HandlerSpec]: One for each entry point of the distribution.
    """


@hookspec(firstresult=True)
def falcon_media_build_handler(
    spec: HandlerSpec, options: Mapping[str, object]
) -> Handler | None:
    """Build a handler; the first result that is not ``None`` is used.

    The core's implementation calls ``spec.factory(**options)`` and runs last. An
    extension can build the handler instead, or wrap it (``wrapper=True``), for example
    to count or trace.

    Args:
        spec (HandlerSpec): The handler that was selected.
        options (Mapping): Its options, checked against the factory's signature.

    Returns:
        Handler: An instance, or ``None`` to leave it to the next hook.
    """


@hookspec
def falcon_media_diagnostics() -> Mapping[str, str]:  # type: ignore[empty-body]  # a hookspec has no body
    """Report facts for a bug report, such as library versions.

    It may import the codec library.

    Returns:
        Mapping[str, str]: Label -> fact.
    """
