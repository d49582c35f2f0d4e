"""Finding, loading and building the handlers of plugins."""
