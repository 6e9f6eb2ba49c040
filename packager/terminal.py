"""What all of Weft's commands have in common in a terminal."""

CONTEXT = {"help_option_names": ["-h", "--help"]}  # for click: also where a command stands alone
