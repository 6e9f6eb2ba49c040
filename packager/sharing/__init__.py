"""Sharing: what viewers with equal choices are sent is at one URL for all of them."""
