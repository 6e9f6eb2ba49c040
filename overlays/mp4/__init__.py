"""Fragmented MP4: samples read out of segments and other samples put in (ISO 14496-12)."""
