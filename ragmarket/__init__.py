"""ragmarket: cited, disclaimed, audited marketing messages for Indian banks, in English and eight Indian languages.

One brief goes in (product, audience, language, channel); one message comes out in which every sentence points to its
source and every mandatory disclaimer stands byte for byte, or a refusal that says what is missing.
"""

__version__ = "0.1.0"
