"""What people open: the director's page, the sales head's page and the workbook of reports.

Everything shown is a column of a mart or an additive sum of one; no measure is reckoned here.
"""
