"""Segments rendered again with overlays; `render` joins the parts, only workers import it."""
