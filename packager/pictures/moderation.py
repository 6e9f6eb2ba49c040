"""Asking somebody else whether a viewer's own picture may be shown."""

from collections.abc import Mapping

import orjson

from packager.outbound import GuardedClient, Limits, OutboundError, Policy
from packager.pictures.errors import PictureError
from packager.reasons import Reason

LIMITS = Limits(total_s=3.0, max_bytes=16 * 1024)


class Moderation:
    """A server that says yes or no."""

    def __init__(self, client: GuardedClient, url: str, headers: Mapping[str, str]) -> None:
        """Ask at `url`, with `headers` that are for it alone."""
        self._client = client
        self._url = url
        self._headers = headers
        self._policy = Policy.for_urls([url])

    async def check(self, url: str, sha256: str) -> None:
        """POST ``{"url", "sha256"}``; what is answered is ``{"allow": true}`` or false.

        Args:
            url: Of the picture.
            sha256: Of its bytes, as they were fetched.

        Raises:
            PictureError: It may not be shown, or nobody says that it may.
        """
        try:
            answer = await self._client.fetch(
                self._url,
                policy=self._policy,
                limits=LIMITS,
                headers={"Content-Type": "application/json"},
                credentials=self._headers,
                body=orjson.dumps({"url": url, "sha256": sha256}),
            )
            said = orjson.loads(answer.body)
        except (OutboundError, ValueError) as error:
            raise PictureError(Reason.PICTURE_NOT_MODERATED, str(error)) from error
        allow = said.get("allow") if isinstance(said, dict) else None
        if not isinstance(allow, bool):
            raise PictureError(Reason.PICTURE_NOT_MODERATED, "an answer without yes or no")
        if not allow:
            raise PictureError(Reason.PICTURE_NOT_ALLOWED, "moderation says no")
