"""Orchestration: which step runs when, in what order, and what is seen of it.

Belongs here: Dagster definitions that call the faces of `ingestion`, dbt, `expectations` and
`alerts`. Does not belong here: SQL, HTTP, thresholds, column or model names.
"""
