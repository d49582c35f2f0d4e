"""The bad plugins, as if they were installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from testing.tests.bad_plugins import SPECS

METADATA = """\
Metadata-Version: 2.1
Name: {name}
Version: 1.0
Requires-Dist: falcon-media-fake-library (>= 1.0)
"""


def distribute(root: Path, name: str, **files: str) -> None:
    info = root / f'{name.replace("-", "_")}-1.0.dist-info'
    info.mkdir()
    (info / 'METADATA').write_text(METADATA.format(name=name))
    for file, text in files.items():
        (info / file).with_suffix('.txt').write_text(text)


@pytest.fixture(autouse=True, scope='module')
def _bad_plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    root = tmp_path_factory.mktemp('distributions')
    module = 'testing.tests.bad_plugins'
    lines = [f'{spec.name} = {module}' for spec in SPECS if spec.name != 'eagerimport']
    # NOTE: Its module imports a library, which another distribution brings.
    lines.append('eagerimport = falcon_media_fake_plugin')
    lines.append('unimportable = falcon_media_broken_plugin')
    distribute(
        root,
        'falcon-media-bad',
        entry_points='\n'.join(['[falcon_media.handlers.v1]', *lines]),
    )
    library = 'falcon-media-fake-library'
    distribute(root, library)
    (root / 'falcon_media_fake_library-1.0.dist-info/RECORD').write_text(
        'falcon_media_fake_library.py,,\n'
    )
    (root / 'falcon_media_fake_library.py').write_text('')
    (root / 'falcon_media_broken_plugin.py').write_text('import not_there\n')
    (root / 'falcon_media_fake_plugin.py').write_text(
        'import falcon_media_fake_library\n'
        f'from {module} import *\n'
        f'from {module} import falcon_media_handlers\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root)
        yield
