"""What the package says a second time: the hardware tools of `pip install firstspike[tools]` are
those of tools/requirements.txt, the version is that of the program, and names follow its rules."""

import re
import unittest

import firstspike as fs
from firstspike import names
from support import ROOT


def pins(text: str) -> "dict[str, str]":
    return dict(re.findall(r"^\s*\"?([A-Za-z][\w.-]*)==([\w.]+)", text, re.MULTILINE))


class Pins(unittest.TestCase):
    def test_versions_are_equal(self):
        ours = pins((ROOT / "python/pyproject.toml").read_text())
        theirs = pins((ROOT / "tools/requirements.txt").read_text())
        self.assertEqual(ours, {name: theirs.get(name) for name in ours})

    def test_every_tool_that_the_program_looks_for_is_there(self):
        source = (ROOT / "src/tool/mod.rs").read_text()
        body = source[source.index("fn distribution(self)") :]
        wanted = set(re.findall(r'Some\("(\w+)"\)', body[: body.index("\n    }\n")]))
        ours = {
            name.lower().replace("-", "_")
            for name in pins((ROOT / "python/pyproject.toml").read_text())
        }
        self.assertTrue(len(wanted) >= 6)
        self.assertEqual(ours, wanted)

    def test_the_version_is_that_of_the_program(self):
        manifest = (ROOT / "Cargo.toml").read_text()
        self.assertEqual(fs.__version__, re.search(r'^version = "(.*)"', manifest, re.MULTILINE)[1])

    def test_names_that_are_taken(self):
        source = (ROOT / "src/float/names.rs").read_text()
        for name, ours in (("TAKEN", names.TAKEN), ("KEYWORDS", names.KEYWORDS)):
            body = re.search(rf"const {name}: .*? = &\[(.*?)\];", source, re.DOTALL)[1]
            theirs = set(re.findall(r'"(.+?)"', body))
            self.assertEqual(ours, theirs, f"{name}: mend python/firstspike/names.py")


if __name__ == "__main__":
    unittest.main()
