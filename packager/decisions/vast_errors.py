"""VAST error codes, and the calls that tell ad servers of them (splice rules D-14, E-07).

Nothing is called here: a decision lists whom to tell, and who stores the decision has it done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from packager.decisions import Omission
from packager.decisions.macros import fill_macros
from packager.reasons import Reason

NO_AD = 303
NO_PICTURE = 503  # of a NonLinear ad that is to be drawn


@dataclass(frozen=True, slots=True)
class ErrorCall:
    """A URL to call once: `[ERRORCODE]` is filled in, other macros are as written."""

    url: str
    code: int


# Ads that nothing is wrong with and that a rule of the break left out are not told of.
_CODES: Mapping[Reason | Omission, int] = {
    Omission.CONDITIONAL: 200,
    Omission.SKIPPABLE: 200,
    Omission.NOT_VIDEO: 201,
    Omission.NO_DURATION: 202,
    Reason.CREATIVE_TOO_LONG: 202,
    Reason.AD_NO_MEDIA_FILE: 403,
    Reason.AD_NOT_CONDITIONED: 407,
    Reason.CREATIVE_UNREACHABLE: 401,
    Reason.CREATIVE_OVERSIZE: 405,
    Reason.CREATIVE_REFUSED: 405,
    Reason.CREATIVE_STREAM_REFUSED: 405,
    Reason.CREATIVE_STREAM_UNMATCHED: 403,
    Reason.CREATIVE_FAILED: 405,
    Reason.WORKER_CRASHED: 400,
    Reason.MEDIA_MISSING: 400,
    Reason.MEDIA_WRITE_FAILED: 400,
}


def code_of(refusal: Reason | Omission) -> int | None:
    """The code for an ad that could be had and does not play; None: nobody is told of it here.

    That is an ad that was only not needed, and one that could not even be had: whom to tell of that
    comes with the answer.
    """
    return _CODES.get(refusal)


def error_calls(urls: Iterable[str], code: int) -> tuple[ErrorCall, ...]:
    """Whom to tell of an error, each once."""
    return tuple(
        ErrorCall(fill_macros(url, {"ERRORCODE": code}), code) for url in dict.fromkeys(urls)
    )
