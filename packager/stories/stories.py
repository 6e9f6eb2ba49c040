"""The stories of a process: their ladders and clips made ready, and settled for sessions.

To the rest of the server a story is an origin with a film for each outcome. Here its ladder is
found, its clips are packaged, and the outcome's playlists and MPD are written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import parse_qs

import anyio

from manifests.creative import Creative
from manifests.dash.model import AdaptationSet, Representation
from manifests.errors import ManifestError
from packager.clips.assets import Assets
from packager.config.show_settings import STORIES, Show
from packager.config.story_settings import break_parts
from packager.config.values import Config
from packager.dash.ladders import MpdFitting
from packager.log import report
from packager.looks.binding import Facts
from packager.metrics import Metrics
from packager.outbound import BadStatus, OutboundError
from packager.packaging.errors import PackagingError
from packager.packaging.ladder import Ladder
from packager.parameters import Pairs
from packager.reasons import Reason
from packager.stories.clips import Clip, clips_of, finite_names
from packager.stories.form import Form, FormError
from packager.stories.languages import playlist_preferring
from packager.stories.looking import Looking
from packager.stories.mpd import number_of, story_mpd
from packager.stories.outcome import (
    Answers,
    Gap,
    NotYet,
    Outcome,
    Story,
    read_outcome,
    settle,
    story_of,
    write_outcome,
)
from packager.stories.playlists import media_playlist, multivariant_playlist

PARAMETER = "story"  # of a session's manifests: the outcome
LANGUAGE = "language"  # and the language that players begin with
RETRY_S = 2.0
PATIENCE = (
    15  # looks in vain for one line in the log: an origin may begin together with this server
)
_NAME = "index"  # what players open
_MADE = "="  # begins the name of what is made of a template, before its id


class StoryNotReady(OutboundError):
    """The story's media are still on their way."""

    reason = Reason.STORY_NOT_READY


class StoryEmpty(OutboundError):
    """Nothing of the story can be played."""

    reason = Reason.STORY_EMPTY


@dataclass(slots=True)
class _Known:
    """What is known of one show's story."""

    show: Show
    story: Story
    clips: Mapping[str, Clip]
    form: Form | None = None


class Stories:
    """The stories of a configuration."""

    def __init__(
        self,
        config: Config,
        *,
        looking: Looking,
        assets: Assets,
        metrics: Metrics,
    ) -> None:
        """Look at nothing yet; `prepared` is set when every ladder was looked for.

        Args:
            config: Has the shows.
            looking: Finds what media must be like.
            assets: Has clips, or packages and makes them.
            metrics: Is told of degradations.
        """
        self._looking = looking
        self._assets = assets
        self._metrics = metrics
        self._known = {
            show.name: _Known(show, story_of(show), _clips(show))
            for show in config.shows.values()
            if show.story
        }
        self.prepared = anyio.Event()

    async def run(self) -> None:
        """Find the ladders, and start packaging what stories may play; ends when all are found."""
        waiting = list(self._known.values())
        while waiting:
            for one in tuple(waiting):
                if await self._prepare(one):
                    waiting.remove(one)
            self.prepared.set()
            if waiting:
                await anyio.sleep(RETRY_S)
        self.prepared.set()

    def settled(self, show: Show, answers: Answers, facts: Facts) -> Pairs:
        """A story's outcome for a session that begins, as what its manifests are asked for with.

        Args:
            show: Whose story.
            answers: What is settled and known of the session.
            facts: What is known of it, of which clips are made.

        Raises:
            StoryNotReady: Something that plays in it is still on its way.
            StoryEmpty: Nothing plays in it.
        """
        known = self._known[show.name]
        if known.form is None:
            raise StoryNotReady("its ladder is not known yet")
        try:
            outcome, missing = settle(known.story, answers, _Shelf(self, known, facts))
        except NotYet as error:
            raise StoryNotReady(f"{error} is not ready yet") from error
        for told in missing:
            report(
                Reason.STORY_ASSET_REPLACED,
                "story_asset_replaced",
                self._metrics,
                show=show.name,
                asset=told.asset,
                instead=told.instead,
            )
        if not any(isinstance(one, str) for one in outcome):
            raise StoryEmpty("nothing of it can be played")
        language = () if show.language is None else ((LANGUAGE, answers.value(show.language)),)
        return (*language, (PARAMETER, write_outcome(outcome)))

    def placed(self, show: Show, parameters: Pairs) -> Show:
        """A show with the breaks that stand between a story's parts at their places.

        Args:
            show: With a story, or as it is given back.
            parameters: What `settled` gave.

        Raises:
            StoryNotReady: A clip is on its way.
            BadStatus: There is no such outcome.
        """
        gaps = break_parts(show.story)
        if not gaps:
            return show
        at, placed = Decimal(0), []
        for one in _outcome(dict(parameters).get(PARAMETER, "")):
            if isinstance(one, Gap):
                if one.number < len(gaps):
                    placed.append(replace(gaps[one.number], at=at))
            else:
                at += self._clip(self._known[show.name], one).duration
        return replace(show, breaks=(*show.breaks, *placed))

    def played(self, show: Show, parameters: Pairs) -> tuple[tuple[str, Decimal], ...]:
        """What a session's story plays, in its order, without what its breaks show.

        Args:
            show: With a story.
            parameters: What `settled` gave.

        Returns:
            Names of clips, and the seconds that each lasts; empty names of those that were made.

        Raises:
            StoryNotReady: A clip is on its way.
            BadStatus: There is no such outcome.
        """
        known = self._known[show.name]
        return tuple(
            ("" if one.startswith(_MADE) else one, self._clip(known, one).duration)
            for one in _outcome(dict(parameters).get(PARAMETER, ""))
            if isinstance(one, str)
        )

    def ladder(self, show: Show, uris: tuple[str, ...]) -> Ladder:
        """What creatives must become, in the order of a story's media playlists."""
        form = self._form(show.name)
        return Ladder(tuple(form.tracks[_number(uri)].rung for uri in uris))

    def fitting(self, show: Show) -> MpdFitting:
        """The same for its MPD."""
        form = self._form(show.name)

        def rung_of(one: AdaptationSet, representation: Representation) -> str | None:
            return form.tracks[number_of(representation.id)].rung.key

        first = next(iter((*form.of_kind("video"), *form.of_kind("audio"))))
        return MpdFitting(ladder=form.ladder, reference=first[1].rung.key, rung_of=rung_of)

    def document(self, url: str) -> tuple[str, bytes]:
        """A playlist or MPD of a story, and the URL that what it names is relative to.

        Raises:
            BadStatus: There is none.
            StoryNotReady: A clip is on its way.
        """
        path, _, query = url.removeprefix(STORIES).partition("?")
        name, *folders, file = path.split("/")
        told = parse_qs(query)
        text = folders[0] if folders else "".join(told.get(PARAMETER, ()))
        language = "".join(told.get(LANGUAGE, ()))
        known = self._known.get(name)
        if known is None or not text or len(folders) > 1:
            raise BadStatus(f"story {name}", 404)
        form = self._form(name)
        clips = [self._clip(known, one) for one in _outcome(text) if isinstance(one, str)]
        stem, _, ending = file.rpartition(".")
        at = f"{STORIES}{name}/{text}/{file}"
        if ending == "m3u8" and stem == _NAME:
            return at, playlist_preferring(multivariant_playlist(form, clips), language)
        if ending == "m3u8" and stem.isdecimal() and int(stem) < len(form.tracks):
            return at, media_playlist(form, int(stem), clips)
        if ending == "mpd" and stem == _NAME and form.is_dash:
            return at, story_mpd(form, clips, language)
        raise BadStatus(f"story {name}", 404)

    def _form(self, name: str) -> Form:
        form = self._known[name].form
        if form is None:
            raise StoryNotReady("its ladder is not known yet")
        return form

    def _clip(self, known: _Known, name: str) -> Creative:
        """A clip of an outcome: it was there when that was settled."""
        found = self.found(known, name)
        if found is None:
            raise StoryNotReady(f"{name} is not ready yet")
        if isinstance(found, Reason):
            raise BadStatus(f"clip {name}: {found}", 404)
        return found

    def made(self, known: _Known, name: str, facts: Facts) -> Creative | Reason | None:
        """What is made of an asset's template."""
        return self._assets.alone(known.show, name, self._form(known.show.name).ladder, facts)

    def found(self, known: _Known, name: str) -> Creative | Reason | None:
        """A clip by its name; None: it is on its way; a reason: it cannot be played."""
        if name.startswith(_MADE):
            return self._assets.get(name.removeprefix(_MADE)) or Reason.MEDIA_MISSING
        clip, form = known.clips.get(name), self._form(known.show.name)
        if clip is None:
            return Reason.MEDIA_MISSING
        return self._assets.house.clip(clip, form.ladder)

    async def _prepare(self, one: _Known) -> bool:
        try:
            one.form = await self._looking.form_of(one.show, one.clips.values())
        except (OutboundError, PackagingError, ManifestError, FormError) as error:
            report(
                Reason.STORY_LADDER_MISSING,
                "story_ladder_not_found",
                self._metrics,
                show=one.show.name,
                detail=str(error),
            )
            return False
        self._assets.prepare(one.show, one.form.ladder)
        for clip in one.clips.values():
            self._assets.house.clip(clip, one.form.ladder)
        return True


@dataclass(frozen=True, slots=True)
class _Shelf:
    """What there is to play for one session."""

    stories: Stories
    known: _Known
    facts: Facts

    def length(self, clip: str) -> Decimal | None:
        found = self.stories.found(self.known, clip)
        if found is None:
            raise NotYet(clip)
        return found.duration if isinstance(found, Creative) else None

    def made(self, asset: str) -> str | None:
        found = self.stories.made(self.known, asset, self.facts)
        if found is None:
            raise NotYet(asset)
        return f"{_MADE}{found.id}" if isinstance(found, Creative) else None


def _clips(show: Show) -> dict[str, Clip]:
    names = finite_names(show)
    return {
        clip.name: clip
        for name, asset in show.assets.items()
        for clip in clips_of(name, asset, names)
    }


def _outcome(text: str) -> Outcome:
    try:
        return read_outcome(text)
    except ValueError as error:
        raise BadStatus("story", 404) from error


def _number(uri: str) -> int:
    return int(uri.rpartition("/")[2].removesuffix(".m3u8"))
