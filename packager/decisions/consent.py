"""What was said of a viewer's consent, and whether it lets ad servers know who they are (D-23).

The strings of TCF and GPP are passed on, not read: which vendor may do what with a viewer's data
they tell the ad server, which knows what it is going to do. What is decided here is coarser: with
an objection that needs no reading, or for want of a consent that the law asks for, nobody is told
anything that identifies a viewer (failures.md, "Viewer data").
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Mode = Literal["assume", "require"]

# What ad parameters say, and the names under which players usually send it, without `ads.`.
SIGNALS: Mapping[str, str] = {
    "gdpr": "gdpr",  # 1: the GDPR applies
    "tcf": "gdpr_consent",  # TCF string
    "gpp": "gpp",  # GPP string
    "gpp_sections": "gpp_sid",  # sections of it that apply
    "us_privacy": "us_privacy",  # US Privacy string
    "coppa": "coppa",  # 1: the viewer is a child
    "limited": "lmt",  # 1: the device's "limit ad tracking"
    "ifa": "ifa",  # the device's advertising id
    "ifa_type": "ifa_type",
    "purposes": "consent_purposes",  # that the viewer consents to, by the configuration's names
}
STRINGS = frozenset({"tcf", "gpp"})  # longer than other parameters

_TCF = re.compile(r"[A-Za-z0-9_-]{20,}(\.[A-Za-z0-9_-]+)*")
_GPP = re.compile(r"[A-Za-z0-9_-]{4,}(~[A-Za-z0-9_.-]+)+")
_US_PRIVACY = re.compile(r"[0-9][YNyn-]{3}")
_EU_TCF = 2  # section of a GPP string that holds a TCF string


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """What was said; a string that cannot be one, such as a macro nobody filled, was not."""

    gdpr: bool | None = None  # whether it applies; None: nobody said
    tcf: str = field(default="", repr=False)
    gpp: str = field(default="", repr=False)
    gpp_sections: tuple[int, ...] = ()
    us_privacy: str = ""
    coppa: bool = False
    limited: bool | None = None
    opted_out: bool = False  # the browser's Sec-GPC
    purposes: frozenset[str] | None = None  # that are consented to; None: nobody said

    @property
    def objects(self) -> bool:
        """Whether the viewer objects to everything, in words that need no reading."""
        sale_refused = self.us_privacy[2:3] in ("Y", "y")
        return bool(self.opted_out or self.limited or self.coppa or sale_refused)

    def permits(self, mode: Mode) -> bool:
        """Whether ad servers may be told who the viewer is.

        Args:
            mode: `require`: only where something was said that does not forbid it; `assume`:
                also where nothing was said.
        """
        if self.objects:
            return False
        has_tcf = bool(self.tcf or (self.gpp and _EU_TCF in self.gpp_sections))
        if self.gdpr or (self.gdpr is None and _EU_TCF in self.gpp_sections):
            return has_tcf
        is_said = self.gdpr is False or has_tcf or self.gpp != "" or self.us_privacy != ""
        return mode == "assume" or is_said

    def permits_for(self, purpose: str, mode: Mode) -> bool:
        """Whether what the viewer says may be used for a purpose.

        Args:
            purpose: As the configuration calls it.
            mode: As in `permits`, which holds where nobody said anything of purposes.
        """
        if self.purposes is None or self.objects:
            return self.permits(mode)
        return purpose in self.purposes


def read_consent(said: Mapping[str, str], *, opted_out: bool = False) -> Consent:
    """Read what was said.

    Args:
        said: Values by the names of `SIGNALS`.
        opted_out: Whether the request had ``Sec-GPC: 1``.
    """
    purposes = said.get("purposes", "")
    sections = re.split(r"[,_]", said.get("gpp_sections", ""))
    return Consent(
        gdpr=_flag(said.get("gdpr", "")),
        tcf=_matching(_TCF, said.get("tcf", "")),
        gpp=_matching(_GPP, said.get("gpp", "")),
        gpp_sections=tuple(int(one) for one in sections if re.fullmatch(r"[0-9]{1,3}", one)),
        us_privacy=_matching(_US_PRIVACY, said.get("us_privacy", "")),
        coppa=bool(_flag(said.get("coppa", ""))),
        limited=_flag(said.get("limited", "")),
        opted_out=opted_out,
        purposes=frozenset(purposes.split(",")) if purposes else None,
    )


def _flag(text: str) -> bool | None:
    """Read a flag; what is neither no nor unknown is taken for yes, the safer of the two."""
    if text in ("", "-1"):
        return None
    return text.lower() not in ("0", "false")


def _matching(form: re.Pattern[str], text: str) -> str:
    return text if form.fullmatch(text) else ""
