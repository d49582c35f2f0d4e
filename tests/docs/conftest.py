"""Each test that takes a ``document`` sees every one of the workspace's."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PATTERNS = ('*.md', 'core/*.md', 'plugins/*/*.md', 'docs/**/*.md')


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if 'document' in metafunc.fixturenames:
        documents = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
        names = [str(path.relative_to(ROOT)) for path in documents]
        metafunc.parametrize('document', documents, ids=names)
