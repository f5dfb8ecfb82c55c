"""Runs slang with the options given: the package brings the library, without its program."""

import shlex
import sys

from pyslang.driver import Driver

slang = Driver()
slang.addStandardArgs()
accepted = slang.parseCommandLine(shlex.join(["slang", *sys.argv[1:]])) and slang.processOptions()
sys.exit(0 if accepted and slang.parseAllSources() and slang.runFullCompilation(True) else 1)
