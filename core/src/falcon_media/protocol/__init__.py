"""Media handlers, their description by plugins, and the guard around them."""
