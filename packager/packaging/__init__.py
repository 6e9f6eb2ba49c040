"""Creatives and slate become rendition sets that match a show's own ladder."""
