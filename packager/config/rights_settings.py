"""Settings that all assets have: what they have in common with others, and who may see them."""

from dataclasses import dataclass

from packager.config import scalars
from packager.config.settings import ListOf, setting


@dataclass(frozen=True, kw_only=True)  # without slots, so that classes may have other bases too
class Terms:
    """What choices need to know of an asset."""

    tags: tuple[str, ...] = setting(
        (), "what it has in common with others, for `apart`", read=ListOf(scalars.name)
    )
    rights: str | None = setting(
        None,
        'rule over facts, in CEL; it is shown while that holds: `country in ["SE", "NO"]`',
        read=scalars.text,
    )
