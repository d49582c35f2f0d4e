"""``falcon-media lab``: try a message with every installed handler, in the browser.

The page (``static/``) is plain HTML, CSS and ES modules, served as they are. It uses
two WebSockets: ``/lab`` controls the lab in JSON, and ``/wire`` echoes messages in the
chosen format.
"""

from __future__ import annotations
