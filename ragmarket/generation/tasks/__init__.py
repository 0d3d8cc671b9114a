"""What the writer does beside drafting: name a segment, label a session, rewrite a flagged sentence.

In: a segment's statistics, a session's events, or a sentence with the rule that flagged it, each as plain values. Out:
a profile that cites its statistics, a label that cites its events, a lawful sentence. Promise: the request's grammar
has no digit beyond the ids it cites, no label outside the closed lists, and no evidence that was not given. Libraries:
none. Must not know: how statistics, sessions and findings were made.
"""
