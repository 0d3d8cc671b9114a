from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest
from document_samples import RATE_CARD, docx_bytes, front, markdown, write

from ragmarket.errors import CorruptDocument, InvalidInput, MissingDependency
from ragmarket.retrieval.corpus import open_source, read_corpus, read_document
from ragmarket.retrieval.versions import in_force, supersession


def read(path: Path, root: Path):
    return read_document(open_source(path, root))


def test_markdown_text_is_the_file_itself(tmp_path: Path) -> None:
    path = write(tmp_path, "a/card.md", RATE_CARD)
    document = read(path, tmp_path)
    assert document.text == path.read_text(encoding="utf-8")
    assert document.version.path == "a/card.md"
    assert document.version.product_name == "Test Fixed Deposit"
    assert document.version.effective_from == date(2026, 1, 1)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"product_code": None}, ["card.md", "product_code", "missing"]),
        ({"issuer": None}, ["card.md", "issuer", "missing"]),
        ({"effective_from": "2026-02-30"}, ["card.md", "effective_from"]),
        ({"effective_to": "2025-01-01"}, ["card.md", "effective_to", "before"]),
        ({"language": "xx"}, ["card.md", "language"]),
        ({"product_class": "lottery"}, ["card.md", "product_class"]),
        ({"source_format": "pdf"}, ["card.md", "source_format", "markdown"]),
        ({"authority": "RBI"}, ["card.md", "authority", "regulatory"]),
        ({"doc_id": "a b"}, ["card.md", "doc_id"]),
    ],
)
def test_bad_front_matter_names_file_field_and_remedy(
    tmp_path: Path, changes: dict[str, str | None], parts: list[str]
) -> None:
    path = write(tmp_path, "card.md", RATE_CARD, **changes)
    with pytest.raises(CorruptDocument) as caught:
        read(path, tmp_path)
    for part in parts:
        assert part in caught.value.message
    assert caught.value.hint


def test_a_bank_s_own_keys_and_words_for_formats_are_no_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "card.md", RATE_CARD, department="retail", source_format="md")
    assert read(path, tmp_path).version.source_format == "markdown"
    assert "department" in caplog.text


def test_an_unknown_key_suggests_the_known_one(tmp_path: Path) -> None:
    path = write(tmp_path, "card.md", RATE_CARD, efective_to="2027-01-01")
    with pytest.raises(CorruptDocument, match="efective_to") as caught:
        read(path, tmp_path)
    assert "effective_to" in caught.value.hint


@pytest.mark.parametrize(
    "body", ["no front matter", "---\n: : :\n---\ntext", "---\njust text\n---\ntext", "---\ndoc_id: x\n"]
)
def test_broken_front_matter_is_refused(tmp_path: Path, body: str) -> None:
    (tmp_path / "card.md").write_text(body, encoding="utf-8")
    with pytest.raises(CorruptDocument, match=r"card\.md"):
        read(tmp_path / "card.md", tmp_path)


def test_sidecars_comments_and_meta_tags(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("<html><body><p>The fee is Rs. 5.</p></body></html>", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(front(doc_id="a"), encoding="utf-8")
    (tmp_path / "b.html").write_text(
        f"<!--\n---\n{front(doc_id='b')}---\n--><p>The fee is Rs. 6.</p>", encoding="utf-8"
    )
    metas = "".join(
        f'<meta name="{key}" content="{value}">'
        for key, value in [row.split(": ", 1) for row in front(doc_id="c").replace('"', "").splitlines()]
    )
    (tmp_path / "c.html").write_text(f"<html><head>{metas}</head><body><p>The fee is Rs. 7.</p></body></html>")
    (tmp_path / "d.docx").write_bytes(docx_bytes())
    (tmp_path / "d.yaml").write_text(front(doc_id="d"), encoding="utf-8")
    (tmp_path / "e.txt").write_text("The fee is Rs. 8.\n", encoding="utf-8")
    (tmp_path / "e.yaml").write_text(front(doc_id="e"), encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [document.version.doc_id for document in corpus.documents] == ["a", "b", "c", "d", "e"]
    assert corpus.rejected == ()
    assert corpus.documents[1].text == "The fee is Rs. 6.\n"


def test_a_sidecar_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "card.md", RATE_CARD)
    (tmp_path / "card.yaml").write_text("version: '2'\n", encoding="utf-8")
    with pytest.raises(CorruptDocument, match="version"):
        read(path, tmp_path)


def test_bad_files_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "good.md", RATE_CARD)
    write(tmp_path, "twice.md", RATE_CARD + "more\n")
    (tmp_path / "latin.txt").write_bytes(b"---\n\xff\xfe\n---\n")
    (tmp_path / "fake.pdf").write_bytes(b"%PDF-1.4 nothing")
    (tmp_path / "fake.docx").write_bytes(b"PK nothing")
    for name in ("README.md", ".hidden.md", "_draft.md", "notes.csv"):
        (tmp_path / name).write_text("nothing", encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [document.version.path for document in corpus.documents] == ["good.md"]
    reasons = {name: error.message for name, error in corpus.rejected}
    assert reasons.keys() == {"twice.md", "latin.txt", "fake.pdf", "fake.docx"}
    assert "good.md" in reasons["twice.md"]
    assert "UTF-8" in reasons["latin.txt"]


def test_nesting_without_end_rejects_one_file_alone(tmp_path: Path) -> None:
    write(tmp_path, "good.md", RATE_CARD)
    (tmp_path / "deep.md").write_text("---\ndoc_id: " + "[" * 3000 + "\n---\ntext\n", encoding="utf-8")
    deep = f"<!--\n---\n{front(doc_id='deep-page')}---\n-->\n" + "<div>" * 3000 + "words"
    (tmp_path / "deep.html").write_text(deep, encoding="utf-8")
    corpus = read_corpus(tmp_path)
    assert [document.version.path for document in corpus.documents] == ["good.md"]
    reasons = dict(corpus.rejected)
    assert reasons.keys() == {"deep.md", "deep.html"}
    assert all("nested too deeply" in error.message and error.hint for error in reasons.values())


def test_a_missing_library_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "card.docx").write_bytes(docx_bytes())
    (tmp_path / "card.yaml").write_text(front(), encoding="utf-8")
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(MissingDependency, match="docx"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "FD 9.99% Guaranteed",
        "Test Deposit 9.99",
        "Deposit of ₹5 lakh",
        "Guaranteed Deposit",
        "Assured Deposit",
        "Risk-free Deposit",
        "The Best Deposit",
        "Deposit No.1",
        "Test\\nDeposit",
        "Test\u200bDeposit",
        "Test\u202eDeposit",
        "Test <b>Deposit",
        "T\u0435st Deposit",
        "Rs500 Deposit",
        "जमा ९ प्रतिशत",
        "Deposit " * 8,
    ],
)
def test_a_product_name_may_claim_nothing(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, "card.md", RATE_CARD, product_name=name)
    with pytest.raises(CorruptDocument, match=r"card\.md: product_name: ") as caught:
        read(path, tmp_path)
    assert "bare name" in caught.value.message


@pytest.mark.parametrize(
    "name",
    [
        "Test 3-in-1 Account",
        "24x7 Savings",
        "Tax Saver 80C",
        "Nifty 50 Index Fund",
        "आरण्य बचत खाता",
        "வைப்பு நிதி",
        "ക്രെഡിറ്റ് കാർഡ്",
    ],
)
def test_ordinary_product_names_stand(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, "card.md", RATE_CARD, product_name=name), tmp_path).version.product_name == name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Test Fixed Deposit: rates at 7%", "Test Fixed Deposit"),
        ("Test Deposit w.e.f. 01.04.2026", "Test Deposit"),
        ("Test Deposit (from 1 April 2026)", "Test Deposit"),
        ("Test Deposit Charges 2026-27", "Test Deposit Charges"),
        ("Test Deposit 9.99% for everybody", "TST-FD-1"),
        ("Guaranteed Deposit", "TST-FD-1"),
        ("01.04.2026", "TST-FD-1"),
    ],
)
def test_a_title_gives_the_name_only_where_it_is_plain(tmp_path: Path, title: str, name: str) -> None:
    assert read(write(tmp_path, "card.md", RATE_CARD, title=title), tmp_path).version.product_name == name


def test_a_product_code_is_a_code(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocument, match="product_code"):
        read(write(tmp_path, "card.md", RATE_CARD, product_code="FD 9.99% Guaranteed"), tmp_path)


def test_a_missing_folder_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist"):
        read_corpus(tmp_path / "nowhere")


def test_the_version_that_took_effect_last_is_in_force(tmp_path: Path) -> None:
    write(tmp_path, "v9.md", RATE_CARD, version="9")
    write(tmp_path, "v10.md", RATE_CARD, version="10", effective_from="2026-06-01")
    write(tmp_path, "v11.md", RATE_CARD, version="11", effective_from="2026-08-01", effective_to="2026-08-31")
    corpus = read_corpus(tmp_path)
    versions = [document.version for document in corpus.documents]

    def on(day: date) -> list[str]:
        return [version.version for version in in_force(versions, day)]

    assert on(date(2025, 12, 31)) == []
    assert on(date(2026, 1, 1)) == ["9"]
    assert on(date(2026, 5, 31)) == ["9"]
    assert on(date(2026, 6, 1)) == ["10"]
    assert on(date(2026, 8, 15)) == ["11"]
    # Version 10 ended when version 11 took effect; that this lapsed does not bring it back.
    assert on(date(2026, 9, 1)) == []
    assert supersession(versions)[("test-fd", "9")].version == "10"
    assert "2026-06-01" in corpus.notes["v9.md"]
    assert "v11.md" not in corpus.notes


def test_crlf_and_decomposed_text_keep_exact_offsets(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    body = "ब्याज दर क\u093c है।\r\n\r\nThe fee is Rs. 5.\r\n"
    path.write_bytes(markdown(body).replace("\n", "\r\n").replace("\r\r\n", "\r\n").encode())
    document = read(path, tmp_path)
    assert "\r\n" in document.text
    assert document.version.doc_id == "test-fd"
