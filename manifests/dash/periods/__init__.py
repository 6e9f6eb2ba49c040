"""Periods as text: parts of the content's, and ads in their place (splice rules B-10 to B-27)."""
