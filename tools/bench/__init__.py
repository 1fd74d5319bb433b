"""Speed and memory of the course, beside others: `make bench`, or `python -m tools.bench.measure fit` for one part."""
