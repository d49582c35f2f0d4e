"""``falcon-media lab``: every installed handler on a message, in the browser.

The page (``static/``) is plain HTML, CSS and ES modules, served as they are. It speaks
to the server over two WebSockets: one about the lab (``/lab``, JSON), and one in the
format that is looked at (``/wire``), which gets back what it sends.
"""

from __future__ import annotations
