"""The embedding layer, whole: follow the ids through `module`, `functional`, `autograd` and `kernels`.

`operators` serves the compiler, `refusals` says what is wrong with bad input.
"""

from embedding_layer.layer.functional import embedding
from embedding_layer.layer.module import CustomEmbedding
from embedding_layer.layer.refusals import IdRangeError, IdTypeError, OptionError, SizeError, detect_bad_ids

__all__ = [
    "CustomEmbedding",
    "IdRangeError",
    "IdTypeError",
    "OptionError",
    "SizeError",
    "detect_bad_ids",
    "embedding",
]
