"""The room of chapter 3."""
