"""Feeds: where facts come from that are the same for all, asked for or told to Weft."""
