"""`python -m consent.signals`: the command line of the codecs. Needs no set-up."""

import sys

from consent.signals.command.main import main

sys.exit(main(sys.argv[1:]))
