"""What a contact in the CRM must say so that the person can be reached and recognised.

Phones and e-mails are counted or matched inside Postgres; they are never part of an outcome.
"""

from __future__ import annotations

from expectations.contract import (
    DATA_OWNER,
    MANAGER,
    Expectation,
    QualityContract,
    Records,
)

ASSET = "staging/stg_amocrm__contacts"

CONTACTS = Records(
    relation="{staging}.stg_amocrm__contacts as contact",
    record_id="contact.contact_id",
    title="contact.contact_name",
    url="contact.contact_url",
    manager_id="contact.responsible_manager_id",
    conditions=("not contact.is_deleted",),
)

# One row per connected CRM account: with no account connected there is no feed to be empty.
ACCOUNTS = Records(
    relation="""{raw_amocrm}.account as account
left join (
    select contact.account_name
    from {raw_amocrm}.contacts as contact
    group by contact.account_name
) as feed on feed.account_name = account.account_name""",
    record_id="account.account_name",
    title="account.name",
    url="account.web_url",
    manager_id="null::text",
)

# E.164 and, for +7, exactly ten digits after it: one lost or doubled digit is the usual fault.
PHONE = r"\+(7[0-9]{10}|[1-689][0-9]{9,14})"

SUITE = (
    QualityContract(
        check_id="contacts_feed_is_not_empty",
        asset=ASSET,
        title="Контакты из CRM загружены",
        owner=DATA_OWNER,
        severity="error",
        limit_share=0.0,
        records=ACCOUNTS,
        value="feed.account_name",
        expectation=Expectation("ExpectColumnValuesToNotBeNull"),
    ),
    QualityContract(
        check_id="name_is_given",
        asset=ASSET,
        title="У контакта указано имя",
        owner=MANAGER,
        severity="warning",
        limit_share=0.02,
        records=CONTACTS,
        value="nullif(trim(contact.contact_name), '')",
        expectation=Expectation("ExpectColumnValuesToNotBeNull"),
    ),
    QualityContract(
        check_id="phone_or_email_is_given",
        asset=ASSET,
        title="С контактом можно связаться: указан телефон или e-mail",
        owner=MANAGER,
        severity="warning",
        limit_share=0.02,
        records=CONTACTS,
        value="coalesce(cardinality(contact.phones), 0) + coalesce(cardinality(contact.emails), 0)",
        expectation=Expectation("ExpectColumnValuesToBeBetween", {"min_value": 1}),
    ),
    QualityContract(
        check_id="phone_is_valid",
        asset=ASSET,
        title="Телефон контакта записан без ошибок",
        owner=MANAGER,
        severity="warning",
        limit_share=0.02,
        records=CONTACTS.where(
            "cardinality(contact.phones) > 0 or contact.unreadable_phones_count > 0"
        ),
        # All phones of a contact as one text; what could not be read as a phone shows as "?".
        value="""concat_ws(
        ' ',
        nullif(array_to_string(contact.phones, ' '), ''),
        case when contact.unreadable_phones_count > 0 then '?' end
    )""",
        expectation=Expectation(
            "ExpectColumnValuesToMatchRegex", {"regex": f"^{PHONE}( {PHONE})*$"}
        ),
    ),
)
