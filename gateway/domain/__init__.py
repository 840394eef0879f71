"""What a call, its customer and an answer are: pure, without I/O, without a clock, standard library only."""
