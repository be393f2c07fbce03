"""
The Python side of the peers: NumPy and Numba over the same data, in the same run.

One JSON command a line on stdin, one JSON answer a line on stdout:
  {"do": "versions"}
  {"do": "load", "inputs": [view ...], "outputs": [view ...], "types", "args", "outs", "numpy", "numba", "helper", "target"}
      a view is {dtype, file, length, shape, stride, offset}, strides counted in elements; a file that is null starts as zeros
  {"do": "time", "who": "numpy" | "numba" | "numpy allocating" | "numba allocating", "times": k}   nanoseconds for k calls
  {"do": "save", "who": ..., "file": path}   calls once into cleared results and writes them, one after another
The caller warms up, repeats and takes the medians, for all contenders alike.
"""
import json
import os
import re
import sys
import time

import numpy as np
from numpy.lib.stride_tricks import as_strided

try:
    import numba
except ImportError:
    numba = None

TYPES = {"b1": "bool", "u1": "uint8", "u4": "uint32", "i4": "int32", "i8": "int64", "f4": "float32", "f8": "float64"}


def versions():
    return {
        "python": sys.version.split()[0],
        "numpy": np.__version__,
        "numba": numba and numba.__version__,
        "svml": bool(numba and numba.config.USING_SVML),
    }


def open_view(view):
    dtype = np.dtype(TYPES[view["dtype"]])
    data = np.fromfile(view["file"], dtype) if view["file"] else np.zeros(view["length"], dtype)
    strides = [step * dtype.itemsize for step in view["stride"]]
    return as_strided(data[view["offset"]:], view["shape"], strides)


def numba_name(code):
    return "boolean" if code == "b1" else TYPES[code]


def compile_numba(job):
    """@vectorize as its users write it; several results need @guvectorize."""
    scope = {"numba": numba, "np": np}
    target = job.get("target", "cpu")
    inputs = [numba_name(view["dtype"]) for view in job["inputs"]]
    result = numba_name(job["outputs"][0]["dtype"])
    several = len(job["outs"]) > 1
    parameters = job["args"] + (job["outs"] if several else [])
    lines = ["import math", job["helper"] or "", f"def kernel({', '.join(parameters)}):"]
    exec("\n".join(lines) + "\n    " + job["numba"].replace("\n", "\n    "), scope)
    if not several:
        return numba.vectorize([f"{result}({','.join(inputs)})"], target=target)(scope["kernel"])
    arrays = inputs + [result + "[:]"] * len(job["outs"])
    layout = ",".join("()" for _ in inputs) + "->" + ",".join("()" for _ in job["outs"])
    return numba.guvectorize([f"void({','.join(arrays)})"], layout, target=target)(scope["kernel"])


def prepare(job):
    inputs = [open_view(view) for view in job["inputs"]]
    outputs = [open_view(view) for view in job["outputs"]]
    calls = {}
    if job["numpy"]:
        scope = {"np": np, **dict(zip(job["args"], inputs)), **dict(zip(job["outs"], outputs))}
        for who, text in (("numpy", job["numpy"]), ("numpy allocating", re.sub(r", out=out\b", "", job["numpy"]))):
            parameters = ", ".join(f"{name}={name}" for name in [*job["args"], *job["outs"], "np"])
            exec(f"def call({parameters}):\n    {text}", scope)
            calls[who] = scope["call"]
    if job["numba"] and numba:
        compiled = compile_numba(job)
        out = outputs[0] if len(outputs) == 1 else tuple(outputs)
        calls["numba"] = lambda: compiled(*inputs, out=out)
        calls["numba allocating"] = lambda: compiled(*inputs)
    return calls, outputs


def main():
    answers = os.fdopen(os.dup(1), "w")
    calls, outputs = {}, []
    for line in sys.stdin:
        job = json.loads(line)
        answer = None
        try:
            if job["do"] == "versions":
                answer = versions()
            elif job["do"] == "load":
                calls, outputs = prepare(job)
                answer = list(calls)
            elif job["do"] == "time":
                call, times = calls[job["who"]], range(job["times"])
                start = time.perf_counter_ns()
                for _ in times:
                    call()
                answer = time.perf_counter_ns() - start
            elif job["do"] == "save":
                for out in outputs:
                    out[...] = 0
                calls[job["who"]]()
                with open(job["file"], "wb") as file:
                    for out in outputs:
                        file.write(np.ascontiguousarray(out).tobytes())
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
