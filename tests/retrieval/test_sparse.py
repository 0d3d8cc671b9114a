from __future__ import annotations

import unicodedata

import pytest

from ragmarket.retrieval.sparse import encode_documents, encode_queries, term_id, words

SENTENCES = {
    "hi": "न्यूनतम शेष राशि पर ब्याज मिलता है",
    "mr": "किमान शिल्लक रकमेवर व्याज मिळते",
    "bn": "ন্যূনতম ব্যালেন্সে সুদ দেওয়া হয়",
    "gu": "ન્યૂનતમ બેલેન્સ પર વ્યાજ મળે છે",
    "ta": "குறைந்தபட்ச இருப்புக்கு வட்டி கிடைக்கும்",
    "te": "కనీస నిల్వపై వడ్డీ లభిస్తుంది",
    "kn": "ಕನಿಷ್ಠ ಬಾಕಿಗೆ ಬಡ್ಡಿ ದೊರೆಯುತ್ತದೆ",
    "ml": "കുറഞ്ഞ ബാലൻസിന് പലിശ ലഭിക്കും",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_words_stay_whole_in_every_script(language: str) -> None:
    text = SENTENCES[language]
    wanted = [unicodedata.normalize("NFC", word) for word in text.split()]
    assert words(text) == wanted
    assert words(unicodedata.normalize("NFD", text)) == wanted


def test_digits_fold_across_scripts_and_groupings() -> None:
    assert words("₹5,00,000") == words("₹५,००,०००") == words("₹௫,௦௦,௦௦௦") == ["500000"]
    assert words("6.50%") == words("6.5 %") == words("৬.৫০%") == ["6.5"]


def test_case_plurals_and_joiners_fold() -> None:
    assert words("Charges FEES penalties") == words("charge fee penalty")
    assert words("क्\u200dष") == words("क्ष")


def test_frequency_saturates_and_length_counts() -> None:
    _, [[once], [many]] = encode_documents(["fee", "fee fee fee fee fee fee"])
    assert once < many < 2.2
    ids, values = encode_documents(["fee amount", "fee " + "amount " * 40])
    short, long = (
        dict(zip(one, weights, strict=True))[term_id("fee")] for one, weights in zip(ids, values, strict=True)
    )
    assert short > long


def test_a_query_counts_each_term_once_and_finds_its_document() -> None:
    [ids], [values] = encode_queries(["fee fee amount"])
    assert ids == [term_id("fee"), term_id("amount")]
    assert values == [1.0, 1.0]
    assert encode_documents([""]) == ([[]], [[]])
