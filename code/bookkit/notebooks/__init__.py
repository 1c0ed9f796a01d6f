"""Run the notebooks, store their outputs, and compare what is stored with what a run gives.

`python -m bookkit.notebooks [--check] [--fresh] FILES` runs notebooks, and with the pytest plugin `comparing`
nbval compares them. What counts as the same output is said once, in `lines` and `pictures`.
"""
