"""Benchmarks: each prints one table of what its pieces of work cost, and says what was aimed at."""
