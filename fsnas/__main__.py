"""``python -m fsnas`` is the command ``fsnas``."""

import sys

from fsnas.cli import main

sys.exit(main())
