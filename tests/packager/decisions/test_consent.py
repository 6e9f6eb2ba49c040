from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.decisions.consent import SIGNALS, Consent, read_consent

TCF = "CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA"
GPP = f"DBABMA~{TCF}"
US = "1YNN"

# what was said, whether ad servers may know the viewer: where consent is assumed, and is required
MATRIX: dict[str, tuple[dict[str, str], bool, bool]] = {
    "nothing": ({}, True, False),
    "GDPR without consent": ({"gdpr": "1"}, False, False),
    "GDPR with consent": ({"gdpr": "1", "tcf": TCF}, True, True),
    "GDPR with an empty string": ({"gdpr": "1", "tcf": ""}, False, False),
    "GDPR with a macro that nobody filled": ({"gdpr": "1", "tcf": "[GDPRCONSENT]"}, False, False),
    "GDPR with -1": ({"gdpr": "1", "tcf": "-1"}, False, False),
    "GDPR with consent in GPP": ({"gdpr": "1", "gpp": GPP, "gpp_sections": "2"}, True, True),
    "GDPR with a GPP string of elsewhere": (
        {"gdpr": "1", "gpp": "DBABLA~BVVqAAAAAgA.QA", "gpp_sections": "7"}, False, False
    ),
    "the European section without a string": ({"gpp_sections": "2"}, False, False),
    "the European section with its string": ({"gpp": GPP, "gpp_sections": "2,6"}, True, True),
    "the European section, and no GDPR": ({"gdpr": "0", "gpp_sections": "2"}, True, True),
    "no GDPR": ({"gdpr": "0"}, True, True),
    "GDPR unknown": ({"gdpr": "-1"}, True, False),
    "GDPR by a macro that nobody filled": ({"gdpr": "[GDPR]"}, False, False),
    "a TCF string alone": ({"tcf": TCF}, True, True),
    "a GPP string alone": ({"gpp": GPP}, True, True),
    "sale not refused": ({"us_privacy": US}, True, True),
    "sale refused": ({"us_privacy": "1YYN", "gdpr": "1", "tcf": TCF}, False, False),
    "sale refused in small letters": ({"us_privacy": "1yyn"}, False, False),
    "no such law": ({"us_privacy": "1---"}, True, True),
    "a child": ({"coppa": "1", "gdpr": "0"}, False, False),
    "no child": ({"coppa": "0"}, True, False),
    "tracking limited": ({"limited": "1", "gdpr": "1", "tcf": TCF}, False, False),
    "tracking not limited": ({"limited": "0"}, True, False),
    "tracking limited in words": ({"limited": "true"}, False, False),
}  # fmt: skip


@pytest.mark.parametrize(("said", "assumed", "required"), MATRIX.values(), ids=MATRIX)
def test_who_may_be_known_follows_from_what_was_said_d_23(
    said: dict[str, str], assumed: bool, required: bool
) -> None:
    consent = read_consent(said)
    assert (consent.permits("assume"), consent.permits("require")) == (assumed, required)
    # Sec-GPC: 1 outdoes everything
    opted_out = read_consent(said, opted_out=True)
    assert not opted_out.permits("assume")
    assert not opted_out.permits("require")


def test_what_is_required_is_never_less_than_what_is_assumed() -> None:
    values = {
        "gdpr": ["", "0", "1"],
        "tcf": ["", TCF],
        "gpp": ["", GPP],
        "gpp_sections": ["", "2"],
        "us_privacy": ["", US, "1YYN"],
        "coppa": ["", "1"],
        "limited": ["", "0", "1"],
    }
    for said in product(*values.values()):
        consent = read_consent(dict(zip(values, said, strict=True)))
        assert consent.permits("assume") or not consent.permits("require")


def test_strings_are_read_as_they_were_sent() -> None:
    said = {
        "tcf": f"{TCF}.YAAAAAAAAAA",
        "gpp": GPP,
        "gpp_sections": "2_6,7,x,-3,9999",
        "us_privacy": US,
    }
    consent = read_consent(said)
    assert (consent.tcf, consent.gpp, consent.us_privacy) == (f"{TCF}.YAAAAAAAAAA", GPP, US)
    assert consent.gpp_sections == (2, 6, 7)


@given(st.dictionaries(st.sampled_from(sorted(SIGNALS)), st.text(max_size=40)))
def test_anything_may_be_said(said: dict[str, str]) -> None:
    consent = read_consent(said)
    assert consent.tcf in ("", said.get("tcf"))
    consent.permits("require")


def test_consent_does_not_show_in_a_log() -> None:
    assert TCF not in repr(Consent(tcf=TCF, gpp=GPP))
