"""``python -m fakeengage``: the same as the command ``fakeengage``."""

import sys

from fakeengage.cli import main

sys.exit(main())
