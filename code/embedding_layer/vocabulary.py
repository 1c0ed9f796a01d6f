"""From tokens to ids and back: the `Vocabulary`."""

from __future__ import annotations

import difflib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from embedding_layer.checks import allowed_ids, check_integer
from embedding_layer.files import replacing

FORMAT = "embedding_layer.Vocabulary"
FORMAT_VERSION = 1


class Vocabulary:
    """Map tokens to ids `0 … V-1` and ids back to tokens.

    The special tokens come first, in the order given; `unk` stands for every token the vocabulary does not
    hold, `pad` fills up short sequences. Use `Vocabulary.build` to count a corpus.

    Parameters
    ----------
    tokens : sequence of str
        The tokens in the order of their ids, without the special ones.
    specials : sequence of str
        Tokens with a role instead of a meaning, put in front.
    unk : str or None
        The special token for unknown tokens; None makes `encode` refuse them.
    pad : str or None
        The special token for padding; None if there is none.

    Raises
    ------
    ValueError
        If a token stands twice, if a special token is also an ordinary one, if `unk` or `pad` is not among
        `specials`, or if nothing is left to number.
    TypeError
        If a token is not a string.
    """

    def __init__(
        self,
        tokens: Sequence[str],
        *,
        specials: Sequence[str] = ("<pad>", "<unk>"),
        unk: str | None = "<unk>",
        pad: str | None = "<pad>",
    ) -> None:
        self.specials = _strings(specials, "specials")
        ordinary = _strings(tokens, "tokens")
        _refuse_repeats(self.specials, "specials")
        _refuse_repeats(ordinary, "tokens")
        both = [token for token in ordinary if token in self.specials]
        if both:
            raise ValueError(
                f"{both[0]!r} is given as a special token and as an ordinary one; a token has one id, "
                "so leave it out of one of the two lists"
            )
        for role, token in (("unk", unk), ("pad", pad)):
            if token is not None and token not in self.specials:
                raise ValueError(
                    f"{role}={token!r} is not among specials={list(self.specials)}; add it there, "
                    f"or pass {role}=None"
                )
        self.tokens = self.specials + ordinary
        if not self.tokens:
            raise ValueError("the vocabulary would be empty: give at least one token or special token")
        self.unk, self.pad = unk, pad
        self._id_of = {token: index for index, token in enumerate(self.tokens)}

    @classmethod
    def build(
        cls,
        tokens: Iterable[str],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = ("<pad>", "<unk>"),
        unk: str | None = "<unk>",
        pad: str | None = "<pad>",
    ) -> Vocabulary:
        """Count `tokens` and number those that occur often enough, the most frequent first.

        Equal counts are ordered by the token itself, so the same tokens always give the same ids. Special
        tokens that occur in `tokens` are not counted a second time.

        Parameters
        ----------
        tokens : iterable of str
            The corpus, one token after the other.
        min_count : int
            A token must occur at least this often to get an id of its own.
        max_size : int or None
            The largest V allowed, special tokens included.

        Raises
        ------
        ValueError
            If `tokens` is empty or holds special tokens only, if no token reaches `min_count`, or if
            `min_count` or `max_size` is too small.
        TypeError
            If `tokens` is one string (it would be counted letter by letter) or holds anything but strings.
        """
        specials = _strings(specials, "specials")
        if min_count < 1:
            raise ValueError(f"min_count={min_count}, but a token must occur at least once; pass 1 or more")
        if max_size is not None and max_size <= len(specials):
            raise ValueError(
                f"max_size={max_size} leaves no room beside {len(specials)} special tokens; "
                f"pass at least {len(specials) + 1}, or None for no limit"
            )
        counts = Counter(_strings(tokens, "tokens"))
        if not counts:
            raise ValueError(
                "the token list is empty, so there is nothing to count; pass the tokens of at least one text "
                "(an iterator that was read before is empty the second time)"
            )
        for special in specials:
            counts.pop(special, None)
        if not counts:
            raise ValueError(
                f"the tokens are nothing but special ones ({', '.join(specials)}), which are not counted; "
                "pass a text with ordinary tokens"
            )
        kept = sorted((t for t, n in counts.items() if n >= min_count), key=lambda t: (-counts[t], t))
        if not kept:
            commonest, times = counts.most_common(1)[0]
            raise ValueError(
                f"no token occurs {min_count} times or more (the commonest, {commonest!r}, occurs {times} "
                "times); lower min_count or pass more text"
            )
        room = None if max_size is None else max_size - len(specials)
        return cls(kept[:room], specials=specials, unk=unk, pad=pad)

    # --- looking things up ---------------------------------------------------------------------------

    @property
    def unk_id(self) -> int | None:
        """The id that unknown tokens get, or None."""
        return None if self.unk is None else self._id_of[self.unk]

    @property
    def pad_id(self) -> int | None:
        """The id of the padding token, or None."""
        return None if self.pad is None else self._id_of[self.pad]

    def __len__(self) -> int:
        return len(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._id_of

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __getitem__(self, token: str) -> int:
        """Return the id of one token; an unknown one gets `unk_id`, or a `KeyError` where there is none."""
        if not isinstance(token, str):
            raise TypeError(
                f"a vocabulary is indexed by a token (str), not by {token!r} of type {type(token).__name__}; "
                "to go from an id to its token use vocabulary.token(id)"
            )
        index = self._id_of.get(token, self.unk_id)
        if index is None:
            raise KeyError(
                f"{token!r} is not in this vocabulary of {len(self)} tokens and it has no unknown token; "
                f"{self._near(token)}build it with unk='<unk>' to map unknown tokens to one id"
            )
        return index

    def _near(self, token: str) -> str:
        """Ask whether a token that is spelled nearly like `token` was meant; say nothing if there is none."""
        near = difflib.get_close_matches(token, self.tokens, n=3)
        return f"did you mean {' or '.join(map(repr, near))}? If not, " if near else ""

    def encode(self, tokens: Iterable[str], *, length: int | None = None) -> list[int]:
        """Return the ids of `tokens`; with `length`, cut or padded to exactly that many.

        Raises
        ------
        KeyError
            If a token is unknown and the vocabulary has no unknown token.
        TypeError
            If `tokens` is one string instead of a list of tokens.
        ValueError
            If padding is needed and the vocabulary has no padding token, or `length` is negative.
        """
        ids = [self[token] for token in _strings(tokens, "tokens")]
        if length is None:
            return ids
        if length < 0:
            raise ValueError(f"length={length}, but a sequence cannot have fewer than 0 tokens")
        missing = length - len(ids)
        if missing <= 0:
            return ids[:length]
        if self.pad_id is None:
            raise ValueError(
                f"{len(ids)} tokens cannot be filled up to length={length}: this vocabulary has no padding "
                "token; build it with pad='<pad>'"
            )
        return ids + [self.pad_id] * missing

    def token(self, index: int) -> str:
        """Return the token of one id (any integer type, a 0-d tensor too).

        Raises
        ------
        TypeError
            If the id is not an integer.
        IndexError
            If the id is negative or not below V.
        """
        number = check_integer(
            index, "an id", remedy="convert it first, for example with int(…) or ids.long()"
        )
        if not 0 <= number < len(self):
            raise IndexError(
                f"id {number} is out of range: {allowed_ids(len(self), 'this vocabulary has', 'tokens')}"
            )
        return self.tokens[number]

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens of a sequence of ids; see `token` for what is refused."""
        return [self.token(index) for index in ids]

    # --- saving and loading --------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the vocabulary to `path` as JSON; an older file is replaced in one step or not at all.

        Several threads or processes may save to one path: the last one stays. A symbolic link stays a link,
        and a file keeps its permissions.
        """
        content = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "size": len(self),
            "specials": list(self.specials),
            "unk": self.unk,
            "pad": self.pad,
            "tokens": list(self.tokens[len(self.specials) :]),
        }
        with replacing(path) as file:
            json.dump(content, file, ensure_ascii=False, indent=0)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Vocabulary:
        """Read a vocabulary that `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If the file is cut off or contradicts itself, is no vocabulary, or is of another format version.
        """
        text = Path(path).read_bytes()
        try:
            content = json.loads(text)
        except ValueError as error:
            raise ValueError(
                f"{path} is not complete JSON ({error}); it was cut off or damaged: save the vocabulary again"
            ) from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f"{path} holds no saved vocabulary (its 'format' is not {FORMAT!r})")
        if content.get("version") != FORMAT_VERSION:
            raise ValueError(
                f"{path} is of format version {content.get('version')!r}, this library reads version "
                f"{FORMAT_VERSION}: save the vocabulary again with this version of the library"
            )
        try:
            vocabulary = cls(
                content["tokens"], specials=content["specials"], unk=content["unk"], pad=content["pad"]
            )
            size = content["size"]
        except KeyError as error:
            raise ValueError(f"{path} lacks the entry {error}; save the vocabulary again") from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged: {error}") from None
        if size != len(vocabulary):
            raise ValueError(
                f"{path} says it holds {size} tokens but holds {len(vocabulary)}; save the vocabulary again"
            )
        return vocabulary

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vocabulary):
            return NotImplemented
        mine = (self.tokens, self.specials, self.unk, self.pad)
        return mine == (other.tokens, other.specials, other.unk, other.pad)

    __hash__ = None

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} tokens, unk={self.unk!r}, pad={self.pad!r})"


def _strings(tokens: Iterable[str], name: str) -> tuple[str, ...]:
    if isinstance(tokens, (str, bytes)):
        raise TypeError(
            f"{name} is one string ({tokens[:20]!r}), which would be read letter by letter; "
            "pass a list of tokens, for example text.split()"
        )
    result = tuple(tokens)
    for position, token in enumerate(result):
        if not isinstance(token, str):
            raise TypeError(
                f"{name}[{position}] is {token!r} of type {type(token).__name__}; a token must be a str"
            )
    return result


def _refuse_repeats(tokens: tuple[str, ...], name: str) -> None:
    if len(set(tokens)) < len(tokens):
        token, times = Counter(tokens).most_common(1)[0]
        raise ValueError(f"{name} holds {token!r} {times} times; every token has one id, so list it once")
