"""Is what is written held by what is cited, and would anybody notice if it were not?

In: drafts that the house writes for products it has never seen, errors planted into good ones, and public benchmarks
where a folder of them is given. Out: figures with bootstrap intervals, by language, channel and kind of error. Promise:
a released message is judged only by what its reader has (text, citations, documents); the same seed gives the same
figures. Libraries: numpy, rich, matplotlib. Must not know: the slots and templates from which a claim was made, except
where the reference reading says so by name.
"""
