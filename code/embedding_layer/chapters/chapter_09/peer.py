"""Chapter 9's table against a peer, gensim's Word2Vec: `python -m embedding_layer.chapters.chapter_09.peer`.

gensim is no dependency of the book. Install it beside the book's packages in an environment to throw away:
with the book's own Python, `python -m venv --system-site-packages /tmp/peer`, then
`/tmp/peer/bin/pip install gensim`.

Both read the same texts, with the same vocabulary, dimension, window, negatives, subsampling and number of
passes, on one thread. Each gets the best of four learning rates, tried with a seed that is not among those
reported. Times are processor time of training alone, so another program on the machine disturbs them less.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor

from embedding_layer.chapters.chapter_09 import experiment, relations
from embedding_layer.corpus import load_corpus
from embedding_layer.files import replacing
from embedding_layer.training.cooccurrence import count_pairs, ppmi, squeeze
from embedding_layer.training.pairs import Stream, join_texts, skip_gram_pairs
from embedding_layer.vocabulary import Vocabulary

COMMAND = "python -m embedding_layer.chapters.chapter_09.peer"
OURS, PEER, COUNTED = "CustomEmbedding, PyTorch", "gensim Word2Vec", "PPMI, SVD"
RATES = {OURS: (0.025, 0.035, 0.05, 0.07), PEER: (0.025, 0.05, 0.1, 0.2)}
WINDOW, NEGATIVES, THRESHOLD = 2, 5, 1e-3
TUNING_SEED = 1000
PLACES = (1, 10)
PROVENANCE = ("processor", "threads", "torch", "gensim", "python", "corpus", "date", "command")
"""What the file says about where its numbers come from."""

Trainer = Callable[[float, int, int], Tensor]
"""From a learning rate, a number of passes and a seed to a table in the order of the vocabulary."""


def load(path: Path | str) -> dict:
    """Read the stored comparison.

    Returns
    -------
    dict
        `provenance`, and `rows`: for each training its name, passes, rate, seed, seconds, words a second, and
        the shares of right answers in the first 1 and 10 places.

    Raises
    ------
    ValueError
        If the file is cut off or lacks a part.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        rows = content["rows"]
        complete = all(name in content["provenance"] for name in PROVENANCE) and rows
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is not a whole comparison ({error}); make it anew with `{COMMAND}`"
        ) from None
    if not complete:
        raise ValueError(f"{path} lacks rows or a part of its provenance; make it anew with `{COMMAND}`")
    return content


SHOWN = ("words_a_second", "analogy_10", "neighbour_10")
"""The columns that the chapter shows."""


def settings(content: dict) -> list[tuple[int, str]]:
    """Return the numbers of passes, and for each the engines, in the order of the file."""
    return list(dict.fromkeys((row["passes"], row["name"]) for row in content["rows"] if "passes" in row))


def passes_of(content: dict) -> list[int]:
    """Return the numbers of passes that were compared."""
    return list(dict.fromkeys(passes for passes, _ in settings(content)))


def compare(content: dict, passes: int) -> tuple[float, float, float]:
    """Compare ours with the peer: the ratio of the times, the difference of the scores, and its spread.

    The score is the mean of analogies and neighbours in the first ten places. The spread is the largest
    difference between two seeds of one engine.
    """
    ours, theirs = (rows_of(content, name, passes) for name in (OURS, PEER))
    scores = [
        [mean([row], "analogy_10") / 2 + mean([row], "neighbour_10") / 2 for row in own]
        for own in (ours, theirs)
    ]
    spread = max(max(own) - min(own) for own in scores)
    difference = sum(scores[0]) / len(scores[0]) - sum(scores[1]) / len(scores[1])
    return mean(ours, "seconds") / mean(theirs, "seconds"), difference, spread


def rows_of(content: dict, name: str, passes: int | None = None) -> list[dict]:
    """Return the trainings of one engine with so many passes, one a seed."""
    return [row for row in content["rows"] if row["name"] == name and passes in (None, row["passes"])]


def mean(rows: Sequence[dict], column: str) -> float:
    """Return the mean of a column."""
    return sum(row[column] for row in rows) / len(rows)


def trainers(texts: Sequence[Sequence[str]], vocabulary: Vocabulary, stream: Stream) -> dict[str, Trainer]:
    """Return how both engines train."""
    try:
        from gensim.models import Word2Vec
    except ModuleNotFoundError:
        raise SystemExit(f"gensim is not installed here. {__doc__.split(chr(10) * 2)[1]}") from None

    def ours(rate: float, passes: int, seed: int) -> Tensor:
        return experiment.fit(
            stream, len(vocabulary), rate=rate, passes=passes, seed=seed, window=WINDOW, threshold=THRESHOLD
        )

    def gensim(rate: float, passes: int, seed: int) -> Tensor:
        model = Word2Vec(
            texts,
            vector_size=experiment.DIMENSION,
            alpha=rate,
            window=WINDOW,
            negative=NEGATIVES,
            sample=THRESHOLD,
            epochs=passes,
            seed=seed,
            sg=1,
            workers=1,
            min_count=1,  # the texts hold only words of the vocabulary
        )
        return torch.from_numpy(model.wv[vocabulary.tokens].copy())

    return {OURS: ours, PEER: gensim}


def measured(
    name: str, train: Callable[[], Tensor], exam: experiment.Exam, tokens: int, **more: object
) -> dict:
    """Train, take the time, and let the table take the exam."""
    start, wall = time.process_time(), time.perf_counter()
    table = train()
    seconds, wall = time.process_time() - start, time.perf_counter() - wall
    row = {"name": name, **more, "seconds": round(seconds, 2), "wall": round(wall, 2)}
    row["words_a_second"] = round(tokens * int(more.get("passes", 1)) / seconds)
    results = exam.take(table)
    for places in PLACES:
        for score, share in zip(results._fields, results.top(places), strict=True):
            row[f"{score}_{places}"] = round(share, 4)
    print(json.dumps(row), flush=True)
    return row


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.split("\n")[0])
    parser.add_argument("--output", type=Path, default=Path("book/benchmarks/peers/words.json"))
    parser.add_argument("--passes", type=int, nargs="+", default=[experiment.PASSES, 4 * experiment.PASSES])
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[7, 3], help="how many, for each number of passes"
    )
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    corpus = load_corpus()
    counts = Counter(corpus.tokens())
    vocabulary = Vocabulary.build(
        corpus.tokens(), min_count=relations.MIN_COUNT, specials=(), unk=None, pad=None
    )
    texts = [[word for word in paragraph.tokens if word in vocabulary] for paragraph in corpus]
    stream = join_texts([vocabulary.encode(text) for text in texts])
    pairs = relations.pairs_by_relation(counts)
    exam = experiment.Exam(pairs, relations.analogies(pairs), vocabulary)
    engines = trainers(texts, vocabulary, stream)
    tokens = len(stream.ids)

    rows = [
        measured(
            COUNTED,
            lambda: squeeze(
                ppmi(count_pairs(skip_gram_pairs(stream, WINDOW), len(vocabulary))),
                experiment.DIMENSION,
                weight=0.5,
            ),
            exam,
            tokens,
        )
    ]
    best = {}
    for name, train in engines.items():
        tried = [
            measured(
                name,
                lambda train=train, rate=rate: train(rate, options.passes[0], TUNING_SEED),
                exam,
                tokens,
                passes=options.passes[0],
                rate=rate,
                seed=TUNING_SEED,
            )
            for rate in RATES[name]
        ]
        best[name] = max(tried, key=lambda row: row["analogy_10"] + row["neighbour_10"])["rate"]
    for passes, seeds in zip(options.passes, options.seeds, strict=True):
        for seed in range(1, seeds + 1):
            for name, train in engines.items():  # side by side, so that a busy hour hits both
                more = {"passes": passes, "rate": best[name], "seed": seed}
                rows.append(
                    measured(
                        name,
                        lambda t=train, m=more: t(m["rate"], m["passes"], m["seed"]),
                        exam,
                        tokens,
                        **more,
                    )
                )
    provenance = {
        "processor": _processor(),
        "threads": 1,
        "torch": torch.__version__.partition("+")[0],
        "gensim": version("gensim"),
        "python": platform.python_version(),
        "corpus": corpus.versions,
        "tokens": tokens,
        "window": WINDOW,
        "negatives": NEGATIVES,
        "dimension": experiment.DIMENSION,
        "rates_tried": RATES,
        "date": datetime.now(UTC).date().isoformat(),
        "command": COMMAND,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    with replacing(options.output) as file:
        lines = ",\n".join("    " + json.dumps(row) for row in rows)
        file.write(f'{{\n  "provenance": {json.dumps(provenance)},\n  "rows": [\n{lines}\n  ]\n}}\n')
    return 0


def _processor() -> str:
    found = [
        line.partition(":")[2].strip()
        for line in (Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else [])
        if line.startswith("model name")
    ]
    return found[0] if found else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
