"""The checks of falcon-media, compiled.

falcon-media uses them where this package is installed. It has nothing to configure, and
nothing that an app would call.
"""

from __future__ import annotations

from falcon_media_speedups._checks import Checks
from falcon_media_speedups._checks import Decoder
from falcon_media_speedups._checks import Encoder
from falcon_media_speedups._checks import Shape

__all__ = ('API', 'Checks', 'Decoder', 'Encoder', 'Shape')

API = 1
"""What falcon-media has to know to call these; another number is not for it."""
