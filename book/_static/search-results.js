// Shows what a search found: a title, and the sentence that holds the words, which links to its place. Sphinx's own
// script searches and ranks; PASSAGES, the text of all pages, comes from search-texts.js.
"use strict";

(() => {
  const WORD = /[\p{Letter}\p{Number}_]+/gu;
  const SENTENCE_END = /(?<=[.!?]["”)]?)\s+(?=[\p{Lu}"“(])/u;
  const LONGEST = 220; // characters of a quotation
  const STRONG = 2; // the word itself; a word that only contains what is searched for counts 1
  const IS_PROSE = /(\S+ ){4}.*[.;?!)”]$/; // of two places that fit as well, the one in a sentence explains more

  const stemmer = new Stemmer();
  const stems = new Map();
  function stem(word) {
    if (!stems.has(word)) stems.set(word, stemmer.stemWord(word));
    return stems.get(word);
  }

  // how well a word fits: 2 for the word in any of its forms, 1 if it contains a term, 0 if it does not
  function fit(word, terms) {
    const lower = word.toLowerCase();
    if (terms.has(stem(lower))) return STRONG;
    return [...terms].some((term) => term.length > 2 && lower.includes(term)) ? 1 : 0;
  }

  // the sum over the terms of how well a text fits each
  function score(text, terms) {
    const words = new Set(text.match(WORD));
    let total = 0;
    for (const term of terms) total += Math.max(0, ...[...words].map((word) => fit(word, new Set([term]))));
    return total;
  }

  function sentences([id, text]) {
    const lines = (id.startsWith("term-") ? text.replace("\n", ": ") : text).split("\n");
    return lines.flatMap((line) => line.split(SENTENCE_END)).map((sentence) => ({ id, sentence }));
  }

  // the sentence of a page that fits best, and the anchor before it; of a result with an anchor, that passage's
  function quote(page, anchor, terms) {
    const all = PASSAGES[page] ?? [];
    const own = all.filter(([id]) => `#${id}` === anchor);
    let best = null;
    for (const candidate of (anchor ? own : all).flatMap(sentences)) {
      const value = score(candidate.sentence, terms) + (IS_PROSE.test(candidate.sentence) ? 0.5 : 0);
      if (!best || value > best.value) best = { ...candidate, value };
    }
    return best;
  }

  // a long sentence is cut at words, so that the first term stands in the middle
  function cut(sentence, terms) {
    if (sentence.length <= LONGEST) return sentence;
    const place = [...sentence.matchAll(WORD)].find(([word]) => fit(word, terms))?.index ?? 0;
    let start = Math.max(0, Math.min(place - LONGEST / 2, sentence.length - LONGEST));
    if (start) start = sentence.indexOf(" ", start) + 1;
    let end = Math.min(start + LONGEST, sentence.length);
    if (end < sentence.length) end = Math.max(sentence.lastIndexOf(" ", end), start + 1);
    return (start ? "… " : "") + sentence.slice(start, end) + (end < sentence.length ? " …" : "");
  }

  function withMarks(text, terms) {
    const pieces = [];
    let end = 0;
    for (const { 0: word, index } of text.matchAll(WORD)) {
      if (!fit(word, terms)) continue;
      const mark = document.createElement("mark");
      mark.textContent = word;
      pieces.push(text.slice(end, index), mark);
      end = index + word.length;
    }
    return [...pieces, text.slice(end)];
  }

  // one result: the page, the place on it, and the quotation
  function entry([page, title, anchor, description], terms) {
    const found = quote(page, anchor, terms);
    const target = anchor || (found?.id ? `#${found.id}` : "");
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = page + DOCUMENTATION_OPTIONS.LINK_SUFFIX + target;
    link.innerHTML = title; // Sphinx has escaped it
    item.append(link);
    if (description) item.append(` (${description})`);
    if (found) {
      const context = document.createElement("p");
      context.className = "context";
      context.append(...withMarks(cut(found.sentence, terms), terms));
      item.append(context);
    }
    return { item, key: `${page}${found ? found.sentence : target}` };
  }

  Search.query = (query) => {
    const parsed = Search._parseQuery(query);
    const terms = parsed[1];
    const shown = new Set();
    for (const result of Search._performSearch(...parsed).reverse()) {
      const { item, key } = entry(result, terms);
      if (!shown.has(key)) Search.output.append(item);
      shown.add(key);
    }
    _finishSearch(shown.size);
  };
})();
