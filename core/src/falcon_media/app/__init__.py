"""Installing a selection into a Falcon app."""
