"""Scenarios of VMAP: when breaks are, and what fills them, by name."""

from collections.abc import Callable, Mapping

from lxml import etree

from loadtests.ads import broken
from loadtests.ads.calls import Call
from loadtests.ads.dialects import NAMESPACE as VAST_NAMESPACE
from loadtests.ads.dialects import translate
from loadtests.ads.hostile import TEXTS
from loadtests.ads.pods import pod
from loadtests.ads.scenarios import Scenario
from loadtests.ads.vmap import NAMESPACE, OLD_NAMESPACE, Break, vmap

OFFSETS = "start,00:00:30,00:01:00.500,50%,#2,end"
_BROKEN_OFFSETS = "start,,-00:00:10,1:2:3,00:61:00,150%,-1%,#0,#x,99:59:59,middle,00:00:40,end"


def breaks(call: Call) -> list[Break]:
    """The breaks of a call, named b1, b2 and so on, filled as it asks."""
    found = []
    for number, offset in enumerate(call.query.get("at", OFFSETS).split(","), 1):
        own = call.but(break_id=f"b{number}")
        fill = call.query.get("fill", "tag")
        if fill == "both":
            fill = "vast" if number % 2 else "tag"
        found.append(
            Break(
                id=own.break_id,
                offset=offset,
                sink=own.sink,
                type=call.query.get("breaktype", "linear"),
                tag_url=own.url(call.query.get("then", "pod"), at=None, fill=None, then=None)
                if fill == "tag"
                else "",
                vast=_embedded(own) if fill == "vast" else None,
                custom="an ad of somebody's own" if fill == "custom" else "",
                repeat_after=call.query.get("repeat", ""),
            )
        )
    return found


def _embedded(call: Call) -> etree._Element:
    document = pod(call)
    translate(document, call.version)
    return document


def _document(call: Call) -> bytes:
    return _written(vmap(breaks(call)), call)


def _old(call: Call) -> bytes:
    return _written(vmap(breaks(call), namespace=OLD_NAMESPACE), call)


def _default_namespace(call: Call) -> bytes:
    """Without a prefix, as some write it: what says nothing of itself is in that namespace, too."""
    return _document(call).replace(b"vmap:", b"").replace(b"xmlns:vmap=", b"xmlns=")


def _no_namespace(call: Call) -> bytes:
    return _default_namespace(call).replace(f' xmlns="{NAMESPACE}"'.encode(), b"")


def _hostile(call: Call) -> bytes:
    document = vmap(breaks(call))
    for number, element in enumerate(document.iter(etree.Element)):
        for name in set(element.attrib) - {"timeOffset", "event", "version"}:
            element.set(name, TEXTS[number % len(TEXTS)])
        if element.text and not element.text.lstrip().startswith("http"):
            element.text = TEXTS[number % len(TEXTS)]
    return _written(document, call)


def _truncated(call: Call) -> bytes:
    whole = _document(call)
    return whole[: len(whole) * 3 // 5]


def _many(call: Call) -> bytes:
    number = call.number("n", 1000, most=20_000)
    offsets = ",".join(
        f"{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}" for at in range(number)
    )
    return _document(call.but(query={**call.query, "at": offsets}))


def _written(document: etree._Element, call: Call) -> bytes:
    text: bytes = etree.tostring(document, encoding="utf-8", xml_declaration=True)
    if call.namespace and call.version.startswith("4"):
        text = text.replace(b"<VAST ", f'<VAST xmlns="{VAST_NAMESPACE}" '.encode())
    return text


def _same(found: bytes) -> Callable[[Call], bytes]:
    return lambda call: found


VMAP_SCENARIOS: Mapping[str, Scenario] = {
    "breaks": Scenario(f"breaks at `at`, {OFFSETS}, filled by `fill`", _document),
    "inline": Scenario("the ads of every break in the document", _document, {"fill": "vast"}),
    "mixed": Scenario("every other break's ads in the document", _document, {"fill": "both"}),
    "tracked": Scenario("breaks that only track", _document, {"fill": "nothing"}),
    "custom": Scenario("CustomAdData", _document, {"fill": "custom"}),
    "repeat": Scenario(
        "a break that comes again", _document, {"at": "00:00:30", "repeat": "00:10:00"}
    ),
    "percent": Scenario("breaks in percent", _document, {"at": "0%,33.3%,50%,100%"}),
    "numbered": Scenario("the first, second and fifth opportunity", _document, {"at": "#1,#2,#5"}),
    "together": Scenario(
        "breaks at one time", _document, {"at": "start,00:00:30,00:00:30,00:00:30.000"}
    ),
    "late": Scenario("a break after any end", _document, {"at": "start,99:00:00"}),
    "overlays": Scenario("breaks for overlays", _document, {"breaktype": "nonlinear,display"}),
    "broken-offsets": Scenario(
        "unreadable offsets between good ones", _document, {"at": _BROKEN_OFFSETS}
    ),
    "empty": Scenario("no breaks", lambda call: _written(vmap([]), call)),
    "old-namespace": Scenario("the namespace of VMAP 1.0", _old),
    "default-namespace": Scenario("no prefix, and VAST without a namespace", _default_namespace),
    "no-namespace": Scenario("no namespace", _no_namespace),
    "unfilled": Scenario("calls that bring nothing", _document, {"then": "empty"}),
    "failing": Scenario("calls that fail", _document, {"then": "status"}),
    "slow": Scenario("a document after 3 seconds, or `slow`", _document, {"slow": "3"}),
    "many": Scenario("1,000 breaks, or `n`", _many),
    "hostile": Scenario("hostile strings in every text and name", _hostile, {"fill": "both"}),
    "truncated": Scenario("a document that ends in the middle", _truncated),
    "garbage": Scenario("bytes", _same(broken.GARBAGE)),
    "html": Scenario("a page", _same(broken.HTML), {"type": "text/html"}),
    "bomb": Scenario("entities of entities", _same(broken.entity_bomb())),
    "status": Scenario("status 500, or `status`", _same(b""), {"status": "500"}),
    "vast": Scenario("VAST, where VMAP was asked for", pod),
}
