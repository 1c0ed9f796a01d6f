"""Tables and targets of this project: `python -m embedding_layer.benchmarks`."""
