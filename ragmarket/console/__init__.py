"""The campaign team's page: choose, press Write, and see for every sentence where it comes from.

In: a browser. Out: two pages in `static/`, each one file without any external asset; `api.pages` serves them.
Promise: they ask this server and nobody else, work with a keyboard alone, and say each language's name to a screen
reader. Library that lives here: none. Must not know: anything but the API.
"""
