"""The layer against `nn.Embedding` as the oracle: whatever code written for it can observe must be the same."""
