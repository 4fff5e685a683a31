"""How people and programs write a date, a month, a quarter or a moment, so that a column of them is known by its values."""

from __future__ import annotations

import re

_year = r"(?:19|20)\d\d"
#: Two digits are a year only where something says so: 10W40 is an oil, and 22H2 a release of Windows.
_fiscal_year = rf"(?:FY\ ?(?:{_year}|'?\d\d)|{_year}|'\d\d)"
_day = r"(?:0?[1-9]|[12]\d|3[01])"
_month_number = r"(?:0?[1-9]|1[0-2])"
_month = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_weekday = r"(?:mon|tue(?:s)?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\ "
#: As they stand in dates in German, French, Spanish, Portuguese, Italian, Dutch, the Scandinavian languages, Polish, Czech, Russian
#: and Turkish.
_MONTHS = """
januar jänner februar märz mrz april mai juni juli august september oktober november dezember
janvier janv février févr mars avril mai juin juillet juil août septembre octobre novembre décembre
enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
januari februari maart mrt mei augustus
marts maj augusti desember
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
ledna února března dubna května června července srpna září října listopadu prosince
января февраля марта апреля мая июня июля августа сентября октября ноября декабря
ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık
"""
_foreign_month = "|".join(sorted({part for name in _MONTHS.split() for part in (name, name[:3])}))
_zone = r"(?:Z|[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d\d(?::?\d\d)?)(?:\[[\w/+-]+\])?"
_time = rf"\d\d?(?::\d\d){{1,2}}(?:[.,]\d+)?(?:\s?[ap]\.?m\.?)?(?:\s?{_zone})?"
_clock = rf"(?:(?:,?\ |T){_time})?"
_quarter = r"(?:Q[1-4]|H[12]|(?:W|CW|KW)\ ?(?:0?[1-9]|[1-4]\d|5[0-3]))"

_FORMS = (
    rf"{_year}[-/.]\d\d?(?:[-/.]\d\d?{_clock})?",  # 2026-01, 2026-01-31, with a time
    rf"(?:{_day}[-/.]{_month_number}|{_month_number}[-/.]{_day})[-/.](?:{_year}|\d\d){_clock}",  # 31.01.2026, 1/31/26 1:15 PM
    rf"{_year}-(?:[0-2]\d\d|3[0-6]\d)",  # 2026-031, the day of a year
    rf"{_year}(?:0[1-9]|1[0-2])(?:[0-3]\d(?:T?\d{{4}}(?:\d\d)?(?:[.,]?\d+)?(?:{_zone})?)?)?",  # 202601, 20260131T101500Z
    rf"{_fiscal_year}[-\ ]?{_quarter}(?:-\d)?",  # 2026-Q1, 2026W05, FY26 Q1
    rf"{_quarter}[-/\ ]{_fiscal_year}",  # Q1 2026, Q1 '26, KW 5/2026
    rf"{_month_number}[-/]{_year}",  # 01/2026
    rf"(?:{_weekday})?(?:\d\d?(?:st|nd|rd|th)?[-.\ ]+)?{_month}[-.,\ ]+(?:\d\d?(?:st|nd|rd|th)?,?\ )?(?:{_year}|'?\d\d){_clock}",  # 31-Jan-26, Fri, 31 Jan 2026 10:15
    rf"(?:{_weekday})?{_month}\ +\d\d?\ {_time}\ {_year}",  # Sat Jan 31 10:15:00 2026
    rf"{_year}[-\ ]{_month}(?:[-\ ]\d\d?)?",  # 2026-Jan
    rf"{_day}\.?\ (?:de\ )?(?:{_foreign_month})\.?\ (?:de\ )?{_year}{_clock}",  # 31. März 2026, 31 de enero de 2026
    rf"{_year}\s?[年년]\s?\d\d?\s?[月월](?:\s?\d\d?\s?[日일])?",  # 2026年1月31日
)
_moment = re.compile("|".join(_FORMS), re.IGNORECASE)


def is_moment(text: str) -> bool:
    return _moment.fullmatch(text.strip()) is not None
