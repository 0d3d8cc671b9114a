"""What the wider reading must not lose: each of these narrows its fact, and none may be put into words.

The second list holds the ordinary statements for whose sake the reading was widened.
"""

from __future__ import annotations

import pytest

from ragmarket.knowledge.catalogue import load_catalogue
from ragmarket.retrieval.embedding import SentenceEncoder
from ragmarket.retrieval.facts import FactReader, plain_unit


@pytest.fixture(scope="module")
def reader(encoder: SentenceEncoder) -> FactReader:
    return FactReader(load_catalogue(), encoder.embed)


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("deposit", "Fixed deposits of 1 year earn 7.5% per annum for new customers."),
        ("deposit", "New customers earn 7.5% per annum on fixed deposits of 1 year."),
        ("deposit", "New depositors get 7.5% p.a. on deposits of 1 year."),
        ("deposit", "First-time depositors get 7.5% p.a. on deposits of 1 year."),
        ("deposit", "Selected customers earn 7.5% p.a. on deposits of 1 year."),
        ("deposit", "Some customers earn 7.5% p.a. on deposits of 1 year."),
        ("deposit", "Members of the society earn 7.5% p.a. on deposits of 1 year."),
        ("deposit", "Members earn 7.5% p.a. on deposits of 1 year."),
        ("deposit", "Deposits of 1 year fetch 7.5% p.a. this week."),
        ("deposit", "Deposits of 1 year fetch 7.5% p.a. today."),
        ("deposit", "Deposits of 1 year placed in December fetch 7.5% p.a."),
        ("deposit", "Small deposits of 1 year fetch 7.5% p.a."),
        ("deposit", "Large deposits of 1 year fetch 7.5% p.a."),
        ("deposit", "Flexible deposits of 1 year fetch 7.5% p.a."),
        ("deposit", "Joint deposits of 1 year fetch 7.5% p.a."),
        ("deposit", "Deposits of 1 year renewed automatically fetch 7.5% p.a."),
        ("deposit", "Deposits of 1 year fetch 7.5% p.a. at the discretion of the bank."),
        ("deposit", "Deposits of 1 year fetch 7.5% p.a. at the bank's discretion."),
        ("deposit", "The maximum deposit in a financial year is ₹1.5 lakh, for the tax saver only in a month."),
        ("deposit", "A penalty of 1% may be levied if the deposit is closed early, at the bank's discretion."),
        ("deposit", "Tax is deducted when interest in a year crosses ₹50,000 for those who have no PAN."),
        ("deposit", "Deposits are insured by DICGC up to ₹5 lakh per depositor per account."),
        ("deposit", "A nominee cannot be registered for the account."),
        ("deposit", "Nomination is not available."),
        ("deposit", "Nomination; Charges: ₹50"),
        ("savings", "ATM withdrawals: 5 a month"),
        ("savings", "Cheque book: 25 leaves a year"),
        ("savings", "Cash deposit of up to ₹2 lakh a month"),
        ("savings", "5 free transactions a month at our ATMs until March."),
        ("savings", "The first 5 ATM transactions are free each month for salary accounts."),
        ("savings", "₹21 for each ATM transaction beyond the free limit in metro branches."),
        ("savings", "Every withdrawal at a white-label ATM beyond the free limit costs ₹21."),
        ("savings", "Outward cheque returned unpaid: ₹200"),
        ("savings", "Cheque issued by you and returned unpaid: ₹500"),
        ("savings", "The cash limit at ATMs is ₹40,000 a day on the Metal card."),
        ("savings", "Up to ₹1 lakh a day can be sent by UPI after the first 24 hours."),
        ("savings", "Women and students need no minimum balance."),
        ("loan", "Small loans carry a processing fee of 0.5%."),
        ("loan", "Processing fee of 1% for loans taken through agents."),
        ("loan", "The processing fee of 1% is charged to borrowers with joint accounts."),
        ("loan", "The processing fee is 1% on renewal."),
        ("loan", "The processing fee is 1% for now."),
        ("loan", "The processing fee may be 1%."),
        ("loan", "From the 7th EMI onwards the loan can be closed at a charge of 4% of the outstanding."),
        ("loan", "Loans can be closed without any charge after 12 EMIs."),
        ("loan", "No prepayment charge after the first year."),
        ("loan", "No prepayment charge in the last 6 months of the loan."),
        ("loan", "No charge for prepayment up to 25% of the outstanding in a year."),
        ("loan", "The loan is disbursed within 45 minutes of valuation."),
        ("loan", "The loan is disbursed within 2 working days of the documents being complete."),
        ("loan", "The loan is repaid in not more than 84 months, including a moratorium of 3 months."),
        ("loan", "A moratorium of 6 months is allowed at the bank's discretion."),
        ("loan", "EMI bounce charge: ₹450 for the first bounce"),
        ("loan", "Penal charge of 2% a month after 30 days of default."),
        ("loan", "Members of the cooperative pay interest at 10% p.a."),
        ("loan", "Interest at 10% p.a. for two-wheelers."),
        ("loan", "Interest at 10% p.a. on used cars."),
        ("home_loan", "Women as first owners are given a concession of 0.05%."),
        ("home_loan", "Women co-applicants get 0.05% off the interest rate."),
        ("home_loan", "A concession of 0.05% is given to women who are salaried."),
        ("home_loan", "Women get a concession of 0.05% until 31 March 2027."),
        ("home_loan", "We finance up to 80% of the cost of ready flats."),
        ("home_loan", "Title deeds are returned within 30 days of the court's order."),
        ("home_loan", "STT; On delivery: 0.1%"),
        ("home_loan", "MOD charge: 0.3% of the loan"),
        ("home_loan", "The repo rate is 5.5%."),
        ("gold_loan", "Gold is returned within 7 working days to borrowers of good standing."),
        ("gold_loan", "Gold coins up to 50 grams are accepted."),
        ("gold_loan", "Appraisal charge: ₹150 per gram"),
        ("gold_loan", "We send notice 14 days before the auction to borrowers in cities."),
        ("credit_card", "4 free visits to domestic airport lounges every quarter."),
        ("credit_card", "Lounge visits: 4 per quarter"),
        ("credit_card", "4 free lounge visits a quarter on spends of ₹50,000."),
        ("credit_card", "4 free lounge visits a quarter for the primary cardholder."),
        ("credit_card", "Points stay valid for 2 years if the card is in use."),
        ("credit_card", "One point is worth ₹0.25."),
        ("credit_card", "Cashback of 5% at partner shops."),
        ("credit_card", "Interest-free credit of up to 48 days where the bill is paid in full."),
        ("credit_card", "Minimum due: 5% of the outstanding or ₹200, whichever is less."),
        ("credit_card", "Add-on card fee ₹99 from the third card."),
        ("mutual_fund", "Minimum redemption: ₹500 or account balance, whichever is lower"),
        ("mutual_fund", "Exit load of 1% within 12 months on more than 10% of the units."),
        ("mutual_fund", "Minimum SIP of ₹250 for minors."),
        ("mutual_fund", "New investors can start a SIP with ₹250."),
        ("securities", "AMC, holdings up to Rs. 4 lakh"),
        ("securities", "AMC; Holdings up to ₹4 lakh: ₹100"),
        ("securities", "Call & trade: ₹25 per call"),
        ("securities", "Pledge creation: ₹30"),
        ("securities", "Pledge request; Charges: ₹30"),
        ("securities", "Dematerialisation: ₹50"),
        ("securities", "Remat: ₹50 per certificate"),
        ("securities", "STT at 0.1% on delivery is levied."),
        ("securities", "Delivery brokerage of 0.2% for trades above 100 shares."),
        ("securities", "DP charge of ₹15 per scrip."),
        ("insurance", "10% co-payment for entry above 60."),
        ("insurance", "A co-payment of 10% applies at 61."),
        ("insurance", "You bear 10% of every claim if you were 61 years or older when you joined."),
        ("insurance", "A co-payment of 10% applies in hospitals outside the network."),
        ("insurance", "Room rent is capped at 1% of the sum insured a day in metro cities."),
        ("insurance", "Specified diseases (under Plan A): 24 months"),
        ("insurance", "Specified illnesses (if declared): 24 months"),
        ("insurance", "Cataract is covered after 24 months."),
        ("insurance", "Maternity is covered after 24 months."),
        ("insurance", "Revival is possible within 5 years at the insurer's discretion."),
        ("insurance", "The revival period is 5 years from the first unpaid premium for limited pay policies."),
        ("ulip", "12 fund switches a year"),
        ("ulip", "Loyalty additions of 0.5% are added."),
        ("ulip", "FMC of 1.35% for the equity fund"),
        ("ulip", "Each extra switch costs ₹100 in the first year."),
        ("nps", "Under active choice equity may go up to 75%."),
        ("nps", "On early exit 80% of the corpus buys an annuity."),
        ("nps", "You may take 80% of the corpus in one go as a government employee."),
        ("nps", "For opening the account we collect a one-time Rs 200."),
    ],
)
def test_what_narrows_is_never_lost(reader: FactReader, product_class: str, text: str) -> None:
    assert not reader.read([plain_unit(text)], product_class, "en")[0].phrasable


@pytest.mark.parametrize(
    ("product_class", "text"),
    [
        ("deposit", "Deposits of 1 year fetch 7.5% p.a."),
        ("deposit", "1 year and above but below 2 years; General public (p.a.): 6.60%"),
        ("deposit", "2 years and above up to 3 years; General public (p.a.): 6.60%"),
        ("deposit", "7 days to 45 days; Sr. citizens: less than Rs. 3 crore (% p.a.): 3.75"),
        ("deposit", "Deposits are insured by DICGC up to ₹5 lakh per depositor, principal and interest together."),
        ("deposit", "Up to four persons may be named as nominee."),
        ("deposit", "Maximum deposit: ₹1,50,000 per financial year"),
        ("deposit", "You may place up to ₹1,50,000 in a financial year in this deposit."),
        ("savings", "A fee of ₹21 is charged for every ATM transaction beyond the free limit."),
        ("savings", "Each withdrawal at other bank ATMs beyond the free limit costs ₹21 plus GST."),
        ("loan", "The loan amount is disbursed within 2 working days of sanction."),
        ("loan", "Within 45 minutes of approval the loan amount is disbursed."),
        ("loan", "For every returned NACH mandate the borrower shall pay INR 450."),
        ("home_loan", "Women borrowers get a concession of 0.05% in the interest rate."),
        ("home_loan", "Up to Rs 30 lakh; Share of property cost financed (max.): 90%"),
        ("credit_card", "Points lapse 24 months after they are earned."),
        ("credit_card", "You have 6 free lounge visits every year."),
        ("mutual_fund", "Redemption proceeds are paid within 3 working days."),
        ("securities", "AMC on BSDA holdings up to ₹4 lakh: Nil"),
        ("securities", "Dematerialisation: ₹50 per certificate"),
        ("securities", "A pledge request costs ₹30 per request."),
        ("insurance", "Specified illnesses (cataract, hernia, joint replacement): 24 months"),
        ("insurance", "Specific illnesses have a waiting period of 24 months."),
        ("insurance", "A co-payment of 10% applies to every claim of persons aged 61 and above."),
        ("loan", "Processing fee: 1% inclusive of GST"),
        ("loan", "Facility amount: not exceeding INR 12,00,000 (Rupees Twelve Lakh only)"),
        ("insurance", "You may buy the policy from 18 years to 60 years."),
    ],
)
def test_ordinary_statements_may_be_put_into_words(reader: FactReader, product_class: str, text: str) -> None:
    reading = reader.read([plain_unit(text)], product_class, "en")[0]
    assert (reading.phrasable, reading.why_not) == (True, None)


def test_an_open_ended_age_of_a_share_of_claims_keeps_its_bound(reader: FactReader) -> None:
    text = "A co-payment of 10% applies to every claim of persons aged 61 and above."
    (reading,) = reader.read([plain_unit(text)], "insurance", "en")
    (age,) = (slot for slot in reading.slots if slot.role == "age")
    assert (age.low.bound, [c.id for c in reading.conditions]) == ("from", ["age"])


def test_the_time_for_which_a_limit_holds_rides_with_it(reader: FactReader) -> None:
    text = "You may place up to ₹1,50,000 in a financial year in this deposit."
    (reading,) = reader.read([plain_unit(text)], "deposit", "en")
    assert [slot.low.period for slot in reading.slots] == ["year"]


def test_the_cell_itself_must_hold_a_figure_of_the_kind(reader: FactReader) -> None:
    text = "7 days to 45 days; Sr. citizens: less than Rs. 3 crore (% p.a.): 3.75"
    (reading,) = reader.read([plain_unit(text)], "deposit", "en")
    assert reading.kind == "fd_senior_rate"
