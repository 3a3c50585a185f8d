"""Phone numbers: which number a cell means, and why none, by what people have in their columns.

The tables are the specification. Numbers are of ranges for fiction where a country has one that its
numbering plan knows: 555-0100 to 0199 (US), 020 7946 0 (GB), 01 99 00 (FR), 030 23125 0 (DE).
"""

import logging
import random
import re
import subprocess
import sys
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from typing import Any

import numpy as np
import phonenumbers
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nlpearl_api.api.outbound import add_lead
from nlpearl_api.models import LeadToAddApi
from phonenumbers import PhoneNumberFormat

from nlpearl import AddedLead, InvalidArgumentError, InvalidLeadError, Lead, NLPearl
from nlpearl.leads.phone_numbers import check_region, to_phone_number
from nlpearl.leads.phone_readings import ordinary

from .conftest import KEY, PHONE, Either
from .servers import Server, response, responses
from .test_speed import calls

pd = pytest.importorskip("pandas")  # has no types

BERLIN, LONDON, PARIS = "+493023125001", "+442079460018", "+33199001216"


def complaint(number: Any, region: str | None = None) -> str:
    with pytest.raises(InvalidLeadError) as caught:
        to_phone_number(number, region)
    [(argument, [message])] = caught.value.errors.items()
    assert argument == "phone_number"
    return message


# What is accepted: cell, region, what is sent

PLAIN = [
    (PHONE, None, PHONE),
    ("+1 (415) 555-0123", None, PHONE),
    (" \t+1 (415) 555-0123\n", None, PHONE),
    ("415 555 0123", "US", PHONE),
    ("(415) 555-0123", "US", PHONE),
    ("(415)555-0123", "US", PHONE),
    ("415.555.0123", "US", PHONE),
    ("415-555-0123.", "US", PHONE),
    ("(415-555-0123)", "US", PHONE),
    ("1 (415) 555-0123", "US", PHONE),
    ("+1 415-555-0123", "IT", PHONE),
    ("(+1) 415 555 0123", "IT", PHONE),
    ("(+1-415) 555-0123", "IT", PHONE),
    ("+(1) 415 555 0123", None, PHONE),
    ("(+501) 223-0123", "US", "+5012230123"),  # Belize: the bracket does not hide the +
    ("030/23125-001", "DE", BERLIN),  # DIN 5008's old slash; the extension is a part of the number
    ("(030) 23125-001", "DE", BERLIN),
    ("030 / 231 25 - 001", "DE", BERLIN),
    ("034205/12345", "DE", "+493420512345"),  # an area code of six digits
    ("0470/12.34.56", "BE", "+32470123456"),
    ("0470/12/34/56", "BE", "+32470123456"),
    ("01/99/00/12/16", "FR", PARIS),
    ("01 99 00 12 16", "FR", PARIS),
    ("020 7946 0018", "GB", LONDON),
    ("01534 512345", "GB", "+441534512345"),  # Jersey has Britain's country code
    ("098765 43210", "IN", "+919876543210"),
    ("06 698 20123", "IT", "+390669820123"),  # Italy keeps the 0
    ("8 (800) 200-02-00", "RU", "+78002000200"),
    ("8 (49234) 2-12-45", "RU", "+74923421245"),
    ("+992 88 123 4567", "TJ", "+992881234567"),  # 88 is not Tajikistan's trunk 8
    ("011 15 2345-6789", "AR", "+5491123456789"),  # 15 at home, 9 from abroad
    ("0 15 11 98765-4321", "BR", "+5511987654321"),  # 15 is a carrier
    ("(0xx11) 98765-4321", "BR", "+5511987654321"),  # xx is any carrier
    ("0XX 11 98765-4321", "BR", "+5511987654321"),
    ("+55 (0xx11) 98765-4321", None, "+5511987654321"),
    ("464 1234", "AG", "+12684641234"),  # an island of one area code
    ("(0-388) 66840", "LT", "+37038866840"),
    ("+800 1234 5678", None, "+80012345678"),  # a country code of no country
    ("506 234-5678", "CA", "+15062345678"),
    ("506 234-5679", "CA", "+15062345679"),
]
FOLDED = [
    ("\uff0b\uff11\uff14\uff11\uff15\uff15\uff15\uff15\uff10\uff11\uff12\uff13", None, PHONE),
    (
        "\uff08\uff14\uff11\uff15\uff09\u3000\uff15\uff15\uff15\uff0d\uff10\uff11\uff12\uff13",
        "US",
        PHONE,
    ),
    ("\u0664\u0661\u0665 555 0123", "US", PHONE),  # Arabic digits
    ("+\u09e7 415 555 0123", None, PHONE),  # Bengali
    ("+1\u00a0415\u202f555\u20090123", None, PHONE),  # blanks of typography
    ("+1\u2010415\u2011555\u20130123", None, PHONE),  # hyphens and dashes
    ("415\u2212555\u22120123", "US", PHONE),  # minus signs
    ("03\u30fc3224\u30fc9999", "JP", "+81332249999"),  # a long vowel for a hyphen
    ("\u202a+14155550123\u202c", "US", PHONE),  # copied from a contact card
    ("\u200e044 668 18 00", "CH", "+41446681800"),
    ("020 7946 0018\u200b", "GB", LONDON),
    ("020\u00ad7946\u00ad0018", "GB", LONDON),  # soft hyphens of a web page
    ("\ufeff01\u00a099\u00a000\u00a012\u00a016", "FR", PARIS),  # a byte order mark
    ("\u206020\u20607946\u20600018", "GB", LONDON),  # word joiners; the 0 is lost
]
WRAPPED = [
    ("'+14155550123", None, PHONE),  # Excel's sign for text
    ('="+14155550123"', None, PHONE),  # written so that Excel leaves it alone
    ('= "030 23125001"'.replace(" ", "", 1), "DE", BERLIN),
    ("<+14155550123>", None, PHONE),
    ("<tel:+14155550123>", None, PHONE),
    ("tel:+44-20-7946-0018", None, LONDON),  # RFC 3966
    ("TEL: 020 7946 0018", "GB", LONDON),
    ("callto:+14155550123", None, PHONE),
    ("whatsapp:+14155550123", None, PHONE),
    ("p:+14155550123", None, PHONE),  # Meta's lead export
]
MACHINES = [
    (4155550123, "US", PHONE),
    (14155550123, "US", PHONE),
    (4155550123.0, "US", PHONE),
    (2079460018.0, "GB", LONDON),  # openpyxl and pandas: a float, and the 0 is lost
    (Decimal("4155550123"), "US", PHONE),
    (Decimal("4155550123.00"), "US", PHONE),
    ("4155550123.0", "US", PHONE),
    ("4155550123.00", "US", PHONE),
    ("3023125001.0", "DE", BERLIN),
    ("3023125001.000", "DE", BERLIN),
    ("+493023125001.0", None, BERLIN),
    ("81234567890.0", "ID", "+6281234567890"),
    ("21123456.0", "NZ", "+6421123456"),
    ("22345.0", "SH", "+29022345"),  # four and five digits are numbers of small islands
    ("4002.0", "NU", "+6834002"),
    (np.int64(4155550123), "US", PHONE),
    (np.uint64(14155550123), "US", PHONE),
    (np.float64(4155550123.0), "US", PHONE),
    (np.float32(4002), "NU", "+6834002"),  # seven digits are exact in it
    (np.str_(PHONE), None, PHONE),
    (pd.Series([4155550123, None]).iloc[0], "US", PHONE),
    (pd.Series([4155550123], dtype="Int64").iloc[0], "US", PHONE),
]
ABROAD = [
    ("0044 20 7946 0018", "DE", LONDON),
    ("0044 20 7946 0018", "US", LONDON),  # how most of the world dials; no US number begins so
    ("011 44 20 7946 0018", "US", LONDON),
    ("(011 44) 20 7946 0018", "US", LONDON),
    ("0011 44 20 7946 0018", "AU", LONDON),
    ("010 44 20 7946 0018", "JP", LONDON),
    ("8 10 44 20 7946 0018", "RU", LONDON),
    ("8~10 44 20 7946 0018", "KZ", LONDON),  # ~ is a pause
    ("0049/30/23125001", "DE", BERLIN),
    ("+49 (0)30 23125001", None, BERLIN),  # letterheads
    ("+49(0)30/23125-001", None, BERLIN),
    ("(+49) (0)30 23125001", None, BERLIN),
    ("0049 (0)30 23125001", "US", BERLIN),
    ("011 49 (0)30 23125001", "US", BERLIN),
    ("49 (0)30 23125 001", "DE", BERLIN),  # (0) makes a country code of 49
    ("44 (0)20 7946 0018", "DE", LONDON),
    ("(0)30 23125001", "DE", BERLIN),
    ("+62 0812 3456 7890", None, "+6281234567890"),
    ("+49 030 23125001", None, BERLIN),
    ("+49 (030) 23125001", None, BERLIN),
    ("+39 06 1234 5679", None, "+390612345679"),
    ("+39 (0)6 1234 5679", None, "+390612345679"),
    ("+7 (0) 495 123-45-67", None, "+74951234567"),
    ("011 48 (0)22 123 45 67", "US", "+48221234567"),
]
CODE_WITHOUT_PLUS = [
    ("442079460018", "GB", LONDON),  # no national number is so long
    ("49 30 23125-001", "DE", BERLIN),  # no area code is 0493 0
    ("919876543210", "IN", "+919876543210"),
    ("8613912345678", "CN", "+8613912345678"),
    ("5511987654321", "BR", "+5511987654321"),
    ("79161234567", "RU", "+79161234567"),
]
LOST_ZERO = [
    ("2079460018", "GB", LONDON),
    ("3023125001", "DE", BERLIN),
    ("199001216", "FR", PARIS),
]
RETIRED = [
    ("+52 1 55 1234 5678", None, "+525512345678"),  # Mexico, 2019
    ("+52 (01) 55 1234 5678", None, "+525512345678"),
    ("5215512345678", "MX", "+525512345678"),
    ("044 55 1234 5678", "MX", "+525512345678"),
    ("045 55 1234 5678", "MX", "+525512345678"),
    ("01 55 1234 5678", "MX", "+525512345678"),
    ("+54 9 11 15 2345-6789", None, "+5491123456789"),
    ("+54 9 351 15 234-5678", None, "+5493512345678"),
    ("+54 11 15 2345-6789", None, "+5491123456789"),
    ("+48 (0) 22 123 45 67", None, "+48221234567"),  # Poland, 2010
    ("+48 0 22 123 45 67", None, "+48221234567"),
    ("022 123 45 67", "PL", "+48221234567"),
]


@pytest.mark.parametrize(
    ("cell", "region", "sent"),
    [
        *PLAIN, *FOLDED, *WRAPPED, *MACHINES, *ABROAD, *CODE_WITHOUT_PLUS, *LOST_ZERO, *RETIRED,
    ],
)  # fmt: skip
def test_a_cell_that_means_one_number_is_sent_as_that(
    cell: Any, region: str | None, sent: str
) -> None:
    number = to_phone_number(cell, region)
    assert number == sent
    assert type(number) is str
    assert to_phone_number(number, "GB") == number


# What is an error: cell, region, words of the message

WORDS = [
    ("030 23125001 (Anna)", "DE", "'(Anna)' is not a part"),
    ("415-555-0123 (wife)", "US", "'(wife)'"),
    ("06 12345 sera", "IT", "'sera'"),
    ("0812 345 678 Ana", "ID", "'Ana'"),
    ("020 7946 0018 reception", "GB", "'reception'"),
    ("+14155550123 (Anna)", None, "'(Anna)'"),
    ("DO NOT CALL 415-555-0123", "US", "'DO NOT CALL'"),
    ("DO NOT CALL +14155550123", None, "'DO NOT CALL'"),
    ("deceased 415-555-0123", "US", "'deceased'"),
    ("fax 415-555-0123", "US", "'fax'"),
    ("030 23125001 Fax", "DE", "'Fax'"),
    ("wrong number 415-555-0123", "US", "'wrong number'"),
    ("020 7946 0018 - disconnected", "GB", "'disconnected'"),
    ("01 99 00 12 16 ne pas appeler", "FR", "'ne pas appeler'"),
    ("No calls! 415-555-0123", "US", "'No calls!'"),
    ("не звонить +7 495 123-45-67", None, "'не звонить'"),
    ("020 7946 0018 勿打", "GB", "'勿打'"),
    ("Tel.: 030 23125001", "DE", "'Tel.:'"),
    ("mobile 030 23125001 (Anna)", "DE", "'mobile … (Anna)'"),
    ("please do not call this number 415-555-0123", "US", "'please do not call t'"),
    ("415-555-0123 after 6 pm", "US", "'after … pm'"),
    ("030 23125001 ab 18", "DE", "'ab'"),
    ("1-800-FLOWERS", "US", "'FLOWERS'"),
    ("call me", "US", "there is no digit in it ('call me')"),
    ("#ERROR!", "US", "there is no digit in it ('#ERROR!')"),
    ("nan", None, "there is no digit in it ('nan')"),
]
EXTENSIONS = [
    ("415-555-0123 ext. 12", "US", "'ext.'"),
    ("415-555-0123 ext.", "US", "'ext.'"),
    ("415-555-0123x12", "US", "'x'"),
    ("604-555-0122 Local 212", "CA", "'Local'"),
    ("415-555-0123,,,102#", "US", "',,, … #'"),
    ("604-555-0123;102", "CA", "';'"),
    ("030 23125012 DW 12", "DE", "'DW'"),
    ("tel:+44-20-7946-0018;ext=12", None, "';ext='"),
]
HIDDEN = [
    ("01 99 00 xx xx", "FR", "'xx xx'"),
    ("415-555-XXXX", "US", "'XXXX'"),
    ("+1415555XXXX", None, "'XXXX'"),
    ("0664 12345xx", "AT", "'xx'"),
    ("030 23125***", "DE", "'***'"),
    ("030 23125…", "DE", "'…'"),
    ("030 23125__", "DE", "'__'"),
    ("030 23125...", "DE", "digits are missing"),
    ("01 99 00 .. ..", "FR", "digits are missing"),
    ("01 99 00 . .", "FR", "digits are missing"),
    ("030 23125--", "DE", "digits are missing"),
    ("030 23125-", "DE", "digits are missing"),
    ("030 23125/", "DE", "digits are missing"),
    ("(11) 98765-xx21", "BR", "'xx'"),
    ("(0xx11) 98765-43xx", "BR", "'xx'"),
]
TYPING = [
    ("+4072d1234567", None, "'d'"),
    ("050 1fff567", "AE", "'fff'"),
    ("020 7946 OO25", "GB", "'OO'"),
    ("021 1ab 234 56", "NZ", "'ab'"),
    ("++14155550123", None, "a + stands once"),
    ("415 555 0123+", "US", "a + stands once"),
    (
        "+5105550123",
        "US",
        "it lacks the area code of a number of PE",
    ),  # a + before a national number
    ("+0049 30 23125001", None, "no country has the code"),
    ("415) 555-0123", "US", "its brackets hold more than an area code"),
    ("((415) 555-0123)", "US", "its brackets hold more than an area code"),
    ("+49 30 (0)23125001", None, "a (0) stands behind more than a country code"),
    ("0 (0)30 23125001", "DE", "a (0) stands behind more than a country code"),
    ("+49 30 231 (0) 250", None, "a (0) stands behind more than a country code"),
    ("030 (12) (0) 25001", "DE", "a (0) stands behind more than a country code"),
    ("010 49 (0)30 23125001", "US", "a (0) stands behind more than a country code"),
    ("+1 415 555\x00 0123", None, r"'\x00'"),
    ("+1 415 555\ud800 0123", None, r"'\ud800'"),
    ("4\ufe0f\u20e3155550123", "US", "is not a part"),  # an emoji
    ("\u00b2\u00b3", "US", "there is no digit in it"),
]
TWO_NUMBERS = [
    ("415-555-0120 / 415-555-0121", "US", "a second number"),
    ("415-555-0120 ::: 415-555-0121", "US", "':::'"),  # as Google exports two numbers
    ("415-555-0120\n415-555-0121", "US", r"'\n'"),
    ("415-555-0120\t7", "US", r"'\t'"),
    ("+14155550120 +14155550121", None, "a + stands once"),
    ("030 23125001/02", "DE", "a second number"),
    ("0049 30 23125001/02", "DE", "a second number"),
    ("030/23125001/02", "DE", "a second number"),
    ("0800 123456/7/8", "DE", "a second number"),
    ("030 23125003 u. 004", "DE", "'u.'"),
    ("0522 12 34 50/54", "MA", "a second number"),
    ("01 5050123/24", "AT", "a second number"),
    ("06 123456/7", "IT", "a second number"),
    ("27 12 34/56", "LU", "a second number"),
    ("4711/12", "LU", "a second number"),
    ("030 23125006 (18)", "DE", "a second number, or a note"),
    ("030 23125006 (9-17)", "DE", "its brackets hold more"),
    ("(9-17) 030 23125006", "DE", "its brackets hold more"),
    ("(0-24) 030 23125006", "DE", "its brackets hold more"),
    ("27 12 34 (56)", "LU", "a second number, or a note"),
    ("+1 415 555 0123 (2)", None, "a second number, or a note"),
]
ROUNDED = [
    ("4.15556E+09", "US", "an exponent; a spreadsheet has rounded it"),
    ("4.15556E+09", None, "a spreadsheet has rounded it"),
    ("3,02313E+09", "DE", "a spreadsheet has rounded it"),
    ("4.42079e11", "GB", "a spreadsheet has rounded it"),
    (1e16, "US", "a spreadsheet has rounded it"),
    (Decimal("4.15556E+9"), "US", "a spreadsheet has rounded it"),
    (4155550123.5, "US", "it has a fraction; a spreadsheet has rounded it"),
    (Decimal("3023125001.5"), "DE", "a spreadsheet has rounded it"),
    ("3023125001.5", "DE", "a spreadsheet has rounded it"),
    (np.float32(4155550123), "US", "numpy.float32 is too short for it; a spreadsheet"),
    ("-1092", "US", "it begins with a minus; a spreadsheet has"),  # of =+1-415-555-0123
    ("-23124982", "DE", "it begins with a minus"),
    (-23124982, "DE", "it begins with a minus"),
    ("3023125001,0", "DE", "','"),
]
MISSING = [
    (None, "US", "it is missing; pass a string such as '+14155550123'"),
    (float("nan"), "US", "it is missing"),
    (np.float32("nan"), "US", "it is missing"),
    (Decimal("NaN"), "US", "it is missing"),
    (Decimal("sNaN"), "US", "it is missing"),
    (pd.NA, "US", "it is missing"),
    (pd.NaT, "US", "it is missing"),
    ("", None, "there is no digit in it; pass a number such as '+14155550123'"),
    ("  ", "US", "there is no digit in it"),
    ("+", None, "there is no digit in it"),
    (float("inf"), "US", "there is no digit in it"),
    (True, "US", "is a string such as '+14155550123', not bool"),
    (np.bool_(True), "US", f"not {type(np.bool_()).__module__}.{type(np.bool_()).__name__}"),
    (b"+14155550123", None, "not bytes"),
    ([PHONE], None, "not list"),
    (Fraction(4155550123), "US", "not fractions.Fraction"),
]
NO_COUNTRY = [
    ("415 555 0123", None, "it has no country"),
    ("911", None, "it has no country"),
    ("0049 30 23125001", None, "it has no country"),
    ("49 (0)30 23125001", None, "it has no country"),
    ("011 15 2345-6789", None, "region='US' in a Lead or default_region='US' in the client"),
    (14155550123, None, "it has no country"),
]
# Numbers that no country has: what is wrong, and the way out only where the range may be new.
NO_NUMBER = [
    ("000-000-0000", "US", "a number of US does not begin with 0"),
    ("911", "US", "it is too short for a number of US"),
    ("112", "DE", "it lacks the area code of a number of DE"),
    ("0612345", "FR", "it is too short for a number of FR"),
    ("+1415555013", None, "it is too short for a number of US"),
    ("+44 1", None, "it is too short for a number of GB"),
    ("+49", None, "it is too short for a number of DE"),
    ("+44 20 79", None, "it lacks the area code of a number of GB"),
    ("555-0134", "US", "it lacks the area code of a number of US"),
    ("310-1234", "US", "it lacks the area code of a number of US"),
    ("+1 310 1234", "CA", "it lacks the area code of a number of US"),
    ("4155550123456789", "US", "it is too long for a number of US"),
    ("+49 30 23125001 23125001", None, "it is too long for a number of DE"),
    ("+8821", None, "it is too short for a number of +882"),
    ("+590 12345678901", None, "it is too long for a number of GP"),
    ("+683 40021", None, "it does not have the length of a number of NU"),  # four, or seven
    ("+999 4155550123", None, "no country has the code"),
    ("+9994155550123", None, "no country has the code"),
    ("0099 9 4155550123", "US", "it is too long for a number of US"),
    ("0044 20 7946", "US", "it lacks the area code of a number of GB"),
    ("011 44 20 7946", "US", "it lacks the area code of a number of GB"),
    ("4" * 101, "US", "it is too long for a phone number"),
    (10**30, "US", "it is too long for a number of US"),
]
# Only the operator tells the new number.
RENUMBERED = [
    ("07 08 09 10", "CI", "a number of CI"),  # ten digits since 2021
    ("97 12 34 56", "BJ", "a number of BJ"),  # ten digits since 2024
]
UNKNOWN_RANGE = [
    ("123-456-7890", "US", "does not know a number of US that begins so"),
    ("+1 123 456 7890", None, "does not know a number of US that begins so"),
    ("0692 12 34 56", "FR", "does not know a number of FR"),  # Reunion has a country code: +262
    ("+55 11 8765 4321", None, "does not know a number of BR"),  # a 9 goes before since 2012
    ("5550 1234", "AU", "does not know a number of AU"),  # no area code, but the length of others
    ("0044 20 7946 001", "US", "does not know a number of GB"),  # a few have nine digits
    ("(1) 234 5678", "CO", "does not know a number of CO"),  # 601 since 2021
    ("612345678", "IT", "does not know a number of IT"),  # the 0 that Italy needs is lost
    ("+39 0000 0000", None, "does not know a number of IT"),  # where 0 may well begin one
]
BOTH = [
    ("4941311234", "DE", "…34 of 10 digits or …34 of 12 digits"),  # Lueneburg, and Aurich
    ("3906123456", "IT", "…56 of 10 digits or …56 of 12 digits"),  # Rome, and a mobile
    ("4350123456", "AT", "…56 of 10 digits or …56 of 12 digits"),
    ("62812345678", "ID", "…78 of 11 digits or …78 of 13 digits"),
    ("4915228817386", "DE", "…86 of 13 digits or …86 of 15 digits"),
    # Cuba behind Singapore's 006, and Singapore behind 00.
    ("0065 3228 9056", "SG", "…56 of 10 digits or …56 of 9 digits"),
    # A toll-free number of Japan, and Thailand behind 00.
    ("0066 646313463", "JP", "…63 of 15 digits or …63 of 11 digits"),
    # Bangladesh behind 8 10, and a toll-free number of Russia.
    ("8 10 880 46539920", "RU", "…20 of 15 digits or …20 of 11 digits"),
    # Iceland behind Israel's 015, and a voice mail.
    ("015 354 8725783", "IL", "…83 of 15 digits or …83 of 10 digits"),
]


@pytest.mark.parametrize(
    ("cell", "region", "words"),
    [
        *WORDS, *EXTENSIONS, *HIDDEN, *TYPING, *TWO_NUMBERS, *ROUNDED, *MISSING, *NO_COUNTRY,
        *NO_NUMBER, *RENUMBERED, *UNKNOWN_RANGE, *BOTH,
    ],
)  # fmt: skip
def test_a_cell_that_does_not_mean_one_number_is_an_error_that_says_why(
    cell: Any, region: str | None, words: str
) -> None:
    message = complaint(cell, region)
    assert words in message
    assert message.isprintable()
    message.encode()
    if isinstance(cell, str):
        digits = re.sub(r"\D", "", cell, flags=re.ASCII)
        assert message.startswith(f"…{digits[-2:]}: " if digits else "there is no digit")
    assert not re.search(r"\d{4,}", message.replace(PHONE, ""))


def test_an_int_of_too_many_digits_for_any_text_is_an_error() -> None:
    assert "4300 digits" in complaint(10**5000, "US")


@pytest.mark.parametrize(("cell", "region", "words"), UNKNOWN_RANGE)
def test_only_a_range_that_may_be_new_asks_for_newer_metadata(
    cell: str, region: str | None, words: str
) -> None:
    message = complaint(cell, region)
    assert f"phonenumbers {phonenumbers.__version__} {words}" in message
    assert (
        "update phonenumbers, or send it with `client.low_level`, which checks nothing" in message
    )


@pytest.mark.parametrize(
    ("cell", "region", "words"), [*NO_NUMBER, *BOTH, *TWO_NUMBERS, *NO_COUNTRY, *ROUNDED]
)
def test_no_other_number_asks_for_newer_metadata(cell: Any, region: str | None, words: str) -> None:
    assert "update" not in complaint(cell, region)


def test_the_way_out_for_a_new_range_is_there() -> None:
    new = "+11234567890"
    with Server(responses(response())) as server, NLPearl(KEY, base_url=server.url) as client:
        add_lead.sync_detailed("67d4", client=client.low_level, body=LeadToAddApi(phone_number=new))
    assert [request.json for request in server.requests] == [{"phoneNumber": new}]


@pytest.mark.parametrize(
    "cell", ["415-555-0123 \u0000 a", "+1 415 555 0123 \u202e(Anna)", "415 555 0123 \U0001f4de"]
)
def test_what_is_quoted_is_short_and_printable(cell: str) -> None:
    message = complaint(cell, "US")
    quoted = message.split("'")[1]
    assert 0 < len(quoted) <= 20
    assert message.isprintable()


# The examples of every region

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def examples(region: str) -> list[phonenumbers.PhoneNumber]:
    """An example number of each kind that the region has.

    Not Canada's 310-1234, which only Canadians can call: without its area code, a number of Los
    Angeles is the same.
    """
    kinds = phonenumbers.supported_types_for_region(region)
    found = [phonenumbers.example_number_for_type(region, kind) for kind in sorted(kinds)]
    numbers = {str(number): number for number in found if number is not None}
    return [number for number in numbers.values() if number.national_number != 3101234]


@pytest.mark.parametrize("region", REGIONS)
def test_the_short_path_takes_only_what_phonenumbers_takes(region: str) -> None:
    chance = random.Random(region)
    code = phonenumbers.country_code_for_region(region)
    taken = 0
    for number in chance.choices(examples(region), k=50):
        digits = list(phonenumbers.national_significant_number(number))
        if chance.random() < 0.9:  # another digit, or one too many or too few
            at = chance.randrange(len(digits))
            digits[at : at + 1] = chance.choice(["", *"0123456789", "00", "11"])
        national = "".join(digits)
        if national and ordinary(region)(national):
            taken += 1
            zeros = len(national) - len(national.lstrip("0") or "0")
            meant = phonenumbers.PhoneNumber(code, int(national), None, zeros > 0, zeros)
            assert phonenumbers.is_valid_number_for_region(meant, region), national
    assert taken > 0


def written(number: phonenumbers.PhoneNumber, form: int) -> str:
    return phonenumbers.format_number(number, form)


def check_right_or_both(cell: object, region: str, e164: str) -> None:
    try:
        sent = to_phone_number(cell, region)
    except InvalidLeadError as error:
        sent = str(error)
    assert sent == e164 or "it can mean two numbers" in sent


@pytest.mark.parametrize("region", REGIONS)
def test_ordinary_spellings_of_each_region_are_its_number(region: str) -> None:
    code = phonenumbers.country_code_for_region(region)
    for number in examples(region):
        e164 = written(number, PhoneNumberFormat.E164)
        international = written(number, PhoneNumberFormat.INTERNATIONAL)
        national = written(number, PhoneNumberFormat.NATIONAL)
        rest = international.removeprefix(f"+{code}").lstrip(" -")
        for spelling in (
            e164,
            international,
            written(number, PhoneNumberFormat.RFC3966),
            f"(+{code}) {rest}",
            f"(+{code}){rest}",
        ):
            assert to_phone_number(spelling) == e164
            assert to_phone_number(spelling, "US") == e164
        assert to_phone_number(national, region) == e164
        if e164[1:].removeprefix(str(code)).startswith("0"):
            continue  # as a number it has lost its 0
        for cell in (
            int(e164[1:].removeprefix(str(code))),
            float(e164[1:].removeprefix(str(code))),
        ):
            check_right_or_both(cell, region, e164)


@pytest.mark.parametrize("region", REGIONS)
def test_a_code_without_plus_is_right_or_an_error_with_both_numbers(region: str) -> None:
    for number in examples(region):
        e164 = written(number, PhoneNumberFormat.E164)
        for spelling in (e164[1:], f"00{e164[1:]}", float(e164[1:])):
            check_right_or_both(spelling, region, e164)


@pytest.mark.parametrize("region", REGIONS)
def test_a_name_a_second_number_or_hidden_digits_are_never_dialed(region: str) -> None:
    for number in examples(region):
        e164 = written(number, PhoneNumberFormat.E164)
        for form in (PhoneNumberFormat.E164, PhoneNumberFormat.NATIONAL):
            spelling = written(number, form)
            for cell in (
                f"{spelling} Anna",
                f"Anna {spelling}",
                f"{spelling} (Anna)",
                f"{spelling} xx",
                f"{spelling[:-2]}xx",
                f"{spelling[:-1]}*",
                f"{spelling}, {spelling}",
                f"{spelling} / {spelling}",
                f"{spelling}; {e164}",
                f"{spelling} (22)",
                f"{spelling}/22",
                f"{spelling}..",
                f"{spelling[:-1]}O",
            ):
                complaint(cell, region)


@pytest.mark.parametrize("region", REGIONS)
def test_a_number_with_a_lost_or_an_added_digit_is_sent_only_if_it_exists(region: str) -> None:
    for number in examples(region):
        e164 = written(number, PhoneNumberFormat.E164)
        for other in (e164[:-1], e164[:-2], f"{e164}0"):
            try:
                sent = to_phone_number(other)
            except InvalidLeadError:
                continue
            assert phonenumbers.is_valid_number(phonenumbers.parse(sent))
            assert sent == other or phonenumbers.parse(other) == phonenumbers.parse(sent)


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS))
def test_a_code_of_no_country_has_numbers(code: int) -> None:
    number = phonenumbers.example_number_for_non_geo_entity(code)
    assert number is not None
    e164 = written(number, PhoneNumberFormat.E164)
    assert to_phone_number(written(number, PhoneNumberFormat.INTERNATIONAL)) == e164
    complaint(e164[:-4])


# Any text

CELLS = st.one_of(
    st.text(),
    st.from_regex(r"[+0-9 ()./x-]{1,25}", fullmatch=True),
    st.from_regex(r"\(?\+?[0-9]{1,4}\)?[ -]?\(?0?\)?[0-9 /-]{5,14}", fullmatch=True),
    st.sampled_from([case[0] for case in (*PLAIN, *ABROAD, *TWO_NUMBERS, *HIDDEN)]),
)


@example("(415 555 0123", "US")
@example("+" + "1" * 99, "IT")
@example("(" * 60 + ")" * 30, "IT")
@given(CELLS, st.sampled_from([None, "US", "IT", "DE", "BR", "LT", "RU", "SG", "AR"]))
def test_any_text_is_a_number_that_exists_or_an_error_of_ours(
    text: str, region: str | None
) -> None:
    try:
        number = to_phone_number(text, region)
    except InvalidLeadError as error:
        str(error).encode()
        return
    assert re.fullmatch(r"\+[1-9][0-9]{4,14}", number)
    assert phonenumbers.is_valid_number(phonenumbers.parse(number))
    assert to_phone_number(number) == number


@given(st.sampled_from([*PLAIN, *ABROAD, *RETIRED]), st.characters(), st.data())
def test_a_letter_anywhere_is_an_error(
    case: tuple[str, str | None, str], letter: str, data: st.DataObject
) -> None:
    cell, region, sent = case
    place = data.draw(st.integers(0, len(cell)))
    try:
        number = to_phone_number(cell[:place] + letter + cell[place:], region)
    except InvalidLeadError:
        return
    # A blank, a sign, a digit more, or nothing that can be seen.
    assert not letter.isalpha() or letter == "\u30fc"
    assert number == sent or letter.isdecimal() or letter in "/.-+'()" or not letter.isascii()


@given(st.sampled_from([*PLAIN, *RETIRED, *CODE_WITHOUT_PLUS]), st.booleans())
def test_full_width_and_invisible_characters_change_nothing(
    case: tuple[str, str | None, str], wide: bool
) -> None:
    cell, region, sent = case
    if wide:
        cell = "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in cell)
    assert to_phone_number("\u200e".join(cell), region) == sent


@pytest.mark.timeout(5)
@pytest.mark.parametrize("unit", ["1 ", "1(", "1) ", "1-", "(1)", "- ", "+", "x1", "0xx", "(0)"])
def test_no_text_takes_long(unit: str) -> None:
    for count in (49, 100_000):
        for text in (unit * count, f"{unit * count}x", f"({unit * count}", f"+{unit * count}*"):
            complaint(text, "BR")


# Where a number is at home


def test_a_lead_has_a_region_of_its_own(either: Either) -> None:
    assert Lead("(415) 555-0123", region="us").phone_number == PHONE
    assert Lead("020 7946 0018", region=" GB ") == Lead(LONDON)
    assert Lead(PHONE, region="IT").phone_number == PHONE
    with pytest.raises(InvalidLeadError, match="it has no country"):
        Lead("(415) 555-0123")
    with Server(responses(response())) as server:
        rows = [Lead("020 7946 0018", region="GB"), {"phone_number": "415 555 0123"}]
        results, error = either.add_leads(
            server.url, rows, client={"default_region": "US"}, concurrency=1
        )
    assert error is None
    assert [result.lead and result.lead.phone_number for result in results] == [LONDON, PHONE]


def test_an_invalid_region_of_a_lead_is_one_of_all_its_faults() -> None:
    with pytest.raises(InvalidLeadError) as caught:
        Lead("415 555 0123", region="UK", external_id=" ", time_zone="EST")
    assert list(caught.value.errors) == ["region", "external_id", "time_zone"]
    [message] = caught.value.errors["region"]
    assert message.startswith("'UK' is not a region")


def test_a_mapping_has_no_region(either: Either) -> None:
    # A column of that name holds states or sales regions: DE is Delaware, and 4155550123 is a
    # number in Germany.
    assert to_phone_number("4155550123", "DE") == "+494155550123"
    with Server(responses(response())) as server:
        row = {"phone_number": "4155550123", "region": "DE"}
        [result], _ = either.add_leads(server.url, [row], client={"default_region": "US"})
    assert isinstance(result.error, InvalidLeadError)
    assert list(result.error.errors) == ["region"]
    assert "make a Lead of it" in result.error.errors["region"][0]
    assert server.requests == []


def test_keywords_mappings_and_leads_have_one_gate(
    either: Either, caplog: pytest.LogCaptureFixture
) -> None:
    with Server(responses(response())) as server, caplog.at_level(logging.DEBUG, "nlpearl"):
        home = {"default_region": "US"}
        added = either.add(server.url, client=home, phone_number="(415) 555-0123")
        [row], _ = either.add_leads(server.url, [{"phone_number": 4155550123.0}], client=home)
        assert [request.json for request in server.requests] == [{"phoneNumber": PHONE}] * 2
        refused = [either.add(server.url, phone_number="415 555 0123")]
        refused.append(either.add(server.url, client=home, phone_number="415 555 0123 (Anna)"))
        results, _ = either.add_leads(server.url, [{"phone_number": "415 555 0123"}])
        assert len(server.requests) == 2
    assert isinstance(added, AddedLead)
    assert row.outcome.value == "added"
    assert [type(error) for error in (*refused, results[0].error)] == [InvalidLeadError] * 3
    assert "Anna" not in caplog.text
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize("region", ["UK", "usa", "", "001", 39, None.__class__, "4155550123" * 9])
def test_a_region_is_a_code_of_two_letters(region: Any) -> None:
    with pytest.raises(InvalidArgumentError, match=r"default_region=.* is not a region.*'GB'"):
        NLPearl(KEY, default_region=region)


def test_a_region_is_taken_in_any_case() -> None:
    assert check_region(" it ") == "IT"


class Desk(IntEnum):
    ONE = 14155550123


def test_a_subclass_of_a_string_or_an_int_is_sent_as_its_base() -> None:
    class Text(str):
        def __str__(self) -> str:
            return "not this"

    for cell in (Text(PHONE), Text("415 555 0123"), Desk.ONE):
        number = to_phone_number(cell, "US")
        assert (number, type(number)) == (PHONE, str)


# What it costs


def test_phonenumbers_is_imported_with_the_first_lead_or_region() -> None:
    code = (
        "import sys; from nlpearl import NLPearl, Lead;"
        f"NLPearl('{KEY}').close(); print('phonenumbers' in sys.modules);"
        "Lead('+14155550123'); print('phonenumbers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nTrue\n"


@pytest.mark.parametrize(
    ("cell", "region", "most"),
    [
        (PHONE, None, 60),
        ("+15062345678", None, 66),
        ("(415) 555-0123", "US", 100),
        ("030 23125001", "DE", 125),
    ],
)
def test_a_number_takes_few_calls(cell: str, region: str | None, most: int) -> None:
    # Python calls: 53, 58, 88 and 109 when this was written. libphonenumber's parse makes 42, and
    # its is_valid_number 92.
    assert len(calls(lambda: to_phone_number(cell, region))) <= most
