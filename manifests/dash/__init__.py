"""DASH: MPDs as values, cut and joined along a session's timeline (ISO/IEC 23009-1, 5th ed.)."""
