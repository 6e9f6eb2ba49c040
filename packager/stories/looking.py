"""Looking at a story's assets for what all of them must become: its form."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from manifests.dash.model import Mpd
from packager.config.show_settings import Show
from packager.dash.ladders import MpdLadders
from packager.dash.reading import MpdReading
from packager.hls.ladders import Ladders
from packager.hls.reading import read_either
from packager.origin import Document, OriginCache
from packager.packaging.library import MediaLibrary
from packager.packaging.probe import media_playlist_uris
from packager.stories.clips import Clip, clips_of, finite_names
from packager.stories.form import Form, FormError, form_like_dash, form_like_hls, standard_form

_FRESH_S = 2.0  # of manifests that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What looking needs."""

    origin: OriginCache  # manifests of assets
    reading: MpdReading
    ladders: Ladders  # of HLS
    mpd_ladders: MpdLadders
    library: MediaLibrary  # looks at files

    async def form_of(self, show: Show, clips: Iterable[Clip]) -> Form:
        """The form of a story: like one of its presentations, else as Weft has it.

        Args:
            show: Has the story.
            clips: Everything that it may play.

        Raises:
            OutboundError: The presentation cannot be had now.
            PackagingError: Something cannot be looked at.
            ManifestError: A manifest cannot be carried over.
            FormError: Nothing can be packaged like the presentation.
        """
        sources = [clip.source for clip in clips]
        urls = [source for source in sources if isinstance(source, str)]
        if show.ladder.like is not None:
            like = clips_of(show.ladder.like, show.assets[show.ladder.like], finite_names(show))
            urls = [clip.source for clip in like if isinstance(clip.source, str)]
        if not urls:
            files = [source for source in sources if isinstance(source, Path)]
            return standard_form(await self.library.sizes(files))
        key = f"{show.name}/{urls[0]}"
        if urls[0].endswith(".mpd"):
            return await self._like_dash(show, key, urls[0])
        return await self._like_hls(show, key, urls[0])

    async def _like_hls(self, show: Show, key: str, url: str) -> Form:
        source = (await self.origin.get(url, max_age_s=_FRESH_S, parse=read_either)).value
        found = await self.ladders.look(show, key, source, media_playlist_uris(source))
        if found.ladder is None:
            raise FormError("nothing can be packaged like its playlists")
        return form_like_hls(source, found.ladder)

    async def _like_dash(self, show: Show, key: str, url: str) -> Form:
        document: Document[Mpd] = await self.origin.get(
            url, max_age_s=_FRESH_S, parse=self.reading.read
        )
        mpd = document.value
        fitting = await self.mpd_ladders.fit(show, key, mpd, None)
        if fitting is None or not mpd.periods:
            raise FormError("nothing can be packaged like its Representations")
        return form_like_dash(mpd.periods[0], fitting.rung_of, fitting.ladder)
