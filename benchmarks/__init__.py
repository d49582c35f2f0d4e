"""What falcon-media costs, beside what it stands on; ``docs/benchmarks.md``."""
