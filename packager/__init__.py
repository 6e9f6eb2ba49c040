"""Weft's effects and composition: HTTP in and out, caches, sessions, packaging, console."""

VERSION = "0.1.0"
