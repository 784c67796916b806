"""The demo company's fixed facts: accounts, staff, pipelines, stages, fields and channels.

Belongs here: ids and names other packages may meet (the dbt seeds use the same). Does not belong:
anything drawn by chance, anything that has a date.
"""

from __future__ import annotations

from dataclasses import dataclass

ACCOUNT_ID = 31000001
ACCOUNT_NAME = "ООО «Оптовик»"
SUBDOMAIN = "optovik"
CURRENCY = "RUB"
COUNTRY = "RU"
ZONE = "Europe/Moscow"
MAIL_DOMAIN = "optovik.example"

DEPARTMENTS = {11: "Отдел опта", 12: "Отдел розницы", 13: "Отдел регионов"}

DIRECTOR_ID = 9099
HEAD_OF_SALES_ID = 9100
ROBOT_ID = 0
NOBODY_ID = 0


@dataclass(frozen=True)
class Employee:
    """A user of the CRM; `department_id` 0 means no department."""

    id: int
    name: str
    email: str
    department_id: int
    is_admin: bool = False


DIRECTOR = Employee(DIRECTOR_ID, "Виктор Ланской", f"director@{MAIL_DOMAIN}", 0, is_admin=True)
HEAD_OF_SALES = Employee(HEAD_OF_SALES_ID, "Ирина Соболева", f"rop@{MAIL_DOMAIN}", 0, is_admin=True)

_MANAGER_NAMES = (
    "Анна Громова",
    "Борис Ершов",
    "Вера Кузьмина",
    "Глеб Макаров",
    "Дарья Никитина",
    "Егор Панин",
    "Жанна Рябова",
    "Захар Седов",
    "Инна Титова",
    "Кирилл Уваров",
    "Лариса Фомина",
    "Максим Хохлов",
    "Надежда Цветкова",
    "Олег Чернов",
    "Полина Шубина",
    "Роман Щукин",
    "Светлана Юдина",
    "Тимур Якубов",
    "Ульяна Беляева",
    "Фёдор Воронин",
    "Эльвира Гусева",
    "Юрий Демидов",
    "Яна Ефимова",
    "Арсений Жуков",
)

MANAGERS = tuple(
    Employee(
        id=9101 + position,
        name=name,
        email=f"manager{9101 + position}@{MAIL_DOMAIN}",
        department_id=11 + position // 8,
    )
    for position, name in enumerate(_MANAGER_NAMES)
)
EMPLOYEES = (DIRECTOR, HEAD_OF_SALES, *MANAGERS)
DEPARTMENT_OF = {employee.id: employee.department_id for employee in EMPLOYEES} | {NOBODY_ID: 0}


@dataclass(frozen=True)
class Stage:
    """One status of a pipeline; `sort` is the order on the screen, `type` 1 is the unsorted
    stage.
    """

    id: int
    name: str
    sort: int
    type: int = 0


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of deals with its stages in order."""

    id: int
    name: str
    kind: str
    stages: tuple[Stage, ...]


WON = 142
LOST = 143

SALES = 3100
WARMING = 3300
SERVICE = 3400

UNSORTED_STAGE = 31001
NEW_REQUEST = 31002
TAKEN = 31003
QUALIFIED = 31004
PROPOSAL_SENT = 31005
NEGOTIATION = 31006
CONTRACT = 31007
INVOICE_SENT = 31008

WARMING_WAITS = 33002
WARMING_READY = 33003
SERVICE_OPENED = 34002
SERVICE_WORKING = 34003

PIPELINES = (
    Pipeline(
        SALES,
        "Продажи",
        "sales",
        (
            Stage(UNSORTED_STAGE, "Неразобранное", 10, type=1),
            Stage(NEW_REQUEST, "Новая заявка", 20),
            Stage(TAKEN, "Взят в работу", 30),
            Stage(QUALIFIED, "Квалифицирован", 40),
            Stage(PROPOSAL_SENT, "КП отправлено", 50),
            Stage(NEGOTIATION, "Переговоры", 60),
            Stage(CONTRACT, "Договор", 70),
            Stage(INVOICE_SENT, "Счёт выставлен", 80),
            Stage(WON, "Успешно реализовано", 10000),
            Stage(LOST, "Закрыто и не реализовано", 11000),
        ),
    ),
    Pipeline(
        WARMING,
        "Прогрев",
        "warming",
        (
            Stage(33001, "Неразобранное", 10, type=1),
            Stage(WARMING_WAITS, "Ждёт предложения", 20),
            Stage(WARMING_READY, "Готов вернуться", 30),
            Stage(WON, "Успешно реализовано", 10000),
            Stage(LOST, "Закрыто и не реализовано", 11000),
        ),
    ),
    Pipeline(
        SERVICE,
        "Сервис",
        "service",
        (
            Stage(34001, "Неразобранное", 10, type=1),
            Stage(SERVICE_OPENED, "Обращение", 20),
            Stage(SERVICE_WORKING, "В работе", 30),
            Stage(WON, "Решено", 10000),
            Stage(LOST, "Отклонено", 11000),
        ),
    ),
)
PIPELINE_KIND = {pipeline.id: pipeline.kind for pipeline in PIPELINES}

TOO_EXPENSIVE = 501
OTHER_SUPPLIER = 502
OUT_OF_STOCK = 503
NO_ANSWER = 504
POSTPONED = 505
OTHER_REASON = 506
SPAM_REASON = 507
NOT_OUR_CLIENT = 508
LOSS_REASONS = {
    TOO_EXPENSIVE: "Дорого",
    OTHER_SUPPLIER: "Выбрали другого поставщика",
    OUT_OF_STOCK: "Нет в наличии",
    NO_ANSWER: "Не выходит на связь",
    POSTPONED: "Отложили",
    OTHER_REASON: "Другое",
    SPAM_REASON: "Спам",
    NOT_OUR_CLIENT: "Не наш клиент (соискатель, поставщик)",
}

TEST_TAG = "тест"
SPAM_TAG = "спам"
UPSELL_TAG = "допродажа"
TAGS = {"тест": 41, "спам": 42, "допродажа": 43, "повторный": 44}
TAGS_OF_CARDS = {
    "contacts": {"решает сам": 51},
    "companies": {"сеть магазинов": 52},
    "customers": {"на отсрочке": 53},
}

SOURCE_FIELD = 7001
CITY_FIELD = 7002
CLIENT_TYPE_FIELD = 7003
INVOICE_FIELD = 7004
UTM_SOURCE_FIELD = 7011
UTM_MEDIUM_FIELD = 7012
UTM_CAMPAIGN_FIELD = 7013
CONTACT_PHONE_FIELD = 7101
CONTACT_EMAIL_FIELD = 7102
COMPANY_INN_FIELD = 7201
COMPANY_PHONE_FIELD = 7202
CUSTOMER_DISCOUNT_FIELD = 7301


@dataclass(frozen=True)
class Field:
    """A custom field; `options` (text -> enum id) only for selects and multitexts."""

    id: int
    entity: str
    name: str
    code: str
    type: str
    options: dict[str, int]


_SOURCES = ("Звонок", "Рекомендация", "Выставка", "Маркетплейс", "Холодный обзвон", "Чат", "2ГИС")
_PHONE_KINDS = ("WORK", "WORKDD", "MOB", "FAX", "HOME", "OTHER")
_EMAIL_KINDS = ("WORK", "PRIV", "OTHER")


def _options(field_id: int, texts: tuple[str, ...]) -> dict[str, int]:
    return {text: field_id * 100 + place for place, text in enumerate(texts, start=1)}


FIELDS = (
    Field(SOURCE_FIELD, "leads", "Источник", "SOURCE", "select", _options(SOURCE_FIELD, _SOURCES)),
    Field(CITY_FIELD, "leads", "Город", "CITY", "text", {}),
    Field(
        CLIENT_TYPE_FIELD,
        "leads",
        "Тип клиента",
        "CLIENT_TYPE",
        "select",
        _options(CLIENT_TYPE_FIELD, ("Опт", "Розница", "Дилер")),
    ),
    Field(INVOICE_FIELD, "leads", "Номер счёта", "INVOICE_NUMBER", "text", {}),
    Field(UTM_SOURCE_FIELD, "leads", "utm_source", "UTM_SOURCE", "tracking_data", {}),
    Field(UTM_MEDIUM_FIELD, "leads", "utm_medium", "UTM_MEDIUM", "tracking_data", {}),
    Field(UTM_CAMPAIGN_FIELD, "leads", "utm_campaign", "UTM_CAMPAIGN", "tracking_data", {}),
    Field(
        CONTACT_PHONE_FIELD,
        "contacts",
        "Телефон",
        "PHONE",
        "multitext",
        _options(CONTACT_PHONE_FIELD, _PHONE_KINDS),
    ),
    Field(
        CONTACT_EMAIL_FIELD,
        "contacts",
        "Email",
        "EMAIL",
        "multitext",
        _options(CONTACT_EMAIL_FIELD, _EMAIL_KINDS),
    ),
    Field(COMPANY_INN_FIELD, "companies", "ИНН", "INN", "text", {}),
    Field(
        COMPANY_PHONE_FIELD,
        "companies",
        "Телефон",
        "PHONE",
        "multitext",
        _options(COMPANY_PHONE_FIELD, _PHONE_KINDS),
    ),
    Field(CUSTOMER_DISCOUNT_FIELD, "customers", "Скидка, %", "DISCOUNT", "numeric", {}),
)
FIELD_BY_ID = {field.id: field for field in FIELDS}


@dataclass(frozen=True)
class Channel:
    """How a wish reaches the company, and what the CRM is told about it.

    `name` is the agreed channel; `kind` the enquiry kind; `source` the value of "Источник" (or
    nothing); `utm` the tags source and medium (or nothing).
    """

    name: str
    kind: str
    source: str | None = None
    utm: tuple[str, str] | None = None


CHANNELS = {
    "yandex_direct": Channel("yandex_direct", "form", utm=("yandex", "cpc")),
    "vk_ads": Channel("vk_ads", "form", utm=("vk", "cpc")),
    "organic_search": Channel("organic_search", "form", utm=("google", "organic")),
    "email": Channel("email", "form", utm=("newsletter", "email")),
    "phone": Channel("phone", "call", source="Звонок"),
    "chat": Channel("chat", "chat", source="Чат"),
    "referral": Channel("referral", "manual", source="Рекомендация"),
    "exhibition": Channel("exhibition", "manual", source="Выставка"),
    "marketplace": Channel("marketplace", "manual", source="Маркетплейс"),
    "(unmatched)": Channel("(unmatched)", "manual", source="2ГИС"),
    "(blank)": Channel("(blank)", "manual"),
    "outbound": Channel("outbound", "outbound", source="Холодный обзвон"),
}
MAIL_CHANNEL = Channel("(blank)", "mail")
BARE_CALL_CHANNEL = Channel("(blank)", "call")
UPSELL_CHANNEL = Channel("(blank)", "upsell")

ORGANISATION_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a0001"
ORGANISATION_INN = "7701234564"
ROUBLE_KEY = "0f9e0c1a-5d1b-11ee-9a01-0050568a0643"
EMPTY_KEY = "00000000-0000-0000-0000-000000000000"
EMPTY_DATE = "0001-01-01T00:00:00"
CUSTOMER_PAYS = "ОплатаПокупателя"
REFUND_TO_CUSTOMER = "ВозвратПокупателю"
OWN_TRANSFER = "ПеремещениеМеждуСчетами"
LOAN_RECEIVED = "ПолучениеЗаймаОтКонтрагента"
OTHER_RECEIPT = "ПрочееПоступление"
SUPPLIER_PAYMENT = "ОплатаПоставщику"
