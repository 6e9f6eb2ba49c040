"""MPEG transport streams: one stream replaced, all else as it was (ISO 13818-1)."""
