"""What ad servers are told of a viewer: as much as their consent allows (D-20 to D-23, E-01).

This is the one place that knows both. What is withheld is not in a `Disclosed`, so nothing that is
written from one, a URL, a header, a body or a beacon, can tell it (failures.md, threat 34).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from uuid import UUID

from packager.decisions.consent import SIGNALS, STRINGS, Consent, Mode, read_consent
from packager.decisions.macros import WITHHELD, MacroValue
from packager.parameters import Pairs
from packager.viewer import Viewer

_HEADERS = {
    "X-Device-IP": "address",
    "X-Device-User-Agent": "user_agent",
    "X-Device-Accept-Language": "languages",
    "X-Device-Referer": "site",
    "X-Device-Requested-With": "requested_with",
}
_ABOUT_THE_VIEWER = (*_HEADERS.values(), "ifa", "ifa_type")
_MACROS = {
    "DEVICEIP": "address",
    "DEVICEUA": "user_agent",
    "IFA": "ifa",
    "IFATYPE": "ifa_type",
}

_NOTHING_SAID = Consent()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """A viewer as ad servers may know them; texts are empty where unknown or withheld."""

    address: str = field(default="", repr=False)
    user_agent: str = field(default="", repr=False)
    languages: str = field(default="", repr=False)
    site: str = field(default="", repr=False)
    requested_with: str = field(default="", repr=False)
    ifa: str = field(default="", repr=False)
    ifa_type: str = field(default="", repr=False)
    withheld: frozenset[str] = frozenset()  # names of fields above that are known and not told
    is_anonymous: bool = False  # nothing that identifies the viewer is told
    consent: Consent = field(default=_NOTHING_SAID, repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Headers of calls on the viewer's behalf, for ads and of beacons alike (E-01)."""
        headers = {name: getattr(self, known) for name, known in _HEADERS.items()}
        headers["Sec-GPC"] = "1" if self.consent.opted_out else ""
        return {name: value for name, value in headers.items() if value}

    @property
    def macros(self) -> dict[str, MacroValue]:
        """VAST macros about the viewer, in the URLs of calls and beacons; others are unknown."""
        consent = self.consent
        values: dict[str, MacroValue] = {
            name: WITHHELD if known in self.withheld else getattr(self, known)
            for name, known in _MACROS.items()
        }
        values["GDPRCONSENT"] = consent.tcf
        values["GPPSTRING"] = consent.gpp
        values["GPPSECTIONID"] = consent.gpp_sections
        laws = {"coppa": consent.coppa, "gdpr": consent.gdpr}
        values["REGULATIONS"] = tuple(law for law, applies in laws.items() if applies)
        if self.is_anonymous or consent.limited is not None:
            values["LIMITADTRACKING"] = int(self.is_anonymous or bool(consent.limited))
        return {name: value for name, value in values.items() if value not in ("", ())}


NOBODY = Disclosed()


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureRules:
    """What a show's configuration says of consent."""

    mode: Mode = "assume"
    names: Mapping[str, str] = field(default_factory=dict)  # signal -> ad parameter, see `SIGNALS`
    identifiers: Collection[str] = ()  # further ad parameters that say who the viewer is

    def name_of(self, signal: str) -> str:
        """The ad parameter that carries a signal."""
        return self.names.get(signal, SIGNALS[signal])

    @property
    def strings(self) -> frozenset[str]:
        """Names of the ad parameters that carry consent strings."""
        return frozenset(self.name_of(signal) for signal in STRINGS)

    def consent(self, viewer: Viewer, params: Pairs) -> Consent:
        """What was said of a viewer's consent, in their ad parameters and by their browser."""
        return read_consent(self._said(params), opted_out=viewer.opted_out)

    def permitted(self, viewer: Viewer, params: Pairs) -> Callable[[str], bool]:
        """For which purposes what the viewer says may be used; says so of each by its name."""
        return partial(self.consent(viewer, params).permits_for, mode=self.mode)

    def _said(self, params: Pairs) -> dict[str, str]:
        """Values by the names of `SIGNALS`."""
        said = dict(params)
        return {signal: said.get(self.name_of(signal), "") for signal in SIGNALS}

    def disclose(self, viewer: Viewer, params: Pairs) -> tuple[Disclosed, Pairs]:
        """Say what ad servers may be told: of the viewer, and of their ad parameters."""
        signals, consent = self._said(params), self.consent(viewer, params)
        known = Disclosed(
            address="" if viewer.address is None else str(viewer.address),
            user_agent=viewer.user_agent,
            languages=viewer.languages,
            site=viewer.site,
            requested_with=viewer.requested_with,
            ifa=signals["ifa"],
            ifa_type=signals["ifa_type"],
            consent=consent,
        )
        if consent.permits(self.mode):
            return known, params
        withheld = frozenset(name for name in _ABOUT_THE_VIEWER if getattr(known, name))
        private = {self.name_of("ifa"), self.name_of("ifa_type"), *self.identifiers}
        told = tuple((name, value) for name, value in params if name not in private)
        return Disclosed(withheld=withheld, is_anonymous=True, consent=consent), told


def session_for_break(session: str, break_id: str) -> str:
    """A session's digest for one break only: who has several cannot tell that they are one's.

    Args:
        session: The session's digest, which nobody is told then.
        break_id: Of the break.
    """
    digest = sha256(f"one break\0{session}\0{break_id}".encode(errors="replace")).digest()
    return str(UUID(bytes=digest[:16], version=4))
