"""Persons' identifiers are found in any script and disguise, the trade's own are not, and none reaches a log."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from stdnum import luhn, verhoeff

from ragmarket import telemetry
from ragmarket.personal_data import find_identifiers, redact
from ragmarket.schemas.brief import Brief

DIGITS = {
    "Latn": "0123456789",
    "Deva": "०१२३४५६७८९",
    "Beng": "০১২৩৪৫৬৭৮৯",
    "Gujr": "૦૧૨૩૪૫૬૭૮૯",
    "Taml": "௦௧௨௩௪௫௬௭௮௯",
    "Telu": "౦౧౨౩౪౫౬౭౮౯",
    "Knda": "೦೧೨೩೪೫೬೭೮೯",
    "Mlym": "൦൧൨൩൪൫൬൭൮൯",
    "full": "０１２３４５６７８９",
}
AADHAAR = "29876543210" + verhoeff.calc_check_digit("29876543210")
CARD = "411111111111111" + luhn.calc_check_digit("411111111111111")
RUPAY = "652150012345678" + luhn.calc_check_digit("652150012345678")


def grouped(number: str, sizes: tuple[int, ...], gap: str) -> str:
    parts, start = [], 0
    for size in sizes:
        parts.append(number[start : start + size])
        start += size
    return gap.join(parts)


FOUND = [
    *(
        (number.translate(str.maketrans("0123456789", digits)), kind)
        for digits in DIGITS.values()
        for number, kind in (
            (AADHAAR, "Aadhaar number"),
            (CARD, "card number"),
            ("9876543210", "telephone number"),
        )
    ),
    *(
        (grouped(AADHAAR, (4, 4, 4), gap), "Aadhaar number")
        for gap in (" ", "-", "\u00a0", "\u2013", "\u200b", " \u200d", ".")
    ),
    *((grouped(CARD, (4, 4, 4, 4), gap), "card number") for gap in (" ", "-", "\u2009", "\u200c", "/")),
    (RUPAY, "card number"),
    (grouped(RUPAY, (4, 4, 4, 4), " "), "card number"),
    ("378282246310005", "card number"),
    ("5555 5555 5555 4444", "card number"),
    ("2223003122003222", "card number"),
    ("+91 98765 43210", "telephone number"),
    ("+91-9876543210", "telephone number"),
    ("0091 9876543210", "telephone number"),
    ("09876543210", "telephone number"),
    ("91 8765432109", "telephone number"),
    ("98765-43210", "telephone number"),
    ("कॉल करें: ९८७६५ ४३२१०", "telephone number"),
    ("फोन ७८९०१२३४५६ वर", "telephone number"),
    ("ফোন ৯৮৭৬৫৪৩২১০", "telephone number"),
    ("અમને ૯૮૭૬૫૪૩૨૧૦ પર ફોન કરો", "telephone number"),
    ("அழைக்க ௯௮௭௬௫௪௩௨௧௦", "telephone number"),
    ("ఫోన్ ౯౮౭౬౫౪౩౨౧౦", "telephone number"),
    ("ಕರೆ ೯೮೭೬೫೪೩೨೧೦", "telephone number"),
    ("വിളിക്കൂ ൯൮൭൬൫൪൩൨൧൦", "telephone number"),
    ("WhatsApp me on 7012345678", "telephone number"),
    ("(9876543210)", "telephone number"),
    ("tel:9876543210", "telephone number"),
    ("ABCPE1234F", "PAN"),
    ("abcpe1234f", "PAN"),
    ("PAN: ABCPE 1234 F", "PAN"),
    ("A B C P E 1 2 3 4 F", "PAN"),
    ("ABCPE-1234-F", "PAN"),
    ("पैन ABCPE१२३४F", "PAN"),
    ("ＡＢＣＰＥ１２３４Ｆ", "PAN"),
    ("AAACB1234C", "PAN"),
    ("A/c no. 123456789012", "account number"),
    ("account number 00123456789", "account number"),
    ("Acct: 50100123456789", "account number"),
    ("your account is 9123456789012345", "account number"),
    ("खाता संख्या 123456789012", "account number"),
    ("खाते क्रमांक १२३४५६७८९०१२", "account number"),
    ("অ্যাকাউন্ট নম্বর 123456789012", "account number"),
    ("ખાતા નંબર 123456789012", "account number"),
    ("கணக்கு எண் 123456789012", "account number"),
    ("ఖాతా నంబర్ 123456789012", "account number"),
    ("ಖಾತೆ ಸಂಖ್ಯೆ 123456789012", "account number"),
    ("അക്കൗണ്ട് നമ്പർ 123456789012", "account number"),
    ("khata number 123456789012", "account number"),
    ("a/c 1234 5678 9012", "account number"),
    ("Customer ID: 12345678", "customer number"),
    ("CIF no 87654321", "customer number"),
    ("CRN number 5512345", "customer number"),
    ("ग्राहक आईडी 1234567", "customer number"),
    ("client code AB123456", "customer number"),
    ("UCIC number 99123456", "customer number"),
    ("passport no. K1234567", "passport number"),
    ("पासपोर्ट नंबर M7654321", "passport number"),
    ("Passport Z9988776", "passport number"),
    ("voter ID ABC1234567", "voter number"),
    ("EPIC no XYZ7654321", "voter number"),
    ("मतदाता क्रमांक ABC1234567", "voter number"),
    ("DL: KA01 20110012345", "driving licence"),
    ("MH-12-20150012345", "driving licence"),
    ("TN0119990001234", "driving licence"),
    ("ramesh.k@example.com", "e-mail address"),
    ("write to priya_s@bank.co.in", "e-mail address"),
    ("r+test@mail.example.org", "e-mail address"),
    ("pay ravi@okaxis", "UPI address"),
    ("sunita.devi@ybl", "UPI address"),
    ("9876543210@upi", "UPI address"),
    ("ARNB0001234", "IFSC"),
    ("IFSC: HDFC0000123", "IFSC"),
]

NOT_FOUND = [
    "₹98,76,54,321",
    "Rs 9876543210",
    "Rs. 9876543210",
    "INR 9876543210",
    "₹ 9876543210",
    "रु. 9876543210",
    "₹9876543210 करोड़",
    "1800 123 4567",
    "1800-123-4567",
    "18601234567",
    "1800 425 3800",
    "0 1800 123 4567",
    "Toll-free 1800 266 4332",
    "care@bank.example",
    "customer.care@bank.example",
    "support@bank.co.in",
    "grievance.officer@bank.example",
    "info@bank.example",
    "noreply@bank.example",
    "unsubscribe@bank.example",
    "helpdesk@bank.example",
    "nodal.officer@bank.example",
    "ARN-00000",
    "ARN-123456",
    "INZ000000000",
    "INH000012345",
    "INA000001234",
    "IRDAI Regn. No. 143",
    "CA0123",
    "CIN L17110MH1973PLC019786",
    "U65990KA2001PLC012345",
    "GSTIN 27AAPFU0939F1ZV",
    "29AABCU9603R1ZJ",
    "UIN: 104N122V03",
    "104L123V01",
    "PFRDA Reg. No. POP123456",
    "LEI 335800AAAAAAAAAAAA11",
    "AMFI-registered Mutual Fund Distributor",
    "RBI/2024-25/18",
    "RBI/2025-26/64",
    "SEBI/HO/MIRSD/MIRSD-PoD-2/P/CIR/2023/51",
    "CIR/IMD/DF/23/2017",
    "DOR.CRE.REC.26/21.01.023/2025-26",
    "2026-11-20",
    "20-11-2026",
    "20.11.2026",
    "01/04/2026 to 31/03/2027",
    "01.04.2026-31.03.2027",
    "2026/11/20 10:00",
    "FY 2025-26",
    "7.25%",
    "8.5% p.a.",
    "444 days",
    "12 to 60 months",
    "18 से 65 साल",
    "₹5 लाख",
    "₹10,00,000",
    "5,00,000",
    "10,00,00,000",
    "₹2.5 लाख से ₹5 लाख तक",
    "ARB-FD-001",
    "ARB-MF-010 v2",
    "KGB-SB-2026",
    "doc_id: arb-fd-001",
    "version 2026.11",
    "S1a S2b",
    "XXXX XXXX 1234",
    "XXXXXXXX1234",
    "**** **** **** 1111",
    "A/c XX1234",
    "account ending 1234",
    "a/c no. ending 9012",
    "कार्ड के अंतिम अंक 1234",
    "PAN is needed",
    "Aadhaar and PAN",
    "your account",
    "account opening in 3 steps",
    "खाता खोलें",
    "customer ID is needed",
    "CIF",
    "passport size photograph",
    "voter card",
    "driving licence",
    "SMS BAL to 56767",
    "dial *99#",
    "error 651",
    "header AD-ARNBNK-P",
    "10:00-21:00 IST",
    "24x7",
    "022-12345678",
    "080 4567 8901",
    "Tel. 044 2345 6789",
    "PIN 400001",
    "Mumbai 400 001",
    "PO Box 12345",
    "ISIN INF109K01VQ1",
    "NAV 123.4567",
    "units 1234.567",
    "1234567890123",
    "page 1234567",
    "3 crore customers",
    "@aranyabank",
    "a@b",
    "follow us @ aranya",
    "Section 80C",
    "Section 194A",
    "80CCD(1B)",
    "1,50,000 and 50,000",
    "CRN",
    "₹1,25,000.00",
    "123456",
]


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(set(FOUND)) >= 80
    assert len(set(NOT_FOUND)) >= 80


@pytest.mark.parametrize(("text", "kind"), FOUND)
def test_a_persons_identifier_is_found(text: str, kind: str) -> None:
    assert kind in {one.kind for one in find_identifiers(f"Dear customer, {text} , thank you.")}


@pytest.mark.parametrize("text", NOT_FOUND)
def test_the_trades_own_numbers_are_not(text: str) -> None:
    assert not find_identifiers(f"Please note {text} as stated.")


@given(before=st.text(max_size=20), after=st.text(max_size=20))
def test_spans_lead_back_to_the_original(before: str, after: str) -> None:
    text = f"{before} ramesh.k@example.com {after}"
    for one in find_identifiers(text):
        assert 0 <= one.start < one.end <= len(text)
    assert "ramesh.k@example.com" not in redact(text)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product_code", AADHAAR),
        ("intent", "call 9876543210"),
        ("segment", "ABCPE1234F"),
        ("customer_id", "9876543210"),
    ],
)
def test_a_brief_with_personal_data_is_refused_without_repeating_it(field: str, value: str) -> None:
    fields = {"product_code": "ARB-FD-001", "language": "en", "channel": "sms", field: value}
    with pytest.raises(ValidationError) as refused:
        Brief.model_validate(fields)
    said = str(refused.value)
    assert field in said
    assert "person" in said
    assert value not in said


def test_a_bank_s_own_customer_reference_is_taken() -> None:
    brief = Brief(product_code="ARB-FD-001", language="en", channel="sms", customer_id="c-7f3a91")
    assert brief.customer_id == "c-7f3a91"


@pytest.mark.parametrize("json", [False, True])
def test_no_identifier_reaches_a_log(json: bool) -> None:
    stream = io.StringIO()
    telemetry.configure("INFO", json=json, stream=stream)
    log = logging.getLogger("ragmarket.test")
    log.info("asked about %s and %s", AADHAAR, "ABCPE1234F", extra={"detail": "ramesh.k@example.com", "count": 3})
    line = stream.getvalue()
    assert "asked about" in line
    for value in (AADHAAR, "ABCPE1234F", "ramesh.k@example.com"):
        assert value not in line
