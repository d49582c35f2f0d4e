"""Settings for the tests of the compiled checks."""

from __future__ import annotations

from hypothesis import settings

# NOTE: An example goes through every handler, so on a busy machine one may take longer
#   than the 200 ms that Hypothesis allows. Another profile that was chosen stays.
settings.register_profile('default', settings.get_profile('default'), deadline=None)
