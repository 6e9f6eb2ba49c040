"""Choices of a session: values in, values out, the same in any process; no clock, no state.

`policy` is what a show says, compiled; `settle` settles a session's choices by it; `record` is what
is kept of that, `replay` does it once more, and `why` says it in plain sentences.
"""
