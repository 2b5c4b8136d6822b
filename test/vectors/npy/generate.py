"""Writes the .npy files beside this script with NumPy itself: python3 generate.py

Element (r, c) is (31 r + 17 c) mod 251 - 125, a quarter of that in the float files.
"""
import os
import numpy as np
from numpy.lib import format as npy

HERE = os.path.dirname(os.path.abspath(__file__))


def matrix(rows, cols):
    r, c = np.indices((rows, cols))
    return (31 * r + 17 * c) % 251 - 125


def write(name, array, version=(1, 0), allow_pickle=False):
    with open(os.path.join(HERE, name), "wb") as file:
        npy.write_array(file, array, version=version, allow_pickle=allow_pickle)


small = matrix(3, 5)
large = matrix(257, 259)
write("int8-c-v1.npy", small.astype("|i1"))
write("int8-c-v2.npy", small.astype("|i1"), (2, 0))
write("int8-c-v3.npy", small.astype("|i1"), (3, 0))
write("int8-fortran.npy", np.asfortranarray(small.astype("|i1")))
write("int8-fortran-257x259.npy", np.asfortranarray(large.astype("|i1")))
write("int32-c.npy", small.astype("<i4"))
write("float32-c.npy", (small / 4).astype("<f4"))
write("float32-fortran.npy", np.asfortranarray((small / 4).astype("<f4")))
write("float32-big-endian.npy", (small / 4).astype(">f4"))
write("float32-nan.npy", np.array([[1, 2], [3, np.nan]], dtype="<f4"))
write("float32-infinity.npy", np.array([[1, -np.inf], [3, 4]], dtype="<f4"))
write("refused-object.npy", np.array([[{"a": 1}, None]], dtype=object), allow_pickle=True)
write("refused-float64.npy", small.astype("<f8"))
write("refused-records.npy", np.zeros((2, 2), dtype=[("a", "<i4"), ("b", "<f4")]))
write("refused-1d.npy", np.arange(5, dtype="|i1"))
write("refused-3d.npy", np.zeros((2, 3, 4), dtype="|i1"))
write("refused-0d.npy", np.array(1, dtype="|i1"))
write("refused-empty.npy", np.zeros((0, 4), dtype="|i1"))
