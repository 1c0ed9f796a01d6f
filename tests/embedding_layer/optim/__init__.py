"""The row-wise optimisers, against PyTorch's own and against slow ones written for these tests."""
