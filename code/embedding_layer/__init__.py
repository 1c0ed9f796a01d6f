"""The library that the chapters of *The Embedding Layer* build and use.

Import the pieces from here; what belongs to one chapter only lives in a subpackage: `corpus` (the real text),
`figures` (drawing), `exercises` (checks for the reader's solutions).
"""

from embedding_layer.layer import CustomEmbedding
from embedding_layer.layer.refusals import detect_bad_ids
from embedding_layer.lookup import LookupTable
from embedding_layer.measure import Timings, compare
from embedding_layer.one_hot import one_hot
from embedding_layer.progress import progress
from embedding_layer.training import predict, train
from embedding_layer.training.data import Batches, balanced, pad_ids, split_by_group
from embedding_layer.vocabulary import Vocabulary

__version__ = "0.1.0"

__all__ = [
    "Batches",
    "CustomEmbedding",
    "LookupTable",
    "Timings",
    "Vocabulary",
    "balanced",
    "compare",
    "detect_bad_ids",
    "one_hot",
    "pad_ids",
    "predict",
    "progress",
    "split_by_group",
    "train",
]
