"""The room of chapter 4."""
