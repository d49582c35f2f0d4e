"""Which handlers an app, its routes and its connections use."""
