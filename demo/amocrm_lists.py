"""What the amoCRM stand-in offers: its lists with their filters and orders, and its dictionaries.

What belongs here: facts of the vendor's documentation that are data. Not: how a request is
answered (`amocrm`), how a filter works (`amocrm_query`), the records themselves (`store`).
"""

from demo import company
from demo.amocrm_query import Collection

ACCOUNT = {
    "id": company.ACCOUNT_ID,
    "name": company.ACCOUNT_NAME,
    "subdomain": company.SUBDOMAIN,
    "created_at": 1672531200,
    "created_by": 0,
    "updated_at": 1672531200,
    "updated_by": 0,
    "current_user_id": company.HEAD_OF_SALES_ID,
    "country": company.COUNTRY,
    "currency": company.CURRENCY,
    "currency_symbol": "₽",
    "is_unsorted_on": True,
    "mobile_feature_version": 0,
    "is_loss_reason_enabled": True,
    "is_helpbot_enabled": False,
    "is_technical_account": False,
    "contact_name_display_order": 1,
    "amojo_id": "7d0c1d6e-51c1-4a54-8b0c-0a5f3b9c2e11",
    "uuid": "0f3a5a1e-7d4f-4a7f-9d57-31000001aaaa",
    "version": 11,
}
PRIVATE_OF_ACCOUNT = frozenset({"amojo_id", "uuid", "version"})
"""Told only when asked for by `with`."""
DATETIME_SETTINGS = {
    "date_pattern": "d.m.Y H:i",
    "short_date_pattern": "d.m.Y",
    "short_time_pattern": "H:i",
    "date_format": "d.m.Y",
    "time_format": "H:i:s",
    "timezone": company.ZONE,
    "timezone_offset": "+03:00",
}
TASK_TYPES = [
    {"id": 1, "name": "Связаться", "color": None, "icon_id": None, "code": "FOLLOW_UP"},
    {"id": 2, "name": "Встреча", "color": None, "icon_id": None, "code": "MEETING"},
]

_BY_PEOPLE = {"id": "id", "created_by": "created_by", "updated_by": "updated_by",
              "responsible_user_id": "responsible_user_id"}  # fmt: skip
_CHANGES = frozenset({"created_at", "updated_at"})
_BY_CHANGE = frozenset({"created_at", "updated_at", "id"})
_BY_SORT = (("sort", False),)

LEADS = Collection(
    store_key="leads",
    embedded_key="leads",
    path="leads",
    values=_BY_PEOPLE | {"pipeline_id": "pipeline_id", "name": "name"},
    ranges=_CHANGES | {"closed_at", "closest_task_at", "price"},
    orderable=_BY_CHANGE,
    stages=("statuses",),
)
CONTACTS = Collection(
    store_key="contacts",
    embedded_key="contacts",
    path="contacts",
    values=_BY_PEOPLE | {"name": "name"},
    ranges=_CHANGES | {"closest_task_at"},
    orderable=_BY_CHANGE,
)
COMPANIES = Collection(
    store_key="companies",
    embedded_key="companies",
    path="companies",
    values=_BY_PEOPLE | {"name": "name"},
    ranges=_CHANGES | {"closest_task_at"},
    orderable=_BY_CHANGE,
)
TASKS = Collection(
    store_key="tasks",
    embedded_key="tasks",
    path="tasks",
    values={
        "id": "id",
        "responsible_user_id": "responsible_user_id",
        "is_completed": "is_completed",
        "task_type": "task_type_id",
        "entity_type": "entity_type",
        "entity_id": "entity_id",
    },
    ranges=frozenset({"updated_at"}),
    orderable=frozenset({"created_at", "complete_till", "id"}),
)
EVENTS = Collection(
    store_key="events",
    embedded_key="events",
    path="events",
    values={
        "id": "id",
        "type": "type",
        "entity": "entity_type",
        "entity_id": "entity_id",
        "created_by": "created_by",
    },
    ranges=frozenset({"created_at"}),
    stages=("value_after/leads_statuses", "value_before/leads_statuses"),
    max_limit=100,
    default_order=(("created_at", True),),
)
UNSORTED = Collection(
    store_key="unsorted",
    embedded_key="unsorted",
    path="leads/unsorted",
    values={"uid": "uid", "category": "category", "pipeline_id": "pipeline_id"},
    orderable=frozenset({"created_at", "updated_at"}),
)
LOSS_REASONS = Collection(
    store_key="loss_reasons",
    embedded_key="loss_reasons",
    path="leads/loss_reasons",
    values={},
    default_order=_BY_SORT,
    counts_total=True,
)
USERS = Collection("users", "users", "users", values={}, counts_total=True)
CUSTOMERS = Collection(
    store_key="customers",
    embedded_key="customers",
    path="customers",
    values=_BY_PEOPLE | {"name": "name"},
    ranges=_CHANGES | {"closest_task_at", "next_date", "next_price"},
    orderable=_BY_CHANGE,
)
CATALOGS = Collection("catalogs", "catalogs", "catalogs", values={}, default_order=_BY_SORT)
ELEMENTS = Collection(
    store_key="elements",
    embedded_key="elements",
    path="catalogs/{catalog_id}/elements",
    values={"id": "id"},
)
NOTED = ("leads", "contacts", "companies", "customers")
NOTES = {
    kind: Collection(
        store_key=f"notes/{kind}",
        embedded_key="notes",
        path=f"{kind}/notes",
        values={"id": "id", "entity_id": "entity_id", "note_type": "note_type"},
        ranges=frozenset({"updated_at"}),
        orderable=frozenset({"updated_at", "id"}),
    )
    for kind in NOTED
}
CUSTOM_FIELDS = {
    kind: Collection(
        store_key=f"custom_fields/{kind}",
        embedded_key="custom_fields",
        path=f"{kind}/custom_fields",
        values={"type": "type"},
        orderable=frozenset({"sort", "id"}),
        default_order=_BY_SORT,
        counts_total=True,
    )
    for kind in NOTED
}
ELEMENT_FIELDS = Collection(
    store_key="custom_fields/catalogs",
    embedded_key="custom_fields",
    path="catalogs/{catalog_id}/custom_fields",
    values={"type": "type"},
    orderable=frozenset({"sort", "id"}),
    default_order=_BY_SORT,
    counts_total=True,
)
TAGS = {
    kind: Collection(
        store_key=f"tags/{kind}",
        embedded_key="tags",
        path=f"{kind}/tags",
        values={"id": "id", "name": "name"},
    )
    for kind in NOTED
}
LINKS = Collection(
    store_key="",
    embedded_key="links",
    path="{kind}/links",
    values={
        name: name for name in ("entity_id", "to_entity_id", "to_entity_type", "to_catalog_id")
    },
)
"""Links lie in cards, so only the query of these lists is read this way."""
# Pipelines are missing here: they come as a dictionary without pages, statuses inside.
COLLECTIONS = (
    LOSS_REASONS,
    UNSORTED,
    *NOTES.values(),
    *CUSTOM_FIELDS.values(),
    *TAGS.values(),
    LEADS,
    CONTACTS,
    COMPANIES,
    CUSTOMERS,
    ELEMENTS,
    ELEMENT_FIELDS,
    CATALOGS,
    TASKS,
    EVENTS,
    USERS,
)
EVENT_TYPES = {
    "lead_added": "Новая сделка",
    "lead_deleted": "Сделка удалена",
    "lead_restored": "Сделка восстановлена",
    "lead_status_changed": "Изменение этапа продажи",
    "lead_linked": "Прикрепление сделки",
    "lead_unlinked": "Открепление сделки",
    "contact_added": "Новый контакт",
    "contact_deleted": "Контакт удален",
    "contact_restored": "Контакт восстановлен",
    "contact_linked": "Прикрепление контакта",
    "contact_unlinked": "Открепление контакта",
    "company_added": "Новая компания",
    "company_deleted": "Компания удалена",
    "company_restored": "Компания восстановлена",
    "company_linked": "Прикрепление компании",
    "company_unlinked": "Открепление компании",
    "customer_added": "Новый покупатель",
    "customer_deleted": "Покупатель удален",
    "customer_linked": "Прикрепление покупателя",
    "customer_unlinked": "Открепление покупателя",
    "customer_status_changed": "Изменение этапа покупателя",
    "entity_merged": "Выполнено объединение",
    "entity_responsible_changed": "Ответственный изменен",
    "entity_tag_added": "Теги добавлены",
    "entity_tag_deleted": "Теги убраны",
    "custom_field_value_changed": "Изменение поля",
    "incoming_call": "Входящий звонок",
    "outgoing_call": "Исходящий звонок",
    "incoming_chat_message": "Входящее сообщение",
    "outgoing_chat_message": "Исходящее сообщение",
    "common_note_added": "Новое примечание",
    "common_note_deleted": "Примечание удалено",
    "task_added": "Новая задача",
    "task_deleted": "Задача удалена",
    "task_completed": "Завершение задачи",
    "task_type_changed": "Изменение типа задачи",
    "task_text_changed": "Изменение текста задачи",
    "task_deadline_changed": "Изменение даты исполнения задачи",
    "task_result_added": "Результат по задаче",
    "sale_field_changed": "Изменение поля «Бюджет»",
    "name_field_changed": "Изменение поля «Название»",
}
