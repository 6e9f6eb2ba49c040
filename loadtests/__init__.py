"""Load and benchmarks: what Weft costs, measured on synthetic shows; nothing here is installed."""
