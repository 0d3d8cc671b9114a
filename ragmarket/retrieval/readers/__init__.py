"""One reader per file format: bytes in, canonical text out.

In: a file's bytes. Out: text with headings as "# ", one table row per line as "| a | b |" and blank lines between
blocks, so that one parser serves all formats; Markdown and plain text come out as they are, in NFC. Promise: what a
browser or printer would not show (scripts, hidden elements, navigation, letters in the colour of the page) is left out.
Libraries: BeautifulSoup, pdfplumber, python-docx, each loaded on first use. Must not know: the index.
"""
