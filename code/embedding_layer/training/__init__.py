"""Training a table with the model around it: data, the loop, small models, and how sure a score is."""

from embedding_layer.training.data import Batches, balanced, drop_ids, pad_ids, split_by_group
from embedding_layer.training.evaluation import Interval, interval_over_groups, rmse
from embedding_layer.training.loop import predict, train
from embedding_layer.training.models import BagOfWords, MeanOfEmbeddings, masked_mean
from embedding_layer.training.scaling import Scaler

__all__ = [
    "BagOfWords",
    "Batches",
    "Interval",
    "MeanOfEmbeddings",
    "Scaler",
    "balanced",
    "drop_ids",
    "interval_over_groups",
    "masked_mean",
    "pad_ids",
    "predict",
    "rmse",
    "split_by_group",
    "train",
]
