"""Progress of a run for a person at a terminal: a line when a step starts, a line when it ends.

Belongs here: which of Dagster's events matter to the reader and how they read. Dagster's own log,
with every event, is in the UI.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from dagster import DagsterEvent, DagsterEventType, EventLogEntry

from orchestration.keys import raw_schema

HEARTBEAT_SECONDS = 10
"""A step that works without ending says so at most this often."""


@dataclass
class _Step:
    """What one step has done so far."""

    started: float
    last_words: float
    tables: int = 0
    passed: int = 0
    failed: int = 0
    rows: int = 0

    def done(self) -> str:
        """`134,209 rows, 14 tables`, `11 checks passed, 5 did not`; empty when nothing is done."""
        parts = []
        if self.rows:
            parts.append(_counted(self.rows, "row"))
        if self.tables:
            parts.append(_counted(self.tables, "table"))
        if self.passed or self.failed:
            parts.append(f"{_counted(self.passed, 'check')} passed")
        if self.failed:
            parts.append(f"{self.failed:,} did not")
        return ", ".join(parts)


class Progress:
    """Listens to the events of one run and says the few that matter."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._steps: dict[str, _Step] = {}

    def __call__(self, entry: EventLogEntry) -> None:
        """Take one event; events that are not about a step's work are ignored."""
        event, name, now = entry.dagster_event, entry.step_key, entry.timestamp
        if name is None:
            return
        if event and event.event_type == DagsterEventType.STEP_START:
            self._steps[name] = _Step(started=now, last_words=now)
            self._line(now, name, "starts")
        elif step := self._steps.get(name):
            if event:
                self._follow(event, step, name, now)
            elif name.startswith(raw_schema("")):
                # Loading speaks for itself; what dbt's wrapper logs is for developers.
                step.last_words = now
                self._line(now, name, f"… {entry.user_message}")

    def _follow(self, event: DagsterEvent, step: _Step, name: str, now: float) -> None:
        seconds = f"{now - step.started:.0f} s"
        match event.event_type:
            case DagsterEventType.STEP_SUCCESS:
                self._line(now, name, f"{seconds}: {step.done() or 'done'}")
            case DagsterEventType.STEP_FAILURE:
                self._line(now, name, f"FAILED after {seconds}: {_reason(event)}")
            case _:
                _count(event, step)
                if now - step.last_words >= HEARTBEAT_SECONDS:
                    step.last_words = now
                    self._line(now, name, f"… {step.done() or 'getting ready'}")

    def _line(self, now: float, name: str, words: str) -> None:
        clock = datetime.fromtimestamp(now).astimezone().strftime("%H:%M:%S")
        self._say(f"  {clock}  {name:<16} {words}")


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _count(event: DagsterEvent, step: _Step) -> None:
    if event.event_type == DagsterEventType.ASSET_MATERIALIZATION:
        step.tables += 1
        rows = event.step_materialization_data.materialization.metadata.get("rows_loaded")
        step.rows += int(str(rows.value)) if rows else 0
    elif event.event_type == DagsterEventType.ASSET_CHECK_EVALUATION:
        if event.asset_check_evaluation_data.passed:
            step.passed += 1
        else:
            step.failed += 1


def _reason(event: DagsterEvent) -> str:
    """The sentence the step ended with, without Dagster's wrapping and tracebacks."""
    error = event.step_failure_data.error
    if error is not None and error.cls_name == "DagsterExecutionStepExecutionError":
        error = error.cause
    if error is None:
        return "no reason given"
    message = error.message.strip().partition("\n")[0]
    name, _, sentence = message.partition(": ")
    # Errors of ours and of libraries carry their module; a bare KeyError says nothing without it.
    return sentence if "." in name and sentence else message
