"""The training of `16C5-P2-32C5-P2-128-10` in PyTorch, for comparison with `firstspike train`.

The same network, batch normalization, loss, optimizer and gradient: all time steps go through each convolution as one batch, and a neuron
has fired by step t if its largest potential up to then reached the threshold. Usage:

    python3 benches/torch_training.py MNIST_FOLDER IMAGES THREADS
"""

import gzip
import sys
import time

import numpy
import torch
from torch import nn

TIME_STEPS = 4
BATCH = 100
CLASSES = 10


def idx(folder, name, header):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return numpy.frombuffer(file.read(), numpy.uint8, offset=header)


class Spike(torch.autograd.Function):
    """H(u), with the slope 1 / (1 + (πu)²)."""

    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u >= 0).float()

    @staticmethod
    def backward(ctx, gradient):
        (u,) = ctx.saved_tensors
        return gradient / (1 + (torch.pi * u) ** 2)


class Fire(nn.Module):
    """Normalization over time, batch and space, then the fire-once neuron; time × batch in one dimension."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, v):
        u = self.norm(v).unflatten(0, (TIME_STEPS, -1))
        return Spike.apply(u.cummax(0).values - 1).flatten(0, 1)


def network():
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, bias=False), Fire(nn.BatchNorm2d(16)), nn.AvgPool2d(2),
        nn.Conv2d(16, 32, 5, bias=False), Fire(nn.BatchNorm2d(32)), nn.AvgPool2d(2),
        nn.Flatten(), nn.Linear(512, 128, bias=False), Fire(nn.BatchNorm1d(128)),
        nn.Linear(128, CLASSES),
    )


def latched(pixels):
    """1 from the spike time of a pixel on; time × batch in one dimension."""
    times = (2 * (255 - pixels.long()) * (TIME_STEPS - 1) + 255) // 510
    times[pixels == 0] = TIME_STEPS
    steps = torch.arange(TIME_STEPS).view(-1, 1, 1, 1, 1)
    return (times.unsqueeze(0) <= steps).float().flatten(0, 1)


def main():
    folder, count, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    pixels = torch.from_numpy(idx(folder, "train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)[:count].copy())
    labels = torch.from_numpy(idx(folder, "train-labels-idx1-ubyte", 8)[:count].astype(numpy.int64))
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    correct, wall, cpu = 0, time.perf_counter(), time.process_time()
    for first in range(0, count, BATCH):
        target = labels[first : first + BATCH]
        scores = model(latched(pixels[first : first + BATCH])).unflatten(0, (TIME_STEPS, -1))[-1]
        optimizer.zero_grad()
        nn.functional.cross_entropy(scores, target).backward()
        optimizer.step()
        correct += (scores.argmax(1) == target).sum().item()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"torch {torch.__version__}: {count} images, accuracy {correct / count:.4f}, {wall:.1f} s, {cpu:.1f} s of processor time")


if __name__ == "__main__":
    main()
