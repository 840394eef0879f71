"""Words of a text, and where they stand in it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.words import LONGEST, highlights, vocabulary, words

TEXT = st.text(
    st.one_of(
        st.sampled_from(
            "aB1 _'-.\n=\u0338"
            "\u00df\u00e9e\u0301\u00ad\u200b\u200d\ufb01\u6771\u30bf\u1100\u1161\u0928\u093f\u0130\ud800\0"
        ),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Where is my invoice, please?", {"where", "is", "my", "invoice", "please"}),
        ("invoice_no INV-2026/7", {"invoice", "no", "inv", "2026", "7"}),
        ("CAFÉ Ｃafé cafe\u0301", {"café"}),
        ("Straße STRASSE", {"strasse"}),
        ("l'école d’été", {"l", "école", "d", "été"}),
        ("don't", {"don", "t"}),
        ("re\u00adsearch", {"research"}),
        ("東京タワー", {"東", "京", "タ", "ワ", "ー"}),
        ("한국어 नमस्ते", {"한국어", "नमस्ते"}),
        ("ＡＢＣ １２３ ﬁne", {"abc", "123", "fine"}),
        ("$12.50 :) ❤️", {"12", "50"}),
        ("", set()),
    ],
)
def test_words_are_runs_of_letters_and_digits_however_they_are_written(text: str, expected: set[str]) -> None:
    assert words(text) == expected


def test_words_that_are_too_long_are_cut() -> None:
    assert words("a" * 100 + " b") == {"a" * LONGEST, "b"}


@given(TEXT)
def test_the_vocabulary_of_a_text_is_its_words_by_alphabet(text: str) -> None:
    assert vocabulary(text) == " ".join(sorted(words(text)))


@given(TEXT)
def test_a_plain_letter_among_others_is_found_as_among_plain_ones(text: str) -> None:
    assert words(f"{text} Plain-Words") == words(text) | {"plain", "words"}


@given(TEXT)
def test_words_of_words_are_themselves(text: str) -> None:
    found = words(text)
    assert words(" ".join(found)) == found
    assert all(0 < len(word) <= LONGEST for word in found)


@given(TEXT)
def test_a_word_is_text_that_any_database_takes(text: str) -> None:
    for word in words(text):
        word.encode()
        assert "\0" not in word


@given(TEXT)
def test_how_a_text_is_composed_makes_no_difference(text: str) -> None:
    assert words(text) == words(unicodedata.normalize("NFC", text)) == words(unicodedata.normalize("NFD", text))


@given(st.lists(TEXT, max_size=4))
def test_texts_have_together_the_words_that_each_has(texts: list[str]) -> None:
    assert words("\n".join(texts)) == frozenset[str]().union(*map(words, texts))


def shown(text: str, *wanted: str, around: int = 10, most: int = 3) -> list[str]:
    """The pieces as a reader would mark them."""
    pieces = []
    for piece in highlights(text, frozenset(wanted), around=around, most=most):
        marked = piece.text
        for start, end in reversed(piece.found):
            marked = f"{marked[:start]}[{marked[start:end]}]{marked[end:]}"
        pieces.append(marked)
    return pieces


def test_a_highlight_shows_the_words_with_what_stands_around_them() -> None:
    assert shown("Well, where is my Invoice, please? Thank you.", "invoice") == ["is my [Invoice], please?"]


def test_words_that_stand_close_share_a_piece_and_others_have_their_own() -> None:
    text = "My invoice, the second invoice, was wrong. " + 20 * "I see. " + "An invoice again."
    first = "My [invoice], the [second] [invoice]"
    assert shown(text, "invoice", "second", around=20) == [first, "I see. I see. An [invoice] again."]


def test_there_are_no_more_pieces_than_asked_for() -> None:
    assert len(highlights("word and " * 1000, {"word"}, around=2, most=5)) == 5


def test_words_are_found_however_they_are_written() -> None:
    assert shown("Le CAFÉ de l’École", "café", "école", around=20) == ["Le [CAFÉ] de l’[École]"]
    assert shown("cafe\u0301!", "café") == ["[cafe\u0301]!"]
    assert shown("東京タワー", "京") == ["東[京]タワー"]
    assert shown("\u1112\u1161\u11ab", "한") == ["[\u1112\u1161\u11ab]"]


def test_what_is_not_there_has_no_highlight() -> None:
    assert highlights("Where is my invoice?", {"cat"}) == ()
    assert highlights("", {"cat"}) == ()


@given(TEXT, st.data(), st.integers(0, 20), st.integers(1, 5))
def test_a_highlight_is_a_piece_of_the_text_and_marks_only_what_was_wanted(
    text: str, data: st.DataObject, around: int, most: int
) -> None:
    wanted = data.draw(st.sets(st.sampled_from(sorted(words(text)) or ["x"]), max_size=3))
    pieces = highlights(text, wanted, around=around, most=most)
    assert bool(pieces) == bool(wanted & words(text))
    assert len(pieces) <= most
    for piece in pieces:
        assert text[piece.start : piece.start + len(piece.text)] == piece.text
        assert piece.found
        assert all(0 <= start < end <= len(piece.text) for start, end in piece.found)
        assert all(wanted & words(piece.text[start:end]) for start, end in piece.found)
