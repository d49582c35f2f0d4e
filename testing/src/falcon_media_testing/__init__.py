"""The contract kit: what a media handler has to keep, as tests for its author.

It needs what ``pip install 'falcon-media[testing]'`` brings. See ``docs/authors.md``.
"""

from __future__ import annotations

from falcon_media.compare import same
from falcon_media_testing.contract import HandlerContract
from falcon_media_testing.declaration import Batch
from falcon_media_testing.declaration import Loosened
from falcon_media_testing.declaration import Refused
from falcon_media_testing.declaration import Sample
from falcon_media_testing.failure import ContractFailure
from falcon_media_testing.probes import BEYOND_JSON
from falcon_media_testing.probes import Probe
from falcon_media_testing.probes import PROBES
from falcon_media_testing.shapes import Place
from falcon_media_testing.table import fidelity_table

__all__ = (
    'BEYOND_JSON',
    'Batch',
    'ContractFailure',
    'HandlerContract',
    'Loosened',
    'PROBES',
    'Place',
    'Probe',
    'Refused',
    'Sample',
    'fidelity_table',
    'same',
)
