"""An overlay of a show for one class of viewers: its template, its data, and when it shows."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from overlays.errors import DataError
from overlays.templates.model import Template
from overlays.templates.schema import Canonical
from packager.config.overlay_settings import Overlay
from packager.looks.ads import SlotAd
from packager.looks.binding import Value
from packager.looks.showings import Showing, Showings
from packager.looks.steps import Drawn
from packager.pictures.filling import Filled, Seek, filled

# Gives a fact at an instant of the content clock.
FactAt = Callable[[str, Decimal], Value]
# Says whether a rule holds, by what is known at an instant of the content clock.
HoldsAt = Callable[[Decimal], bool]


class TemplateOverlay:
    """One overlay of a look."""

    def __init__(
        self,
        overlay: Overlay,
        template: Template,
        facts: FactAt,
        *,
        seek: Seek,
        own: frozenset[str] = frozenset(),
        on_misfit: Callable[[str, str], None],
        ads: Iterable[SlotAd] = (),
        private: bool = False,
        rule: HoldsAt | None = None,
    ) -> None:
        """Make one that shows nothing before the first cues are observed.

        Args:
            overlay: Its settings.
            template: Read from the folder that they name.
            facts: What the data asks for.
            seek: Gives its pictures, as far as they are there.
            own: Names of facts that viewers put into words of their own.
            on_misfit: Is told the overlay's name and what is wrong with data that does not fit its
                template.
            ads: What it shows in which slots, where it is for ads.
            private: What is drawn is one viewer's own.
            rule: Says while what it shows, where that is not for cues or a schedule to say.
        """
        self.overlay = overlay
        self.showings = Showings(overlay=overlay)
        self.origin = Decimal(0)  # where the content begins
        self._template = template
        self._facts = facts
        self._seek = seek
        self._own = own
        self._on_misfit = on_misfit
        self._ads = {one.slot: one for one in ads}
        self._private = private or overlay.private
        self._rule = rule
        self._since: Decimal | None = None  # the rule has held
        self._last: tuple[object, Canonical | None] | None = None  # data, and what it is reduced to

    def drawn(self, start: Decimal, end: Decimal) -> Drawn | None:
        """What of it is seen between two instants of the content; None: nothing.

        A segment shows what is known at its end: what changes while it is on air is news by the
        time that it is listed. `delay_s` holds that back.
        """
        known_at = end - self.overlay.delay_s
        if self._rule is None:
            showing = self.showings.at(start, end, origin=self.origin)
        else:
            showing = self._ruled(start, known_at, self._rule)
        ad: SlotAd | None = None
        if showing is not None and self.overlay.fill is not None:
            ad = self._ads.get(showing.id)
            showing = None if ad is None else ad.shown(showing)
        if showing is None or not showing.covers(start, end):
            return None
        data, lacks = self._canonical(known_at, ad)
        if data is None:
            return None
        return Drawn(
            overlay=self.overlay.name,
            template=self._template,
            text=data.text,
            data=data,
            begins=showing.begins,
            ends=showing.ends,
            private=self._private,
            slot="" if ad is None else ad.slot,
            lacks=lacks,
        )

    def _ruled(self, start: Decimal, known_at: Decimal, rule: HoldsAt) -> Showing | None:
        """While a rule holds; it is asked for one segment after the other."""
        if not rule(known_at):
            self._since = None
            return None
        if self._since is None:
            self._since = start
        return Showing(min(self._since, start), None)

    def _canonical(self, instant: Decimal, ad: SlotAd | None) -> tuple[Canonical | None, bool]:
        """The data as it is reduced to what is seen, and whether a picture is not there yet."""
        data = filled(
            self.overlay.data,
            lambda name: self._facts(name, instant),
            self._seek,
            own=self._own,
        )
        if ad is not None and self.overlay.fill is not None:
            data = data.with_picture(self.overlay.fill.image, ad.picture)
        if self._last is None or self._last[0] != data.data:
            self._last = (data.data, self._fitted(data))
        return self._last[1], data.lacks

    def _fitted(self, data: Filled) -> Canonical | None:
        try:
            return self._template.canonical(data.data, data.images)
        except DataError as error:
            self._on_misfit(self.overlay.name, str(error))
            return None
