"""An ad server for tests and loads: every kind of VAST and VMAP by URL, and a sink for beacons."""

from loadtests.ads.documents import Film
from loadtests.ads.hits import Hit
from loadtests.ads.server import AdServer
from loadtests.ads.sink import BeaconName, Sink
from loadtests.ads.wire import Reset, listening, reset

__all__ = ["AdServer", "BeaconName", "Film", "Hit", "Reset", "Sink", "listening", "reset"]
