"""`python -m meetcore`: the command line, see meetcore/cli/main.py."""

import sys

from meetcore.cli.main import main

sys.exit(main())
