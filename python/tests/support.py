"""What the tests share: the digits, and a scratch folder."""

import contextlib
import gzip
import os
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def digits(split: str) -> "tuple[np.ndarray, np.ndarray]":
    """Images (N × 8 × 8) and labels of the digits, ``train`` or ``t10k``."""

    def content(name: str, header: int) -> np.ndarray:
        with gzip.open(ROOT / f"data/digits/{split}-{name}-ubyte.gz") as file:
            return np.frombuffer(file.read(), np.uint8, offset=header).copy()

    return content("images-idx3", 16).reshape(-1, 8, 8), content("labels-idx1", 8)


class InFolder(unittest.TestCase):
    """A test with a folder of its own, ``self.folder``."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)


@contextlib.contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Makes ``folder`` the working directory for a while."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
