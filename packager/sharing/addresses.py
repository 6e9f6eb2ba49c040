"""Addresses of timelines: a digest of all that one depends on, which a URL has in a token's place.

It is keyed: nobody makes up one that leads somewhere, or learns from one what it stands for.
"""

import hmac
import re
from hashlib import blake2b

import orjson

from packager.config.show_settings import Show
from packager.parameters import Pairs, Parameters
from packager.paths import Ending
from packager.personalization.settled import Settled
from packager.sharing.parts import Part
from packager.stories.stories import LANGUAGE

_SHAPE = re.compile(r"[0-9a-f]{32}")


def is_address(key: str) -> bool:
    """Whether a URL's key is that of a timeline; tokens are longer."""
    return _SHAPE.fullmatch(key) is not None


def address_key(secret: str) -> bytes:
    """The key of addresses, from the secret that signs sessions."""
    return blake2b(secret.encode(), digest_size=32, person=b"weft-addresses").digest()


def parameters_read(
    show: Show, part: Part, ending: Ending, parameters: Parameters, facts: Pairs
) -> Parameters:
    """What of a session's parameters its timeline depends on."""
    manifest = parameters.manifest
    if show.story and ending == "m3u8":  # languages are told where the session's own playlist is
        manifest = tuple(one for one in manifest if one[0] != LANGUAGE)
    return Parameters(
        manifest=manifest,
        facts=tuple(pair for pair in facts if pair[0] in part.facts),
        reporting="client",  # of nothing that it has
        signalling=parameters.signalling,
        guided=parameters.guided,
    )


def choices_read(part: Part, settled: Settled) -> Settled:
    """What of a session's choices; those that it does not depend on have no value."""
    return Settled(
        tuple((name, value if name in part.choices else "") for name, value in settled.values),
        tuple(one for one in settled.refused if one in part.assets),
    )


def address_of(
    show: Show,
    ending: Ending,
    *,
    live: bool,
    tenant: str,
    asset: str,
    parameters: Parameters,
    settled: Settled,
    day: int,
    key: bytes,
) -> str:
    """The address of a timeline, the same in every process.

    It is another one each day: what was decided for all who share it counts for no longer.

    Args:
        show: Of what is settled as it is configured now, that counts too.
        ending: Of the format.
        live: Whether it goes on; then choices are settled as it goes.
        tenant: Configured name.
        asset: Path below the show's origin.
        parameters: As `parameters_read` gives them.
        settled: As `choices_read` gives it.
        day: Since 1970, in UTC.
        key: Of `address_key`.
    """
    house = repr((show.break_rules, show.assets, show.slate)) if show.break_rules else ""
    told = [tenant, show.name, asset, ending, live, day, parameters.manifest, parameters.facts]
    told += [parameters.signalling, parameters.guided, house]
    told += [] if live else [[one for one in settled.values if one[1]], settled.refused]
    return hmac.digest(key, orjson.dumps(told), "sha256").hex()[:32]
