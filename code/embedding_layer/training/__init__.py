"""Training a table with the model around it: data, the loop, small models, and how sure a score is."""

from embedding_layer.training.data import Batches, balanced, drop_ids, pad_ids, split_by_group
from embedding_layer.training.evaluation import Interval, interval_over_groups, rmse
from embedding_layer.training.loop import predict, train
from embedding_layer.training.models import BagOfWords, MeanOfEmbeddings, SkipGram, masked_mean
from embedding_layer.training.pairs import SkipGramBatches, join_texts, skip_gram_pairs
from embedding_layer.training.scaling import Scaler

__all__ = [
    "BagOfWords",
    "Batches",
    "Interval",
    "MeanOfEmbeddings",
    "Scaler",
    "SkipGram",
    "SkipGramBatches",
    "balanced",
    "drop_ids",
    "interval_over_groups",
    "join_texts",
    "masked_mean",
    "pad_ids",
    "predict",
    "rmse",
    "skip_gram_pairs",
    "split_by_group",
    "train",
]
