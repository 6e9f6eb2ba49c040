"""Overlay templates on this machine: their folders, the bundled ones, and ``weft render``."""
