"""The process that decodes a picture for the first time: one picture, then it ends.

What a stranger's bytes can break is this process (failures.md, threats 18 and 20). It has no
network, is niced and limited, and leaves a picture behind that is known to decode and is no larger
than is of use.
"""

import json
import os
import resource
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

from packager.children import be_modest, leave_network, set_limit

MAX_SIDES = (1280, 720)
KEPT_BYTES = 64 * 1024  # what is smaller stays as it came
_QUALITY = 88
_FILE_BYTES = 8 * 1024 * 1024


def main() -> None:
    """Do the job on standard input: ``{"source", "target", "memory_bytes", "cpu_s"}``."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints must not stand in the answer
    job = json.loads(sys.stdin.read())
    leave_network()
    be_modest(job["memory_bytes"])
    set_limit(resource.RLIMIT_CPU, job["cpu_s"])
    set_limit(resource.RLIMIT_FSIZE, _FILE_BYTES)
    with answers:
        print(json.dumps(do(Path(job["source"]), Path(job["target"]))), file=answers)


def do(source: Path, target: Path) -> dict[str, Any]:
    """Decode one file and write another; what cannot be done is an answer."""
    from overlays.drawing.images import read_image
    from overlays.errors import ImageError

    data = source.read_bytes()
    try:
        image = read_image(data)
    except ImageError as error:
        return {"error": "PackagingError", "text": str(error)}
    width, height = MAX_SIDES
    if len(data) > KEPT_BYTES or image.width > width or image.height > height:
        image.thumbnail(MAX_SIDES)
        out = BytesIO()
        image.save(out, "WEBP", quality=_QUALITY)
        data = out.getvalue()
    target.write_bytes(data)
    return {"width": image.width, "height": image.height}


if __name__ == "__main__":
    main()
