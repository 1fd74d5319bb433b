"""One contestant in a process of its own: made ready, warmed up, then asleep until it is asked to work again.

    python -m tools.bench.worker course_ways.autoencoder_default 60000

For each line that it reads it does its work once and answers with one line of JSON: a list of seconds. It leaves when
its input ends. Whatever libraries print goes to the error stream.
"""

import importlib
import json
import os
import sys


def main():
    """Answer one line when warmed up (the seconds of the first time), then one per question."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    module, function = sys.argv[1].split(".")
    work = getattr(importlib.import_module(f"tools.bench.{module}"), function)(int(sys.argv[2]))
    print(json.dumps(work()), file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(work()), file=answers, flush=True)


if __name__ == "__main__":
    main()
