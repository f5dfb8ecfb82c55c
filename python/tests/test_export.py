"""The program of docs/how-to/export-a-network.md runs as it stands there, in nirtorch.

Runs only where torch, nir and nirtorch are; `make python-test` says so if it did not.
"""

import contextlib
import io
import re
import subprocess
import unittest

try:
    import nir  # noqa: F401
    import nirtorch  # noqa: F401
    import torch  # noqa: F401
except ModuleNotFoundError as missing:
    if missing.name not in ("torch", "nir", "nirtorch", "h5py"):
        raise
    raise unittest.SkipTest(f"{missing.name} is not installed") from None

import numpy as np
from firstspike.program import program
from support import ROOT, InFolder, working_in

PAGE = ROOT / "docs/how-to/export-a-network.md"


class Nirtorch(InFolder):
    def export(self, kind, model, *args):
        command = [str(program()), "export", kind, str(ROOT / model), *args]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)

    def run_program(self, model):
        self.export("nir", model, "-o", "digits.nir")
        self.export("vectors", model, "--data", "digits", "-o", "digits.npz")
        text = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)[1]
        names, printed = {}, io.StringIO()
        with working_in(self.folder), contextlib.redirect_stdout(printed):
            exec(text, names)
        return names, printed.getvalue()

    def test_scores_of_all_images_are_those_of_the_golden_model(self):
        for model in ("models/digits", "tests/fixtures/digits-conv"):
            with self.subTest(model):
                names, printed = self.run_program(model)
                self.assertEqual(printed, "360 of 360 images have equal scores\n")
                vectors = np.load(self.folder / "digits.npz")
                self.assertTrue((np.array(names["scores"]) == vectors["scores"]).all())
                self.assertGreater(len(np.unique(vectors["scores"])), 50)

    def test_the_python_package_writes_the_file_again(self):
        self.export("nir", "models/digits", "-o", "digits.nir")
        graph = nir.read(self.folder / "digits.nir")
        self.assertEqual(graph.metadata["name"], "digits")
        nir.write(self.folder / "again.nir", graph)
        command = [str(program()), "import", "nir", "again.nir", "-o", "again"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder)


if __name__ == "__main__":
    unittest.main()
