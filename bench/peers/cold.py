"""The program whose whole life is timed: one kernel, one call. Its twin is ../cold.mjs."""
import math

import numba
import numpy as np


@numba.vectorize(["float64(float64,float64)"])
def hypot(x, y):
    return math.sqrt(x * x + y * y)


print(hypot(np.array([3.0, 5.0, 8.0]), np.array([4.0, 12.0, 15.0]))[2])
