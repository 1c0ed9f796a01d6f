"""Read the corpus and say what it holds: `python -m embedding_layer.corpus` (`--cold` ignores the cache)."""

from __future__ import annotations

import argparse
import logging
from collections import Counter
from time import perf_counter

from embedding_layer.corpus import load_corpus


def main() -> None:
    """Run the command line."""
    summary = __doc__.partition(":")[0]
    parser = argparse.ArgumentParser(prog="python -m embedding_layer.corpus", description=summary)
    parser.add_argument("--cold", action="store_true", help="extract everything anew and keep nothing")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")  # says where the cache cannot be used
    start = perf_counter()
    corpus = load_corpus(cache=not options.cold)
    seconds = perf_counter() - start
    print(corpus)
    for library, paragraphs in Counter(paragraph.library for paragraph in corpus).items():
        print(f"  {library:11}{paragraphs:7,} paragraphs")
    print(f"read in {seconds:.2f} s")


if __name__ == "__main__":
    main()
