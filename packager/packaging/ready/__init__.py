"""Creatives that come as HLS or DASH: taken as they are where they fit a ladder."""
