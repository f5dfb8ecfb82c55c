#!/usr/bin/env python3
"""Compares the tool's own speed with an earlier commit's: `make bench-compare BASE=COMMIT`.

Builds BASE in a git worktree and the working tree, both with `cargo build --release` below
target/bench-compare/, and lets the two programs do the same work in turn, each with its own
models/: so the load of a shared machine falls on both. A time is that of a whole command, reading
the images included; a first run of each, which builds the simulator, is not counted.

Exit code 0: compared. 2: an error, or the working tree cannot do something. A base that cannot is
said below the table.
"""

import argparse
import fcntl
import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "bench-compare"
# Training images of MNIST, and of a set of its first ones: training has no --limit.
MNIST = 60_000
SMALL = {"train": 600, "t10k": 100}


class Failure(Exception):
    """Ends the comparison with a message."""


@dataclass
class Side:
    """One of the two programs."""

    name: str
    commit: str
    folder: Path

    @property
    def program(self):
        return self.folder / "firstspike"


@dataclass
class Measure:
    """What both programs do. {models}, {small} and {out}, a new path, stand in the arguments."""

    name: str
    images: int
    arguments: list[str]
    # Images per second rather than seconds are reported.
    is_rate: bool = True
    # Done once before, for the measure to work on: {design} is what it makes.
    prepare: list[str] = field(default_factory=list)


def simulation(model, images, *options):
    generate = ["generate", f"{{models}}/{model}", *options, "-o", "{design}"]
    run = ["simulate", "{design}", "--data", "mnist", "--limit", str(images)]
    return Measure(f"simulation, {model}", images, run, prepare=generate)


def training(layers, images, *options):
    """Two epochs in int4. What the work depends on is named: defaults differ between commits."""
    data = "mnist" if images == MNIST else "{small}"
    run = ["train", "--data", data, *options, "--bits", "4", "--epochs", "2", "-o", "{out}"]
    name = f"training, {layers}, int4, {images:,} images"
    return Measure(name, images, run, is_rate=False)


def golden(model, images):
    run = ["evaluate", f"{{models}}/{model}", "--data", "mnist", "--split", "train"]
    return Measure(f"golden, {model}", images, [*run, "--limit", str(images)])


MEASURES = [
    golden("mnist-dense", MNIST),
    golden("mnist-conv", 2_000),
    simulation("mnist-dense", 5_000),
    simulation("mnist-conv", 500, "--lanes", "4,32,128,10"),
    training("784-256-10", MNIST, "--hidden", "256", "--time-steps", "8", "--batch", "200"),
    training(
        "16C5-P2-32C5-P2-128-10",
        SMALL["train"],
        *("--layers", "16C5-P2-32C5-P2-128", "--time-steps", "4", "--batch", "50"),
    ),
]


def main():
    options = parse()
    WORK.mkdir(parents=True, exist_ok=True)
    with open(WORK / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure("another comparison is running in this checkout; wait for it") from None
        for left in WORK.glob("run-*"):
            shutil.rmtree(left, ignore_errors=True)
        small_set(mnist_folder())
        sides = [build_base(options.base), build_head()]
        with tempfile.TemporaryDirectory(dir=WORK, prefix="run-") as scratch:
            results = [measure(each, sides, options.rounds, Path(scratch)) for each in MEASURES]
    print(table(sides, results))
    file = WORK / f"{sides[0].commit[:7]}.json"
    write(file, json.dumps(report(sides, options.rounds, results), indent=2) + "\n")
    print(f"\nevery sample is in {file.relative_to(ROOT)}")
    return 2 if any("head" in result["problems"] for result in results) else 0


def parse():
    keep_lines = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=keep_lines)
    parser.add_argument("base", metavar="BASE", help="commit, branch or tag to compare with")
    rounds = "runs of each program, in turn [default: 3]"
    parser.add_argument("--rounds", type=int, default=3, help=rounds)
    options = parser.parse_args()
    if options.rounds < 1:
        parser.error(f"--rounds {options.rounds}: expected 1 or more")
    return options


def mnist_folder():
    """MNIST, where both programs look for it."""
    home = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "firstspike"
    data = os.environ.setdefault("FIRSTSPIKE_DATA", str(home))
    folder = Path(data) / "mnist"
    for part in SMALL:
        for kind in ("images-idx3", "labels-idx1"):
            idx(folder, part, kind)
    return folder


def idx(folder, part, kind):
    plain = folder / f"{part}-{kind}-ubyte"
    for file in (plain, plain.with_name(plain.name + ".gz")):
        if file.is_file():
            return file
    raise Failure(
        f"{plain} is missing: run `firstspike data fetch mnist`, "
        "or name the folder that holds mnist/ as FIRSTSPIKE_DATA"
    )


def small_set(mnist):
    """The first images of MNIST, as IDX files without compression."""
    for part, count in SMALL.items():
        for kind, head, size in (("images-idx3", 16, 28 * 28), ("labels-idx1", 8, 1)):
            source = idx(mnist, part, kind)
            with (gzip.open if source.suffix == ".gz" else open)(source, "rb") as file:
                bytes_ = file.read(head + count * size)
            # The number of items stands behind the magic number.
            items = count.to_bytes(4, "big")
            write(WORK / "small" / f"{part}-{kind}-ubyte", bytes_[:4] + items + bytes_[8:])


def build_base(name):
    problem = f"{name} names no commit of this repository"
    commit = git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", problem=problem)
    side = Side("base", commit, WORK / commit)
    if not side.program.is_file():
        print(f"building {commit[:7]} (minutes; kept for later runs)", flush=True)
        build(worktree(commit), side)
    return side


def build_head():
    commit = git("rev-parse", "HEAD")
    changes = "+changes" if git("status", "--porcelain") else ""
    side = Side("head", commit + changes, WORK / "head")
    print("building the working tree", flush=True)
    build(ROOT, side)
    return side


def worktree(commit):
    """A worktree of the commit; what an interrupted run left is replaced."""
    folder = WORK / "source"
    checkout = ["git", "-C", str(folder), "checkout", "--quiet", "--force", "--detach", commit]
    is_there = (folder / ".git").is_file()
    if not is_there or subprocess.run(checkout, stderr=subprocess.DEVNULL).returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        git("worktree", "prune")
        git("worktree", "add", "--quiet", "--force", "--detach", str(folder), commit)
    return folder


def build(source, side):
    """Both sides share a target folder, and so all dependencies that they have in common."""
    target = WORK / "target"
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "build", "--release", "--locked", "--bin", "firstspike"]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
    try:
        built = subprocess.run(command, cwd=source, env=environment)
    except FileNotFoundError:
        raise Failure(f"{cargo} is not installed") from None
    if built.returncode != 0:
        raise Failure(f"{side.name}, {side.commit[:7]}, does not build: see above")
    shutil.rmtree(side.folder, ignore_errors=True)
    shutil.copytree(source / "models", side.folder / "models")
    # Last, and in one step: a program that is there is whole.
    shutil.copy2(target / "release" / "firstspike", side.folder / "firstspike.new")
    os.replace(side.folder / "firstspike.new", side.program)


def measure(each, sides, rounds, scratch):
    """Runs both sides in turn. A side that cannot has a problem in place of samples."""
    print(each.name, end=" ", flush=True)
    result = {"name": each.name, "images": each.images, "is_rate": each.is_rate}
    result["problems"] = {}
    for side in sides:
        result[side.name] = []
        problem = first_run(each, side, scratch)
        if problem:
            result["problems"][side.name] = problem
    for _ in range(rounds):
        for side in sides:
            if side.name not in result["problems"]:
                sample, _ = timed(command(each.arguments, each, side, scratch))
                result[side.name].append(sample)
                print(".", end="", flush=True)
    print(flush=True)
    return result


def first_run(each, side, scratch):
    """Why the side cannot do it, or None."""
    for arguments in filter(None, (each.prepare, each.arguments)):
        problem = timed(command(arguments, each, side, scratch))[1]
        if problem:
            return problem
    return None


def command(arguments, each, side, scratch):
    design = scratch / f"{side.name} {each.name}"
    out = Path(tempfile.mkdtemp(dir=scratch)) / "out"
    models, small = side.folder / "models", WORK / "small"
    places = {"models": models, "small": small, "design": design, "out": out}
    return [str(side.program), *(argument.format(**places) for argument in arguments)]


def timed(arguments):
    """Wall and processor seconds of a command and its children; and why it failed, or None."""
    with tempfile.TemporaryFile("w+") as errors:
        start = time.monotonic()
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=errors)
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        seconds = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        lines = [line.strip() for line in errors if line.startswith("error")]
    problem = None if process.returncode == 0 else (lines or [f"exit code {process.returncode}"])[0]
    processor_seconds = usage.ru_utime + usage.ru_stime
    return {"seconds": seconds, "processor_seconds": processor_seconds}, problem


def median(result, side, kind="seconds"):
    samples = [sample[kind] for sample in result[side]]
    return statistics.median(samples) if samples else None


def figure(result, side):
    """The median as reported: images per second, or seconds."""
    seconds = median(result, side)
    return result["images"] / seconds if seconds and result["is_rate"] else seconds


def ratio(result):
    base, head = figure(result, "base"), figure(result, "head")
    return head / base if base and head else None


def processor_ratio(result):
    base, head = (median(result, side, "processor_seconds") for side in ("base", "head"))
    return head / base if base and head else None


def table(sides, results):
    base, head = (side.commit[:7] + side.commit[40:] for side in sides)
    head_line = f"| what | base {base} | head {head} | head / base | processor time, head / base |"
    lines = ["", head_line, "|---|---|---|---|---|"]
    for result in results:
        figures = [shown(result, "base"), shown(result, "head")]
        ratios = [times(ratio(result)), times(processor_ratio(result))]
        lines.append(f"| {' | '.join([result['name'], *figures, *ratios])} |")
    lines += ["", "Medians. images/s: more is better. s, and processor time: less is better."]
    for result in results:
        for side, problem in result["problems"].items():
            lines.append(f"{side} cannot do \"{result['name']}\": {problem}")
    return "\n".join(lines)


def shown(result, side):
    value = figure(result, side)
    if value is None:
        return "–"
    return f"{value:,.0f} images/s" if result["is_rate"] else f"{value:.2f} s"


def times(value):
    return "–" if value is None else f"{value:.2f}"


def report(sides, rounds, results):
    ratios = [(ratio(result), processor_ratio(result)) for result in results]
    return {
        **{side.name: side.commit for side in sides},
        "rounds": rounds,
        "machine": {"processor": processor(), "cores": os.cpu_count(), "load": os.getloadavg()},
        "measures": [
            {**result, "ratio": one, "processor_ratio": other}
            for result, (one, other) in zip(results, ratios)
        ],
    }


def processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def write(file, content):
    """Whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(file.name + ".new")
    new.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.replace(new, file)


def git(*arguments, problem=None):
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(problem or f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as failure:
        print(f"bench-compare: {failure}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nbench-compare: interrupted; what was built is kept", file=sys.stderr)
        sys.exit(130)
