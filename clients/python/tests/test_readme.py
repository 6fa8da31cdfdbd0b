"""The blocks of README.md run as they are."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

PAGE = (pathlib.Path(__file__).parent.parent / "README.md").read_text()
BLOCKS = re.findall(r"<!-- run: python -->\n```python\n(.*?)```\n", PAGE, re.DOTALL)


def test_all_blocks_are_marked() -> None:
    assert len(BLOCKS) == len(re.findall("^```python$", PAGE, re.MULTILINE)) >= 5
    assert len(re.findall("^```yaml$", PAGE, re.MULTILINE)) == PAGE.count("<!-- parsed: yaml -->\n```yaml\n")


@pytest.mark.parametrize("block", BLOCKS)
def test_block(block: str) -> None:
    environment = {**os.environ, "SG": os.environ["SGKEEPER_GROUP"]}
    done = subprocess.run([sys.executable, "-c", block], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
