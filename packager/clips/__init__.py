"""Clips: assets made of a template and data, once for each data, shown where any asset is."""
