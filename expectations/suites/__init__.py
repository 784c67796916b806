"""The checks, one module per thing people enter.

A new check is one contract in one of these modules and its fault in `tests/expectations`. What
our own SQL or Python can break does not belong here: that is a dbt test or pytest.
"""
