"""The room of chapter 12."""
