"""A story as a picture: its parts from top to bottom, branches side by side, all that it plays.

SVG, written by hand: a block knows its size, and draws itself where it is put.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

from packager.config.asset_settings import Asset
from packager.config.break_settings import AssetFill, VastFill
from packager.config.clip_settings import Clip as Made
from packager.config.show_settings import Show
from packager.config.story_settings import BranchPart, BreakPart, FitPart, Part, asked
from packager.stories.clips import finite_names, ways_to_show

Lengths = Mapping[str, Decimal]  # seconds, by the name of an asset or of its cut, "goal:short"

_WIDTH, _LINE, _PAD, _GAP, _MARGIN = 300, 18, 12, 30, 28
_LETTERS = 43  # that fit into a box
_SHOWN = 12  # moments, before the rest is counted
_COLOURS = {  # edge, and fill
    "play": ("#2563a8", "#e8f1fb"),
    "choice": ("#7a3fa0", "#f4eafa"),
    "fit": ("#23794a", "#e7f6ed"),
    "break": ("#a8661a", "#fdf3e3"),
    "when": ("#666666", "#ffffff"),
    "aside": ("#b5b5b5", "#fafafa"),
}
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#222}.t{font-weight:600}.s{fill:#5c5c5c}"
    ".c{font:12px ui-monospace,monospace}.w{stroke:#888;stroke-width:1.5;fill:none}"
)


@dataclass(frozen=True, slots=True)
class _Block:
    """Something that has a size; it draws itself with its top left corner at a place."""

    width: float
    height: float
    draw: Callable[[float, float], list[str]]


def story_svg(show: Show, lengths: Lengths | None = None) -> str:
    """Draw a show's story.

    Args:
        show: It has one.
        lengths: Of what is known; the rest is drawn without.
    """
    known = lengths or {}
    names = finite_names(show)
    ends = _span(show.story, show, known)
    body = _column(
        [
            _box("aside", [("t", f"{show.name} begins")]),
            *(_part(one, show, known) for one in show.story),
            _box("aside", [("t", f"ends{'' if ends is None else f', after {ends}'}")]),
        ]
    )
    said = [
        ("t", "what is asked for"),
        *(("s", f"{n}: {', '.join(of)}") for n, of in names.items()),
    ]
    rules = [
        ("s", f"{name}: any {fact.kind}") for name, fact in show.facts.items() if name not in names
    ]
    aside = [_asset(name, asset, known) for name, asset in show.assets.items()]
    beside = _stack([_box("aside", [*said, *rules]), *aside])
    width = 3 * _MARGIN + body.width + beside.width
    height = 2 * _MARGIN + max(body.height, beside.height)
    pieces = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}"'
        f' viewBox="0 0 {width:g} {height:g}">',
        f"<title>{escape(show.name)}</title><style>{_STYLE}</style>",
        '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto"><path d="M0 0L8 4L0 8z" fill="#888"/></marker></defs>',
        f'<rect width="{width:g}" height="{height:g}" fill="#ffffff"/>',
        *body.draw(_MARGIN, _MARGIN),
        *beside.draw(2 * _MARGIN + body.width, _MARGIN),
        "</svg>",
    ]
    return "\n".join([*pieces, ""])


def _part(part: Part, show: Show, known: Lengths) -> _Block:
    if isinstance(part, BranchPart):
        return _branch(part, show, known)
    lines: list[tuple[str, str]] = []
    kind = "play"
    if isinstance(part, BreakPart):
        kind = "break"
        what = "slate"
        if isinstance(part.fill, VastFill):
            what = "ads from an ad server"
        elif isinstance(part.fill, AssetFill):
            what = part.fill.asset
        most = "" if part.seconds is None else f", at most {_seconds(part.seconds)}"
        lines = [("t", f"break: {what}{most}")]
    elif isinstance(part, FitPart):
        kind = "fit"
        time = part.fit.seconds
        room = f"{{{time}}} s" if isinstance(time, str) else _seconds(time)
        lines = [("t", f"the best of {len(part.fit.moments)} moments in {room}")]
        if part.fit.keep:
            lines.append(("s", f"keeps every {', '.join(part.fit.keep)}"))
        for name in part.fit.moments[:_SHOWN]:
            asset = show.assets[name]
            cuts = [_called(name, cut, known) for cut, _, _ in ways_to_show(asset)]
            weight = asset.weight if isinstance(asset, Asset) else 0
            lines.append(("c", f"{weight:>3}  {', '.join(cuts)}"))
        if len(part.fit.moments) > _SHOWN:
            lines.append(("s", f"and {len(part.fit.moments) - _SHOWN} more"))
    elif (called := asked(part.play)) is not None:
        kind = "choice"
        lines = [("t", f"plays {{{called}}}, one of")]
        lines += [("s", _called(value, "", known)) for value in finite_names(show).get(called, ())]
    else:
        lines = [("t", _called(part.play, "", known))]
    box = _box(kind, lines)
    return box if part.when is None else _column([_condition(part.when), box], gap=10)


def _condition(text: str) -> _Block:
    lines = [text[at : at + _LETTERS - 5] for at in range(0, len(text), _LETTERS - 5)]
    return _box(
        "when", [("c", f"{'     ' if at else 'when '}{one}") for at, one in enumerate(lines)]
    )


def _branch(part: BranchPart, show: Show, known: Lengths) -> _Block:
    ways = [
        _column([_part(one, show, known) for one in parts])
        if parts
        else _box("aside", [("s", "nothing")])
        for parts in (part.then, part.otherwise)
    ]
    head = _condition(part.when or "always")
    inner = sum(way.width for way in ways) + _GAP
    width, tallest = max(head.width, inner), max(way.height for way in ways)
    down = head.height + _GAP + 8

    def draw(x: float, y: float) -> list[str]:
        centre, at = x + width / 2, x + (width - inner) / 2
        found = head.draw(centre - head.width / 2, y)
        end = y + down + tallest + _GAP
        for way, label in zip(ways, ("yes", "no"), strict=True):
            middle, top = at + way.width / 2, y + down
            bend = y + head.height + 12
            found.append(
                f'<path class="w" marker-end="url(#a)" d="M{centre:g} {y + head.height:g}V{bend:g}'
                f'H{middle:g}V{top:g}"/>'
            )
            found.append(f'<text class="s" x="{middle + 6:g}" y="{top - 8:g}">{label}</text>')
            found += way.draw(at, top)
            bottom = top + way.height
            found.append(
                f'<path class="w" d="M{middle:g} {bottom:g}V{end - 8:g}H{centre:g}V{end:g}"/>'
            )
            at += way.width + _GAP
        return found

    return _Block(width, down + tallest + _GAP, draw)


def _asset(name: str, asset: Asset | Made, known: Lengths) -> _Block:
    lines = [("t", _called(name, "", known))]
    for cut, playable, weight in ways_to_show(asset):
        where = (playable.url or "") if playable.file is None else playable.file.name
        length = f" · {_seconds(known[f'{name}:{cut}'])}" if f"{name}:{cut}" in known else ""
        worth = f" · worth {weight}" if cut else ""
        lines.append(("s", f"{cut + ': ' if cut else ''}{where}{length}{worth}"))
    if isinstance(asset, Made):
        lines.append(("s", f"made of {asset.template.name} · {_seconds(asset.seconds)}"))
    elif told := " · ".join(filter(None, (asset.kind, *asset.tags))):
        lines.append(("s", f"{told} · worth {asset.weight}"))
    if asset.otherwise is not None:
        lines.append(("s", f"or {asset.otherwise}"))
    return _box("aside", lines)


def _box(kind: str, lines: Sequence[tuple[str, str]]) -> _Block:
    height = 2 * _PAD + _LINE * len(lines) - 4
    edge, fill = _COLOURS[kind]
    dashes = ' stroke-dasharray="5 4"' if kind == "break" else ""

    def draw(x: float, y: float) -> list[str]:
        found = [
            f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{height}" rx="6" fill="{fill}"'
            f' stroke="{edge}"{dashes}/>'
        ]
        for number, (style, text) in enumerate(lines):
            down = y + _PAD + 10 + _LINE * number
            short = text if len(text) <= _LETTERS else f"{text[: _LETTERS - 1]}…"
            found.append(
                f'<text class="{style}" xml:space="preserve" x="{x + _PAD:g}" y="{down:g}">'
                f"{escape(short)}</text>"
            )
        return found

    return _Block(_WIDTH, height, draw)


def _column(blocks: Sequence[_Block], *, gap: float = _GAP) -> _Block:
    """Blocks below one another, with arrows between."""
    width = max(one.width for one in blocks)

    def draw(x: float, y: float) -> list[str]:
        found, centre = [], x + width / 2
        for one in blocks:
            found += one.draw(centre - one.width / 2, y)
            y += one.height
            if one is not blocks[-1]:
                found.append(
                    f'<path class="w" marker-end="url(#a)" d="M{centre:g} {y:g}V{y + gap:g}"/>'
                )
            y += gap
        return found

    return _Block(width, sum(one.height for one in blocks) + gap * (len(blocks) - 1), draw)


def _stack(blocks: Sequence[_Block]) -> _Block:
    """Blocks below one another that have nothing to do with each other."""

    def draw(x: float, y: float) -> list[str]:
        found = []
        for one in blocks:
            found += one.draw(x, y)
            y += one.height + 8
        return found

    height = sum(one.height + 8 for one in blocks) - 8
    return _Block(max(one.width for one in blocks), height, draw)


def _called(name: str, cut: str, known: Lengths) -> str:
    key = f"{name}:{cut}" if cut else name
    return f"{key}  {_seconds(known[key])}" if key in known else key


def _seconds(seconds: Decimal) -> str:
    return f"{seconds.normalize():f} s" if seconds < 60 else _minutes(seconds)


def _minutes(seconds: Decimal) -> str:
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02} min"


def _span(parts: Iterable[Part], show: Show, known: Lengths) -> str | None:
    """How long parts last, at least and at most; None: of one nobody knows."""
    shortest = longest = Decimal(0)
    for part in parts:
        found = _lasting(part, show, known)
        if found is None:
            return None
        shortest += found[0]
        longest += found[1]
    if shortest == longest:
        return _seconds(longest)
    return f"{_seconds(shortest)} to {_seconds(longest)}"


def _lasting(part: Part, show: Show, known: Lengths) -> tuple[Decimal, Decimal] | None:
    zero = Decimal(0)
    if isinstance(part, BranchPart):
        ways = []
        for parts in (part.then, part.otherwise):
            found = [_lasting(one, show, known) for one in parts]
            sure = [one for one in found if one is not None]
            if len(sure) < len(found):
                return None
            ways.append((sum((a for a, _ in sure), zero), sum((b for _, b in sure), zero)))
        (a, b), (c, d) = ways
        return min(a, c), max(b, d)
    least: Decimal | None
    if isinstance(part, BreakPart):
        least, most = zero, part.seconds or show.limits.max_break_s
    elif isinstance(part, FitPart):
        times = part.fit.seconds
        if isinstance(times, str):
            times = max(map(Decimal, finite_names(show).get(times, ("0",))))
        least, most = zero, times
    else:
        name = asked(part.play)
        played = (part.play,) if name is None else finite_names(show).get(name, ())
        if not played or any(one not in known for one in played):
            return None
        least, most = min(known[one] for one in played), max(known[one] for one in played)
    return (least if part.when is None else zero), most
