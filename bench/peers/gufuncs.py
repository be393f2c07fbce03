"""
NumPy and Numba on kernels of arrays, one JSON command a line:
  {"do": "load", "dtype", "shapes", "files", "layout", "numba", "numpy"}   -> the contenders there are
  {"do": "time", "who", "times"}   -> nanoseconds      {"do": "save", "who", "file"}
"""
import json
import os
import sys
import time

import numpy as np
import numba


def load(job):
    inputs = [np.fromfile(f, job["dtype"]).reshape(s) for f, s in zip(job["files"], job["shapes"])]
    out = np.zeros(job["shapes"][-1], job["dtype"])
    names = ["a", "b"][: len(inputs)]
    scope = {"np": np, "zero": np.dtype(job["dtype"]).type(0), "out": out, **dict(zip(names, inputs))}
    calls = {}
    if job["numpy"]:
        exec(f"def call():\n    {job['numpy']}", scope)
        calls["NumPy"] = scope["call"]
    body = job["numba"].replace("\n", "\n    ")
    exec(f"def kernel({', '.join([*names, 'out'])}):{body}", scope)
    # Where an output's size is an expression, Numba takes the output as an input.
    layout = job["layout"]
    cores = layout.replace("->", ",").split("),")
    text = [f"{job['dtype']}[{','.join(':' * max(1, len(c.strip('()').split(','))))}]" for c in cores]
    compiled = numba.guvectorize([f"void({','.join(text)})"], layout, writable_args=()) if "->" in layout and "+" not in layout \
        else numba.guvectorize([f"void({','.join(text)})"], layout, writable_args=(len(inputs),))
    gufunc = compiled(scope["kernel"])
    calls["Numba"] = lambda: gufunc(*inputs, out)
    return calls, out


def main():
    answers = os.fdopen(os.dup(1), "w")
    calls, out = {}, None
    for line in sys.stdin:
        job = json.loads(line)
        answer = None
        try:
            if job["do"] == "load":
                calls, out = load(job)
                answer = list(calls)
            elif job["do"] == "time":
                call, times = calls[job["who"]], range(job["times"])
                start = time.perf_counter_ns()
                for _ in times:
                    call()
                answer = time.perf_counter_ns() - start
            elif job["do"] == "save":
                out[...] = 0
                calls[job["who"]]()
                out.tofile(job["file"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
