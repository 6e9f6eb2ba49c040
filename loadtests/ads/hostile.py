"""Strings that break whatever forgets to escape or to check, in every field of a document."""

from itertools import count

from lxml import etree

# Markup, playlists, headers, logs, paths, templates, spreadsheets, directions of writing.
TEXTS = (
    "</AdTitle>\"'><script>alert(1)</script><img src=x onerror=alert(1)>",
    '\r\n#EXT-X-ENDLIST\r\n#EXT-X-KEY:METHOD=AES-128,URI="https://evil.invalid/"',
    "\u2028#EXT-X-ENDLIST\u2029\x85\u202egnol\u202c\ufeff",
    "%0d%0aSet-Cookie:%20weft=evil\t%00",
    "{$x}{break.id}{{7*7}}${7*7}[ERRORCODE][EVIL]%s%n",
    "../../../../etc/passwd\\..\\%2e%2e%2f",
    "'; DROP TABLE beacon; -- ]]> <!ENTITY x SYSTEM 'file:///etc/passwd'>",
    "=cmd|' /C calc'!A0",
    "\U0001f9f5" * 100,
    "x" * 2000,
    "",
)

URLS = (
    'https://ads.invalid/a.mp4\r\n#EXT-X-KEY:METHOD=AES-128,URI="https://evil.invalid/"',
    "https://ads.invalid/a.mp4\nhttps://ads.invalid/b.mp4",
    'https://ads.invalid/a"b<c>d.mp4',
    "https://ads.invalid/<script>alert(1)</script>",
    "https://ads.invalid/a\u2028.mp4",
    "https://ads.invalid/%0d%0aSet-Cookie:weft=evil",
    "https://ads.invalid/{$x}/[EVIL]/%7Bsession.id%7D",
    "https://user:password@ads.invalid/a.mp4",
    "https://ads.invalid:99999/a.mp4",
    "https://ads.invalid/" + "a" * 4000,
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:6379/",
    "http://[::ffff:127.0.0.1]/",
    "http://2130706433/",
    "http://localhost./",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "gopher://ads.invalid/_x",
    "//ads.invalid/a.mp4",
    "a.mp4",
    "about:blank",
    "",
)

HUGE = "x" * 1_000_000  # an attribute that a document of 1 MiB just has room for

_URL_ELEMENTS = (
    "Error Impression Tracking Viewable NotViewable ViewUndetermined Survey MediaFile Mezzanine "
    "InteractiveCreativeFile ClosedCaptionFile ClickThrough ClickTracking CustomClick "
    "StaticResource IconClickThrough IconClickTracking IconViewTracking CompanionClickThrough "
    "CompanionClickTracking NonLinearClickThrough NonLinearClickTracking JavaScriptResource "
    "VASTAdTagURI"
)
URL_ELEMENTS = frozenset(_URL_ELEMENTS.split())
_KEPT_TEXTS = frozenset(["Duration"])  # without it nothing else of an ad is looked at
_NAMES = ("id", "adId", "idRegistry", "vendor", "authority", "program", "type", "apiFramework")


def poison(ad: etree._Element, number: int, *, everywhere: bool) -> None:
    """Put hostile strings into every field of an ad; which ones depends on its number.

    Ads of as many numbers as there are URLs have every URL in every field that holds one.

    Args:
        ad: Is changed.
        number: Of the ad, from 0.
        everywhere: Into every attribute, too; otherwise only where names are, so that the ad can
            still be read.
    """
    texts = count(number)
    for element in ad.iter(etree.Element):
        names = element.tag not in URL_ELEMENTS  # a file's attributes say whether it is a film
        for name in element.attrib:
            if everywhere or (names and name in _NAMES):
                element.set(name, TEXTS[next(texts) % len(TEXTS)])
        if element.tag in URL_ELEMENTS:
            element.text = URLS[number % len(URLS)]
        elif len(element) == 0 and element.tag not in _KEPT_TEXTS:
            element.text = TEXTS[next(texts) % len(TEXTS)]
