"""What belongs to one chapter only, a room each: its drawings, its exercises, its experiment."""
