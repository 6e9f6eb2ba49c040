"""HTTP Live Streaming playlists (draft-pantos-hls-rfc8216bis)."""
