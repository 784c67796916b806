"""The demo company: an invented wholesaler and loopback stand-ins of its amoCRM, 1C and
telephone exchanges.

What belongs here: the seeded world, the ledger of what really happened in it, and the HTTP
servers that answer the way the vendors do. It is the only place with invented data.

What does not: any rule of the product (what a lead is, which payment pays which deal). The
product's clients talk to this package over HTTP only and never import it.
"""
