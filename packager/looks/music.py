"""Music of a show for one class of viewers: where it fades in and out, and what it plays.

It fades out behind its end, for where that is, is often known only when it has come.
"""

from dataclasses import replace
from decimal import Decimal

from packager.config.music_settings import Music
from packager.config.overlay_settings import ShowAlways, ShowWhen
from packager.looks.showings import Showing
from packager.looks.steps import Heard
from packager.looks.times import HoldsAt, Times


class MusicUnder:
    """One piece of music of a look."""

    def __init__(self, music: Music, stem: str, *, rule: HoldsAt | None = None) -> None:
        """Make one that is not heard before the first cues are observed.

        Args:
            music: Its settings.
            stem: Digest of its file.
            rule: Says while when it is heard, where that is not for cues or a schedule to say.
        """
        self.times = Times(music, rule)
        self._music = music
        self._stem = stem
        self._heard: Heard | None = None
        self._is_first = True

    def drawn(self, start: Decimal, end: Decimal) -> Heard | None:
        """What of it is heard between two instants of the content; None: nothing.

        It is asked for one segment after the other.
        """
        showing = self.times.at(start, end, known_at=end - self._music.delay_s)
        heard = self._heard
        if showing is None:
            if heard is not None and heard.ends is None:
                heard = replace(heard, ends=start)
        elif heard is None or (heard.ends is not None and showing.begins >= heard.ends):
            heard = self._new(showing, start)
        else:
            heard = replace(heard, ends=showing.ends)
        if heard is not None and heard.ends is not None and heard.ends + heard.fade_s <= start:
            heard = None
        self._heard, self._is_first = heard, False
        return heard

    def _new(self, showing: Showing, start: Decimal) -> Heard:
        """What begins now, or began before anybody asked."""
        show, music = self._music.show, self._music
        # Which of several processes was asked first is nothing that can be heard.
        goes_on = isinstance(show, ShowAlways | ShowWhen)
        begins: Decimal | None = showing.begins
        if isinstance(show, ShowAlways) or (goes_on and self._is_first):
            begins = None
        elif not self._is_first:
            begins = max(showing.begins, start)  # what is known too late fades in when it is known
        return Heard(
            music=music.name,
            stem=self._stem,
            gain_db=music.gain_db,
            duck_db=music.duck_db,
            fade_s=music.fade_s,
            begins=begins,
            ends=showing.ends,
            top=None if goes_on else showing.begins,
        )
