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

LANGUAGES = {"ru": RUSSIAN, "en": ENGLISH}
