"""The measured apps: the same task for each contestant."""
