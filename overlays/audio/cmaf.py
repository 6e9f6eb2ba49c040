"""A CMAF segment with music under its sound.

Times, number and durations of samples stay, and the init section fits as before, so that a manifest
only names another URL.
"""

from collections.abc import Sequence
from dataclasses import replace

from overlays.audio.configuration import FRAME, AacConfiguration, read_esds
from overlays.audio.mix import Mix
from overlays.audio.run import LEAD, TAIL, Sound, mix_frames
from overlays.errors import OverlayError, Refusal, SegmentRefused
from overlays.mp4.init import Movie, Track, audio_track, read_init
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import Sample, read_segment


def sound_configuration(init: bytes) -> AacConfiguration:
    """What the sound of a rendition is.

    Raises:
        MediaMalformed: The init section cannot be read.
        SegmentRefused: Its sound cannot be mixed.
    """
    return read_esds(audio_track(read_init(init)).esds or b"").configuration


def mix_cmaf(
    init: bytes, segment: bytes, mixes: Sequence[Mix], *, before: bytes = b"", after: bytes = b""
) -> bytes:
    """Mix music under the sound of a CMAF segment.

    Args:
        init: Init section of the rendition.
        segment: One media segment, with one or more fragments.
        mixes: The music, at the sound's rate and with its channels.
        before: The segment before; empty: there is none.
        after: The segment after; empty: there is none, or none yet.

    Returns:
        A segment with as many samples at the same times, other tracks and boxes as they were (an
        index is left out), and at most `RATE` times as many bytes of sound. The original's bytes
        where nothing is to be heard.

    Raises:
        MediaMalformed: The bytes are not such media.
        SegmentRefused: The original is to be served, for the reason given.
        EncodingFailed: Decoder or encoder failed.
    """
    movie = read_init(init)
    track = audio_track(movie)
    esds = read_esds(track.esds or b"")
    rate = esds.configuration.rate
    content = read_segment(segment, movie)
    own = content.samples(track.number)
    if not own:
        raise SegmentRefused(Refusal.NO_SOUND)
    if any(one.duration * rate != FRAME * track.timescale for one in own[:-1]):
        raise SegmentRefused(Refusal.SOUND_LAYOUT, "samples are not single frames")
    leading = _neighbours(before, movie, track)[-LEAD:]
    if leading and leading[-1].dts + leading[-1].duration != own[0].dts:
        leading = ()
    following = _neighbours(after, movie, track)[:TAIL]
    if following and following[0].dts != own[-1].dts + own[-1].duration:
        following = ()
    sound = Sound(
        configuration=esds.configuration,
        bit_rate=esds.bit_rate,
        own=[one.data for one in own],
        before=[one.data for one in leading],
        after=[one.data for one in following],
        first=round(own[0].dts * rate / track.timescale),
    )
    changed = mix_frames(sound, mixes)
    if not changed:
        return segment
    samples = [replace(one, data=changed.get(index, one.data)) for index, one in enumerate(own)]
    return replace_samples(content, track.number, samples)


def _neighbours(data: bytes, movie: Movie, track: Track) -> tuple[Sample, ...]:
    """The samples of a segment that is of help, but not needed."""
    try:
        return read_segment(data, movie).samples(track.number)
    except OverlayError:
        return ()
