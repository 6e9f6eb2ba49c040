"""Pictures: drawing and layout, values in, pixels out; no network, no clock."""
