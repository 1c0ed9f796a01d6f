"""Checks for the exercises: one module a chapter, and the framework in `feedback`."""
