import re
import time

from fake_api import ANSWER, TEXT

from frontend.highlight import Span, assertion, legend, mark, spans
from frontend.wording import ASSERTIONS

ANY = {"text": "x", "section": "assessment", "codes": []}


def entity(begin, end, *traits):
    return Span(begin, end, entity={**ANY, "traits": list(traits)})


def plain(html):
    """The note as it reads: without tags and tooltips."""
    without = re.sub(r'<span class="readings".*?</span></span>', "</span>", html)
    return re.sub(r"<[^>]+>", "", without)


def test_everything_is_escaped():
    html = mark("<b>HTN & co</b>", [Span(3, 6, code='"><script>')])
    assert "&lt;b&gt;" in html and "&amp; co" in html
    assert "<script" not in html and "<b>" not in html


def test_a_mention_is_marked_by_how_it_is_asserted_and_by_the_codes_it_justifies():
    html = mark(TEXT, spans(ANSWER))
    assert '<mark class="NEGATION" data-codes="R07.9">chest pain</mark>' in html
    assert '<mark class="PERTAINS_TO_FAMILY" data-codes="">gout</mark>' in html
    assert '<mark class="AFFIRMED billed" data-codes="I10">Essential hypertension</mark>' in html


def test_overlapping_words_are_one_mention_whose_stretches_keep_their_own_codes():
    html = mark("heart failure acute", [Span(0, 13, code="I50.9", billed=True), Span(6, 19, code="I50.21")])
    assert html.count('class="mention"') == 1
    assert 'data-codes="I50.9 I50.21"' in html
    assert '<mark class="AFFIRMED billed" data-codes="I50.9">heart </mark>' in html
    assert '<mark class="AFFIRMED" data-codes="I50.21"> acute</mark>' in html


def test_a_tooltip_ranks_the_readings_and_can_be_reached_by_keyboard():
    html = mark(TEXT, spans(ANSWER))
    mention = re.search(r'<span class="mention" tabindex="0"[^>]*aria-describedby="(readings-\d+)"', html)
    tooltip = html[html.index(f'id="{mention[1]}"') :]
    assert "<code>R07.9</code> Chest pain, unspecified <i>80%</i>" in tooltip
    assert "negated, history of present illness" in tooltip


def test_offsets_are_code_points():
    html = mark("😀 HTN", [entity(2, 5)])
    assert ">HTN</mark>" in html


def test_assertion_is_the_first_trait_that_says_so():
    assert assertion(["SYMPTOM", "NEGATION"]) == "NEGATION"
    assert assertion(["SYMPTOM"]) == "AFFIRMED"


def test_the_legend_names_each_assertion_once():
    names = re.findall(r">(\w+)</mark>", legend())
    assert names[0] == "billed"
    assert sorted(names[1:]) == sorted(set(ASSERTIONS.values()))


def test_a_long_note_takes_time_in_proportion_to_its_length():
    def seconds(notes):
        text = "chest pain, fever and cough. " * notes
        found = [entity(at, at + 10) for at in range(0, len(text) - 30, 29)]
        start = time.perf_counter()
        html = mark(text, found)
        assert plain(html) == text
        return time.perf_counter() - start

    seconds(700)
    assert seconds(7_000) < 40 * seconds(700)  # ten times the note; squared would be a hundred times the time
