"""Speed and memory of the course, beside others: `make bench`, or `python -m benchmarks.run fit` for one part."""
