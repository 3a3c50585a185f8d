"""``python -m nlpearl.sandbox``."""

import sys

from .command import main

sys.exit(main())
