"""The room of chapter 5."""
