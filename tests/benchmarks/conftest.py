"""The benchmarks are no package that is installed: they are found in the tree."""

from __future__ import annotations

from pathlib import Path
import sys

sys.path.append(str(Path(__file__).parents[2]))
