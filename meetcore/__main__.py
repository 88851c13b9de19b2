"""`python -m meetcore`: see meetcore/cli.py."""

import sys

from meetcore.cli import main

sys.exit(main())
