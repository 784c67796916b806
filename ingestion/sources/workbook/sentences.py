"""What a manager is told, in the company's language: where in the workbook what is wrong.

What belongs here: the wording. No sentence repeats what stands in a cell: it may be a name.
"""

from __future__ import annotations

from ingestion.sources.workbook.layout import LOCALES, Locale, Words

_SAID: dict[str, Words] = {
    "at": (
        "Лист «{sheet}», строка {row}: {what}",
        "Аркуш «{sheet}», рядок {row}: {what}",
        "Sheet “{sheet}”, row {row}: {what}",
    ),
    "on": ("Лист «{sheet}»: {what}", "Аркуш «{sheet}»: {what}", "Sheet “{sheet}”: {what}"),
    "blank": (
        "не заполнено «{column}»",
        "не заповнено «{column}»",
        "“{column}” is not filled in",
    ),
    "not_a_date": (
        "«{column}» — не дата; введите её как 31.12.2026",
        "«{column}» — не дата; введіть її як 31.12.2026",
        "“{column}” is no date; type it as 31.12.2026",
    ),
    "not_a_month": (
        "«{column}» — не месяц; введите его как «июнь 2026» или 06.2026",
        "«{column}» — не місяць; введіть його як «червень 2026» або 06.2026",
        "“{column}” is no month; type it as June 2026 or 06.2026",
    ),
    "not_a_number": (
        "«{column}» — не число",
        "«{column}» — не число",
        "“{column}” is no number",
    ),
    "ambiguous_number": (
        "«{column}» можно прочесть двояко: тысячи или дробь; введите число без разделителя тысяч",
        "«{column}» можна прочитати двояко: тисячі чи дріб; введіть число без роздільника тисяч",
        "“{column}” can be read in two ways, thousands or a fraction; type it without separators",
    ),
    "negative": (
        "«{column}» меньше нуля",
        "«{column}» менше нуля",
        "“{column}” is below zero",
    ),
    "not_whole": (
        "«{column}» должно быть целым числом",
        "«{column}» має бути цілим числом",
        "“{column}” must be a whole number",
    ),
    "not_a_score": (
        "«{column}» должно быть от 0 до 10",
        "«{column}» має бути від 0 до 10",
        "“{column}” must be from 0 to 10",
    ),
    "not_in_list": (
        "«{column}» не из списка: {values}",
        "«{column}» не зі списку: {values}",
        "“{column}” is none of: {values}",
    ),
    "ends_before_it_begins": (
        "последний день раньше первого",
        "останній день раніше першого",
        "the last day is before the first",
    ),
    "no_rank": (
        "у воронки продаж «{column}» должно быть заполнено",
        "у воронки продажів «{column}» має бути заповнено",
        "a sales pipeline needs “{column}”",
    ),
    "no_pattern": (
        "правило должно хоть что-то проверять: utm_source, utm_medium, набранный номер "
        "или источник в CRM",
        "правило має хоч щось перевіряти: utm_source, utm_medium, набраний номер або джерело в CRM",
        "the rule has to ask for something: utm_source, utm_medium, the called number "
        "or the source in the CRM",
    ),
    "repeated": (
        "повторяет строку {first} (лист «{first_sheet}»)",
        "повторює рядок {first} (аркуш «{first_sheet}»)",
        "repeats row {first} (sheet “{first_sheet}”)",
    ),
    "no_header": (
        "не найдены заголовки; нужны столбцы: {columns}",
        "не знайдено заголовки; потрібні стовпці: {columns}",
        "no headers were found; these columns are needed: {columns}",
    ),
    "no_column": (
        "нет столбца «{column}»",
        "немає стовпця «{column}»",
        "there is no column “{column}”",
    ),
    "two_columns": (
        "столбец «{column}» встречается дважды",
        "стовпець «{column}» трапляється двічі",
        "the column “{column}” is there twice",
    ),
    "no_year": (
        "в названии листа нет года; назовите его, например, «Июнь 2026» или добавьте столбец "
        "«{column}»",
        "у назві аркуша немає року; назвіть його, наприклад, «Червень 2026» або додайте стовпець "
        "«{column}»",
        "its name has no year; call it, for example, June 2026, or add the column “{column}”",
    ),
    "no_sheet": (
        "Нет листа «{sheet}», а в принятой книге он был; верните его (пустой — можно)",
        "Немає аркуша «{sheet}», а в прийнятій книзі він був; поверніть його (порожній — можна)",
        "The sheet “{sheet}” is missing, and the accepted workbook had it; put it back (it may be "
        "empty)",
    ),
    "nothing_known": (
        "В книге нет ни одного известного листа: {sheets}",
        "У книзі немає жодного відомого аркуша: {sheets}",
        "The workbook has none of the known sheets: {sheets}",
    ),
    "refused": (
        "книга {file} не принята, причин: {count}\n{faults}",
        "книгу {file} не прийнято, причин: {count}\n{faults}",
        "the workbook {file} is not accepted, reasons: {count}\n{faults}",
    ),
    "mend": (
        "В силе прежняя принятая книга; исправьте и сохраните файл",
        "Чинною лишається попередня прийнята книга; виправте й збережіть файл",
        "The workbook accepted before stays in force; mend the file and save it",
    ),
    "not_a_workbook": (
        "файл {file} — не целая книга Excel, или на нём пароль",
        "файл {file} — не ціла книга Excel, або на ньому пароль",
        "the file {file} is not a whole Excel workbook, or it has a password",
    ),
    "unreadable": (
        "файл {file} не открывается или ещё записывается",
        "файл {file} не відкривається або ще записується",
        "the file {file} cannot be opened, or it is still being written",
    ),
    "seen": (
        "принята, строк: {rows}; листы не читаются: {unread}",
        "прийнята, рядків: {rows}; аркуші не читаються: {unread}",
        "accepted, rows: {rows}; sheets not read: {unread}",
    ),
    "examples_unread": (
        "примеры шаблона не читаются, строк: {count}",
        "приклади шаблону не читаються, рядків: {count}",
        "examples of the template not read, rows: {count}",
    ),
    "columns_unread": (
        "{sheet}: столбцы не читаются: {columns}",
        "{sheet}: стовпці не читаються: {columns}",
        "{sheet}: columns not read: {columns}",
    ),
    "is_required": ("Обязательно", "Обов'язково", "Required"),
    "is_text": ("Текст", "Текст", "Text"),
    "is_date": ("Дата: 31.12.2026", "Дата: 31.12.2026", "Date: 31.12.2026"),
    "is_month": (
        "Месяц: июнь 2026 или 06.2026",
        "Місяць: червень 2026 або 06.2026",
        "Month: June 2026 or 06.2026",
    ),
    "is_amount": ("Сумма, не меньше нуля", "Сума, не менша за нуль", "Amount, not below zero"),
    "is_count": ("Целое число", "Ціле число", "Whole number"),
    "is_number": ("Число", "Число", "Number"),
    "is_yes_no": ("Да или нет", "Так або ні", "Yes or no"),
    "is_score": ("Оценка от 0 до 10", "Оцінка від 0 до 10", "Score from 0 to 10"),
    "is_points": (
        "Оценка от 0 до 10; столбец на каждый пункт скрипта, после двоеточия — его название",
        "Оцінка від 0 до 10; стовпець на кожен пункт скрипту, після двокрапки — його назва",
        "Score from 0 to 10; a column for every point of the script, its name after the colon",
    ),
}


def say(sentence: str, locale: Locale, /, **parts: object) -> str:
    """The sentence in the language of `locale`."""
    return in_locale(_SAID[sentence], locale).format(**parts)


def in_locale(words: Words, locale: Locale) -> str:
    return words[LOCALES.index(locale)]
