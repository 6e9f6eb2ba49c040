"""A story's clips as DASH: the static MPD that an origin would have, a Period for each clip."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urljoin

from manifests.creative import CmafMedia, Creative
from packager.config.show_settings import STORIES
from packager.packaging.index_mpd import PeriodMedia, SetMedia, static_mpd
from packager.stories.form import Form


def story_mpd(form: Form, clips: Sequence[Creative]) -> bytes:
    """The MPD of a story.

    Args:
        form: The story's; MPDs can tell of it.
        clips: What plays.
    """
    return static_mpd(
        [
            PeriodMedia(
                id=f"c{place}",
                duration=clip.duration,
                sets=_sets(form, clip),
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


def _sets(form: Form, clip: Creative) -> tuple[SetMedia, ...]:
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
    return tuple(
        SetMedia(tuple(of), language, roles) for (_, language, roles, _), of in found.items()
    )
