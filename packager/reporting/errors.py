"""What went wrong with ads, for whom ad servers name: each once, through the outbox (E-07)."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

from packager.beacons import NO_AD, Beacon
from packager.clock import Clock
from packager.config.show_settings import Show
from packager.decisions.ads import Ad
from packager.decisions.beacon_macros import beacon_macros
from packager.decisions.macros import expand_macros
from packager.decisions.vast_errors import ErrorCall
from packager.session import Session
from packager.single_flight import FlightError, SingleFlight
from packager.viewer import Viewer

EVENT = "error"
_NO_ADS = Ad(id="")


class Errors:
    """Tells of errors, beside whoever finds them."""

    def __init__(
        self,
        *,
        owe: Callable[[Iterable[Beacon]], Awaitable[object]],
        session_digest: Callable[[str], str],
        clock: Clock,
        expire_s: int,
    ) -> None:
        """Owe nothing yet.

        Args:
            owe: The outbox's.
            session_digest: What ad servers are told of a session's id.
            clock: Says the time.
            expire_s: For how long calls are tried.
        """
        self._owe = owe
        self._session_digest = session_digest
        self._clock = clock
        self._expire = timedelta(seconds=expire_s)
        self._flights: SingleFlight[None] = SingleFlight(limit=16_384)

    async def aclose(self) -> None:
        """Finish: what is owed is on the disk then."""
        await self._flights.landed()
        await self._flights.aclose()

    def tell(
        self,
        session: Session,
        show: Show,
        break_id: str,
        calls: Sequence[ErrorCall],
        viewer: Viewer,
    ) -> None:
        """Owe calls for a break of a session, without waiting for the disk.

        A call is known by session, break and URL: told again, it is not made again.

        Args:
            session: Whose.
            show: What it watches; says what may be told of the viewer (E-01).
            break_id: Of the break.
            calls: Whom to tell, and what.
            viewer: Who asked.
        """
        if not calls:
            return
        told, _ = show.consent.rules.disclose(viewer, session.record.parameters.ads)
        now, headers = self._clock.now(), tuple(told.headers.items())
        beacons = [
            Beacon(
                session=self._session_digest(session.sid),
                break_id=break_id,
                ad=NO_AD,
                event=EVENT,
                template=call.url,
                url=expand_macros(
                    call.url,
                    beacon_macros(
                        _NO_ADS,
                        index=-1,  # no ad of the break was played
                        now=now,
                        seed=f"{session.sid} {break_id} {call.url}",
                        base=told.macros,
                    ),
                ),
                owed_at=now,
                expires_at=now + self._expire,
                headers=headers,
            )
            for call in calls
        ]

        async def owe() -> None:
            await self._owe(beacons)

        with suppress(FlightError):  # closing: as if the process had ended before
            self._flights.start(object(), owe)
