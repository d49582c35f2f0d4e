"""The built-in JSON handler, and strict JSON for the other handlers of it."""
