"""Random origins with an MPD: what they have, and their MPD at any instant, all from a seed.

A live origin is a function of time, so that anybody can poll it as often as they like; now and then
it serves an older copy. `random_mpd_traits` draws what is special about an origin, `MpdOrigin`
draws the rest and writes the MPDs.
"""

import hashlib
import random
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import ceil, floor

from random_cues import Planned, plan_breaks, plan_events, write_streams

URL = "https://origin.example/c/main.mpd"
AST = Fraction(1767225600)  # 2026-01-01T00:00:00Z
SCALES = {90000: 25, 48000: 25, 12288: 24, 12800: 25, 10000000: 25, 1000: 25}  # with a frame rate
TEMPLATES = ("number", "time", "duration")
LISTS = ("list", "list-duration")


@dataclass(frozen=True, slots=True)
class MpdTraits:
    """What is special about an origin; the defaults are the plainest."""

    live: bool = True
    scale: int = 90000  # of video
    audio_scale: int = 48000
    ntsc: bool = False  # 30000/1001 frames a second
    segment: int = 0  # 0, 1, 2: how many frames a segment has
    uneven: bool = False
    video: str = "number"  # how segments are found: TEMPLATES, LISTS or "base"
    audio: str = "number"
    languages: int = 1
    text: str = "none"  # "stpp", "wvtt", "file"
    images: bool = False
    trick: bool = False
    offset: str = "zero"  # where media time starts: "zero", "some", "epoch"
    numbers: int = 1  # of the first segment
    periods: int = 1
    per_break: bool = False  # breaks are Periods
    continuing: bool = False  # media time and numbers go on over Periods
    period_ids: bool = True
    set_ids: bool = True
    starts: str = "start"  # "both"; static also "duration"
    level: str = "set"  # where templates stand: "period", "representation", "split"
    bases: str = "none"  # "mpd", "two", "period", "set", "absolute"
    repeated: bool = True  # S with r; and where it may be, r=-1 if `endless`
    endless: bool = False
    prefix: bool = False
    unknown: bool = False
    protected: bool = False
    extras: bool = False  # what most MPDs have beside the media
    window: int = 60
    lag: bool = False  # audio and text are listed later than video
    text_lag: str = "none"  # text is "far" behind, "stalls" now and then, or "ends"
    stale: float = 0.0
    old_ast: bool = False  # 1970
    dated: bool = True  # publishTime
    cues: str = "bin"  # "xml", "direct", "signal"
    breaks: str = "plain"  # "none", "wild"
    events: bool = False
    length: int = 200


@dataclass(frozen=True, slots=True)
class Media:
    """One AdaptationSet's media, the same in every Period."""

    name: str
    kind: str
    mode: str
    scale: int
    lang: str | None = None
    role: str = "main"
    rungs: tuple[tuple[str, int, int, int], ...] = ()  # id, bandwidth, width, height
    lag: Fraction = Fraction(0)
    base: int = 0  # media time at the start of each sequence, ticks


@dataclass(frozen=True, slots=True)
class Stretch:
    """One Period, and which part of a sequence of segments it shows."""

    index: int
    start: Fraction
    end: Fraction
    sequence: int
    offset: Fraction  # of the Period's start in the sequence, seconds


class MpdOrigin:
    """One origin."""

    def __init__(self, seed: int, traits: MpdTraits) -> None:
        draw = random.Random(f"mpd {seed}")
        self.seed, self.traits = seed, traits
        self.url = URL
        self.rate = Fraction(30000, 1001) if traits.ntsc else Fraction(SCALES[traits.scale])
        whole = round(self.rate)
        frames = (2 * whole, 96 if whole == 25 else 4 * whole, whole)[traits.segment]
        self.step = frames / self.rate  # seconds of a segment
        self.first = Fraction(0)
        self.ast = Fraction(0) if traits.old_ast else AST
        if traits.live:
            self.first = AST + 10 - self.ast if traits.old_ast else Fraction(draw.choice((0, 7)))
        self.last = self.first + traits.length
        self.media = tuple(self._media(draw))
        self.breaks: tuple[tuple[Fraction, Fraction], ...] = ()
        self.cues: tuple[Planned, ...] = ()
        if traits.breaks != "none":
            self.breaks, self.cues = plan_breaks(
                draw, self.first, self.last, self.step, wild=traits.breaks == "wild"
            )
        self.others = plan_events(draw, self.first, self.last) if traits.events else ()
        self.stretches = tuple(self._stretches(draw))
        self.borders = {
            (media.name, sequence): self._borders(media, sequence)
            for media in self.media
            for sequence in {one.sequence for one in self.stretches}
        }

    @property
    def begin(self) -> Fraction:
        """When there is something to poll, seconds since 1970."""
        return self.ast + self.first + 4 * self.step

    @property
    def end(self) -> Fraction:
        """When nothing more comes."""
        return self.ast + self.last

    def at(self, now: Fraction) -> bytes:
        """The MPD at an instant, or now and then an older one."""
        if not self.traits.live:
            return self._write(self.last)
        version = int(now - self.ast)
        if coin(self.seed, "stale", version) < self.traits.stale:
            version -= 1 + version % 9
        return self._write(max(Fraction(version), self.begin - self.ast))

    # Plans

    def _media(self, draw: random.Random) -> list[Media]:
        traits = self.traits

        def base(scale: int) -> int:
            if traits.offset == "zero":
                return 0
            return scale * (1_700_000_000 if traits.offset == "epoch" else draw.randint(1, 9999))

        rungs = (("v1", 800_000, 640, 360), ("v2", 2_400_000, 1280, 720))
        video = Media("video", "video", traits.video, traits.scale, rungs=rungs)
        found = [replace(video, base=base(traits.scale))]
        lag = self.step / 3 if traits.lag else Fraction(0)
        for number in range(traits.languages):
            audio = Media(
                f"audio{number}",
                "audio",
                traits.audio,
                traits.audio_scale,
                lang=("en", "de", "fr")[number],
                role="main" if number == 0 else "dub",
                rungs=((f"a{number}", 128_000, 0, 0),),
                lag=lag * (number + 1) / 2,
            )
            found.append(replace(audio, base=base(traits.audio_scale)))
        if traits.text != "none":
            mode = "file" if traits.text == "file" else "number"
            if mode == "number" and traits.live and traits.video == "duration":
                mode = "duration"
            text = Media("text", "text", mode, 1000, "en", "subtitle", (("t1", 2000, 0, 0),), lag)
            found.append(replace(text, base=0 if mode == "file" else base(1000)))
        if traits.images:
            rungs = (("i1", 12_000, 1024, 1152),)
            found.append(Media("images", "image", "duration", 1, role="", rungs=rungs))
        if traits.trick:
            rungs = (("x1", 90_000, 320, 180),)
            mode = "duration" if traits.video == "duration" else "number"
            found.append(Media("trick", "video", mode, 90000, role="", rungs=rungs))
        return found

    def _stretches(self, draw: random.Random) -> list[Stretch]:
        traits = self.traits
        borders = {self.first, self.last}
        if traits.per_break:
            borders |= {at for span in self.breaks for at in span if at < self.last - 4}
        for _ in range(traits.periods - 1):
            at = self.first + self.step * draw.randint(
                5, max(int(traits.length / self.step) - 5, 6)
            )
            if draw.random() < 0.4:
                at += Fraction(draw.randint(0, 2000), 1000)
            borders.add(Fraction(round(at * 1000), 1000))
        ordered = sorted(borders)
        kept = [ordered[0]]
        for border in ordered[1:-1]:  # every Period has a few segments
            near = self.breaks and border in {at for span in self.breaks for at in span}
            if border - kept[-1] > (2 if near else 4 * self.step) and ordered[-1] - border > 4:
                kept.append(border)
        kept.append(ordered[-1])
        return [
            Stretch(
                index,
                start,
                end,
                sequence=0 if traits.continuing else index,
                offset=start - self.first if traits.continuing else Fraction(0),
            )
            for index, (start, end) in enumerate(pairwise(kept))
        ]

    def _borders(self, media: Media, sequence: int) -> tuple[int, ...]:
        """Ends and starts of a sequence's segments, in ticks of its own; the first is 0."""
        length = max(
            one.offset + one.end - one.start for one in self.stretches if one.sequence == sequence
        )
        if media.name == "images":
            return tuple(range(0, int(length) + 20, 10))
        draw = random.Random(f"borders {self.seed} {sequence}")
        is_even = "duration" in (self.traits.video, media.mode) or "list-duration" in media.mode
        frames = round(self.step * self.rate)
        at, found = 0, [0]
        while True:
            if is_even or not self.traits.uneven:
                at += frames
            else:
                at += draw.randint(frames // 2, frames + frames // 4)
            found.append(self._tick(media, at))
            if Fraction(found[-1], media.scale) >= length:
                return tuple(found)

    def _tick(self, media: Media, frame: int) -> int:
        seconds = frame / self.rate
        if media.kind == "audio" and media.mode not in ("duration", "list-duration"):
            seconds = Fraction(round(seconds * 48000 / 1024) * 1024, 48000)
        return round(seconds * media.scale)

    # Writing

    @lru_cache(maxsize=4)  # noqa: B019  # an origin lives as long as its test
    def _write(self, clock: Fraction) -> bytes:
        traits = self.traits
        shown = [one for one in self.stretches if self._is_shown(one, clock)]
        since = clock - traits.window if traits.live else self.first
        shown = [one for one in shown if one.end > since or one is shown[-1]]
        periods = [self._period(one, shown, clock, since) for one in shown]
        attributes = {
            "profiles": "urn:mpeg:dash:profile:isoff-live:2011",
            "type": "dynamic" if traits.live else "static",
            "minBufferTime": "PT2S",
        }
        if traits.live:
            attributes["availabilityStartTime"] = _instant(self.ast)
            if traits.dated:
                attributes["publishTime"] = _instant(self.ast + clock)
            attributes["minimumUpdatePeriod"] = "PT2S"
            attributes["timeShiftBufferDepth"] = f"PT{traits.window}S"
        elif traits.starts != "duration" or traits.extras:
            attributes["mediaPresentationDuration"] = _duration(self.last)
        if traits.extras:
            attributes["id"] = f"show{self.seed}"
            attributes["maxSegmentDuration"] = "PT12S"
        spaces = {"xmlns" + (":mpd" if traits.prefix else ""): "urn:mpeg:dash:schema:mpd:2011"}
        if traits.unknown:
            spaces["xmlns:acme"] = "urn:acme:2020"
            attributes["acme:level"] = "9"
        if traits.protected:
            spaces["xmlns:cenc"] = "urn:mpeg:cenc:2013"
        head, tail = self._around()
        tree = self._e("MPD", {**spaces, **attributes}, *head, *periods, *tail)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{tree}\n'.encode()

    def _around(self) -> tuple[list[str], list[str]]:
        traits = self.traits
        head, tail = [], []
        if traits.extras:
            head.append(self._e("ProgramInformation", {}, self._e("Title", {}, "A show")))
        match traits.bases:
            case "mpd" | "period" | "set":
                head.append(self._e("BaseURL", {}, "media/"))
            case "two":
                for name in ("one", "two"):
                    base = f"https://{name}.cdn.example/m/"
                    head.append(self._e("BaseURL", {"serviceLocation": name}, base))
            case "absolute":
                head.append(self._e("BaseURL", {}, "https://cdn.example/m/"))
        if traits.live and traits.extras:
            head.append(self._e("Location", {}, self.url))
            head.append(self._e("PatchLocation", {"ttl": "60"}, "patch.mpp?t=1"))
        if traits.extras:
            head.append(
                self._e("ServiceDescription", {"id": "0"}, self._e("Latency", {"target": "6000"}))
            )
            if traits.live:
                utc = {"schemeIdUri": "urn:mpeg:dash:utc:http-iso:2014"}
                tail.append(self._e("UTCTiming", {**utc, "value": "https://time.example/now"}))
        if traits.unknown:
            head.append("<!-- made by hand -->")
            tail += ['<acme:note kind="x">text<acme:more/></acme:note>', "<?acme process?>"]
        return head, tail

    def _is_shown(self, one: Stretch, clock: Fraction) -> bool:
        """A Period is told when all of the one before, and some of its own, is there."""
        if not self.traits.live or one.index == 0:
            return True
        if self.traits.video == "duration":  # nothing else would say that the one before ends
            return clock >= one.start - self.step
        before = self.stretches[one.index - 1]
        for media in self.media:
            if media.mode in ("file", "base") or media.kind == "image":
                continue
            if not self._segments(media, one, clock, Fraction(0)):
                return False
            complete = self._segments(media, before, self.last * 2, Fraction(0))
            if len(self._segments(media, before, clock, Fraction(0))) < len(complete):
                return False
        return self._is_shown(before, clock)

    def _listed_to(self, media: Media, clock: Fraction) -> Fraction:
        """Where a set is listed to, on the MPD's timeline."""
        clock -= media.lag
        if media.kind == "text":
            match self.traits.text_lag:
                case "far":
                    clock -= 5 * self.step / 2
                case "stalls":  # for three of seventeen segments
                    since = clock % (17 * self.step)
                    clock -= since if since < 3 * self.step else 0
                case "ends":
                    clock = min(clock, self.first + self.traits.length // 3)
        return clock

    def _pto(self, media: Media, one: Stretch) -> int:
        return media.base + round(one.offset * media.scale)

    def _segments(
        self, media: Media, one: Stretch, clock: Fraction, since: Fraction
    ) -> list[tuple[int, int, int]]:
        """Index, start and end (ticks of the sequence) of what is listed."""
        borders = self.borders[media.name, one.sequence]
        low = self._pto(media, one) - media.base
        high = low + (one.end - one.start) * media.scale
        last = bisect_left(borders, ceil(high))
        if self.traits.live:
            listed = low + (self._listed_to(media, clock) - one.start) * media.scale
            last = min(last, bisect_right(borders, floor(listed)) - 1)
            low = max(low, floor(low + (since - one.start) * media.scale))
        first = max(bisect_right(borders, low) - 1, 0)
        return [(index, borders[index], borders[index + 1]) for index in range(first, last)]

    def _period(self, one: Stretch, shown: list[Stretch], clock: Fraction, since: Fraction) -> str:
        traits = self.traits
        attributes: dict[str, str] = {}
        if traits.period_ids:
            attributes["id"] = f"p{one.index}"
        is_last = one is shown[-1]
        if traits.starts != "duration" or (traits.live and one is shown[0]):
            attributes["start"] = _duration(one.start)
        if traits.starts != "start" and not (is_last and traits.live):
            attributes["duration"] = _duration(one.end - one.start)
        if traits.unknown:
            attributes["acme:part"] = str(one.index)
        children = []
        if traits.bases == "period":
            children.append(self._e("BaseURL", {}, f"period{one.index}/"))
        names = {media.mode for media in self.media}
        if traits.level == "period" and names <= {"number"}:
            children.append(self._e("SegmentTemplate", self._names("number", one)))
        if traits.extras:
            children.append(
                self._e("AssetIdentifier", {"schemeIdUri": "urn:acme:asset", "value": "show"})
            )
        horizon = Fraction(10**12) if not traits.live else clock
        planned = [
            event
            for event in (*self.cues, *self.others)
            if one.start <= event.at < (self.last + 99 if is_last and traits.live else one.end)
            and event.appears <= horizon
            and event.at + event.length > since - 5
        ]
        children += write_streams(
            self._e, planned, one.start, dialect=traits.cues, seed=self.seed, index=one.index
        )
        for number, media in enumerate(self.media, 1):
            children.append(self._set(number, media, one, clock, since, is_last=is_last))
        if traits.unknown:
            children.append(f"<acme:period>{one.index}</acme:period>")
        return self._e("Period", attributes, *children)

    def _set(
        self,
        number: int,
        media: Media,
        one: Stretch,
        clock: Fraction,
        since: Fraction,
        *,
        is_last: bool,
    ) -> str:
        traits = self.traits
        attributes = {"id": str(number)} if traits.set_ids else {}
        attributes |= {"contentType": media.kind, "mimeType": f"{media.kind}/mp4"}
        if media.kind == "text":
            attributes["mimeType"] = "text/vtt" if media.mode == "file" else "application/mp4"
        if media.kind == "image":
            attributes["mimeType"] = "image/jpeg"
        if media.lang:
            attributes["lang"] = media.lang
        if traits.unknown:
            attributes["acme:set"] = media.name
        children = []
        if traits.extras and media.kind == "audio":
            scheme = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
            children.append(
                self._e("AudioChannelConfiguration", {"schemeIdUri": scheme, "value": "2"})
            )
        if traits.protected and media.kind in ("video", "audio"):
            children += self._protection()
        if media.kind == "image":
            tile = {"schemeIdUri": "http://dashif.org/guidelines/thumbnail_tile", "value": "10x1"}
            children.append(self._e("EssentialProperty", tile))
        if media.name == "trick":
            trick = {"schemeIdUri": "http://dashif.org/guidelines/trickmode", "value": "1"}
            children.append(self._e("EssentialProperty", trick))
        if traits.extras and media.name == "audio0":
            children.append(self._e("Label", {"id": "1"}, "Original"))
        if traits.unknown:
            children.append('<acme:note kind="set"/>')
        if media.role:
            role = {"schemeIdUri": "urn:mpeg:dash:role:2011", "value": media.role}
            children.append(self._e("Role", role))
        if traits.bases == "set":
            children.append(self._e("BaseURL", {}, f"{media.name}/"))
        above, below = self._information(media, one, clock, since, is_last=is_last)
        children += above
        for name, bandwidth, width, height in media.rungs:
            children.append(self._representation(media, one, name, bandwidth, width, height, below))
        return self._e("AdaptationSet", attributes, *children)

    def _protection(self) -> list[str]:
        common = {"schemeIdUri": "urn:mpeg:dash:mp4protection:2011", "value": "cenc"}
        common["cenc:default_KID"] = "34e5db32-8625-47cd-ba06-68fca0655a72"
        widevine = {"schemeIdUri": "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"}
        pssh = "<cenc:pssh>AAAAMnBzc2g=</cenc:pssh>"
        return [
            self._e("ContentProtection", common),
            self._e("ContentProtection", widevine, pssh),
        ]

    def _representation(
        self,
        media: Media,
        one: Stretch,
        name: str,
        bandwidth: int,
        width: int,
        height: int,
        information: list[str],
    ) -> str:
        attributes = {"id": name, "bandwidth": str(bandwidth)}
        codecs = {"video": "avc1.640020", "audio": "mp4a.40.2", "text": self.traits.text}
        if media.kind in codecs and media.mode != "file":
            attributes["codecs"] = codecs[media.kind]
        if width:
            attributes |= {"width": str(width), "height": str(height)}
        if media.kind == "video":
            rate = self.rate
            attributes["frameRate"] = (
                f"{rate.numerator}/{rate.denominator}" if rate.denominator > 1 else f"{rate}"
            )
        if media.kind == "audio":
            attributes["audioSamplingRate"] = "48000"
        if self.traits.unknown:
            attributes["acme:rung"] = name
        children = []
        if media.mode == "file":
            children.append(self._e("BaseURL", {}, f"subs-{one.sequence}.vtt"))
        if media.mode == "base":
            children.append(self._e("BaseURL", {}, f"{name}-{one.sequence}.mp4"))
        children += [text.replace("{rung}", name) for text in information]
        return self._e("Representation", attributes, *children)

    def _names(self, mode: str, one: Stretch) -> dict[str, str]:
        key = "$Time$" if mode == "time" else "$Number%05d$"
        return {
            "media": f"$RepresentationID$/s{one.sequence}-{key}.m4s",
            "initialization": f"$RepresentationID$/init{one.sequence}.mp4",
        }

    def _information(
        self, media: Media, one: Stretch, clock: Fraction, since: Fraction, *, is_last: bool
    ) -> tuple[list[str], list[str]]:
        """What is said of segments: for the set, and for each Representation."""
        traits = self.traits
        if media.mode == "file":
            return [], []
        given: dict[str, str] = {"timescale": str(media.scale)}
        pto = self._pto(media, one)
        if pto or traits.extras:
            given["presentationTimeOffset"] = str(pto)
        if media.mode == "base":
            given["indexRange"] = "900-1499"
            init = self._e("Initialization", {"range": "0-899"})
            return [], [self._e("SegmentBase", given, init)]
        segments = self._segments(media, one, clock, since)
        children = []
        if media.mode in ("number", "time", "list"):
            endless = traits.endless and not traits.live and is_last
            children.append(self._timeline(media, segments, endless=endless))
        if media.mode in ("duration", "list-duration"):
            borders = self.borders[media.name, one.sequence]
            given["duration"] = str(borders[1] - borders[0])
        if media.mode in ("number", "time"):
            first = segments[0][0] if segments else 0
            if media.mode == "number" or traits.numbers != 1:
                given["startNumber"] = str(traits.numbers + first)
        if media.mode == "duration":
            given["startNumber"] = str(traits.numbers)
        if media.mode in LISTS:
            init = {"sourceURL": f"{{rung}}/init{one.sequence}.mp4"}
            urls = [
                self._e("SegmentURL", {"media": f"{{rung}}/s{one.sequence}-{index}.m4s"})
                for index, _, _ in segments
            ]
            return [], [
                self._e("SegmentList", given, self._e("Initialization", init), *children, *urls)
            ]
        names = self._names(media.mode, one)
        modes = {other.mode for other in self.media}
        if traits.level == "period" and modes <= {"number"}:
            names = {}
        if traits.level == "representation":
            return [], [self._e("SegmentTemplate", names | given, *children)]
        if traits.level == "split":
            return [self._e("SegmentTemplate", names)], [
                self._e("SegmentTemplate", given, *children)
            ]
        return [self._e("SegmentTemplate", names | given, *children)], []

    def _timeline(
        self, media: Media, segments: list[tuple[int, int, int]], *, endless: bool
    ) -> str:
        runs: list[list[int]] = []  # start, duration, count
        for _, start, end in segments:
            if self.traits.repeated and runs and runs[-1][1] == end - start:
                runs[-1][2] += 1
            else:
                runs.append([start + media.base, end - start, 1])
        found = []
        for index, (start, duration, count) in enumerate(runs):
            attributes = {"t": str(start)} if index == 0 or not self.traits.repeated else {}
            attributes["d"] = str(duration)
            if count > 1:
                is_last = index == len(runs) - 1
                attributes["r"] = "-1" if endless and is_last else str(count - 1)
            found.append(self._e("S", attributes))
        return self._e("SegmentTimeline", {}, *found)

    def _e(self, name: str, attributes: dict[str, str], *children: str) -> str:
        name = f"mpd:{name}" if self.traits.prefix else name
        said = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f"<{name}{said}>{''.join(children)}</{name}>" if children else f"<{name}{said}/>"


def coin(*key: object) -> float:
    """A number between 0 and 1 that is the same for the same key."""
    digest = hashlib.blake2b(repr(key).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def _duration(at: Fraction) -> str:
    return f"PT{_decimal(at)}S"


def _decimal(at: Fraction) -> str:
    whole, rest = divmod(round(at * 1_000_000), 1_000_000)
    return f"{whole}.{rest:06}".rstrip("0").rstrip(".")


def _instant(at: Fraction) -> str:
    if at < AST - 1:
        return "1970-01-01T00:00:00Z"
    minutes, seconds = divmod(int(at - AST), 60)
    hours, minutes = divmod(minutes, 60)
    return f"2026-01-01T{hours:02}:{minutes:02}:{seconds:02}Z"


def random_mpd_traits(seed: int, ease: int = 9, *, live: bool | None = None) -> MpdTraits:
    """Traits for a seed; `ease` 0 gives the plainest, each step allows more."""
    draw = random.Random(f"mpd traits {seed}")

    def some(level: int, chance: float = 0.5) -> bool:
        return draw.random() < chance and ease >= level

    def one_of(level: int, *values: str) -> str:
        value = draw.choice(values)
        return value if ease >= level else values[0]

    is_live = draw.random() < 0.7 if live is None else live
    found = ("number", "time", "duration") if is_live else (*TEMPLATES, *LISTS, "base")
    video, audio = one_of(3, *found), one_of(3, *found)
    if draw.random() < 0.6 or (is_live and "duration" in (video, audio)):
        audio = video  # in live nobody mixes segments that are listed and that are computed
    uses_lists = {"duration", "list-duration"} & {video, audio}
    scale = draw.choice(tuple(SCALES)) if ease >= 1 else 90000
    ntsc = scale in (90000, 48000) and some(4, 0.2)
    traits = MpdTraits(
        live=is_live,
        scale=scale,
        audio_scale=draw.choice((48000, 48000, 90000, 10000000, 1000)) if ease >= 1 else 48000,
        ntsc=ntsc,
        segment=draw.choice((0, 1, 2)) if ease >= 1 else 0,
        uneven=some(2) and not uses_lists,
        video=video,
        audio=audio,
        languages=draw.choice((1, 1, 2, 3)) if ease >= 4 else 1,
        text=one_of(5, "none", "none", "stpp", "wvtt", "file"),
        images=some(5, 0.2),
        trick=some(5, 0.2),
        offset=one_of(2, "zero", "some", "epoch"),
        numbers=draw.choice((1, 0, 5000)) if ease >= 2 else 1,
        periods=draw.choice((1, 1, 2, 3, 4)) if ease >= 6 else 1,
        per_break=some(6, 0.3),
        continuing=some(6) and not uses_lists and "base" not in (video, audio),
        period_ids=not some(7, 0.2),
        set_ids=not some(7, 0.2),
        starts=one_of(4, "start", "both") if is_live else one_of(4, "start", "both", "duration"),
        level=one_of(3, "set", "period", "representation", "split"),
        bases=one_of(3, "none", "mpd", "two", "period", "set", "absolute"),
        repeated=not some(3, 0.2),
        endless=some(4, 0.2),
        prefix=some(3, 0.3),
        unknown=some(3),
        protected=some(5, 0.3),
        extras=some(3),
        window=draw.choice((30, 60, 120)) if ease >= 2 else 60,
        lag=some(7),
        stale=draw.choice((0.0, 0.0, 0.15)) if ease >= 7 and is_live else 0.0,
        old_ast=some(4, 0.3) and is_live,
        dated=not some(8, 0.1),
        cues=one_of(3, "bin", "xml", "direct", "signal"),
        breaks="wild" if ease >= 5 else "plain",
        events=some(5),
        length=draw.choice((150, 250)),
    )
    text_lag = one_of(7, "none", "none", "far", "stalls", "ends")
    # A Period is told when all of the one before is there: not with text that is always behind.
    goes_on = traits.periods > 1 or traits.per_break
    return replace(traits, text_lag=text_lag) if is_live and not goes_on else traits
