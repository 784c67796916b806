"""Wire formats: a `Message` in, strings out. No decision and no wording is made here."""
