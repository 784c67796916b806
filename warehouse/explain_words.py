"""The words in which `explain` tells what became of a record, by language.

Belongs here: a sentence for each fact of `mart_quality.record_trace`, a word for each code in it. A
code without a word is shown as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """`facts` are templates over detail, reason, about, amount and month of a row, and `why`, the
    reason in brackets where it says more than `about`."""

    record_types: Mapping[str, str]
    facts: Mapping[str, str]
    codes: Mapping[str, str]
    months: tuple[str, ...]
    nothing_known: str

    def say(self, code: str | None) -> str:
        """The word for a code of the mart; names and keys are no codes and come back."""
        return self.codes.get(code, code) if code else "—"


RUSSIAN = Words(
    record_types={
        "enquiry": "Обращение",
        "lead": "Лид",
        "deal": "Сделка",
        "payment": "Платёж",
    },
    facts={
        "enquiry_came": "обращение: {detail}, канал {about}",
        "record_of_enquiry": "запись об этом обращении: {detail} {about}",
        "enquiry_is_ours": "не лид: обратились мы, а не человек",
        "enquiry_does_not_count": "не считается: {reason}",
        "enquiry_started_lead": "с него начался лид",
        "enquiry_joined_lead": "не новый лид: продолжает лид {about}",
        "lead_counts": "лид ({detail}), канал {about}, ответственный {reason}",
        "deal_was_made": "создана: {detail}; бюджет {amount}; ответственный {reason}; {about}",
        "stage_entered": "этап «{detail}» ({reason})",
        "stage_moved_back": "назад на этап «{detail}» ({reason})",
        "deal_is_open": "открыта",
        "deal_is_won": "выиграна",
        "deal_is_lost": "проиграна; причина: {reason}",
        "deal_does_not_count": "не считается: {reason}",
        "payment_counts": "платёж на {amount}",
        "payment_does_not_count": "платёж на {amount} не считается: {reason}",
        "payment_is_for_deal": "{amount} за сделку {about}: {detail}",
        "payment_is_for_no_deal": "{amount} без сделки: {reason}",
        "step_of_the_bridge": "{month}: шаг сверки «{about}»{why}",
        "is_counted": "{month}: учтено в показателе «{about}»",
    },
    codes={
        "form": "форма на сайте",
        "call": "звонок",
        "chat": "чат",
        "mail": "письмо",
        "manual": "заведено вручную",
        "outbound": "исходящее обращение",
        "upsell": "допродажа",
        "unsorted": "неразобранное",
        "export": "строка выгрузки",
        "deal": "сделка",
        "new": "новый покупатель",
        "repeat": "уже платил",
        "unassigned": "не назначен",
        "event": "по событию CRM",
        "snapshot": "по нашему снимку",
        "assumed": "предположительно",
        "deleted_in_crm": "удалено в CRM",
        "test": "тест",
        "own_employee": "свой сотрудник",
        "spam": "спам",
        "not_a_buyer": "не покупатель",
        "not_posted": "документ не проведён",
        "marked_for_deletion": "помечен на удаление",
        "not_sales_money": "не деньги от продаж",
        "customer_unknown_to_crm": "такого покупателя в CRM нет",
        "fits_several_deals": "подходит нескольким сделкам",
        "0": "так указано в расшифровке платежа",
        "1": "по документу-основанию",
        "2": "по номеру счёта в назначении платежа",
        "3": "по ИНН и сумме",
        "4": "по ИНН: единственная недавняя сделка",
        "5": "по телефону или почте: единственная сделка",
        "joined_to_earlier_lead": "продолжает более ранний лид",
        "not_worked_by_human": "человек не обработал",
        "not_won": "не выигран",
        "lost": "проигран",
        "open": "ещё открыт",
        "further_won_deal": "ещё одна выигранная сделка того же лида",
        "won_in_another_period": "выиграна в другом месяце",
        "won_here_from_lead_of_another_period": "выиграна здесь, лид другого месяца",
        "won_without_inbound_lead": "выиграна без входящего лида",
        "won_without_money": "выиграна, денег нет",
        "never_paid": "не оплачена",
        "refunded_in_full": "деньги возвращены полностью",
        "first_paid_in_another_period": "первая оплата в другом месяце",
        "first_paid_here_won_elsewhere_or_not_won": "первая оплата здесь, выиграна не здесь",
        "first_payment_of_deal_refunded_in_full": "первый платёж сделки, вернувшийся полностью",
        "further_payment": "не первый платёж по сделке",
        "refund": "возврат",
        "payment_without_deal": "платёж без сделки",
        "enquiries_count": "обращения",
        "leads_count": "лиды",
        "won_deals_count": "выигранные сделки",
        "sales_count": "продажи",
        "payments_count": "платежи",
        "(blank)": "не указан",
        "(unmatched)": "нет правила",
    },
    months=(
        "январь", "февраль", "март", "апрель", "май", "июнь", "июль", "август", "сентябрь",
        "октябрь", "ноябрь", "декабрь",
    ),
    nothing_known=(
        "Записи {record} здесь нет: это не обращение, не сделка отдела продаж и не платёж, или она "
        "ещё не загружена."
    ),
)  # fmt: skip

UKRAINIAN = Words(
    record_types={
        "enquiry": "Звернення",
        "lead": "Лід",
        "deal": "Угода",
        "payment": "Платіж",
    },
    facts={
        "enquiry_came": "звернення: {detail}, канал {about}",
        "record_of_enquiry": "запис про це звернення: {detail} {about}",
        "enquiry_is_ours": "не лід: звернулися ми, а не людина",
        "enquiry_does_not_count": "не враховується: {reason}",
        "enquiry_started_lead": "з нього почався лід",
        "enquiry_joined_lead": "не новий лід: продовжує лід {about}",
        "lead_counts": "лід ({detail}), канал {about}, відповідальний {reason}",
        "deal_was_made": "створено: {detail}; бюджет {amount}; відповідальний {reason}; {about}",
        "stage_entered": "етап «{detail}» ({reason})",
        "stage_moved_back": "назад на етап «{detail}» ({reason})",
        "deal_is_open": "відкрита",
        "deal_is_won": "виграна",
        "deal_is_lost": "програна; причина: {reason}",
        "deal_does_not_count": "не враховується: {reason}",
        "payment_counts": "платіж на {amount}",
        "payment_does_not_count": "платіж на {amount} не враховується: {reason}",
        "payment_is_for_deal": "{amount} за угоду {about}: {detail}",
        "payment_is_for_no_deal": "{amount} без угоди: {reason}",
        "step_of_the_bridge": "{month}: крок звірки «{about}»{why}",
        "is_counted": "{month}: враховано в показнику «{about}»",
    },
    codes={
        "form": "форма на сайті",
        "call": "дзвінок",
        "chat": "чат",
        "mail": "лист",
        "manual": "заведено вручну",
        "outbound": "вихідне звернення",
        "upsell": "допродаж",
        "unsorted": "нерозібране",
        "export": "рядок вивантаження",
        "deal": "угода",
        "new": "новий покупець",
        "repeat": "вже платив",
        "unassigned": "не призначено",
        "event": "за подією CRM",
        "snapshot": "за нашим знімком",
        "assumed": "імовірно",
        "deleted_in_crm": "видалено в CRM",
        "test": "тест",
        "own_employee": "свій співробітник",
        "spam": "спам",
        "not_a_buyer": "не покупець",
        "not_posted": "документ не проведено",
        "marked_for_deletion": "позначено на видалення",
        "not_sales_money": "не гроші від продажу",
        "customer_unknown_to_crm": "такого покупця в CRM немає",
        "fits_several_deals": "підходить кільком угодам",
        "0": "так зазначено в розшифруванні платежу",
        "1": "за документом-підставою",
        "2": "за номером рахунку в призначенні платежу",
        "3": "за податковим номером і сумою",
        "4": "за податковим номером: єдина недавня угода",
        "5": "за телефоном або поштою: єдина угода",
        "joined_to_earlier_lead": "продовжує раніший лід",
        "not_worked_by_human": "людина не опрацювала",
        "not_won": "не виграний",
        "lost": "програний",
        "open": "ще відкритий",
        "further_won_deal": "ще одна виграна угода того самого ліда",
        "won_in_another_period": "виграна в іншому місяці",
        "won_here_from_lead_of_another_period": "виграна тут, лід іншого місяця",
        "won_without_inbound_lead": "виграна без вхідного ліда",
        "won_without_money": "виграна, грошей немає",
        "never_paid": "не оплачена",
        "refunded_in_full": "гроші повернено повністю",
        "first_paid_in_another_period": "перша оплата в іншому місяці",
        "first_paid_here_won_elsewhere_or_not_won": "перша оплата тут, виграна не тут",
        "first_payment_of_deal_refunded_in_full": "перший платіж угоди, повернений повністю",
        "further_payment": "не перший платіж за угодою",
        "refund": "повернення",
        "payment_without_deal": "платіж без угоди",
        "enquiries_count": "звернення",
        "leads_count": "ліди",
        "won_deals_count": "виграні угоди",
        "sales_count": "продажі",
        "payments_count": "платежі",
        "(blank)": "не вказано",
        "(unmatched)": "немає правила",
    },
    months=(
        "січень", "лютий", "березень", "квітень", "травень", "червень", "липень", "серпень",
        "вересень", "жовтень", "листопад", "грудень",
    ),
    nothing_known=(
        "Запису {record} тут немає: це не звернення, не угода відділу продажу і не платіж, або "
        "його ще не завантажено."
    ),
)  # fmt: skip

ENGLISH = Words(
    record_types={"enquiry": "Enquiry", "lead": "Lead", "deal": "Deal", "payment": "Payment"},
    facts={
        "enquiry_came": "enquiry: {detail}, channel {about}",
        "record_of_enquiry": "a record of this enquiry: {detail} {about}",
        "enquiry_is_ours": "no lead: we asked, not the person",
        "enquiry_does_not_count": "does not count: {reason}",
        "enquiry_started_lead": "the lead began with it",
        "enquiry_joined_lead": "no new lead: it goes on with lead {about}",
        "lead_counts": "lead ({detail}), channel {about}, responsible {reason}",
        "deal_was_made": "made: {detail}; budget {amount}; responsible {reason}; {about}",
        "stage_entered": "stage “{detail}” ({reason})",
        "stage_moved_back": "back to stage “{detail}” ({reason})",
        "deal_is_open": "open",
        "deal_is_won": "won",
        "deal_is_lost": "lost; reason: {reason}",
        "deal_does_not_count": "does not count: {reason}",
        "payment_counts": "payment of {amount}",
        "payment_does_not_count": "payment of {amount} does not count: {reason}",
        "payment_is_for_deal": "{amount} for deal {about}: {detail}",
        "payment_is_for_no_deal": "{amount} for no deal: {reason}",
        "step_of_the_bridge": "{month}: step of the bridge “{about}”{why}",
        "is_counted": "{month}: counted in “{about}”",
    },
    codes={
        "new": "new customer",
        "repeat": "has paid before",
        "event": "by an event of the CRM",
        "snapshot": "by our snapshot",
        "0": "named in the breakdown of the payment",
        "1": "by the base document",
        "2": "by the invoice number in the purpose",
        "3": "by tax number and amount",
        "4": "by tax number: the only recent deal",
        "5": "by phone or e-mail: the only deal",
    },
    months=(
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    nothing_known=(
        "No record {record} is known: it is no enquiry, no deal of sales and no payment, or it is "
        "not loaded yet."
    ),
)  # fmt: skip

LANGUAGES = {"ru": RUSSIAN, "uk": UKRAINIAN, "en": ENGLISH}
