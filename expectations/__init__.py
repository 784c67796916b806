"""How well people fill the CRM in, measured by Great Expectations inside Postgres.

Belongs here: promises about what people type (a budget, a task, a phone), each with an owner
who can repair it in the CRM. Does not belong here: promises about our own SQL and Python, which
are dbt tests and pytest. This package reads raw, staging and intermediate, never edits them, and
leaves its outcomes in `quality.check_results` for everyone else.
"""
