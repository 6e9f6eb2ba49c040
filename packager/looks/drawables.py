"""An overlay of a show for one class of viewers: its template, its data, and when it shows."""

from collections.abc import Callable
from decimal import Decimal

from overlays.errors import DataError
from overlays.templates.model import Template
from overlays.templates.schema import Canonical
from packager.config.overlay_settings import Overlay
from packager.looks.binding import Value, bound
from packager.looks.steps import Drawn
from packager.looks.times import HoldsAt, Times

# Gives a fact at an instant of the content clock.
FactAt = Callable[[str, Decimal], Value]


class TemplateOverlay:
    """One overlay of a look."""

    def __init__(
        self,
        overlay: Overlay,
        template: Template,
        facts: FactAt,
        *,
        on_misfit: Callable[[str, str], None],
        private: bool = False,
        rule: HoldsAt | None = None,
    ) -> None:
        """Make one that shows nothing before the first cues are observed.

        Args:
            overlay: Its settings.
            template: Read from the folder that they name.
            facts: What the data asks for.
            on_misfit: Is told the overlay's name and what is wrong with data that does not fit its
                template.
            private: What is drawn is one viewer's own.
            rule: Says while what it shows, where that is not for cues or a schedule to say.
        """
        self.times = Times(overlay.show, rule)
        self._overlay = overlay
        self._template = template
        self._facts = facts
        self._on_misfit = on_misfit
        self._private = private or overlay.private
        self._last: tuple[object, Canonical | None] | None = None  # data, and what it is reduced to

    def drawn(self, start: Decimal, end: Decimal) -> Drawn | None:
        """What of it is seen between two instants of the content; None: nothing.

        A segment shows what is known at its end: what changes while it is on air is news by the
        time that it is listed. `delay_s` holds that back.
        """
        known_at = end - self._overlay.delay_s
        showing = self.times.at(start, end, known_at=known_at)
        if showing is None:
            return None
        data = self._canonical(known_at)
        if data is None:
            return None
        return Drawn(
            overlay=self._overlay.name,
            template=self._template,
            text=data.text,
            data=data,
            begins=showing.begins,
            ends=showing.ends,
            private=self._private,
        )

    def _canonical(self, instant: Decimal) -> Canonical | None:
        data = bound(self._overlay.data, lambda name: self._facts(name, instant))
        if self._last is None or self._last[0] != data:
            self._last = (data, self._fitted(data))
        return self._last[1]

    def _fitted(self, data: object) -> Canonical | None:
        try:
            return self._template.canonical(data)
        except DataError as error:
            self._on_misfit(self._overlay.name, str(error))
            return None
