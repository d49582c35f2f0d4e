"""The apps that are measured: the same task, on each of the contestants."""
