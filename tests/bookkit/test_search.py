"""The text of a page in passages, as the search page gets it."""

from bs4 import BeautifulSoup

from bookkit.search import passages


def read(html):
    return passages(BeautifulSoup(f"<article>{html}</article>", "html.parser").article)


def test_a_passage_goes_from_one_anchor_to_the_next_without_headings():
    assert read(
        '<p>Before.</p><section id="one"><h2>One</h2><p>A <b>bold</b>\n word.</p>'
        '<section id="two"><p>Two.</p></section></section>'
    ) == [("", "Before."), ("one", "A bold word."), ("two", "Two.")]


def test_paragraphs_and_lines_of_code_are_lines():
    assert read("<ul><li><p>a b</p></li><li>c</li></ul><pre>x = 1\n\n  y = 2\n</pre><p>d</p>") == [
        ("", "a b\nc\nx = 1\ny = 2\nd")
    ]


def test_formulas_stay_without_their_marks():
    assert read(r'<p>With <span class="math">\(V\)</span> rows.</p>') == [("", "With V rows.")]


def test_what_is_not_said_is_left_out():
    assert read(
        '<p>Seen<a class="headerlink" href="#a">#</a><span class="visually-hidden"> (unseen)</span></p>'
        '<!-- a comment --><script>1</script><div class="cell tag_solution"><pre>answer = 2</pre></div>'
    ) == [("", "Seen")]
