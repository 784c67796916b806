"""Command line of the demo company: `python -m demo serve` and `python -m demo env`.

Standard output is for the reader or the shell only: one line when the servers are ready, or the
variables to export. Errors are one sentence on standard error and exit code 1.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from zoneinfo import ZoneInfo

from demo import company
from demo.settings import (
    CRMS,
    CUSTOMERS_MODES,
    DEFAULT_PORT,
    DEFAULT_REQUESTS_PER_SECOND,
    HOST,
    ONEC_CONFIGURATIONS,
    ServerSettings,
    client_environment,
    default_token,
)

if TYPE_CHECKING:
    from demo.server import Hosted

GRACE_SECONDS = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 1 with one sentence on standard error."""
    options = _parser().parse_args(arguments)
    settings = ServerSettings(
        token=options.token,
        onec_user=options.onec_user,
        onec_password=options.onec_password,
        requests_per_second=options.requests_per_second,
        customers_mode=options.customers_mode,
        onec_configuration=options.onec_configuration,
        haste=options.haste,
    )
    if options.command == "env":
        variables = client_environment(options.port, settings, options.crm)
        if options.workbook is not None:
            variables["WORKBOOK_FILE"] = str(options.workbook.resolve())
        for name, value in variables.items():
            _say(f"export {name}={shlex.quote(value)}")
        return 0
    return _serve(options, settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="An invented wholesaler whose amoCRM, 1C and telephony answer on 127.0.0.1.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help="build the company and answer as its source systems until stopped",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    serve.add_argument("--seed", type=int, default=1, help="same seed and date, same company")
    serve.add_argument("--months", type=_positive, default=25, help="months of history")
    serve.add_argument("--scale", type=_positive_number, default=1.0,
                       help="1 is about 400 enquiries a month")  # fmt: skip
    serve.add_argument("--faults", type=_positive, default=1,
                       help="how many times as often the planted difficulties are told: 1 to "
                            "10")  # fmt: skip
    serve.add_argument("--as-of", type=_instant, default=None, metavar="DATE",
                       help="the company's present: YYYY-MM-DD (noon in Moscow) or an ISO instant "
                            "with offset; without it, now")  # fmt: skip
    serve.add_argument("--customers-mode", choices=CUSTOMERS_MODES,
                       default=ServerSettings.customers_mode,
                       help="what amoCRM's tariff says about customers")  # fmt: skip
    serve.add_argument("--onec-configuration", choices=ONEC_CONFIGURATIONS,
                       default=ServerSettings.onec_configuration,
                       help="whose names 1C's base has: БП 3.0, УТ 11 or УНФ")  # fmt: skip
    environment = commands.add_parser(
        "env",
        help="print the variables that point the product's clients here (use with eval)",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    environment.add_argument("--crm", choices=CRMS, default=CRMS[0],
                             help="the only CRM the company has")  # fmt: skip
    environment.set_defaults(
        customers_mode=ServerSettings.customers_mode,
        onec_configuration=ServerSettings.onec_configuration,
    )
    for command in (serve, environment):
        _add_common(command)
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--port", type=_port, default=DEFAULT_PORT,
                         help="port on 127.0.0.1; serve takes a free one when it is 0")  # fmt: skip
    command.add_argument("--token", default=default_token(os.environ),
                         help="amoCRM's bearer token; variable DEMO_TOKEN")  # fmt: skip
    command.add_argument("--onec-user", default=ServerSettings.onec_user, help="1C user")
    command.add_argument(
        "--onec-password", default=ServerSettings.onec_password, help="1C password"
    )
    command.add_argument("--requests-per-second", type=_positive,
                         default=DEFAULT_REQUESTS_PER_SECOND,
                         help="amoCRM answers 429 above this rate")  # fmt: skip
    command.add_argument("--workbook", type=Path, metavar="FILE",
                         help="the .xlsx file that serve writes the company's workbook to, and env "
                              "names")  # fmt: skip
    command.add_argument("--haste", type=_positive, default=ServerSettings.haste,
                         help="how many times faster than their vendors allow the exchanges, "
                              "Yandex Direct and Bitrix24 may be asked")  # fmt: skip


def _serve(options: argparse.Namespace, settings: ServerSettings) -> int:
    """Take the port, build the company, answer until SIGINT or SIGTERM."""
    try:
        listener = _listen(options.port)
    except OSError as error:
        return _fail(
            f"cannot listen on {HOST}:{options.port} ({error.strerror}); "
            "stop what holds the port or choose another with --port (0 takes a free one)."
        )
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    with listener:
        try:
            hosted = _build(options)
        except ValueError as error:
            return _fail(f"cannot build the company: {error}")
        _run(listener, hosted, settings)
    return 0


def _listen(port: int) -> socket.socket:
    """A listening socket. Taken before the world is built, so that a busy port is told at once."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def _build(options: argparse.Namespace) -> Hosted:
    # Imported here: `env` and `--help` answer at once.
    from demo.happen import happen
    from demo.server import Hosted
    from demo.workbook import Workbook
    from demo.workbook_file import write
    from demo.world import build_world

    as_of = options.as_of or datetime.now(UTC)
    world = build_world(
        seed=options.seed,
        months=options.months,
        scale=options.scale,
        as_of=as_of,
        faults=options.faults,
    )
    workbook = Workbook(world.store, as_of, options.months)
    if options.workbook is not None:
        write(options.workbook, workbook.sheets())
    # Written once: what happens later is no reason for anybody to open Excel.
    of_workbook = {"workbook": workbook.truth()}
    return Hosted(
        store=world.store,
        ledger=lambda: world.truth() | of_workbook,
        happen=partial(happen, world),
        as_of=as_of,
    )


def _run(listener: socket.socket, hosted: Hosted, settings: ServerSettings) -> None:
    import uvicorn

    from demo.server import create_app

    port = listener.getsockname()[1]
    urls = client_environment(port, settings, CRMS[0])
    ready = (
        f"The demo company is ready: amoCRM {urls['AMOCRM_BASE_URL']}, 1C {urls['ONEC_BASE_URL']}, "
        f"truth http://{HOST}:{port}/demo/ledger"
    )
    app = create_app(hosted, settings, on_ready=partial(_say, ready))
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    uvicorn.Server(config).run(sockets=[listener])


def _stop(number: int, frame: object) -> NoReturn:
    """Being told to stop is the ordinary end. uvicorn finishes first, then raises it again."""
    raise SystemExit(0)


def _instant(text: str) -> datetime:
    """A date means noon in Moscow, when the company is at work."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not YYYY-MM-DD or an ISO instant") from None
    if moment.tzinfo is not None:
        return moment
    if moment.time() != time():
        raise argparse.ArgumentTypeError(f"{text!r} needs an offset, for example +03:00")
    return moment.replace(hour=12, tzinfo=ZoneInfo(company.ZONE))


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 1 or more")
    return int(text)


def _positive_number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and below 1000")
    return number


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def _fail(sentence: str) -> int:
    sys.stderr.write(f"demo: {sentence}\n")
    return 1


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
