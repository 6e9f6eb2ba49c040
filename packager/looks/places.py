"""Where a session asks for content that an ad server may have something to say of.

``look/{ending}/{path}``, relative to the session's playlists, as the segments of ads are that the
server reports: nothing in it names the session or an ad. So manifests are shared by all and need
not wait for an ad, and a request says who is shown it.
"""

from packager.paths import Ending

ROUTE = "look/{ending}/{path:path}"


def own_way(ending: Ending) -> str:
    """What the URIs begin with, in manifests of a format; the path at the origin follows."""
    return f"look/{ending}/"
