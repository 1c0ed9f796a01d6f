"""The room of chapter 9: the questions, the search box, the comparison with a peer, drawings, exercises."""
