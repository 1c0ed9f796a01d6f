"""The layer against `nn.Embedding` as the oracle: what its users can observe must be the same."""
