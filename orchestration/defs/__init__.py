"""The definitions by subject: one module, one function returning `Definitions`."""
