"""The judges of histories are at hand here, too."""

import sys
from pathlib import Path

_TESTS = Path(__file__).parents[2]
sys.path += [str(_TESTS / "histories"), str(_TESTS / "dash_histories")]
