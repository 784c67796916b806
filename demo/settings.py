"""What the demo servers can be told; the only place of this package that reads the environment.

The secrets here guard invented data on loopback, so they have public defaults.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from demo import company
from demo.yandex_direct_ads import FORM_GOAL, LOGIN

HOST = "127.0.0.1"
DEFAULT_PORT = 8101
DEFAULT_REQUESTS_PER_SECOND = 50
CRMS = ("amocrm", "bitrix24")
CUSTOMERS_MODES = ("disabled", "segments", "periodicity")
ONEC_CONFIGURATIONS = ("accounting_3", "trade_11", "unf")


@dataclass(frozen=True)
class Integration:
    """An OAuth integration of the amoCRM account; `code` is what authorising it gave, once."""

    client_id: str = "demo-integration"
    client_secret: str = "demo-secret"
    redirect_uri: str = "https://optovik.example/oauth"
    code: str = "demo-code"


@dataclass(frozen=True)
class BitrixApplication:
    """A local application of the Bitrix24 portal; `code` is what authorising it gave, once."""

    client_id: str = "local.demo"
    client_secret: str = "demo-secret"
    code: str = "demo-code"


@dataclass(frozen=True)
class ServerSettings:
    """Credentials a client has to show, how many requests a second amoCRM lets through, what its
    tariff says about customers (one of CUSTOMERS_MODES), of which configuration 1C's base is (one
    of ONEC_CONFIGURATIONS), how long Mango prepares statistics and Yandex Direct a report (0: none
    is queued), how many points Direct's API has, and how many times faster than the vendors allow
    the telephone exchanges, Direct and Bitrix24 may be asked (1: as the vendors).
    """

    token: str = "demo-token"
    integration: Integration = Integration()
    customers_mode: str = "disabled"
    onec_user: str = "demo"
    onec_password: str = "demo"
    onec_configuration: str = "accounting_3"
    requests_per_second: int = DEFAULT_REQUESTS_PER_SECOND
    zadarma_key: str = "demo-key"
    zadarma_secret: str = "demo-secret"
    mango_key: str = "demo-vpbx"
    mango_salt: str = "demo-salt"
    mango_ready_after_seconds: float = 0.0
    haste: int = 1000
    direct_token: str = "demo-direct"
    direct_ready_after_seconds: float = 0.0
    direct_points: int = 64_000
    bitrix24_webhook: str = "9100/demo-webhook"
    bitrix24_application: BitrixApplication = BitrixApplication()


def default_token(environ: Mapping[str, str]) -> str:
    """The bearer token unless `--token` is given: variable DEMO_TOKEN, else the public default."""
    return environ.get("DEMO_TOKEN") or ServerSettings.token


def client_environment(port: int, settings: ServerSettings, crm: str) -> dict[str, str]:
    """The variables that point the product's own clients at these servers; of the CRMs at `crm`
    alone, since both are the same company.
    """
    base = f"http://{HOST}:{port}"
    of_crm = amocrm_environment if crm == "amocrm" else bitrix24_environment
    return of_crm(port, settings) | {
        "ONEC_BASE_URL": f"{base}/onec/odata/standard.odata",
        "ONEC_USER": settings.onec_user,
        "ONEC_PASSWORD": settings.onec_password,
        "ONEC_TIMEZONE": company.ZONE,
        "ZADARMA_KEY": settings.zadarma_key,
        "ZADARMA_SECRET": settings.zadarma_secret,
        "ZADARMA_BASE_URL": f"{base}/zadarma",
        "ZADARMA_STATISTICS_PER_MINUTE": str(3 * settings.haste),
        "MANGO_API_KEY": settings.mango_key,
        "MANGO_API_SALT": settings.mango_salt,
        "MANGO_BASE_URL": f"{base}/mango/vpbx",
        "MANGO_REQUESTS_PER_SECOND": f"{settings.haste / 2:g}",
        "YANDEX_DIRECT_LOGIN": LOGIN,
        "YANDEX_DIRECT_TOKEN": settings.direct_token,
        "YANDEX_DIRECT_BASE_URL": f"{base}/yandex_direct/json/v501",
        "YANDEX_DIRECT_GOALS": str(FORM_GOAL),
        "YANDEX_DIRECT_REQUESTS_PER_SECOND": str(2 * settings.haste),
    }


def amocrm_environment(port: int, settings: ServerSettings) -> dict[str, str]:
    """The variables that point the product at the company's amoCRM."""
    return {
        "AMOCRM_BASE_URL": f"http://{HOST}:{port}/amocrm",
        "AMOCRM_TOKEN": settings.token,
        "AMOCRM_REQUESTS_PER_SECOND": str(settings.requests_per_second),
    }


def bitrix24_environment(port: int, settings: ServerSettings) -> dict[str, str]:
    """The variables that point the product at the company's Bitrix24."""
    portal = f"http://{HOST}:{port}/bitrix24"
    return {
        "BITRIX24_BASE_URL": portal,
        "BITRIX24_WEBHOOK": f"{portal}/rest/{settings.bitrix24_webhook}/",
        "BITRIX24_REQUESTS_PER_SECOND": str(2 * settings.haste),
    }
