"""MPDs from text: the tree without loss, and what it says (ISO/IEC 23009-1, section 5)."""
