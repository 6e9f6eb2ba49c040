"""MPD patches: from one of our MPDs to a later one (ISO/IEC 23009-1, 5.15; rule B-48)."""
