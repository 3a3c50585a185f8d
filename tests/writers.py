"""The programs that write workbooks and have no types."""

import importlib
from typing import Any

pandas: Any = importlib.import_module("pandas")
xlsxwriter: Any = importlib.import_module("xlsxwriter")
