from ipaddress import ip_address
from uuid import UUID

import pytest
from test_consent import GPP, MATRIX, TCF

from packager.decisions.consent import SIGNALS
from packager.decisions.disclosure import (
    NOBODY,
    Disclosed,
    DisclosureRules,
    session_for_break,
)
from packager.decisions.macros import WITHHELD
from packager.parameters import Pairs
from packager.viewer import Viewer

VIEWER = Viewer(
    address=ip_address("8.8.4.4"),
    user_agent="Player/1.0",
    languages="de",
    site="https://page.example/",
    requested_with="com.example.app",
)
IFA: Pairs = (("ifa", "123e4567-e89b-12d3-a456-426655440000"), ("ifa_type", "rida"))
PARAMS: Pairs = (*IFA, ("zone", "7"))
SECRETS = ("8.8.4.4", "Player/1.0", "page.example", "com.example.app", IFA[0][1], "rida")


def told(*said: tuple[str, str], **rules: object) -> tuple[Disclosed, Pairs]:
    return DisclosureRules(**rules).disclose(VIEWER, (*PARAMS, *said))  # type: ignore[arg-type]


def test_who_may_be_known_is_told_with_the_headers_of_the_standard_e_01() -> None:
    disclosed, params = told()
    assert disclosed.headers == {
        "X-Device-IP": "8.8.4.4",
        "X-Device-User-Agent": "Player/1.0",
        "X-Device-Accept-Language": "de",
        "X-Device-Referer": "https://page.example/",
        "X-Device-Requested-With": "com.example.app",
    }
    assert disclosed.macros == {
        "DEVICEIP": "8.8.4.4",
        "DEVICEUA": "Player/1.0",
        "IFA": IFA[0][1],
        "IFATYPE": "rida",
    }
    assert params == PARAMS
    assert not disclosed.is_anonymous


@pytest.mark.parametrize(("said", "assumed", "required"), MATRIX.values(), ids=MATRIX)
def test_who_may_not_be_known_is_told_nowhere_threat_34(
    said: dict[str, str], assumed: bool, required: bool
) -> None:
    signals = [(SIGNALS[signal], value) for signal, value in said.items()]
    for mode, permitted in (("assume", assumed), ("require", required)):
        disclosed, params = told(*signals, mode=mode)
        assert disclosed.is_anonymous is not permitted
        assert set(params) >= {("zone", "7"), *signals}  # consent itself is passed on
        text = f"{disclosed.headers}{disclosed.macros}{params}"
        assert [secret for secret in SECRETS if secret in text] == ([*SECRETS] if permitted else [])
        if not permitted:
            assert disclosed.headers == {}
            assert disclosed.macros["LIMITADTRACKING"] == 1
            for macro in ("DEVICEIP", "DEVICEUA", "IFA", "IFATYPE"):  # D-20: known, and not told
                assert disclosed.macros[macro] == WITHHELD


def test_an_opt_out_is_passed_on() -> None:
    viewer = Viewer(user_agent="Player/1.0", opted_out=True)
    disclosed, _ = DisclosureRules().disclose(viewer, ())
    assert disclosed.headers == {"Sec-GPC": "1"}
    # D-20: what nobody knows is unknown, not withheld
    assert disclosed.macros == {"DEVICEUA": WITHHELD, "LIMITADTRACKING": 1}


def test_consent_is_told_in_macros_d_22() -> None:
    said = (("gdpr", "1"), ("gdpr_consent", TCF), ("gpp", GPP), ("gpp_sid", "2,6"), ("lmt", "0"))
    macros = told(*said)[0].macros
    assert macros["GDPRCONSENT"] == TCF
    assert macros["GPPSTRING"] == GPP
    assert macros["GPPSECTIONID"] == (2, 6)
    assert macros["REGULATIONS"] == ("gdpr",)
    assert macros["LIMITADTRACKING"] == 0
    assert told(("coppa", "1"))[0].macros["REGULATIONS"] == ("coppa",)
    assert not {"GDPRCONSENT", "GPPSTRING", "GPPSECTIONID", "REGULATIONS"} & told()[0].macros.keys()


def test_a_show_may_call_its_parameters_otherwise() -> None:
    names = {"gdpr": "g", "ifa": "rdid"}
    disclosed, params = told(
        ("g", "1"), ("rdid", "r"), ("ppid", "p"), names=names, identifiers=("ppid",)
    )
    assert disclosed.is_anonymous
    assert params == (("ifa", IFA[0][1]), ("zone", "7"), ("g", "1"))  # `ifa` is any parameter now
    disclosed, _ = told(("gdpr", "1"), ("rdid", "r"), names=names)
    assert disclosed.ifa == "r"
    assert DisclosureRules(names={"tcf": "consent"}).strings == {"consent", "gpp"}


def test_nobody_is_told_of_as_nobody() -> None:
    assert (NOBODY.headers, NOBODY.macros) == ({}, {})


def test_a_session_of_one_break_is_no_other_breaks() -> None:
    digests = {session_for_break(session, one) for session in "ab" for one in ("b1", "b2")}
    assert len(digests | {"a", "b"}) == 6
    assert session_for_break("a", "b1") in digests
    assert all(UUID(digest).version == 4 for digest in digests)


def test_what_is_told_does_not_show_in_a_log() -> None:
    assert not [secret for secret in SECRETS if secret in repr(told()[0])]
