"""The room of chapter 2."""
