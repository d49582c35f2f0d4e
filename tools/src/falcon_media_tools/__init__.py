"""The tools behind the command ``falcon-media``: a module for each subcommand."""
