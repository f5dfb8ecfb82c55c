"""firstspike: from a trained time-to-first-spike network to verified Verilog.

    import firstspike as fs

    net = fs.Network("mine", steps=8, input=(8, 8), readout="first-spike")
    net.dense(model.hidden, threshold=1.0).dense(model.out, threshold=1.0)
    net.save("out/mine")
    fs.quantize("out/mine", "out/q", bits=4, data=(images, labels))
    fs.evaluate("out/q", data=(images, labels)).classes
    fs.compare("out/q", data=(images, labels))

:mod:`firstspike.torch` trains such networks in PyTorch.
"""

from .commands import Evaluation, compare, evaluate, generate, quantize
from .network import Network
from .program import Difference, Error, run

#: That of the program; a test holds it equal to the one in ``Cargo.toml``.
__version__ = "0.1.0"

__all__ = [
    "Difference",
    "Error",
    "Evaluation",
    "Network",
    "__version__",
    "compare",
    "evaluate",
    "generate",
    "quantize",
    "run",
]
