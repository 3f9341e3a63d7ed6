# SPDX-License-Identifier: LGPL-2.1-or-later
"""Fixtures of one folder of tests for another."""

import importlib.util
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def conftest_of(folder):
    """Load the conftest.py of another folder of tests, whose name is that of one's own."""
    spec = importlib.util.spec_from_file_location(f"{folder}_conftest", TESTS / folder / "conftest.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
