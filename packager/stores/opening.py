"""From the setting ``store:`` to the store it names: ``memory`` or ``sqlite:///weft.db``."""

from pathlib import Path

from packager.stores import DEFAULT_SESSION_LIMIT, Store, StoreError
from packager.stores.memory import MemoryStore
from packager.stores.sqlite import SqliteStore

_SQLITE = "sqlite:///"  # a path follows: sqlite:///weft.db, sqlite:////var/lib/weft.db


def check_store_url(url: str) -> None:
    """Check the setting without opening anything.

    Raises:
        ValueError: It names no store that there is.
    """
    if url != "memory" and (not url.startswith(_SQLITE) or url == _SQLITE):
        raise ValueError(f"store is {url!r}, not memory or sqlite:///PATH")


async def open_store(url: str, *, session_limit: int = DEFAULT_SESSION_LIMIT) -> Store:
    """Open the store that the setting names; relative paths are from the working directory.

    Raises:
        ValueError: The setting names no store that there is.
        StoreError: The store cannot be opened.
    """
    check_store_url(url)
    if url == "memory":
        return MemoryStore(session_limit=session_limit)
    try:
        return await SqliteStore.open(Path(url.removeprefix(_SQLITE)), session_limit=session_limit)
    except StoreError as error:
        raise StoreError(f"{url}: {error}", error.reason) from error
