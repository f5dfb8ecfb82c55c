"""The program as a function: results, errors, differences, Ctrl-C, and data that travel as a
file."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

import firstspike as fs
import numpy as np
from firstspike import data
from firstspike.program import PROGRAM_VARIABLE, calling, program
from support import ROOT, InFolder, digits

MODEL = ROOT / "models/digits"


class Commands(InFolder):
    def test_arrays_and_the_name_of_a_set_give_the_same(self):
        named, images = fs.evaluate(MODEL, "digits"), digits("t10k")
        given = fs.evaluate(MODEL, images)
        self.assertEqual((given.classes.shape, given.scores.shape), ((360,), (360, 10)))
        self.assertEqual(given.spike_times["hidden1"].shape, (360, 64))
        self.assertTrue(
            (named.classes == given.classes).all() and (named.scores == given.scores).all()
        )
        self.assertAlmostEqual(given.accuracy, 100 * (given.classes == images[1]).mean())

    def test_options_reach_the_program(self):
        self.assertEqual(len(fs.evaluate(MODEL, "digits", limit=7).classes), 7)
        report = fs.generate(MODEL, self.folder / "design", input="events")
        self.assertTrue((self.folder / "design/manifest.json").is_file())
        self.assertTrue(report["network_hash"])

    def test_hardware_that_differs_is_an_exception(self):
        with self.assertRaises(fs.Difference) as raised:
            fs.compare(MODEL, "digits", limit=20, quick=True, plant="weight-bit")
        first = raised.exception.report["first_divergence"]
        self.assertIn(f"image {first['image']}, layer {first['layer']}", str(raised.exception))
        self.assertEqual(fs.compare(MODEL, "digits", limit=20, quick=True)["mismatches"], 0)

    def test_errors_are_the_programs_own(self):
        with self.assertRaises(fs.Error) as raised:
            fs.evaluate(self.folder, "digits")
        self.assertEqual(raised.exception.code, "model-missing")
        self.assertIn("there is no model at", str(raised.exception))
        self.assertIn("give a folder that holds a model.json", raised.exception.help)

    def test_arguments_that_do_not_exist(self):
        with self.assertRaises(fs.Error) as raised:
            fs.run("evaluate", MODEL, data="digits", limitt=3)
        self.assertIn("--limitt", str(raised.exception))

    def test_a_program_that_is_not_there(self):
        with mock.patch.dict(os.environ, {PROGRAM_VARIABLE: str(self.folder / "none")}):
            self.assertRaises(FileNotFoundError, fs.run, "doctor")
        with mock.patch.dict(os.environ, {PROGRAM_VARIABLE: "", "PATH": ""}):
            self.assertRaises(FileNotFoundError, program)


class Naming(unittest.TestCase):
    def test_all_of_an_error_is_renamed_longer_names_first(self):
        with self.assertRaises(fs.Error) as raised:
            with calling({"/tmp/x: times": "times", "/tmp/x": "data"}):
                raise fs.Error("/tmp/x: times: no", "code", ("/tmp/x: a", "b"), "mend /tmp/x")
        error = raised.exception
        self.assertEqual(
            (str(error), error.code, error.problems, error.help),
            ("times: no", "code", ("data: a", "b"), "mend data"),
        )


def hear_interrupts():
    """Whoever runs the tests in the background may have them ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Interrupt(InFolder):
    def test_it_ends_the_program_and_leaves_nothing(self):
        """Ctrl-C of a notebook reaches Python alone."""
        pid = self.folder / "pid"
        program = self.folder / "firstspike"
        # Ends as the program does, after a moment in which it tidies up.
        program.write_text(
            f"#!/bin/sh\ntrap 'sleep 0.5; echo done >{pid}.done; exit 130' INT\n"
            f"echo $$ >{pid}\nwhile :; do sleep 0.1; done\n"
        )
        program.chmod(0o755)
        environment = {
            **os.environ,
            PROGRAM_VARIABLE: str(program),
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        code = "import firstspike as fs; fs.run('doctor')"
        caller = subprocess.Popen(
            [sys.executable, "-c", code],
            env=environment,
            stderr=subprocess.PIPE,
            preexec_fn=hear_interrupts,
        )
        self.addCleanup(caller.stderr.close)
        self.addCleanup(caller.kill)
        while not pid.is_file() or not pid.read_text():
            self.assertIsNone(caller.poll())
        # A moment, in which Python begins to wait for it.
        time.sleep(0.5)
        caller.send_signal(signal.SIGINT)
        self.assertIn(b"KeyboardInterrupt", caller.communicate(timeout=20)[1])
        self.assertTrue(Path(f"{pid}.done").is_file())


class Data(InFolder):
    def test_names_and_paths_pass_as_they_are(self):
        with data.source("digits", MODEL) as given:
            self.assertEqual(given, "digits")

    def named(self, values, labels=(0,)):
        with data.source((values, labels), MODEL) as given:
            return set(np.load(given).files)

    def test_eight_bits_are_gray_levels_and_all_else_are_times(self):
        self.assertEqual(self.named(np.array([[0, 100]], np.uint8)), {"images", "labels"})
        self.assertEqual(self.named(np.array([[0, 8]])), {"times", "labels"})
        self.assertEqual(self.named(np.array([[0, np.inf]])), {"times", "labels"})

    def test_what_may_be_either_is_asked_for(self):
        self.assertRaises(ValueError, self.named, np.array([[0, 8, 255]], np.uint8))
        with data.source({"times": np.array([[0, 8]], np.uint8), "labels": [0]}, MODEL) as given:
            self.assertEqual(np.load(given)["times"].tolist(), [[0, 8]])

    def refused(self, words, data, error=ValueError):
        with self.assertRaises(error) as raised:
            fs.evaluate(MODEL, data)
        self.assertIn(words, str(raised.exception))
        self.assertNotIn(tempfile.gettempdir(), str(raised.exception))

    def test_what_is_no_set_is_described(self):
        images, labels = digits("t10k")
        single = "a single array of the shape (360, 8, 8), expected (images, labels), (times"
        self.refused(single, images, TypeError)
        self.refused("data is a tuple of 3", (images, labels, labels), TypeError)
        self.refused("data is a NoneType", None, TypeError)
        self.refused("labels of data: None was given, expected an array", (images, None))
        self.refused("labels of data: the type is object", (images, np.array([None] * 360)))
        self.refused("labels of data: the type is <U1", {"images": images, "labels": ["a"] * 360})
        self.refused("data has the arrays ['times'], expected 'labels', and", {"times": images})
        self.refused("data has the arrays ['labels', 'x']", {"labels": labels, "x": images})
        self.refused("expected rows of equal length", ([[1, 2], [1]], [0, 0]))

    def test_errors_call_the_arrays_data(self):
        images, labels = digits("t10k")
        few = "data: labels: number of labels is 5, expected 360, as data: images has entries"
        self.refused(few, (images, labels[:5]), fs.Error)
        self.refused(
            "data: times: the spike time [0, 0] is 99", (images * 0 + 99.0, labels), fs.Error
        )
        with self.assertRaises(fs.Error) as raised:
            fs.quantize(ROOT / "models/digits", self.folder / "q", data=(images, labels[:5]))
        self.assertNotIn(tempfile.gettempdir() + "/firstspike-", str(raised.exception))

    def test_the_file_goes_with_the_call(self):
        with data.source((np.zeros((1, 2)), [0]), MODEL) as given:
            self.assertTrue(Path(given).is_file())
        self.assertFalse(Path(given).exists())

    def test_times_are_those_of_the_pixels(self):
        """The same network, told when the pixels spike."""
        images, labels = digits("t10k")
        times = (2 * (255 - images.astype(int)) * 7 + 255) // 510
        times[images == 0] = 8
        by_time, by_pixel = (
            fs.evaluate(MODEL, (times, labels)),
            fs.evaluate(MODEL, (images, labels)),
        )
        self.assertTrue((by_time.scores == by_pixel.scores).all())


if __name__ == "__main__":
    unittest.main()
