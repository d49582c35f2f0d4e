"""The selection of handlers for an app, its routes and its connections."""
