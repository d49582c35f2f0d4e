"""Benchmarks of falcon-media against bare libraries: see ``docs/benchmarks.md``."""
