"""The hardware tools of `pip install firstspike[tools]` are those of tools/requirements.txt."""

import re
import unittest

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


if __name__ == "__main__":
    unittest.main()
