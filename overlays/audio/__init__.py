"""Sound of a segment mixed with music: decoded, mixed, and encoded as what it was."""
