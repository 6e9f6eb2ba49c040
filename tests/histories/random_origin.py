"""Random live and recorded origins, each a pure function of a seed.

An origin is laid out whole when it is made: pieces of content with all that is said of them. What
it answers at an instant is the window that ends there, so asking twice gives the same text.
"""

import random
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from hashlib import blake2b

BASE = "https://origin.example/show/"
BEGIN = Decimal(1_767_225_600)  # 2026-01-01T00:00:00Z
AAC = Decimal(1024) / Decimal(48000)
MILLISECOND = Decimal("0.001")
SAMPLE_FORMATS = (
    ('KEYFORMAT="com.apple.streamingkeydelivery",KEYFORMATVERSIONS="1"', "skd://key{n}"),
    ('KEYFORMAT="urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"', "data:text/plain;base64,AAA{n}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What an origin is like; the defaults are the plainest one."""

    target: int = 6
    window: int = 6  # segments
    kind: str = "live"  # "live", "event", "vod"
    cmaf: bool = False
    dates: str = "each"  # "each", "first" (of each version), "some", "none"
    uneven: bool = False  # segments of different lengths
    keys: str = "none"  # "none", "counted", "iv", "formats", "mixed"
    rotation: int = 0  # segments per key, 0: one key for all
    clear_map: bool = True  # MAP stands before the first KEY
    new_maps: bool = False  # at the origin's own discontinuities
    ranges: str = "none"  # "none", "explicit", "implicit"
    bitrates: bool = False
    gaps: bool = False
    marks: bool = False  # own discontinuities
    numbering: str = "right"  # discontinuity sequence: "right", "missing", "different"
    unknown: bool = False  # tags that nobody knows
    dateranges: bool = False
    variables: bool = False
    titles: bool = False
    breaks: str = "none"  # "none", "plain", "wild"
    restarts: int = 0
    stale: float = 0.0  # how often an older version is answered
    lag: bool = False  # renditions come one segment later than others
    audio: bool = False
    subtitles: bool = False
    second_video: bool = False
    ends: bool = False  # the channel comes to its end within the time
    length_s: int = 1200


@dataclass(frozen=True, slots=True)
class Piece:
    """One segment of the content, the same in all renditions."""

    start: Decimal
    duration: Decimal
    epoch: int
    number: int  # in its epoch
    marks: int = 0  # discontinuities before it
    map: int = 0
    key: int | None = None  # None: clear
    gap: bool = False
    cues: tuple[tuple[str, Decimal], ...] = ()  # and when they appear
    said: tuple[str, ...] = ()

    @property
    def end(self) -> Decimal:
        return self.start + self.duration


def coin(*what: object) -> float:
    """A number from 0 to 1 that depends on nothing but `what`."""
    digest = blake2b(repr(what).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class Origin:
    """A show: renditions, and what each of them answers at an instant."""

    def __init__(self, seed: int, traits: Traits) -> None:
        self.seed = seed
        self.traits = traits
        self.names = ["v0"]
        if traits.second_video:
            self.names.append("v1")
        if traits.audio:
            self.names.append("a0")
        if traits.subtitles:
            self.names.append("s0")
        draw = random.Random(f"origin {seed}")
        self.first_msns = [draw.choice((0, 1, 7, 100, 4711)) for _ in range(traits.restarts + 1)]
        for epoch in range(1, len(self.first_msns)):
            self.first_msns[epoch] = draw.choice((0, 1, 3))
        if traits.kind != "live":
            self.first_msns = [0] * len(self.first_msns)
        self.lags = {
            name: draw.choice((0, 0, traits.target, traits.target // 2))
            for name in self.names
            if traits.lag
        }
        # What others had of the old beginning is not known of a playlist that lags behind them:
        # the one whose borders count is never the last to tell of a new one.
        self.prompt = {"v0"} if traits.restarts else set()
        self.lags = {name: lag for name, lag in self.lags.items() if name not in self.prompt}
        self.offsets = {
            name: 0 if traits.dates == "none" or name == "v0" else draw.choice((0, 3, 1000))
            for name in self.names
        }
        if traits.kind != "live":
            self.offsets = dict.fromkeys(self.names, 0)
        self.pieces = _pieces(draw, traits)
        self.borders = {name: self._borders(name) for name in self.names}
        self.index: list[list[int]] = [
            [i for i, piece in enumerate(self.pieces) if piece.epoch == epoch]
            for epoch in range(traits.restarts + 1)
        ]
        self._memo: dict[tuple[str, int, int, int], str] = {}

    def url(self, name: str) -> str:
        """Where a rendition's playlist is."""
        return f"{BASE}{name}/live.m3u8?tok=1"

    @property
    def begin(self) -> Decimal:
        """When the first window is there."""
        return self.pieces[min(self.traits.window, len(self.pieces)) - 1].end + 2

    @property
    def end(self) -> Decimal:
        return self.pieces[-1].end

    def clock(self) -> dict[tuple[str, tuple[int, int] | None], Decimal]:
        """When each segment of each rendition starts."""
        return {
            self._place(name, i): self.borders[name][i][0]
            for name in self.names
            for i in range(len(self.pieces))
        }

    def at(self, instant: Decimal, name: str) -> str:
        """What a rendition's playlist is at an instant."""
        traits = self.traits
        if traits.kind == "vod":
            return self._written(name, 0, len(self.pieces), 0)
        seen = instant - self.lags.get(name, 0)
        epoch = self._epoch(seen)
        slot = int(instant / 2)
        if name not in self.prompt and coin(self.seed, name, slot) < traits.stale:
            older = seen - Decimal(traits.target) * (1 + int(coin(self.seed, name, slot, 1) * 2))
            if older >= self.begin and self._epoch(older) == epoch:
                seen = older
        listed = [i for i in self.index[epoch] if self.borders[name][i][1] <= seen]
        if not listed:  # too early for the new beginning
            epoch -= 1
            listed = [i for i in self.index[epoch] if self.borders[name][i][1] <= seen]
        first = 0 if traits.kind == "event" else max(len(listed) - traits.window, 0)
        shown = max(
            (
                appears
                for i in listed[first:]
                for _, appears in self.pieces[i].cues
                if appears <= seen
            ),
            default=ZERO,
        )
        key = (name, listed[0] + first, listed[-1] + 1, int(shown * 1000))
        text = self._memo.get(key)
        if text is None:
            text = self._memo[key] = self._written(name, listed[first], listed[-1] + 1, epoch, seen)
        return text

    def _epoch(self, instant: Decimal) -> int:
        epoch = 0
        for number, members in enumerate(self.index):
            # a new beginning is there with its second segment
            if len(members) > 1 and self.pieces[members[1]].end <= instant:
                epoch = number
        return epoch

    def _borders(self, name: str) -> list[tuple[Decimal, Decimal]]:
        """Start and end of each piece: audio's lie on the grid of its frames."""
        if name[0] != "a":
            return [(piece.start, piece.end) for piece in self.pieces]
        return [(_on_grid(piece.start), _on_grid(piece.end)) for piece in self.pieces]

    def _place(self, name: str, index: int) -> tuple[str, tuple[int, int] | None]:
        piece = self.pieces[index]
        suffix = {"v": ".m4s" if self.traits.cmaf else ".ts", "a": ".m4s", "s": ".vtt"}[name[0]]
        if name[0] == "a" and not self.traits.cmaf:
            suffix = ".aac"
        folder = f"{BASE}{name}/"
        if self.traits.ranges == "none" or name[0] == "s":
            return f"{folder}e{piece.epoch}-{piece.number}{suffix}", None
        size = 1000 + int(coin(self.seed, name, piece.epoch) * 100)
        file, part = divmod(piece.number, 4)
        return f"{folder}e{piece.epoch}-f{file}{suffix}", (size, size * part)

    def _written(
        self, name: str, first: int, end: int, epoch: int, seen: Decimal | None = None
    ) -> str:
        traits = self.traits
        members = range(first, end)
        piece = self.pieces[first]
        base = self.index[epoch][0]
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{self._version()}"]
        if traits.variables:
            lines.append('#EXT-X-DEFINE:NAME="where",VALUE="e"')
        if traits.unknown:
            lines.append("#EXT-X-ACME-HEAD:a=1")
        if traits.cmaf and name[0] != "s":
            lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        lines.append(f"#EXT-X-TARGETDURATION:{traits.target}")
        if traits.kind != "live":
            lines.append(f"#EXT-X-PLAYLIST-TYPE:{traits.kind.upper()}")
        msn = self.first_msns[epoch] + self.offsets[name] + piece.number
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{msn}")
        gone = sum(self.pieces[i].marks for i in range(base, first))
        if traits.numbering == "different":
            gone += {"v": 0, "a": 3, "s": 5}[name[0]] + int(name[1])
        if traits.numbering != "missing" and (traits.marks or traits.numbering == "different"):
            lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{gone}")
        before: int | None = None
        for index in members:
            lines += self._entry(name, index, before, seen)
            before = index
        if traits.kind == "vod" or (traits.ends and end == len(self.pieces)):
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def _version(self) -> int:
        traits = self.traits
        if traits.variables:
            return 8
        if traits.cmaf:
            return 6
        if traits.keys in ("formats", "mixed"):
            return 5
        return 4 if traits.ranges != "none" else 3

    def _entry(self, name: str, index: int, before: int | None, seen: Decimal | None) -> list[str]:
        traits = self.traits
        piece = self.pieces[index]
        earlier = None if before is None else self.pieces[before]
        start, end = self.borders[name][index]
        uri, span = self._place(name, index)
        lines = list(piece.said) if traits.unknown or traits.dateranges else []
        lines += ["#EXT-X-DISCONTINUITY"] * piece.marks
        lines += [cue for cue, appears in piece.cues if seen is None or appears <= seen]
        if name[0] != "s":
            lines += self._state(name, piece, earlier)
        if traits.dates == "some":
            dated = before is None or piece.number % 3 == 0 or piece.marks > 0
        else:
            dated = traits.dates == "each" or (traits.dates == "first" and before is None)
        if dated:
            lines.append(_date(start))
        if traits.bitrates and piece.number % 2 == 0:
            lines.append(f"#EXT-X-BITRATE:{1000 + piece.number}")
        if piece.gap:
            lines.append("#EXT-X-GAP")
        title = f"piece {piece.number}" if traits.titles else ""
        lines.append(f"#EXTINF:{_digits(end - start)},{title}")
        if traits.unknown and piece.number % 4 == 1:
            lines.append(f"# remark {piece.number}")
        if span is not None:
            length, offset = span
            adjacent = earlier is not None and self._place(name, index - 1)[0] == uri
            implicit = traits.ranges == "implicit" and adjacent and before == index - 1
            lines.append(f"#EXT-X-BYTERANGE:{length}" + ("" if implicit else f"@{offset}"))
        file = uri.rpartition("/")[2]
        if traits.variables:
            file = "{$where}" + file[1:]
        lines.append(file if piece.number % 5 else uri)
        return lines

    def _state(self, name: str, piece: Piece, earlier: Piece | None) -> list[str]:
        traits = self.traits
        keys = _keys(traits, piece.key, name)
        keyed = earlier is None or earlier.key != piece.key or earlier.epoch != piece.epoch
        mapped = traits.cmaf and (earlier is None or earlier.map != piece.map)
        media_map = f'#EXT-X-MAP:URI="init-{piece.epoch}-{piece.map}.mp4"'
        if traits.keys != "none" and not traits.clear_map:  # one for each key that it is under
            mapped = traits.cmaf and (mapped or keyed)
            media_map = f'#EXT-X-MAP:URI="init-{piece.epoch}-{piece.map}-{piece.key}.mp4"'
        if traits.ranges != "none" and piece.map % 2:
            media_map += ',BYTERANGE="700@0"'
        none = ["#EXT-X-KEY:METHOD=NONE"] if earlier is not None and earlier.key is not None else []
        if not mapped:
            return (keys or none) if keyed else []
        if traits.clear_map and traits.keys != "none":
            return [*none, media_map, *keys]
        return [*(keys or none if keyed else []), media_map]


ZERO = Decimal(0)


def _on_grid(at: Decimal) -> Decimal:
    frames = ((at - BEGIN) / AAC).to_integral_value(rounding=ROUND_HALF_EVEN)
    return BEGIN + (frames * AAC).quantize(Decimal("0.000001"))


def _digits(duration: Decimal) -> str:
    return f"{duration:.6f}" if duration != duration.quantize(MILLISECOND) else f"{duration:.3f}"


def _date(at: Decimal) -> str:
    total = int(at.quantize(MILLISECOND) * 1000) - int(BEGIN) * 1000
    seconds, milliseconds = divmod(total, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"#EXT-X-PROGRAM-DATE-TIME:2026-01-01T{hours:02}:{minutes:02}:{seconds:02}"
        f".{milliseconds:03}Z"
    )


def _keys(traits: Traits, key: int | None, name: str) -> list[str]:
    if key is None or traits.keys == "none":
        return []
    iv = f",IV=0x{key + 77:032X}"
    match traits.keys:
        case "counted":
            if traits.cmaf and not traits.clear_map:
                return [f'#EXT-X-KEY:METHOD=AES-128,URI="../k{key}"{iv}']
            return [f'#EXT-X-KEY:METHOD=AES-128,URI="../k{key}"']
        case "iv":
            return [f'#EXT-X-KEY:METHOD=AES-128,URI="../k{key}"{iv}']
        case "formats":
            return [
                f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{uri.format(n=key)}"{iv},{form}'
                for form, uri in SAMPLE_FORMATS
            ]
        case _:  # one format comes and goes
            forms = SAMPLE_FORMATS if key % 2 else SAMPLE_FORMATS[:1]
            none = [] if key % 2 else ["#EXT-X-KEY:METHOD=NONE"]
            return none + [
                f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{uri.format(n=key)}"{iv},{form}'
                for form, uri in forms
            ]


def _pieces(draw: random.Random, traits: Traits) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    at = BEGIN
    epoch = number = media_map = 0
    key: int | None = 0 if traits.keys != "none" else None
    restart_at = sorted(
        BEGIN + Decimal(draw.randint(traits.length_s // 5, traits.length_s))
        for _ in range(traits.restarts)
    )
    while at < BEGIN + traits.length_s:
        if epoch < len(restart_at) and at >= restart_at[epoch] and number > 2:
            epoch, number = epoch + 1, 0
            if traits.dates != "none" and draw.random() < 0.5:
                at += Decimal(draw.randint(0, 3 * traits.target))  # it was away for a while
            elif traits.dates == "each" and draw.random() < 0.5:
                back = draw.randint(1, 3)  # two encoders that overlap
                at = max(pieces[-back].start + Decimal(draw.choice(("0", "0.5", "1.7"))), BEGIN)
        duration = Decimal(traits.target)
        if traits.uneven:
            least = max(traits.target * 500, 1500)
            duration = Decimal(draw.randint(least, traits.target * 1000 + 400)) / 1000
        marked = traits.marks and number > 0 and draw.random() < 0.08
        if marked and traits.new_maps:
            media_map += 1
        if traits.rotation and number % traits.rotation == 0 and number:
            key = (
                draw.choice((None, (key or 0) + 1)) if traits.keys == "counted" else (key or 0) + 1
            )
        said = []
        if traits.unknown and draw.random() < 0.5:
            said.append(f"#EXT-X-ACME:n={number}")
        if traits.dateranges and draw.random() < 0.2:
            said.append(
                f'#EXT-X-DATERANGE:ID="d{epoch}-{number}",START-DATE="2026-01-01T00:00:00Z",'
                'DURATION=3.0,X-ACME="y"'
            )
        pieces.append(
            Piece(
                at,
                duration,
                epoch,
                number,
                marks=marked * (2 if number % 7 == 0 else 1),
                map=media_map,
                key=key,
                gap=traits.gaps and draw.random() < 0.05,
                said=tuple(said),
            )
        )
        at, number = at + duration, number + 1
    if traits.breaks != "none":
        _put_breaks(draw, traits, pieces)
    return tuple(pieces)


def _put_breaks(draw: random.Random, traits: Traits, pieces: list[Piece]) -> None:
    index = traits.window + draw.randint(-2, 6)
    while index < len(pieces) - 2:
        index = max(index, 1)
        last = min(index + draw.randint(1, 8), len(pieces) - 1)
        wild = traits.breaks == "wild"
        shape = draw.choice(
            ("plain", "bare", "early", "missing", "late-in", "late-out", "plain")
            if wild
            else ("plain",)
        )
        length = pieces[last].start - pieces[index].start
        told = length
        closing = last
        appears = pieces[index].end
        match shape:
            case "bare":
                told = Decimal(-1)
            case "early":
                closing = draw.randint(index, last)
            case "missing":
                closing = -1
            case "late-in":
                closing = min(last + 1, len(pieces) - 1)
            case "late-out":
                appears = pieces[min(index + draw.randint(1, 3), len(pieces) - 1)].end
        if pieces[index].epoch != pieces[last].epoch and draw.random() < 0.5:
            closing = -1
        out = "#EXT-X-CUE-OUT" if told < 0 else f"#EXT-X-CUE-OUT:{told}"
        if shape == "bare" and closing == index:
            closing += 1
        _say(pieces, index, out, appears)
        if closing >= 0:
            _say(pieces, closing, "#EXT-X-CUE-IN", pieces[closing].end)
        index = max(last, closing) + draw.choice((0, 0, 1, 2, 5, 12) if wild else (3, 6, 12))


def _say(pieces: list[Piece], index: int, cue: str, appears: Decimal) -> None:
    piece = pieces[index]
    pieces[index] = replace(piece, cues=(*piece.cues, (cue, appears)))


def random_traits(seed: int, ease: int = 9) -> Traits:
    """Traits for a seed; `ease` 0 gives the plainest, each step allows more."""
    draw = random.Random(f"traits {seed}")

    def some(level: int, chance: float = 0.5) -> bool:
        return draw.random() < chance and ease >= level

    def one_of(level: int, *values: str) -> str:
        value = draw.choice(values)
        return value if ease >= level else values[0]

    kind = draw.choices(("live", "event"), (0.9, 0.1))[0] if ease >= 5 else "live"
    traits = Traits(
        target=draw.choice((2, 3, 4, 6, 8, 10)),
        window=draw.choice((3, 4, 5, 6, 8, 12, 20)) if ease >= 2 else 6,
        kind=kind,
        cmaf=some(1),
        dates=one_of(4, "each", "each", "first", "some", "none"),
        uneven=some(2),
        keys=one_of(3, "none", "none", "counted", "iv", "formats", "mixed"),
        rotation=draw.choice((0, 0, 1, 3, 7)) if ease >= 3 else 0,
        clear_map=not some(3, 0.3),
        new_maps=some(3),
        ranges=one_of(3, "none", "none", "explicit", "implicit"),
        bitrates=some(3, 0.2),
        gaps=some(3, 0.2),
        marks=some(3),
        numbering=one_of(6, "right", "right", "missing", "different"),
        unknown=some(3),
        dateranges=some(3, 0.3),
        variables=some(3, 0.2),
        titles=some(3, 0.2),
        breaks="wild" if ease >= 4 else "plain",
        restarts=draw.choice((0, 0, 1, 2)) if ease >= 7 and kind == "live" else 0,
        stale=draw.choice((0.0, 0.0, 0.1, 0.3)) if ease >= 6 else 0.0,
        lag=some(6),
        audio=some(2, 0.7),
        subtitles=some(2, 0.4),
        second_video=some(2, 0.6),
        ends=some(5, 0.2),
        length_s=1000,
    )
    if traits.restarts and traits.dates == "none":
        # Nobody can say which of a playlist's last segments others had when the origin began again.
        return replace(traits, lag=False, stale=0.0)
    return traits
