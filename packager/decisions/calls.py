"""Calls of ad servers: URL, headers and body, from the configuration and one request (E-01)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from packager.decisions.request import DecisionRequest
from packager.decisions.templates import Template

ACCEPT = "application/xml, text/xml, */*;q=0.1"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdCall:
    """One call, complete."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    # For the configured server alone: not for who it redirects to or wraps.
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)  # of a POST; None: a GET
    is_first: bool = True  # to the configured server, not to one that a wrapper names


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTemplate:
    """How the calls of one ad server are made."""

    url: Template
    body: Template | None = None  # None: GET
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # the operator's own
    forwarded_for: bool = False  # tell the viewer's address in X-Forwarded-For too

    def first(self, request: DecisionRequest) -> AdCall:
        """The call of the configured server."""
        body, credentials = None, dict(self.headers)
        if self.body is not None:
            body = self.body.expand(request).encode(errors="replace")
            if not any(name.lower() == "content-type" for name in credentials):
                credentials["Content-Type"] = FORM_TYPE
        return AdCall(
            url=self.url.expand(request),
            headers=self._headers(request),
            credentials=credentials,
            body=body,
        )

    def further(self, url: str, request: DecisionRequest) -> AdCall:
        """The call of a server that a wrapper names; `url` has its macros filled in."""
        return AdCall(url=url, headers=self._headers(request), is_first=False)

    def _headers(self, request: DecisionRequest) -> dict[str, str]:
        headers = {"Accept": ACCEPT, **request.viewer.headers}
        if self.forwarded_for and request.viewer.address:
            headers["X-Forwarded-For"] = request.viewer.address
        return headers
