"""The built-in handler: JSON, without a library."""
