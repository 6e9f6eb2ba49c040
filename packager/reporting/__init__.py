"""Server-side reporting: what a viewer has seen of its ads, and who is to be told (part E).

Segments of ads that somebody wants to be told of are asked for at a place of their own, below the
session's playlists. A request there is evidence of playback (E-05): making a playlist never is.
"""
