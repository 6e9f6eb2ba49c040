"""From breaks and decisions to a session's timeline."""
