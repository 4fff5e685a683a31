"""How people and programs write a date, a month, a quarter or a moment, so that a column of them is known by its values."""

from __future__ import annotations

import re

_year = r"(?:19|20)\d\d"
_month = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_weekday = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\ "
_zone = r"(?:Z|[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?)(?:\[[\w/+-]+\])?"
_time = rf"\d\d?(?::\d\d){{1,2}}(?:[.,]\d+)?(?:\s?[ap]\.?m\.?)?(?:\s?{_zone})?"
_clock = rf"(?:(?:,?\ |T){_time})?"
_quarter = r"(?:[QWH]|CW|KW)"

_FORMS = (
    rf"{_year}[-/.]\d\d?(?:[-/.]\d\d?{_clock})?",  # 2026-01, 2026-01-31, with a time
    rf"\d\d?[-/.]\d\d?[-/.](?:{_year}|\d\d){_clock}",  # 31.01.2026, 1/31/26 1:15 PM
    rf"{_year}-(?:[0-2]\d\d|3[0-6]\d)",  # 2026-031, the day of a year
    rf"{_year}(?:0[1-9]|1[0-2])(?:[0-3]\d(?:T?\d{{4}}(?:\d\d)?(?:[.,]?\d+)?(?:{_zone})?)?)?",  # 202601, 20260131T101500Z
    rf"(?:FY\ ?)?(?:{_year}|\d\d)[-\ ]?{_quarter}\d\d?(?:-\d)?",  # 2026-Q1, 2026W05, FY26 Q1
    rf"{_quarter}\ ?\d\d?[-/\ ](?:FY\ ?)?(?:{_year}|'?\d\d)",  # Q1 2026, Q1 '26, KW 5/2026
    rf"\d\d?[-/]{_year}",  # 01/2026
    rf"(?:{_weekday})?(?:\d\d?(?:st|nd|rd|th)?[-.\ ]+)?{_month}[-.,\ ]+(?:\d\d?(?:st|nd|rd|th)?,?\ )?(?:{_year}|'?\d\d){_clock}",  # 31-Jan-26, Fri, 31 Jan 2026 10:15
    rf"(?:{_weekday})?{_month}\ +\d\d?\ {_time}\ {_year}",  # Sat Jan 31 10:15:00 2026
    rf"{_year}[-\ ]{_month}(?:[-\ ]\d\d?)?",  # 2026-Jan
    rf"\d\d?\.?\ (?:de\ )?[^\W\d_]{{3,10}}\.?\ (?:de\ )?{_year}{_clock}",  # 31. März 2026, 31 de enero de 2026
    rf"{_year}\s?[年년]\s?\d\d?\s?[月월](?:\s?\d\d?\s?[日일])?",  # 2026年1月31日
)
_moment = re.compile("|".join(_FORMS), re.IGNORECASE)


def is_moment(text: str) -> bool:
    return _moment.fullmatch(text.strip()) is not None
