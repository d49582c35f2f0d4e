"""``python -m falcon_media``."""

from __future__ import annotations

import sys

from falcon_media.command import main

sys.exit(main())
