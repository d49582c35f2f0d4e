"""The marker for plugin functions that implement a hook."""

from __future__ import annotations

import pluggy

__all__ = (
    'hookimpl',
    'PROJECT',
)


PROJECT = 'falcon_media'
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Mark a function of a plugin as the implementation of a hook."""
