"""Which Postgres this is: the embedded one under `var/` or the company's own by WAREHOUSE_URL.

Belongs here: starting and stopping the embedded server, its databases, roles and grants, and the
connection strings everybody else gets (`python -m warehouse env`).
Does not belong here: tables. Each table is made by the package that fills it.
"""
