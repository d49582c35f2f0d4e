"""``python -m falcon_media``."""

from __future__ import annotations

import sys

from falcon_media.cli import main

sys.exit(main())
