"""The room of chapter 8: cities whose map is lost, and postcards between them.

How the bounds that the chapter asserts were found: each of its experiments was run with the seeds 0 to 9 and
again with 100 to 109, on one thread, at the chapter's own setting, by the functions of this room. Every bound
lies outside of all twenty results. The tests run the main ones with seeds of their own.
"""
