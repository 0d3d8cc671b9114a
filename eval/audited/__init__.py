"""Is the audit log a system of record?

In: folders to write logs into, a seed. Out: what verification answers to random tamperings that know what it has to
answer, what killed writers lose, how long appending, verifying and proving take. Promise: the same seed tampers in the
same ways; nothing outside the folder is touched. Libraries: sqlite3, sqlalchemy, multiprocessing. Must not know: how
verification finds what it finds.
"""
