"""Requests in, pure calls, responses out: one module per part of the interface."""
