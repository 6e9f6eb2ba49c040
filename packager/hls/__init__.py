"""HLS presentations: followed at their origin, joined with sessions into playlists."""
