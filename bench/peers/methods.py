"""
The methods of NumPy's ufuncs, one JSON command a line:
  {"do": "load", "arrays": [{"file", "dtype", "shape"}], "run"}   an expression over x[0], x[1], ...
  {"do": "time", "times"}   -> nanoseconds      {"do": "save", "file"}   the result of one call as float64
"""
import json
import os
import sys
import time

import numpy as np


def main():
    answers = os.fdopen(os.dup(1), "w")
    call = None
    for line in sys.stdin:
        job = json.loads(line)
        answer = None
        try:
            if job["do"] == "load":
                x = [np.fromfile(a["file"], a["dtype"]).reshape(a["shape"]) for a in job["arrays"]]
                call = eval(f"lambda: {job['run']}", {"np": np, "x": x})
            elif job["do"] == "time":
                start = time.perf_counter_ns()
                for _ in range(job["times"]):
                    call()
                answer = time.perf_counter_ns() - start
            elif job["do"] == "save":
                np.asarray(call(), "float64").tofile(job["file"])
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


main()
