"""Settings of the whole process, which are the app's and not a plugin's to change."""

from __future__ import annotations

from collections.abc import Callable
import decimal
import gc
import locale
import os
import signal
import socket
import sys
from typing import Any

__all__ = ('AT_THE_START', 'Settings')

_SETTINGS: dict[str, Callable[[], Any]] = {
    'sys.setrecursionlimit()': sys.getrecursionlimit,
    'sys.set_int_max_str_digits()': sys.get_int_max_str_digits,
    'sys.setswitchinterval()': sys.getswitchinterval,
    'gc.disable() or gc.enable()': gc.isenabled,
    'gc.set_threshold()': gc.get_threshold,
    'decimal.getcontext()': lambda: _decimal(decimal.getcontext()),
    'locale.setlocale()': lambda: locale.setlocale(locale.LC_ALL),
    'signal.signal(SIGINT)': lambda: signal.getsignal(signal.SIGINT),
    'signal.signal(SIGTERM)': lambda: signal.getsignal(signal.SIGTERM),
    'socket.setdefaulttimeout()': socket.getdefaulttimeout,
    'os.chdir()': os.getcwd,
    'sys.settrace()': sys.gettrace,
}


def _decimal(context: decimal.Context) -> tuple[object, ...]:
    traps = tuple(signal for signal, is_set in context.traps.items() if is_set)
    return context.prec, context.rounding, context.Emin, context.Emax, traps


class Settings:
    """The settings as they are now."""

    def __init__(self) -> None:
        self._values = {name: get() for name, get in _SETTINGS.items()}

    def changed(self) -> list[str]:
        """Tell which of them are different now, a line for each."""
        return [
            f'{name}: {value!r} before, and {now!r} now'
            for name, value in self._values.items()
            if (now := _SETTINGS[name]()) != value
        ]


AT_THE_START = Settings()
"""As they were when the kit was imported, before the plugin was."""
