"""Attribute an exception to the contract, or to the kit.

A contract has code of its own: ``nested()``, ``same()``, the functions of a ``Place``.
What goes wrong there is no fault of the handler, and the author has to read that.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import CodeType
from types import FrameType
from types import TracebackType
from typing import Any

import falcon_media
from falcon_media_testing.declaration import Declaration
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.failure import show_error
from falcon_media_testing.failure import show_media

__all__ = ('blamed',)

_OURS = (str(Path(falcon_media.__file__).parent), str(Path(__file__).parent))

_EXPECTED = {
    'anything': 'returns a Hypothesis strategy for objects, odd ones too',
    'deep_media': 'yields objects of so many containers, one within the other',
    'domain': 'returns a Hypothesis strategy for objects that come back equal',
    'empties': 'returns a payload of so many empty containers',
    'endless_media': 'yields objects that contain themselves',
    'many': 'returns a payload with so many items',
    'maps': 'returns a payload of maps with these entries, or None',
    'nested': 'returns a payload of so many containers, or None',
    'places': 'yields a Place for each position that the value can have in a message',
    'same': 'returns whether the object came back equal, whatever it is given',
}


def blamed(ex: Exception, contract: Declaration) -> ContractFailure:
    """Say whose code an exception comes from, which call raised it, and what to do.

    Args:
        ex (Exception): The exception.
        contract (Declaration): The contract that was tried.

    Returns:
        ContractFailure: To raise in its place.
    """
    frame = _of_the_author(ex.__traceback__)
    if frame is None:
        return ContractFailure(
            f'The kit raised {show_error(ex)}',
            'The cause is neither a call of the handler nor code of the contract. '
            'Check that the attributes of the contract have the types that their '
            'descriptions ask for; if they do, report it as a bug of falcon-media.',
        )
    name = type(contract).__name__
    method = next(
        (name for name in _EXPECTED if _is_code_of(contract, name, frame.f_code)), ''
    )
    expected = f'{method}() {_EXPECTED[method]}' if method else 'correct it there'
    cure = f'This is code of the contract, not of the handler: {expected}.'
    return ContractFailure(
        f'{name} called {_called(frame, method)}, which raised {show_error(ex)}', cure
    )


def _of_the_author(traceback: TracebackType | None) -> FrameType | None:
    """Find the outermost frame that is neither the kit's nor Hypothesis's."""
    while traceback is not None:
        frame = traceback.tb_frame
        if _is_of_the_author(frame.f_code):
            return frame
        traceback = traceback.tb_next
    return None


def _is_of_the_author(code: CodeType) -> bool:
    file = code.co_filename
    return not file.startswith((*_OURS, '<')) and 'hypothesis' not in Path(file).parts


def _is_code_of(contract: Declaration, method: str, code: CodeType) -> bool:
    function = getattr(type(contract), method)
    return getattr(function, '__code__', None) is code


def _called(frame: FrameType, method: str) -> str:
    found = inspect.getargvalues(frame)
    shown: list[Any] = [
        show_media(found.locals.get(name))
        for name in found.args
        if name not in {'self', 'cls'}
    ]
    return f'{method or frame.f_code.co_name}({", ".join(shown)})'
