"""The room of chapter 1."""
