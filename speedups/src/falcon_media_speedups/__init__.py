"""The checks of falcon-media in C.

falcon-media uses them automatically. An app has nothing to configure or to call here.
"""

from __future__ import annotations

from falcon_media_speedups._checks import Checks
from falcon_media_speedups._checks import Decoder
from falcon_media_speedups._checks import Encoder
from falcon_media_speedups._checks import Shape

__all__ = ('API', 'Checks', 'Decoder', 'Encoder', 'Shape')

API = 1
"""Version of the interface. falcon-media ignores the package if it differs."""
