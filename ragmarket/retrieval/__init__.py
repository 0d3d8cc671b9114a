"""What do the documents say? From a folder of files to cited, typed evidence.

In: corpus files (Markdown, HTML, plain text, PDF, DOCX) with front matter, and a brief with its policy. Out: an index
report, and evidence S1..Sk whose every span satisfies ``document[start:end] == quote``. Promise: only the version in
force on the day is ever seen, a run of indexing that is cut short changes nothing, and text in a document is evidence,
never an instruction. Libraries that live here, loaded when first needed: LlamaIndex, Qdrant, sentence-transformers,
BeautifulSoup, pdfplumber, python-docx. Must not know: any other workshop.
"""
