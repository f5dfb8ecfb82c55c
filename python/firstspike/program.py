"""Runs the program ``firstspike`` that comes with the package: arguments in, the JSON of its result
out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

#: Names another program in the place of the one that was installed with the package.
PROGRAM_VARIABLE = "FIRSTSPIKE_PROGRAM"


class Error(Exception):
    """The program refused to do something; the text is its own, with what to do about it. The
    package refuses output folders in the same way.

    :param code: stable, as ``docs/errors.md`` lists them; None if the program ended without
        telling.
    :param problems: every single mistake.
    :param help: what to do.
    """

    def __init__(
        self, text: str, code: str | None = None, problems: tuple[str, ...] = (), help: str = ""
    ) -> None:
        super().__init__(text)
        self.code, self.problems, self.help = code, problems, help


class Difference(Exception):
    """Two things that ought to be equal differ; ``report`` is all that the program told of it."""

    def __init__(self, text: str, report: dict[str, Any]) -> None:
        super().__init__(text)
        self.report = report


def program() -> Path:
    """Where the program is: beside this Python's own programs, else on ``PATH``.

    :raises FileNotFoundError: if it is nowhere.
    """
    chosen = os.environ.get(PROGRAM_VARIABLE)
    if chosen:
        return Path(chosen)
    schemes = (None, sysconfig.get_preferred_scheme("user"))
    folders = [
        sysconfig.get_path("scripts", scheme) if scheme else sysconfig.get_path("scripts")
        for scheme in schemes
    ]
    name = "firstspike" + (sysconfig.get_config_var("EXE") or "")
    found = next(
        (path for path in (Path(folder, name) for folder in folders) if path.is_file()), None
    )
    found = found or shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"there is no program {name} in {folders[0]} or on PATH: pip install firstspike"
        )
    return Path(found)


def run(command: str, *arguments: str | os.PathLike[str], **options: Any) -> dict[str, Any]:
    """Runs ``firstspike COMMAND ARGUMENTS --OPTION VALUE``.

    ``time_steps=8`` becomes ``--time-steps 8``, ``force=True`` becomes ``--force``, a list becomes
    values between commas; None and False are left out. ``firstspike COMMAND --help`` lists the
    options.

    :returns: the result, the JSON of ``--json``.
    :raises Error: with the program's own text.
    :raises Difference: if the program found a difference (exit code 1).
    """
    code, output, errors = _finished(command, *arguments, json=True, **options)
    result = _parsed(output)
    if code == 0:
        return result
    if code == 1 and "error" not in result:
        raise Difference(_difference_text(result), result)
    raise _error(code, result, errors)


def text(command: str, *arguments: str | os.PathLike[str], **options: Any) -> str:
    """What the program prints for people."""
    return _finished(command, *arguments, **options)[1].strip()


@contextmanager
def calling(names: Mapping[str, str]) -> Iterator[None]:
    """Errors and differences of the program call things as the caller does, who does not know the
    files that were made for the program.

    :param names: each text, and the one in its place; longer ones first.
    """

    def renamed(text: str) -> str:
        for old, new in names.items():
            text = text.replace(old, new)
        return text

    try:
        yield
    except Error as error:
        problems = tuple(map(renamed, error.problems))
        raise Error(renamed(str(error)), error.code, problems, renamed(error.help)) from None
    except Difference as difference:
        raise Difference(renamed(str(difference)), difference.report) from None


def _words(options: dict[str, Any]) -> list[str]:
    words = []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            # With `=`, a value that begins with a dash is no option.
            words.append(f"{option}={_value(value)}")
    return words


def _value(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _finished(
    command: str, *arguments: str | os.PathLike[str], **options: Any
) -> tuple[int, str, str]:
    """Exit code, standard output, standard error. Ctrl-C is passed on, so that nothing half-written
    is left."""
    words = [str(program()), command, *map(os.fspath, arguments), *_words(options), "--quiet"]
    environment = {**os.environ, "NO_COLOR": "1"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, env=environment
    ) as process:
        try:
            output, errors = process.communicate()
        except KeyboardInterrupt:
            # A terminal has told it already, a notebook has not. Told twice, it stops at once, and
            # tidies up too.
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
    return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")


def _parsed(output: str) -> dict[str, Any]:
    try:
        return json.loads(output)
    except ValueError:
        return {}


def _error(code: int, result: dict[str, Any], text: str) -> Error:
    told = result.get("error", {})
    text = text.strip() or f"firstspike ended with {code} and said nothing"
    return Error(text, told.get("code"), tuple(told.get("problems", ())), told.get("help", ""))


def _difference_text(report: dict[str, Any]) -> str:
    lines = [
        f"the hardware differs from the golden model in {report.get('mismatches')} of "
        f"{report.get('images')} images"
    ]
    first = report.get("first_divergence")
    if first:
        places = ("image", "layer", "neuron", "time_step")
        place = ", ".join(
            f"{name.replace('_', ' ')} {first[name]}" for name in places if first[name] is not None
        )
        lines.append(
            f"first: {place}: {first['quantity']} golden {first['golden']}, hardware "
            f"{first['hardware']}"
        )
    details = ("fault", "rough", "waveform")
    lines += [f"{name}: {json.dumps(report[name])}" for name in details if report.get(name)]
    return "\n".join(lines)
