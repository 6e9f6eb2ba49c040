"""From the setting ``store:`` to the store that it names."""

from pathlib import Path

from packager.stores import DEFAULT_SESSION_LIMIT, Store, StoreError
from packager.stores.memory import MemoryStore
from packager.stores.sqlite import SqliteStore


async def open_store(path: Path | None, *, session_limit: int = DEFAULT_SESSION_LIMIT) -> Store:
    """Open the SQLite file at `path`, or a store in memory where there is none.

    Raises:
        StoreError: It cannot be opened.
    """
    if path is None:
        return MemoryStore(session_limit=session_limit)
    try:
        return await SqliteStore.open(path, session_limit=session_limit)
    except StoreError as error:
        raise StoreError(f"{path}: {error}", error.reason) from error
