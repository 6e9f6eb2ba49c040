"""Decoded frames and what is laid over them, as Y, U and V planes; values in, values out."""
