"""Message templates as registers (DLT, WhatsApp) want them.

In: a released message, or a registered template with values or a text. Out: a template with typed variables, a message,
findings with their place in characters and bytes. Promise: fixed text is compared to the byte; mandatory wordings are
never made variable. Libraries: none. Must not know: who sends.
"""
