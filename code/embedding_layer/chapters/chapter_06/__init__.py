"""The room of chapter 6."""
