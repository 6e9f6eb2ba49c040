"""What the demo's page tells of the recap: whether it can begin, and what a session's plays."""

from pathlib import Path
from typing import Final

import anyio
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from packager.demo import site
from packager.demo.recap import RECAP
from packager.demo.recap_build import ensure_recap, recap_folder
from packager.demo.recap_content import SPONSORS, Timing, components
from packager.facts.said import take
from packager.parameters import read_query
from packager.personalization.settled import NOTHING
from packager.responses import json_response
from packager.stories.answers import SessionAnswers
from packager.stories.stories import StoryNotReady
from packager.weft import Weft

_LABELS = {
    "look": "Look",
    "minutes": "Minutes of highlights",
    "language": "Language",
    "country": "Country",
    "viewer": "Your name",
}
_CARD: Final = "Your card"


class RecapMedia:
    """The recap's components: there, or being made while the rest of the demo goes on."""

    def __init__(self, parent: Path, timing: Timing | None = None) -> None:
        """Look for them below `parent`."""
        self.timing = timing or Timing()
        self.share = 0.0  # that is made
        self._parent = parent
        self._folder = recap_folder(parent, self.timing)
        self._files: StaticFiles | None = None
        self._stopped = False

    async def make(self) -> None:
        """Make them, if they are not there; until it is cancelled, which ends the making too."""
        try:
            await anyio.to_thread.run_sync(self._make, abandon_on_cancel=True)
        finally:
            self._stopped = True

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve them by their names; 503 until all of them are there."""
        if self._files is None and self._folder.is_dir():
            self._files = StaticFiles(directory=self._folder)
        answer = self._files or Response(status_code=503, headers={"retry-after": "2"})
        await answer(scope, receive, send)

    def _make(self) -> None:
        ensure_recap(self._parent, self.timing, progress=self._progress)
        self.share = 1.0

    def _progress(self, share: float) -> None:
        if self._stopped:
            raise RuntimeError("the demo ends")
        self.share = share


class RecapBackstage:
    """The recap, seen from behind."""

    def __init__(self, weft: Weft, media: RecapMedia, *, tenant: str, asset: str) -> None:
        """Tell of the show in `weft`, whose components are `media`."""
        self._weft = weft
        self._media = media
        self._tenant, self._asset = tenant, asset
        self._titles = {one.name: one.card.title for one in components(media.timing)}

    @property
    def routes(self) -> tuple[BaseRoute, ...]:
        """What is served of it."""
        return (
            Mount("/recap", self._media.serve),
            Route("/demo/recap", self.state),
            Route("/demo/recap/{token}/timeline", self.timeline),
        )

    @property
    def view(self) -> site.View:
        """How the page shows it."""
        path, token = f"{self._tenant}/{RECAP}", site.SESSION
        timeline = f"/demo/recap/{token}/timeline"
        streams = (
            site.Stream(
                title="HLS",
                note="the version of this session",
                url=f"/v1/master/{path}/{self._asset}.m3u8?aws.sessionId={token}",
                timeline=timeline,
            ),
            site.Stream(
                title="DASH",
                note="the same session",
                url=f"/v1/dash/{path}/{self._asset}.mpd?aws.sessionId={token}",
                timeline=timeline,
                format="dash",
            ),
        )
        facts = self._weft.config.shows[RECAP].facts.values()
        recap = site.Recap(
            facts=tuple(
                site.Asked(
                    name=fact.name,
                    label=_LABELS[fact.name],
                    of=fact.of,
                    value=fact.default or "",
                    longest=fact.max_characters,
                )
                for fact in facts
            ),
            state="/demo/recap",
            session=f"/v1/session/{path}/{self._asset}",
            why=f"/v1/why/{path}/{token}",
        )
        return site.View(title="Recap", streams=streams, recap=recap)

    async def state(self, request: Request) -> Response:
        """``GET /demo/recap?FACT=VALUE``, as `packager.demo.site` tells.

        Asking has what those facts need made.
        """
        weft, now = self._weft, self._weft.clock.now()
        show = weft.config.shows[RECAP]
        asked = read_query(request.url.query, show.facts)
        said = take(show.facts, asked.facts, request.headers, permits=lambda purpose: False).pairs
        choices = weft.settling.begin(show, "", said)
        settled = NOTHING if choices is None else choices.settled
        answers = SessionAnswers(weft.facts.values(show, said, now), settled)
        known = weft.facts.at(show, said, now, settled=settled)
        try:
            weft.presentations.stories.settled(show, answers, known)
        except StoryNotReady:
            return json_response({"ready": False, "made": self._media.share})
        return json_response({"ready": True, "made": 1.0})

    async def timeline(self, request: Request) -> Response:
        """``GET /demo/recap/{token}/timeline``: what the session's version plays."""
        weft = self._weft
        session = await weft.sessions.resume(request.path_params["token"], weft.clock.now())
        show = weft.config.shows[RECAP]
        found = weft.presentations.stories.played(show, session.record.parameters.manifest)
        spans, start = [], 0.0
        for clip, seconds in found:
            end = start + float(seconds)
            spans.append(site.Span(_kind(clip), self._label(clip), start, end))
            start = end
        return json_response(site.timeline_json(spans, now=0.0, edge=start, pdt_base=None))

    def _label(self, clip: str) -> str:
        if not clip:
            return _CARD
        name = clip.partition(":")[0].replace("~", "-")
        return self._titles.get(name, clip)


def _kind(clip: str) -> str:
    name = clip.partition(":")[0].partition("~")[0]
    if not clip:
        return "overlay"
    if name in SPONSORS:
        return "ad"
    return "bumper" if "~" in clip else "content"
