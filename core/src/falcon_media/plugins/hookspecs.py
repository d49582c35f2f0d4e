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
    """Describe the handlers that this plugin brings.

    Called once, when one of them is selected or all are listed. Must import no codec
    library.

    Returns:
        Sequence[HandlerSpec]: One for each entry point of the distribution.
    """


@hookspec(firstresult=True)
def falcon_media_build_handler(
    spec: HandlerSpec, options: Mapping[str, object]
) -> Handler | None:
    """Build a handler; the first result that is not ``None`` is used.

    The core's own implementation calls ``spec.factory(**options)`` and comes last, so
    that an extension can build, or wrap what was built (``wrapper=True``), to count or
    to trace.

    Args:
        spec (HandlerSpec): The handler that was selected.
        options (Mapping): Its options, checked against the factory's signature.

    Returns:
        Handler: An instance, or ``None`` to leave it to the next.
    """


@hookspec
def falcon_media_diagnostics() -> Mapping[str, str]:  # type: ignore[empty-body]  # a hookspec has no body
    """Tell what is worth knowing in a bug report, such as library versions.

    Returns:
        Mapping[str, str]: A label for each fact. May import the codec library.
    """
