"""The room of the title page."""
