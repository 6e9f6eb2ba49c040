"""MPEG transport streams: one video stream replaced, all else as it was (ISO 13818-1)."""
