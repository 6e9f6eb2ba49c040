"""Drawings: boxes, text, pictures, bars and rows, placed and moved over time."""
