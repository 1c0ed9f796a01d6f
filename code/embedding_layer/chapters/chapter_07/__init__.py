"""The room of chapter 7."""
