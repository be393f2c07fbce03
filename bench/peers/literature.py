"""
The programs of ../kernels/literature.mjs with Numba. `literature.py KEY` runs one from start to result; without a key it answers
{"do": "value", "who"} and {"do": "time", "who", "times"}, one JSON command a line.
"""
import json
import math
import os
import sys
import time

import numpy as np
from numba import njit


@njit
def sum_tanh(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += math.tanh(a[i, j])
    return s


@njit
def sum2d(a):
    s = 0.0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += a[i, j]
    return s


@njit
def count(I, J):
    s = 0
    for i in range(I):
        for j in range(J):
            s += int(math.cos(math.log(1)))
    return s


@njit
def count_array(a):
    s = 0
    for i in range(a.shape[0]):
        for j in range(a.shape[1]):
            s += int(math.cos(math.log(a[i, j])))
    return s


@njit
def pure_sum(n):
    s = 0
    for i in range(n):
        s += i
    return s


def ramp():
    return (np.arange(4_000_000, dtype=np.float64) % 1000 / 500).reshape(2000, 2000)


arguments = {
    "sum_tanh": lambda: (ramp(),),
    "sum2d": lambda: (ramp(),),
    "count": lambda: (10000, 10000),
    "count_array": lambda: (np.ones((2000, 2000)),),
    "pure_sum": lambda: (100_000_000,),
}


def main():
    answers = os.fdopen(os.dup(1), "w")
    ready = {}
    for line in sys.stdin:
        job = json.loads(line)
        name = job["who"]
        if name not in ready:
            ready = {name: arguments[name]()}
        function, args = globals()[name], ready[name]
        if job["do"] == "value":
            answer = float(function(*args))
        else:
            start = time.perf_counter_ns()
            for _ in range(job["times"]):
                function(*args)
            answer = time.perf_counter_ns() - start
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if len(sys.argv) > 1:
    key = sys.argv[1]
    print(globals()[key](*arguments[key]()))
else:
    main()
