"""Beacons: what ad servers are owed, kept until it is delivered, and the ledger of all of it.

`Outbox.owe` returns when what is owed is on the disk. A sender (`run_sender`) calls the servers,
behind everybody's back, never in the path of a playlist. The ledger counts what became of it all:

    owed = delivered + expired(reason) + refused(reason) + pending

**Once, or not at all** (splice rules E-03, E-09). A server bills what it is told, so telling it
twice is worse than not telling it. A beacon is therefore marked on the disk as on its way *before*
it is sent, and what is not known to have arrived is not sent again:

- no connection, so that nothing was sent: tried again, later and later, until the beacon expires;
- 408, 425, 429 or 5xx: the server itself says that it did not take it; likewise tried again;
- 2xx or 3xx: delivered. A redirect is followed once; whoever redirected has counted, so whatever
  comes of the rest, the beacon is not sent again;
- any other 4xx, or somewhere the guard lets nobody go: refused;
- sent, and no answer; or the process died meanwhile: nobody can know. The beacon is given up as
  `beacon_outcome_unknown`, and the ledger says so. Who would rather risk telling a server twice
  sets ``beacons.when_unknown: send_again``; the header `X-Weft-Idempotency-Key` lets the server
  tell. It is the same whenever the beacon is sent, and depends on session, break, ad, event and
  the URL before its macros were expanded.
"""

from packager.beacons.ledger import Entry, Ledger
from packager.beacons.outbox import Outbox, read_ledger
from packager.beacons.sender import SenderSettings, run_sender
from packager.beacons.values import EVENTS, NO_AD, Beacon

__all__ = [
    "EVENTS",
    "NO_AD",
    "Beacon",
    "Entry",
    "Ledger",
    "Outbox",
    "SenderSettings",
    "read_ledger",
    "run_sender",
]
