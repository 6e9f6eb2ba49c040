"""Why there is no picture at a URL."""

from packager.reasons import Reason


class PictureError(Exception):
    """A URL gives no picture that may be drawn; `reason` is the code to count it under."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
