"""``python -m packager`` is ``weft``."""

from packager.cli import main

main(prog_name="weft")
