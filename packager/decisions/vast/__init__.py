"""VAST documents, versions 2.0 to 4.3: bytes in, values out (splice rules D-01, D-06, D-13).

`document` reads an answer, `level` what an InLine or a Wrapper says, `linear`, `display` and
`verification` the parts of it. What is not understood is ignored, and what is broken takes nothing
with it but the ad that it is in.
"""

from packager.decisions.vast.document import MAX_ADS, VastError, read_vast, read_vast_element

__all__ = ["MAX_ADS", "VastError", "read_vast", "read_vast_element"]
