"""Real text that every reader already has: the documentation inside the book's own libraries."""

from embedding_layer.corpus.corpus import LIBRARIES, Corpus, Paragraph, load_corpus
from embedding_layer.corpus.tokens import tokenize

__all__ = ["LIBRARIES", "Corpus", "Paragraph", "load_corpus", "tokenize"]
