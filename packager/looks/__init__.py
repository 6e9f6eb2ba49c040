"""Looks: what one class of viewers sees drawn onto a show, segment by segment."""
