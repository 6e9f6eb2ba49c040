"""Which signals count as cues, as a show's configuration says."""

from manifests.cues.rules import CueRules
from packager.config.show_settings import Show


def cue_rules(show: Show) -> CueRules:
    """The rules of a show."""
    return CueRules(
        start_types=show.cues.start_types,
        splice_insert=show.cues.splice_insert,
        honour_restrictions=show.cues.honour_restrictions,
        tags=show.cues.tags,
        classes=show.cues.classes,
    )
