"""A story's clips as DASH: the static MPD that an origin would have, a Period for each clip."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urljoin

from manifests.creative import CmafMedia, Creative
from packager.config.show_settings import STORIES
from packager.packaging.index_mpd import PeriodMedia, SetMedia, static_mpd
from packager.stories.form import Form
from packager.stories.languages import sets_preferring


def story_mpd(form: Form, clips: Sequence[Creative], language: str = "") -> bytes:
    """The MPD of a story.

    Args:
        form: The story's; MPDs can tell of it.
        clips: What plays.
        language: What players are to begin with; empty: as the form has it.
    """
    return static_mpd(
        [
            PeriodMedia(
                id=f"c{place}",
                duration=clip.duration,
                sets=_sets(form, clip, language),
                base=STORIES,
                asset=clip.id,
            )
            for place, clip in enumerate(clips)
        ]
    )


def representation_id(number: int) -> str:
    """What the rendition with a number is called in every Period."""
    return f"r{number}"


def number_of(representation_id: str) -> int:
    """The number of the rendition that has this id."""
    return int(representation_id.removeprefix("r"))


def _sets(form: Form, clip: Creative, language: str) -> tuple[SetMedia, ...]:
    """All video is of one set; sound is of one where language, role and name are the same."""
    found: dict[tuple[str, str, tuple[str, ...], str], list[tuple[str, CmafMedia]]] = {}
    for kind in ("video", "audio"):
        for number, track in enumerate(form.tracks):
            cmaf = clip.renditions[track.rung.key].cmaf
            if track.rung.kind == kind and cmaf is not None:
                told = (
                    ("", (), "") if kind == "video" else (track.language, track.roles, track.name)
                )
                # As absolute as all that an origin's MPD says, until players are told of it.
                media = replace(cmaf, base=urljoin(STORIES, cmaf.base))
                found.setdefault((kind, *told), []).append((representation_id(number), media))
    sets = [SetMedia(tuple(of), lang, roles) for (_, lang, roles, _), of in found.items()]
    videos = [one for one, (kind, *_) in zip(sets, found, strict=True) if kind == "video"]
    sounds = [one for one, (kind, *_) in zip(sets, found, strict=True) if kind == "audio"]
    return (*videos, *sets_preferring(sounds, language))
