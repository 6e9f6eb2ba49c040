"""What deciders say, and say once more."""

from packager.decisions.ads import Ad
from packager.decisions.offers import Decided, Offer
from packager.decisions.vast_errors import ErrorCall
from packager.reasons import Reason

AT_FIRST, NOW = ErrorCall("http://e.test/?301", 301), ErrorCall("http://e.test/?303", 303)
FAILED = Decided(reasons=(Reason.AD_WRAPPER_FAILED,), detail="a flaw", answer_errors=(AT_FIRST,))


def test_what_was_wrong_at_first_counts_where_nothing_came_when_it_was_asked_for_again() -> None:
    again = Decided(reasons=(Reason.AD_SERVER_RESTS,), detail="it rests").after(FAILED)
    assert again.reasons == (Reason.AD_WRAPPER_FAILED, Reason.AD_SERVER_RESTS)
    assert again.detail == "a flaw; it rests"
    assert again.errors == (AT_FIRST,)
    assert FAILED.after(FAILED) == FAILED


def test_ads_that_came_at_the_second_time_are_nobodys_loss_but_all_errors_are_told() -> None:
    offer = Offer(ad=Ad(id="a"))
    again = Decided(offers=(offer,), answer_errors=(NOW,)).after(FAILED)
    assert again.offers == (offer,)
    assert again.reasons == ()
    assert again.errors == (AT_FIRST, NOW)
