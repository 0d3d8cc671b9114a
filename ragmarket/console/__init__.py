"""The campaign team's page, where every sentence shows its source, and the auditor's, where it is proved years later.

In: a browser. Out: three pages in `static/`, each one file without any external asset; `api.pages` serves them.
Promise: they ask this server and nobody else, work with a keyboard alone, and say each language's name to a screen
reader. Library that lives here: none. Must not know: anything but the API.
"""
