"""``weft splice``: plans written by hand, and the pure core run on files."""
