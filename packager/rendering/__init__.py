"""Overlays drawn into content segments: queued, admitted, rendered by workers, kept, answered."""
