#!/usr/bin/env python3
"""Makes data/digits from the UCI "Optical Recognition of Handwritten Digits" test set.

usage: tools/make_digits.py SOURCE [OUTPUT]

SOURCE is the scikit-learn wheel, or the file sklearn/datasets/data/digits.csv.gz taken from it: 1,797 lines of 64 values
0 … 16 and the label. OUTPUT defaults to data/digits. Only the standard library is needed; equal input gives equal bytes.

Scaling   v -> floor(v * 255 / 16 + 1/2), so 0 … 16 becomes 0 … 255.
Split     a Fisher-Yates shuffle of the indices 0 … 1796: for i from 1796 down to 1, swap i with x mod (i + 1), where x is
          the next output of xorshift64 (shifts 13, 7, 17) started at SEED. The first 1,437 indices are the training set,
          the remaining 360 the test set, in shuffled order.
"""

import gzip
import hashlib
import io
import struct
import sys
import zipfile
from pathlib import Path

SEED = 20260101
MEMBER = "sklearn/datasets/data/digits.csv.gz"
IMAGES, TRAIN, SIDE = 1797, 1437, 8


def read_source(path):
    packed = Path(path).read_bytes()
    if zipfile.is_zipfile(io.BytesIO(packed)):
        packed = zipfile.ZipFile(io.BytesIO(packed)).read(MEMBER)
    rows = []
    for line in gzip.decompress(packed).decode("ascii").split():
        row = [int(float(field)) for field in line.split(",")]
        assert len(row) == SIDE * SIDE + 1, f"{len(row)} fields, expected {SIDE * SIDE + 1}"
        assert all(0 <= v <= 16 for v in row[:-1]) and 0 <= row[-1] <= 9, f"value out of range: {row}"
        rows.append(row)
    assert len(rows) == IMAGES, f"{len(rows)} images, expected {IMAGES}"
    return rows


def shuffled(count):
    order, x = list(range(count)), SEED
    for i in range(count - 1, 0, -1):
        x ^= (x << 13) & 0xFFFF_FFFF_FFFF_FFFF
        x ^= x >> 7
        x ^= (x << 17) & 0xFFFF_FFFF_FFFF_FFFF
        j = x % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def idx_files(rows):
    pixels = bytes((v * 510 + 16) // 32 for row in rows for v in row[:-1])
    labels = bytes(row[-1] for row in rows)
    yield "images-idx3", struct.pack(">IIII", 0x803, len(rows), SIDE, SIDE) + pixels
    yield "labels-idx1", struct.pack(">II", 0x801, len(rows)) + labels


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    rows = read_source(sys.argv[1])
    output = Path(sys.argv[2] if len(sys.argv) == 3 else "data/digits")
    output.mkdir(parents=True, exist_ok=True)
    order = shuffled(IMAGES)
    table = []
    for split, indices in (("train", order[:TRAIN]), ("t10k", order[TRAIN:])):
        for kind, content in idx_files([rows[i] for i in indices]):
            name = f"{split}-{kind}-ubyte.gz"
            packed = gzip.compress(content, compresslevel=9, mtime=0)
            (output / name).write_bytes(packed)
            table.append((name, hashlib.sha256(packed).hexdigest(), hashlib.sha256(content).hexdigest()))
    (output / "SOURCE.md").write_text(SOURCE + "".join(f"| `{n}` | `{p}` | `{c}` |\n" for n, p, c in table))


SOURCE = f"""# Digits: 8×8 handwritten digits

Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, data set 80,
<https://doi.org/10.24432/C50P49>. E. Alpaydin and C. Kaynak, 1998. License: Creative Commons Attribution 4.0
International (CC BY 4.0), <https://creativecommons.org/licenses/by/4.0/>.

These are the 1,797 images of the original test set, as distributed with scikit-learn (`{MEMBER}`).

Changes: the values 0 … 16 are scaled to 0 … 255, `floor(v·255/16 + 1/2)`, and stored as IDX files. The images are split
into {TRAIN:,} for training and {IMAGES - TRAIN} for testing by a Fisher-Yates shuffle driven by xorshift64 with seed {SEED}.
This split is our own: accuracies are comparable with other tools only on the same files.

Made by `tools/make_digits.py`. The compressed bytes depend on the zlib version, the contents do not.

| file | SHA-256 | SHA-256 of the content |
|---|---|---|
"""


if __name__ == "__main__":
    main()
